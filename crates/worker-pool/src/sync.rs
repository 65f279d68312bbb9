//! The one place that names where threads, locks and atomics come from: std and parking_lot, or the model checker's doubles
//! of them (`--cfg loom`, `--cfg shuttle`) in the same shape.

pub(crate) use imp::*;

/// Whether a model checker runs this: where it makes no difference to what is checked, models are small and do not poll.
pub(crate) const MODEL: bool = cfg!(any(loom, shuttle));

/// std's cell with loom's access functions.
#[cfg(not(loom))]
mod cell {
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

#[cfg(not(any(loom, shuttle)))]
mod imp {
    pub(crate) use super::cell::UnsafeCell;
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
}

#[cfg(any(loom, shuttle))]
mod imp {
    #[cfg(all(shuttle, not(loom)))]
    pub(crate) use super::cell::UnsafeCell;
    pub(crate) use checker::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
    pub(crate) use checker::thread::{Builder as ThreadBuilder, JoinHandle};
    #[cfg(loom)]
    use loom as checker;
    #[cfg(loom)]
    pub(crate) use loom::cell::UnsafeCell;
    #[cfg(all(shuttle, not(loom)))]
    use shuttle as checker;
    /// Not loom's, which cannot become an `Arc<dyn Trait>`: the models check who waits for whom, not `Arc`.
    pub(crate) use std::sync::Arc;
    use std::sync::PoisonError;

    /// Whether the environment asks for the fault of this name: `tests/loom.rs` and `tests/shuttle.rs` plant each in turn
    /// and want a model to notice.
    pub(crate) fn planted(name: &str) -> bool {
        static NAME: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
        NAME.get_or_init(|| std::env::var("WORKER_POOL_MUTANT").ok()).as_deref() == Some(name)
    }

    /// The checker's has no form for constants.
    macro_rules! local {
        (static $name:ident: $type:ty = const $value:block;) => {
            $crate::sync::plain_local! {
                static $name: $type = $value;
            }
        };
    }
    pub(crate) use checker::thread_local as plain_local;
    pub(crate) use local as thread_local;

    /// The checker's mutex without poisoning.
    pub(crate) struct Mutex<T>(checker::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(checker::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> checker::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
