//! A vector filled by many threads, each writing where the results belong.
//!
//! **What the safety rests on:** `filled[c]` elements from the beginning of chunk `c` are initialised, and nobody else's.

use crate::chunk::{Chunk, Cut};
use crate::panics::{catch, discard};
use crate::pool::Pool;
use crate::slices;
use crate::sync::{AtomicUsize, Ordering};
use std::mem::{MaybeUninit, needs_drop};
use std::ops::Range;
use std::panic::resume_unwind;
use std::ptr;

/// The items of all chunks of `0..len`, in order. `items` must give one for each index of the range.
pub(crate) fn collect<R: Send, I: Iterator<Item = R>>(
    pool: &Pool,
    len: usize,
    chunk: Chunk,
    items: impl Fn(Range<usize>) -> I + Sync,
) -> Vec<R> {
    let cut = chunk.cut(len);
    let mut results = Vec::with_capacity(len);
    let record = Record::new::<R>(cut);
    let slots = &mut results.spare_capacity_mut()[..len];
    let outcome = catch(|| {
        slices::for_each_chunk_mut(pool, slots, chunk, |start, slots| {
            let room = slots.len();
            let items = items(start..start + room);
            let filled = if needs_drop::<R>() {
                Part { record: &record, chunk: cut.index_of(start), filled: 0 }.fill(slots, items)
            } else {
                fill(slots, items)
            };
            assert_eq!(filled, room, "one item for each index");
        });
    });
    if let Err(payload) = outcome {
        record.drop_filled(slots);
        resume_unwind(payload);
    }
    // SAFETY: every chunk ran to its end without a panic, and each has filled all its slots: it asserts that.
    unsafe { results.set_len(len) };
    results
}

/// Writes `items` to `slots` and says how many. Results that need no drop need no account of how far a chunk came before
/// it panicked, and without one the compiler makes vector instructions of a simple loop.
fn fill<R>(slots: &mut [MaybeUninit<R>], items: impl Iterator<Item = R>) -> usize {
    let mut filled = 0;
    for (slot, item) in slots.iter_mut().zip(items) {
        slot.write(item);
        filled += 1;
    }
    filled
}

/// How many results each chunk has written; kept only where results have to be dropped if a later one panics.
struct Record {
    cut: Cut,
    filled: Box<[AtomicUsize]>,
}

impl Record {
    fn new<R>(cut: Cut) -> Self {
        let chunks = if needs_drop::<R>() { cut.count } else { 0 };
        Self { cut, filled: (0..chunks).map(|_| AtomicUsize::new(0)).collect() }
    }

    /// Drops what has been written, when nobody writes any more.
    fn drop_filled<R>(self, slots: &mut [MaybeUninit<R>]) {
        for (chunk, filled) in self.filled.iter().enumerate() {
            // Relaxed: the threads have left the loop, which orders their writes before this.
            let written = &mut slots[self.cut.bounds(chunk)][..filled.load(Ordering::Relaxed)];
            let written = ptr::from_mut(written) as *mut [R];
            // SAFETY: so many slots from the beginning of the chunk were written, and nobody will read them: the vector they
            // are in still has length 0.
            discard(Filled(written));
        }
    }
}

/// Results to be dropped.
struct Filled<R>(*mut [R]);

impl<R> Drop for Filled<R> {
    fn drop(&mut self) {
        // SAFETY: whoever made this says that the elements are initialised and that nobody else will touch them.
        unsafe { ptr::drop_in_place(self.0) }
    }
}

/// A chunk being written; tells the record how far it came, also when it panics.
struct Part<'r> {
    record: &'r Record,
    chunk: usize,
    filled: usize,
}

impl Part<'_> {
    /// As [`fill`], keeping count.
    fn fill<R>(mut self, slots: &mut [MaybeUninit<R>], items: impl Iterator<Item = R>) -> usize {
        for (slot, item) in slots.iter_mut().zip(items) {
            slot.write(item);
            self.filled += 1;
        }
        self.filled
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        if let Some(filled) = self.record.filled.get(self.chunk) {
            filled.store(self.filled, Ordering::Relaxed);
        }
    }
}
