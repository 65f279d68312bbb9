//! Permits as values: what is held is given back when it is dropped.

use super::Semaphore;
use std::fmt;
use std::mem;
use std::ptr;
use std::sync::Arc;

/// Permits held; given back when this is dropped.
#[must_use = "the permit is given back as soon as it is dropped"]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
}

/// Permits held, with a share of the semaphore, so that it can go to another thread; given back when this is dropped.
#[must_use = "the permit is given back as soon as it is dropped"]
pub struct OwnedPermit {
    semaphore: Arc<Semaphore>,
    permits: usize,
}

impl<'a> Permit<'a> {
    pub(super) fn new(semaphore: &'a Semaphore, permits: usize) -> Self {
        Self { semaphore, permits }
    }

    /// The semaphore they are from.
    pub fn semaphore(&self) -> &'a Semaphore {
        self.semaphore
    }
}

impl OwnedPermit {
    pub(super) fn new(semaphore: Arc<Semaphore>, permits: usize) -> Self {
        Self { semaphore, permits }
    }

    /// The semaphore they are from.
    pub fn semaphore(&self) -> &Arc<Semaphore> {
        &self.semaphore
    }
}

/// What both kinds can do.
macro_rules! permit {
    ($permit:ident $(<$life:lifetime>)?) => {
        impl $(<$life>)? $permit $(<$life>)? {
            /// How many permits this holds.
            pub fn permits(&self) -> usize {
                self.permits
            }

            /// Takes these permits out of circulation: they are never given back.
            pub fn forget(mut self) {
                self.permits = 0;
            }

            /// Splits `n` permits off; `None`, with nothing changed, if there are fewer.
            pub fn split(&mut self, n: usize) -> Option<Self> {
                self.permits = self.permits.checked_sub(n)?;
                Some(Self::new(Clone::clone(&self.semaphore), n))
            }

            /// Adds the permits of `other`.
            ///
            /// # Panics
            /// If they are from another semaphore, to which they are given back then. `self` keeps its own.
            #[track_caller]
            pub fn merge(&mut self, mut other: Self) {
                assert!(ptr::eq::<Semaphore>(&*self.semaphore, &*other.semaphore), "only permits of one semaphore can be merged");
                self.permits += mem::take(&mut other.permits);
            }
        }

        impl $(<$life>)? Drop for $permit $(<$life>)? {
            #[inline]
            fn drop(&mut self) {
                if self.permits > 0 {
                    self.semaphore.release(self.permits);
                }
            }
        }

        impl $(<$life>)? fmt::Debug for $permit $(<$life>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($permit)).field("permits", &self.permits).finish_non_exhaustive()
            }
        }
    };
}

permit!(Permit<'a>);
permit!(OwnedPermit);
