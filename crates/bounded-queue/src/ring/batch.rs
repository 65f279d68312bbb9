//! Several values at one stroke: the ready slots in a row are counted and claimed with one compare-and-swap.

use super::pace::Races;
use super::{CLOSED, READABLE, Refused, Ring};
use crate::sync::Ordering;
use sync_prims::Look;

/// Claimed places for several values in a row.
#[must_use = "nobody else can use the places until they are filled"]
pub(crate) struct Vacancies<'a, T> {
    ring: &'a Ring<T>,
    /// The first place, claimed from `ring`, like those behind it, by whoever made this, and not yet filled.
    position: usize,
    len: usize,
}

impl<T> Vacancies<'_, T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Puts values there and publishes each. There must be `len` of them, to be had without waiting.
    pub(crate) fn fill(self, mut values: impl Iterator<Item = T>) {
        let mut filled = 0;
        for (slots, lap) in self.ring.stretches(self.position, self.len) {
            for (slot, value) in slots.iter().zip(&mut values) {
                // SAFETY: the claim is in `self`, which is used up here; each slot of it comes once.
                unsafe { slot.fill(lap, value) };
                filled += 1;
            }
        }
        debug_assert_eq!(filled, self.len, "a claimed place stays empty for good");
    }
}

impl<T> Ring<T> {
    /// Claims up to `wanted` places after the newest value at one stroke, at least one; `wanted` is not 0.
    pub(crate) fn vacancies(&self, wanted: usize, look: Look) -> Result<Vacancies<'_, T>, Refused> {
        let wanted = wanted.min(self.capacity());
        let mut tail = self.tail.load(Ordering::Relaxed);
        let mut races = Races::default();
        loop {
            let free = if tail & CLOSED == 0 { self.run(tail, wanted, 0) } else { 0 };
            if free == 0 {
                tail = self.why_no_vacancy(tail, look)?;
                continue;
            }
            match self.tail.compare_exchange_weak(tail, self.ahead(tail, free), Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => return Ok(Vacancies { ring: self, position: tail, len: free }),
                Err(now) => tail = races.lost(now),
            }
        }
    }

    /// Moves up to `max` of the oldest values to the end of `out`, at one stroke, and says how many: at least one if
    /// `max` is. Room is made in `out` before anything is claimed.
    pub(crate) fn pop_some(&self, out: &mut Vec<T>, max: usize, look: Look) -> Result<usize, Refused> {
        let max = max.min(self.capacity());
        let mut head = self.head.load(Ordering::Relaxed);
        let mut races = Races::default();
        if max == 0 {
            return Ok(0);
        }
        loop {
            let ready = self.run(head, max, READABLE);
            if ready == 0 {
                head = self.why_no_pop(head, look)?;
                continue;
            }
            out.reserve(ready);
            match self.head.compare_exchange_weak(head, self.ahead(head, ready), Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => {
                    for (slots, lap) in self.stretches(head, ready) {
                        // SAFETY: claimed just now, when all were readable; each is read once.
                        out.extend(slots.iter().map(|slot| unsafe { slot.empty(lap.wrapping_add(self.lap)) }));
                    }
                    return Ok(ready);
                }
                Err(now) => head = races.lost(now),
            }
        }
    }

    /// How many slots in a row from position `from`, at most `most`, have this turn.
    fn run(&self, from: usize, most: usize, readable: usize) -> usize {
        let mut count = 0;
        for (slots, lap) in self.stretches(from, most) {
            let turn = lap | readable;
            let run = slots.iter().take_while(|slot| slot.turn.load(Ordering::Acquire) == turn).count();
            count += run;
            // Those at the end of the ring that are still to be made are in no stretch, but count before those at its start.
            if run < slots.len() || self.index(from) + count < self.capacity() {
                break;
            }
        }
        count
    }
}
