//! The one place that names where threads, locks and atomics come from: std and parking_lot, or the model checker's doubles
//! of them (`--cfg loom`) in the same shape.

pub(crate) use imp::*;

#[cfg(not(loom))]
mod imp {
    pub(crate) use parking_lot::Mutex;
    pub(crate) use std::sync::Arc;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
    pub(crate) use std::thread::{Builder as ThreadBuilder, JoinHandle};
    pub(crate) use std::thread_local;

    /// Whether the fault of this name is planted: never, outside of the model checker.
    #[inline(always)]
    pub(crate) const fn planted(_: &str) -> bool {
        false
    }

    /// `core`'s cell with loom's access functions.
    #[derive(Debug, Default)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        /// A pointer for reading, to be used inside `f` only.
        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        /// A pointer for writing, to be used inside `f` only.
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

#[cfg(loom)]
mod imp {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
    pub(crate) use loom::thread::{Builder as ThreadBuilder, JoinHandle};
    /// Not loom's, which cannot become an `Arc<dyn Trait>`: the models check who waits for whom, not `Arc`.
    pub(crate) use std::sync::Arc;
    use std::sync::PoisonError;

    /// Whether the environment asks for the fault of this name: `tests/loom.rs` plants each in turn and wants a model to
    /// notice.
    pub(crate) fn planted(name: &str) -> bool {
        static NAME: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
        NAME.get_or_init(|| std::env::var("WORKER_POOL_MUTANT").ok()).as_deref() == Some(name)
    }

    /// The checker's has no form for constants.
    macro_rules! local {
        (static $name:ident: $type:ty = const $value:block;) => {
            loom::thread_local! {
                static $name: $type = $value;
            }
        };
    }
    pub(crate) use local as thread_local;

    /// The checker's mutex without poisoning.
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
