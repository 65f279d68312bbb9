//! The one place that names where locks, atomics and the scheduler come from: parking_lot and std, or a model checker's
//! doubles of them (`--cfg loom`, `--cfg shuttle`) in parking_lot's shape.

#[cfg(not(any(loom, shuttle)))]
pub(crate) use self::real::*;
#[cfg(not(any(loom, shuttle)))]
mod real {
    pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard};
    pub(crate) use std::hint::spin_loop;
    pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
    pub(crate) use std::thread::yield_now;
    pub(crate) use std::thread_local;

    /// A load in the single order of all `SeqCst` operations.
    #[inline]
    pub(crate) fn load_seq_cst(atomic: &AtomicUsize) -> usize {
        atomic.load(Ordering::SeqCst)
    }

    /// A few pauses for a thread that has lost a race for a word: the winner gets some operations done before the cache
    /// line is asked for again, which is faster for both than passing it to and fro. Half a microsecond; a quarter of the
    /// pauses gained half as much.
    #[cold]
    pub(crate) fn back_off() {
        (0..30).for_each(|_| spin_loop());
    }

    /// Whether the fault of this name is planted: never, outside of the model checkers.
    #[inline(always)]
    pub(crate) const fn planted(_: &str) -> bool {
        false
    }
}

#[cfg(any(loom, shuttle))]
pub(crate) use self::model::*;
#[cfg(any(loom, shuttle))]
mod model {
    #[cfg(loom)]
    use loom as checker;
    #[cfg(all(shuttle, not(loom)))]
    use shuttle as checker;

    pub(crate) use checker::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
    pub(crate) use checker::thread::yield_now;
    pub(crate) use checker::thread_local;
    use std::fmt;
    use std::ops::{Deref, DerefMut};
    use std::sync::PoisonError;
    use std::time::Instant;

    pub(crate) fn spin_loop() {
        yield_now();
    }

    /// A model has no cache lines.
    pub(crate) fn back_off() {}

    /// Loom takes `SeqCst` accesses for acquire and release only; the fence gives the load its place in the single order.
    pub(crate) fn load_seq_cst(atomic: &AtomicUsize) -> usize {
        fence(Ordering::SeqCst);
        atomic.load(Ordering::SeqCst)
    }

    /// Whether the environment asks for the fault of this name: `tests/loom.rs` plants each in turn and wants a model to
    /// notice.
    pub(crate) fn planted(name: &str) -> bool {
        static NAME: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
        NAME.get_or_init(|| std::env::var("SYNC_PRIMS_MUTANT").ok()).as_deref() == Some(name)
    }

    /// The checker's mutex without poisoning.
    pub(crate) struct Mutex<T>(checker::sync::Mutex<T>);

    /// Holds the checker's guard; `None` only while [`Condvar`] has it.
    pub(crate) struct MutexGuard<'a, T> {
        lock: &'a Mutex<T>,
        inner: Option<checker::sync::MutexGuard<'a, T>>,
    }

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(checker::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            MutexGuard { lock: self, inner: Some(self.0.lock().unwrap_or_else(PoisonError::into_inner)) }
        }

        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            Some(MutexGuard { lock: self, inner: Some(self.0.try_lock().ok()?) })
        }

        pub(crate) fn get_mut(&mut self) -> &mut T {
            self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
        }

        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
        }
    }

    impl<T> fmt::Debug for Mutex<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.pad("Mutex")
        }
    }

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;
        fn deref(&self) -> &T {
            self.inner.as_ref().expect("the guard is only away inside a wait")
        }
    }

    impl<T> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.inner.as_mut().expect("the guard is only away inside a wait")
        }
    }

    /// The checker's condition variable in parking_lot's shape: `wait` borrows the guard.
    pub(crate) struct Condvar(checker::sync::Condvar);

    pub(crate) struct WaitTimeoutResult;

    impl WaitTimeoutResult {
        pub(crate) fn timed_out(&self) -> bool {
            true
        }
    }

    impl Condvar {
        pub(crate) fn new() -> Self {
            Self(checker::sync::Condvar::new())
        }

        pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
            let inner = guard.inner.take().expect("a guard waits once at a time");
            guard.inner = Some(self.0.wait(inner).unwrap_or_else(PoisonError::into_inner));
        }

        /// Always times out, after anything that the others can do meanwhile: between the unlock and the lock the checker
        /// lets every other thread run as far as it likes. Together with the untimed wait that is every outcome.
        pub(crate) fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _deadline: Instant) -> WaitTimeoutResult {
            drop(guard.inner.take());
            #[cfg(not(loom))]
            yield_now();
            guard.inner = Some(guard.lock.0.lock().unwrap_or_else(PoisonError::into_inner));
            WaitTimeoutResult
        }

        pub(crate) fn notify_one(&self) {
            self.0.notify_one();
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }
    }

    impl fmt::Debug for Condvar {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.pad("Condvar")
        }
    }
}

/// `const fn` as far as the model checkers allow: their locks and atomics have no const constructor.
macro_rules! const_fn {
    ($(#[$attr:meta])* $vis:vis const fn $($rest:tt)*) => {
        #[cfg(not(any(loom, shuttle)))]
        $(#[$attr])* $vis const fn $($rest)*
        #[cfg(any(loom, shuttle))]
        $(#[$attr])* $vis fn $($rest)*
    };
}
pub(crate) use const_fn;
