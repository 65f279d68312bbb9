//! A slice that several threads use at once, each its own part of it.
//!
//! Invariant of this module and of all its users: two tasks of one parallel step never touch the same index, and the
//! step ends (the pool joins) before the slice is used as a whole again.

use std::mem::MaybeUninit;
use std::ops::Range;

/// The slice, as a pointer that may be copied into every task.
pub(crate) struct Parts<T> {
    start: *mut T,
    len: usize,
}

impl<T> Clone for Parts<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Parts<T> {}

// SAFETY: a part is only ever used by one task at a time (the contract of `slice` and `at`), so elements move between
// threads and are never shared: `T: Send` is enough.
unsafe impl<T: Send> Send for Parts<T> {}
// SAFETY: as above; what is shared is the address.
unsafe impl<T: Send> Sync for Parts<T> {}

impl<T> Parts<T> {
    pub(crate) fn new(v: &mut [T]) -> Self {
        Self { start: v.as_mut_ptr(), len: v.len() }
    }

    /// The same places, for those who move elements in and out of them.
    pub(crate) fn uninit(self) -> Parts<MaybeUninit<T>> {
        Parts { start: self.start.cast(), len: self.len }
    }

    /// The elements of `range`.
    ///
    /// # Safety
    /// The slice is still exclusively borrowed by whoever made this, and no other task uses an index of `range` as long
    /// as the result lives.
    #[track_caller]
    pub(crate) unsafe fn slice<'a>(self, range: Range<usize>) -> &'a mut [T] {
        assert!(range.start <= range.end && range.end <= self.len, "a part beyond its slice");
        // SAFETY: the range lies inside the slice (just checked); exclusive use is the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }

    /// Where element `index` lies.
    ///
    /// # Safety
    /// `index <= len`, and the caller alone uses that element as long as it uses the pointer.
    pub(crate) unsafe fn at(self, index: usize) -> *mut T {
        debug_assert!(index <= self.len);
        // SAFETY: inside the slice or one past its end, by the caller's promise.
        unsafe { self.start.add(index) }
    }
}
