//! Disjoint parts of one slice for many threads.
//!
//! **What the safety rests on:** the bounds of different chunks do not overlap, and each chunk is run once.

use crate::chunk::Chunk;
use crate::flat;
use crate::pool::Pool;
use std::slice;

/// The start of a slice whose parts go to different threads.
struct Start<T>(*mut T);

// SAFETY: every part of the slice is used by one thread at a time, so sharing the start only moves `&mut [T]` to other
// threads, for which `T: Send` is enough.
unsafe impl<T: Send> Sync for Start<T> {}

impl<T> Start<T> {
    /// A method, so that closures capture the whole and not the pointer, which is not `Sync`.
    fn get(&self) -> *mut T {
        self.0
    }
}

/// See [`Pool::for_each_chunk_mut`].
pub(crate) fn for_each_chunk_mut<T: Send>(pool: &Pool, xs: &mut [T], chunk: Chunk, f: impl Fn(usize, &mut [T]) + Sync) {
    let cut = chunk.cut(xs.len());
    let start = Start(xs.as_mut_ptr());
    flat::for_each(pool, cut, |range| {
        // SAFETY: `range` lies inside `0..xs.len()` (`Cut::bounds`); `flat::for_each` runs each chunk once and chunks do not
        // overlap, so this is the only reference to these elements; `xs` is borrowed until it returns.
        let part = unsafe { slice::from_raw_parts_mut(start.get().add(range.start), range.len()) };
        f(range.start, part);
    });
}
