//! The algorithm of [`Semaphore`](super::Semaphore): one word, changed by one compare-and-swap at a time, so that a
//! death between two instructions leaves nothing half done.
//!
//! ```text
//! word = permits, and in the top bit whether somebody may sleep
//! acquire: permits >= n?  take them, and if I have slept leave the bit set, for others may sleep still
//!          else           set the bit, sleep until the bell
//! add n:   add them and clear the bit; if it was set, wake one sleeper, who wakes the next if permits remain
//! ```

use super::bell::{Bell, Wait};
use super::memory::Plain;
use crate::sync::{AtomicU32, Ordering, planted};

const SLEEPERS: u32 = 1 << 31;

/// Permits at most.
pub(crate) const MAX: u32 = SLEEPERS - 1;

#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Permits {
    /// See the module.
    word: AtomicU32,
    /// Rung when there are more permits and somebody sleeps.
    bell: Bell,
}

// SAFETY: two atomics.
unsafe impl Plain for Permits {}

impl Permits {
    pub(crate) fn available(&self) -> u32 {
        self.word.load(Ordering::Relaxed) & MAX
    }

    /// Takes a permit if there is one.
    pub(crate) fn try_acquire(&self, slept: bool) -> bool {
        let bit = if slept && !planted("acquire as if nobody slept") { SLEEPERS } else { 0 };
        self.word
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, |word| (word & MAX > 0).then(|| (word - 1) | bit))
            .is_ok()
    }

    /// Takes a permit; false if the wait is over before there is one.
    pub(crate) fn acquire(&self, mut wait: Wait) -> bool {
        let mut slept = false;
        while !self.try_acquire(slept) {
            if wait.is_over() {
                return false;
            }
            let seen = self.bell.seen();
            let mark = |word: u32| (word & MAX == 0).then_some(word | SLEEPERS);
            // Permits that have come meanwhile are no reason to sleep.
            if self.word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, mark).is_ok() {
                self.bell.sleep(seen, &mut wait);
                slept = true;
            }
        }
        if slept && self.available() > 0 && !planted("wake nobody in turn") {
            self.bell.ring(1);
        }
        true
    }

    /// Adds permits; false if there would be too many.
    pub(crate) fn add(&self, n: u32) -> bool {
        let add = |word: u32| (word & MAX).checked_add(n).filter(|sum| *sum <= MAX);
        match self.word.fetch_update(Ordering::Release, Ordering::Relaxed, add) {
            Ok(before) => {
                if before & SLEEPERS != 0 && n > 0 {
                    self.bell.ring(1);
                }
                true
            }
            Err(_) => false,
        }
    }
}
