//! The one place that names where atomics, cells and locks come from: the real ones, or a model checker's.

#[cfg(not(loom))]
pub(crate) use self::real::UnsafeCell;
#[cfg(not(any(loom, shuttle)))]
pub(crate) use {
    parking_lot::Mutex,
    std::sync::Arc,
    std::sync::atomic::{AtomicUsize, Ordering},
};

#[cfg(any(loom, shuttle))]
pub(crate) use self::model::{Arc, AtomicUsize, Mutex, Ordering, yield_now};
#[cfg(loom)]
pub(crate) use loom::cell::UnsafeCell;

#[cfg(not(loom))]
mod real {
    /// A cell with loom's way of access, so that loom sees each one.
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        #[inline(always)]
        pub(crate) fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        #[inline(always)]
        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        #[inline(always)]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

#[cfg(any(loom, shuttle))]
mod model {
    #[cfg(loom)]
    use loom as checker;
    #[cfg(all(shuttle, not(loom)))]
    use shuttle as checker;

    use checker::sync::MutexGuard;
    pub(crate) use checker::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    pub(crate) use checker::thread::yield_now;

    /// The checker's lock with parking_lot's signature: no poisoning.
    #[derive(Debug)]
    pub(crate) struct Mutex<T>(checker::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(checker::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
        }
    }
}
