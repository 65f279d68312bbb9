//! Who steps aside, and for how long: after a lost race, behind a thread in the middle of its operation, and to let the other
//! side get ahead.

use super::{CLOSED, READABLE, Ring};
use crate::sync::Ordering;

/// How far the other side may get ahead before a thread that waited for it goes on.
const LEAD: usize = 32;
/// After this many lost races in a row the pause grows no longer.
const LONGEST: u32 = 6;

impl<T> Ring<T> {
    /// For one who waited for a value: a moment for more of them to come, as long as they do.
    #[inline]
    pub(crate) fn let_values_gather(&self) {
        self.let_gather(self.head.load(Ordering::Relaxed), READABLE);
    }

    /// For one who waited for room: a moment for more of it, as long as it grows.
    #[inline]
    pub(crate) fn let_room_gather(&self) {
        self.let_gather(self.tail.load(Ordering::Relaxed) & !CLOSED, 0);
    }

    /// Lets the other side get a lead of up to [`LEAD`] slots from position `from` on, provided it keeps up a pace of an
    /// operation per pause. Two threads that follow each other slot by slot pay for each with the transfer of a cache line or
    /// two; with a lead, lines are filled and emptied whole.
    fn let_gather(&self, from: usize, readable: usize) {
        let most = LEAD.min(self.capacity() / 2);
        if most == 0 || !self.has_turn(from, readable) {
            return;
        }
        // The two sides ask for half of the slots at most, so that they never wait for each other.
        let far = self.ahead(from, most - 1);
        let mut lead = 1;
        while !self.has_turn(far, readable) {
            for _ in 0..2 * lead {
                std::hint::spin_loop();
            }
            if lead >= most || !self.has_turn(self.ahead(from, lead), readable) {
                return;
            }
            lead *= 2;
        }
    }
}

/// How often in a row a claim was lost to somebody else's.
#[derive(Default)]
pub(super) struct Races(u32);

impl Races {
    /// Steps aside after a lost race, longer each time, so that the winner gets a few operations done with the index in its
    /// cache; `now` is where to go on.
    #[cold]
    pub(super) fn lost(&mut self, now: usize) -> usize {
        for _ in 0..1 << self.0.min(LONGEST) {
            std::hint::spin_loop();
        }
        self.0 += 1;
        now
    }
}

/// Waits a little for a thread that is in the middle of an operation.
#[cfg(not(any(loom, shuttle)))]
pub(crate) fn pause(backoff: &crossbeam_utils::Backoff) {
    if backoff.is_completed() {
        // It has lost its processor. Give it this one, and the system time to notice.
        std::thread::sleep(std::time::Duration::from_micros(50));
    } else {
        backoff.snooze();
    }
}

/// Lets the model run the thread that is in the middle of an operation.
#[cfg(any(loom, shuttle))]
pub(crate) fn pause(_: &crossbeam_utils::Backoff) {
    crate::sync::yield_now();
}
