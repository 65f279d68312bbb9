//! The value of a lock: the one place of this crate with unsafe code.
//!
//! Who may use the value is decided elsewhere, by the lock's [word](super::core) and the [desk](super::desk). A mutex around the value
//! as well would ask a second time, at the price of the first: with it a lock cost 9 ns, without 5.
//!
//! **Invariant.** At most one [`Lent`] of a cell exists at a time, and the end of one happens before the beginning of the next. Both come from
//! the grant: a lock is given back after its `Lent` is gone, with `Release`, and granted with `Acquire` (by its word), or both with the desk
//! locked. Loom checks this: the pointer is watched as long as it lives.

#![allow(unsafe_code, reason = "a second lock around the value doubles what a lock costs")]

use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{MutPtr, UnsafeCell};
use std::ops::{Deref, DerefMut};

pub(super) struct Cell<T> {
    /// A `Lent` exists. Looked at and changed only by whoever has been granted the lock.
    lent: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `&Cell` gives access by `lend` alone, whose callers promise that it is one thread's at a time. So values move between threads and
// are never shared: `T: Send` is enough, as for a mutex.
unsafe impl<T: Send> Sync for Cell<T> {}

/// The value in the hands of who has been granted the lock. Stays on its thread, as does the pointer in it.
pub(super) struct Lent<'a, T> {
    cell: &'a Cell<T>,
    value: MutPtr<T>,
}

// SAFETY: a shared `Lent` gives `&T` and nothing else.
unsafe impl<T: Sync> Sync for Lent<'_, T> {}

crate::sync::const_unless_checked! {
    impl [T] Cell<T> {
        pub(super) fn new(value: T) -> Self {
            Self { lent: AtomicBool::new(false), value: UnsafeCell::new(value) }
        }
    }
}

impl<T> Cell<T> {
    /// The value, or `None` if this grant has lent it already: the lock is twice in a set.
    ///
    /// # Safety
    /// The caller's thread has been granted the lock and gives it back only after the `Lent` of this grant is gone.
    #[inline]
    pub(super) unsafe fn lend(&self) -> Option<Lent<'_, T>> {
        if self.lent.load(Ordering::Relaxed) {
            return None;
        }
        self.lent.store(true, Ordering::Relaxed);
        Some(Lent { cell: self, value: self.value.get_mut() })
    }

    pub(super) fn get_mut(&mut self) -> &mut T {
        // SAFETY: `&mut self` says that nobody else has access.
        self.value.with_mut(|value| unsafe { &mut *value })
    }

    pub(super) fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T> Deref for Lent<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the cell is borrowed, so the value is there; it is the only `Lent` (see the invariant), and `&self` keeps `deref_mut` away.
        self.value.with(|value| unsafe { &*value })
    }
}

impl<T> DerefMut for Lent<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` keeps all other references away.
        self.value.with(|value| unsafe { &mut *value })
    }
}

impl<T> Drop for Lent<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.cell.lent.store(false, Ordering::Relaxed);
    }
}
