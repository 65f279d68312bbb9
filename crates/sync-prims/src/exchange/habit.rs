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
/// One wait in so many polls, if polling never pays.
const SELDOM: u32 = 64;

/// What suits: see the module's page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Shallow,
    Deep,
    OneProcessor,
}

impl Kind {
    /// For an exchange whose sides get at most `depth` operations ahead of each other.
    pub(super) fn of(depth: usize) -> Self {
        match (cores(), depth) {
            (1, _) => Kind::OneProcessor,
            (_, DEEP..) => Kind::Deep,
            _ => Kind::Shallow,
        }
    }

    /// How many threads of a side may poll.
    pub(super) fn posts(self) -> usize {
        if self == Kind::Shallow { (cores() / 2).max(1) } else { usize::MAX }
    }

    /// How many notifications in a row are left to those who poll or are on their way. A sleeper that is woken takes a
    /// processor from one of two threads that follow each other operation by operation; on a deep exchange it may well be
    /// wanted.
    pub(super) fn patience(self) -> usize {
        if self == Kind::Shallow { 4096 } else { 64 }
    }

    /// How many looks, with a processor pause after each, before a sleeper is woken although nobody is on the look-out. Four
    /// are about a hundred nanoseconds.
    pub(super) fn grace(self) -> u32 {
        if self == Kind::Shallow { 4 } else { 1 }
    }

    /// How many looks a wait begins with, and how many pauses come before each.
    pub(super) fn looks(self, more: bool) -> impl Iterator<Item = u32> {
        let later = match self {
            _ if cfg!(any(loom, shuttle)) => None,
            Kind::OneProcessor => None,
            Kind::Shallow => Some(MANY_LOOKS),
            Kind::Deep => Some(if more { LOOKS + MORE_LOOKS } else { LOOKS }),
        };
        (0..later.map_or(0, |later| EAGER + later))
            .map(|look| LONGEST.min(1 << look.saturating_sub(EAGER).min(LONGEST.ilog2())))
    }

    /// What comes then: where they suit yields, but none to strangers that want the processor all the time.
    pub(super) fn yields(self) -> WaitPolicy {
        let yields = match self {
            // A single look, so that the model checkers see the protocol of look-outs.
            _ if cfg!(any(loom, shuttle)) => 1,
            Kind::Shallow => 0,
            Kind::Deep => 2,
            Kind::OneProcessor => 64,
        };
        let policy = WaitPolicy::sleep_at_once().yields(yields);
        if cfg!(any(loom, shuttle)) {
            policy.given_away(Duration::MAX)
        } else {
            policy.given_away(Duration::from_millis(1)).remembering(64)
        }
    }
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
        if left > 0 && kind != Kind::OneProcessor {
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
