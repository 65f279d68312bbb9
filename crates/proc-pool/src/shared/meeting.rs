//! The algorithm of [`Barrier`](super::Barrier): one word, changed by one compare-and-swap at a time, so that a death
//! between two instructions leaves nothing half done.
//!
//! ```text
//! word = broken (1 bit) | round (15 bits) | arrived (16 bits)
//! wait: the last to arrive sets arrived to 0 and begins the next round, and rings; the others sleep until the round is
//!       another or the barrier is broken
//! ```

use super::bell::{ALL, Bell, Wait};
use super::memory::Plain;
use crate::sync::{AtomicU32, Ordering, planted};

const BROKEN: u32 = 1 << 31;
const ROUND: u32 = 1 << 16;
const ARRIVED: u32 = ROUND - 1;

/// Parties at most.
pub(crate) const MAX: u32 = ARRIVED;

#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Meeting {
    /// See the module.
    word: AtomicU32,
    /// Rung at the end of each round, and when the barrier breaks.
    bell: Bell,
}

// SAFETY: two atomics.
unsafe impl Plain for Meeting {}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Met {
    Leader,
    Follower,
    Broken,
}

impl Meeting {
    pub(crate) fn wait(&self, parties: u32, mut wait: Wait) -> Met {
        let arrive = |word: u32| {
            let arrived = (word & ARRIVED) + 1;
            let next = if arrived >= parties { (word & !ARRIVED).wrapping_add(ROUND) & !BROKEN } else { word + 1 };
            (word & BROKEN == 0).then_some(next)
        };
        // Acquire and release: what each party did before is seen by all after.
        let order = if planted("arrive relaxed") { Ordering::Relaxed } else { Ordering::AcqRel };
        let Ok(before) = self.word.fetch_update(order, Ordering::Acquire, arrive) else { return Met::Broken };
        if (before & ARRIVED) + 1 >= parties {
            self.bell.ring(if planted("wake one party") { 1 } else { ALL });
            return Met::Leader;
        }
        loop {
            let seen = self.bell.seen();
            let now = self.word.load(Ordering::Acquire);
            if (now ^ before) & !(ARRIVED | BROKEN) != 0 {
                return Met::Follower;
            }
            if now & BROKEN != 0 {
                return Met::Broken;
            }
            if wait.is_over() {
                self.break_round(before);
                continue;
            }
            self.bell.sleep(seen, &mut wait);
        }
    }

    /// Breaks the barrier unless the round of `before` has come to its end.
    fn break_round(&self, before: u32) {
        let same = |now: u32| ((now ^ before) & !(ARRIVED | BROKEN) == 0).then_some(now | BROKEN);
        if self.word.fetch_update(Ordering::AcqRel, Ordering::Acquire, same).is_ok() {
            self.bell.ring(ALL);
        }
    }

    pub(crate) fn abort(&self) {
        self.word.fetch_or(BROKEN, Ordering::AcqRel);
        self.bell.ring(ALL);
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.word.load(Ordering::Acquire) & BROKEN != 0
    }

    pub(crate) fn waiting(&self) -> u32 {
        self.word.load(Ordering::Acquire) & ARRIVED
    }
}
