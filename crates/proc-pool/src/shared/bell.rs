//! A word to sleep on, across processes.
//!
//! ```text
//! sleeper: seen = bell.seen(); say that I sleep; look once more; bell.sleep(seen)
//! waker:   change something; if somebody said that he sleeps: bell.ring(how many)
//! ```
//! Between `seen` and `sleep` every ring is noticed, because it changes the word.
//!
//! No sleep is longer than a heartbeat of [`LONGEST`]: who was to ring may have been killed, and so may the one whom the
//! ring has woken in place of others. So every rule above may be broken by a death, and costs a heartbeat, not for ever.
//! This is also when a waiter for a lock looks whether its owner still lives.

use super::memory::Plain;
use crate::clock;
use crate::sync::{Futex, Ordering};
use std::time::Duration;

/// The first sleep of a wait, in nanoseconds; each next one is twice as long.
const FIRST: u64 = 1_000_000;

/// The longest sleep, in nanoseconds.
const LONGEST: u64 = 16_000_000;

/// For [`Bell::ring`]: everybody.
pub(crate) const ALL: u32 = u32::MAX;

#[derive(Debug, Default)]
#[repr(transparent)]
pub(crate) struct Bell(
    /// Counts rings.
    Futex,
);

// SAFETY: one atomic.
unsafe impl Plain for Bell {}

impl Bell {
    #[inline]
    pub(crate) fn seen(&self) -> u32 {
        self.0.0.load(Ordering::Acquire)
    }

    /// Wakes up to `sleepers` who sleep, and all who are about to.
    pub(crate) fn ring(&self, sleepers: u32) {
        self.0.0.fetch_add(1, Ordering::AcqRel);
        self.0.wake(sleepers);
    }

    /// Sleeps, unless the bell has rung since it was `seen`, and no longer than the wait's next heartbeat.
    pub(crate) fn sleep(&self, seen: u32, wait: &mut Wait) {
        self.0.sleep(seen, wait.next.min(wait.left()));
        wait.next = (wait.next * 2).min(LONGEST);
    }
}

/// A wait under way: its deadline and its next heartbeat.
#[derive(Debug)]
pub(crate) struct Wait {
    /// On [`clock`]; `None` for no limit.
    deadline: Option<u64>,
    next: u64,
}

impl Wait {
    pub(crate) fn forever() -> Self {
        Self { deadline: None, next: FIRST }
    }

    /// `Duration::MAX` is no limit.
    pub(crate) fn at_most(limit: Duration) -> Self {
        Self { deadline: (limit != Duration::MAX).then(|| clock::after(limit)), next: FIRST }
    }

    fn left(&self) -> u64 {
        self.deadline.map_or(u64::MAX, |deadline| deadline.saturating_sub(clock::now()))
    }

    pub(crate) fn is_over(&self) -> bool {
        self.left() == 0
    }
}
