//! A mutable slice of which several threads write different parts.
//!
//! Safety of this module rests on one invariant: no two live borrows from one [`Disjoint`] overlap. The callers see to
//! it: each hands out a range that belongs to a chunk, chunks do not overlap, and each is visited once.

use std::marker::PhantomData;
use std::ops::Range;

/// A `&mut [T]` that can be cut from several threads.
pub(crate) struct Disjoint<'a, T> {
    start: *mut T,
    len: usize,
    borrow: PhantomData<&'a mut [T]>,
}

// SAFETY: all that a shared `Disjoint` gives out is `&mut [T]` of parts, and by the contract of `part` no two of them
// overlap. That is handing elements to other threads, for which `T: Send` is enough.
unsafe impl<T: Send> Sync for Disjoint<'_, T> {}

impl<'a, T> Disjoint<'a, T> {
    pub(crate) fn new(slice: &'a mut [T]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), borrow: PhantomData }
    }

    /// The elements `range`.
    ///
    /// # Safety
    /// While the result lives no other part that overlaps `range` may live.
    #[inline]
    pub(crate) unsafe fn part(&self, range: Range<usize>) -> &'a mut [T] {
        assert!(range.start <= range.end && range.end <= self.len, "part within the slice");
        // SAFETY: the range lies within the slice, which is borrowed mutably for 'a (the field `borrow`); that nothing
        // else refers to these elements is the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }
}
