//! How long to poll: what suits the exchange, and what has paid lately.

use crate::sync::{AtomicU32, Ordering};
use crate::wait_policy::{WaitPolicy, cores};
use std::time::Duration;

/// From this depth on one switch of threads serves many operations.
const DEEP: usize = 32;
/// Looks with a single processor pause before each: a partner that runs answers within a hundred nanoseconds or two, and on a
/// shallow exchange whoever looks in later loses as much time as the operation takes.
const EAGER: u32 = 8;
/// Further looks, with ever more pauses in between: about three microseconds on a deep exchange, much longer than a running
/// partner takes and no longer than a wake-up costs.
const LOOKS: u32 = 8;
/// More of them after waits that did not poll: about ten microseconds.
const MORE_LOOKS: u32 = 24;
/// On a shallow exchange, where each operation needs the partner's, enough to await one that is just being woken, or was
/// pushed aside by somebody else who was: about twenty-five microseconds.
const MANY_LOOKS: u32 = 56;
/// Pauses before the later looks, at most: about half a microsecond.
const LONGEST: u32 = 32;
/// Yields on a single processor, where there is no other way to meet a partner that is awake.
const ALONE: u32 = 64;
/// One wait in so many polls, if polling never pays.
const SELDOM: u32 = 64;

/// What suits: see the module's page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Shallow,
    Deep,
    /// On a single processor.
    ShallowAlone,
    /// On a single processor.
    DeepAlone,
}

impl Kind {
    /// For an exchange whose sides get at most `depth` operations ahead of each other.
    pub(super) fn of(depth: usize) -> Self {
        match (cores(), depth) {
            (1, DEEP..) => Kind::DeepAlone,
            (1, _) => Kind::ShallowAlone,
            (_, DEEP..) => Kind::Deep,
            _ => Kind::Shallow,
        }
    }

    /// Whether sleepers are served. On a deep exchange they had better wake and do many operations at a time.
    pub(super) fn serves(self) -> bool {
        matches!(self, Kind::Shallow | Kind::ShallowAlone)
    }

    /// How many threads of a side may poll.
    pub(super) fn posts(self) -> usize {
        match self {
            Kind::Shallow => (cores() / 2).max(1),
            Kind::ShallowAlone => 0,
            Kind::Deep | Kind::DeepAlone => usize::MAX,
        }
    }

    /// How many notifications in a row are left to those who poll or are on their way. A sleeper that is woken takes a
    /// processor from one of two threads that follow each other operation by operation; on a deep exchange it may well be
    /// wanted.
    pub(super) fn patience(self) -> usize {
        if self.serves() { 4096 } else { 64 }
    }

    /// How many looks, with a processor pause in between, before a sleeper is woken although nobody is on the look-out. Five
    /// take about a hundred nanoseconds.
    pub(super) fn grace(self) -> u32 {
        match self {
            // A pause lets all others run, and would hide what they can meet.
            _ if cfg!(any(loom, shuttle)) => 1,
            Kind::Shallow => 5,
            _ => 1,
        }
    }

    /// How many looks a wait begins with, and how many pauses come before each.
    pub(super) fn looks(self, more: bool) -> impl Iterator<Item = u32> {
        let later = match self {
            _ if cfg!(any(loom, shuttle)) => None,
            Kind::ShallowAlone | Kind::DeepAlone => None,
            Kind::Shallow => Some(MANY_LOOKS),
            Kind::Deep => Some(if more { LOOKS + MORE_LOOKS } else { LOOKS }),
        };
        (0..later.map_or(0, |later| EAGER + later))
            .map(|look| LONGEST.min(1 << look.saturating_sub(EAGER).min(LONGEST.ilog2())))
    }

    /// What comes then: where they suit yields, but none to strangers that want the processor all the time.
    pub(super) fn yields(self) -> WaitPolicy {
        match self {
            // A single look, so that the model checkers see the protocol of look-outs.
            _ if cfg!(any(loom, shuttle)) => WaitPolicy::sleep_at_once().yields(1).given_away(Duration::MAX),
            Kind::Shallow | Kind::ShallowAlone => WaitPolicy::sleep_at_once(),
            Kind::Deep => polite(2),
            Kind::DeepAlone => polite(ALONE),
        }
    }

    /// How a sleeper begins that is to be served.
    pub(super) fn doze(self) -> WaitPolicy {
        match self {
            Kind::ShallowAlone => polite(ALONE),
            _ => WaitPolicy::sleep_at_once(),
        }
    }
}

/// So many yields, none to strangers that want the processor all the time.
const fn polite(yields: u32) -> WaitPolicy {
    WaitPolicy::sleep_at_once().yields(yields).given_away(Duration::from_millis(1)).remembering(64)
}

/// Whether polling has paid lately: a hint, for both sides together, because it takes two to fall out of step.
#[derive(Default)]
pub(super) struct Habit {
    /// How many waits go by without polling after one that polled in vain; 0 while polling pays.
    rest: AtomicU32,
    /// How many of them are still to come.
    left: AtomicU32,
}

impl Habit {
    /// Whether to poll in this wait, and if so whether for longer than usual.
    pub(super) fn polls(&self, kind: Kind) -> Option<bool> {
        let left = self.left.load(Ordering::Relaxed);
        if left > 0 && kind != Kind::DeepAlone {
            // Lost decrements make no odds.
            self.left.store(left - 1, Ordering::Relaxed);
            return None;
        }
        Some(self.rest.load(Ordering::Relaxed) > 0)
    }

    pub(super) fn paid(&self) {
        if self.rest.load(Ordering::Relaxed) > 0 {
            self.rest.store(0, Ordering::Relaxed);
            self.left.store(0, Ordering::Relaxed);
        }
    }

    pub(super) fn did_not_pay(&self) {
        let rest = (2 * self.rest.load(Ordering::Relaxed) + 1).min(SELDOM - 1);
        self.rest.store(rest, Ordering::Relaxed);
        self.left.store(rest, Ordering::Relaxed);
    }
}
