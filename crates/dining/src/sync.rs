//! The one place that names where locks, atomics and threads come from: parking_lot and std, or a model checker's.
//!
//! The models have parking_lot's shape: no poisoning, and `wait` borrows the guard.

#[cfg(not(any(loom, shuttle)))]
mod source {
    pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard};
    pub(crate) use std::sync::atomic;
    pub(crate) use std::thread::{JoinHandle, sleep, yield_now};

    /// Does something with the lock given back meanwhile.
    pub(crate) fn unlocked<T, R>(guard: &mut MutexGuard<'_, T>, work: impl FnOnce() -> R) -> R {
        MutexGuard::unlocked(guard, work)
    }

    /// Starts a named thread.
    pub(crate) fn spawn<R: Send + 'static>(
        name: String,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> std::io::Result<JoinHandle<R>> {
        std::thread::Builder::new().name(name).spawn(work)
    }
}

#[cfg(any(loom, shuttle))]
mod source {
    #[cfg(loom)]
    use loom as checker;
    #[cfg(shuttle)]
    use shuttle as checker;

    pub(crate) use checker::sync::atomic;
    pub(crate) use checker::thread::{JoinHandle, yield_now};
    use std::fmt;
    use std::ops::{Deref, DerefMut};
    use std::time::{Duration, Instant};

    const POISON: &str = "a model never unwinds with a lock held";

    /// Time stands still in a model: a sleeper is one who lets the others go first.
    pub(crate) fn sleep(_: Duration) {
        yield_now();
    }

    /// Does something with the lock given back meanwhile.
    pub(crate) fn unlocked<T, R>(guard: &mut MutexGuard<'_, T>, work: impl FnOnce() -> R) -> R {
        drop(guard.inner.take());
        let result = work();
        guard.inner = Some(guard.lock.0.lock().expect(POISON));
        result
    }

    /// Starts a thread of the model.
    pub(crate) fn spawn<R: Send + 'static>(
        _: String,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> std::io::Result<JoinHandle<R>> {
        Ok(checker::thread::spawn(work))
    }

    pub(crate) struct Mutex<T>(checker::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(checker::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            MutexGuard { lock: self, inner: Some(self.0.lock().expect(POISON)) }
        }

        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok().map(|guard| MutexGuard { lock: self, inner: Some(guard) })
        }
    }

    impl<T> fmt::Debug for Mutex<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Mutex")
        }
    }

    /// Holds the checker's guard; only a wait takes it out for a while.
    pub(crate) struct MutexGuard<'a, T> {
        lock: &'a Mutex<T>,
        inner: Option<checker::sync::MutexGuard<'a, T>>,
    }

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;
        fn deref(&self) -> &T {
            self.inner.as_deref().expect("only a wait takes the guard out")
        }
    }

    impl<T> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.inner.as_deref_mut().expect("only a wait takes the guard out")
        }
    }

    impl<T> fmt::Debug for MutexGuard<'_, T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("MutexGuard")
        }
    }

    pub(crate) struct Condvar(checker::sync::Condvar);

    pub(crate) struct WaitTimeoutResult(bool);

    impl WaitTimeoutResult {
        pub(crate) fn timed_out(&self) -> bool {
            self.0
        }
    }

    impl Condvar {
        pub(crate) fn new() -> Self {
            Self(checker::sync::Condvar::new())
        }

        pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
            let inner = guard.inner.take().expect("one wait at a time");
            guard.inner = Some(self.0.wait(inner).expect(POISON));
        }

        /// Always times out, after anything the others can do meanwhile: between the unlock and the lock the checker lets them
        /// run as far as it likes. Together with the untimed wait that is every outcome.
        pub(crate) fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _: Instant) -> WaitTimeoutResult {
            drop(guard.inner.take());
            #[cfg(shuttle)]
            yield_now();
            guard.inner = Some(guard.lock.0.lock().expect(POISON));
            WaitTimeoutResult(true)
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
            f.write_str("Condvar")
        }
    }
}

pub(crate) use source::*;

#[cfg(loom)]
pub(crate) use loom::cell::{MutPtr, UnsafeCell};

/// loom's shape: a pointer that the checker watches as long as it lives. Here it is a pointer.
#[cfg(not(loom))]
mod cell {
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    pub(crate) struct MutPtr<T>(*mut T);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        #[inline]
        pub(crate) fn get_mut(&self) -> MutPtr<T> {
            MutPtr(self.0.get())
        }

        pub(crate) fn with_mut<R>(&self, work: impl FnOnce(*mut T) -> R) -> R {
            work(self.0.get())
        }

        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }

    impl<T> MutPtr<T> {
        #[inline]
        pub(crate) fn with<R>(&self, work: impl FnOnce(*mut T) -> R) -> R {
            work(self.0)
        }
    }
}

#[cfg(not(loom))]
pub(crate) use cell::{MutPtr, UnsafeCell};

/// A static that a model sets up anew in each schedule.
macro_rules! lazy {
    ($($(#[$attr:meta])* static $name:ident: $type:ty = $value:expr;)+) => {
        $(
            #[cfg(not(any(loom, shuttle)))]
            $(#[$attr])*
            static $name: std::sync::LazyLock<$type> = std::sync::LazyLock::new(|| $value);
        )+
        #[cfg(loom)]
        loom::lazy_static! { $($(#[$attr])* static ref $name: $type = $value;)+ }
        #[cfg(shuttle)]
        shuttle::lazy_static! { $($(#[$attr])* static ref $name: $type = $value;)+ }
    };
}
pub(crate) use lazy;

/// A value of each thread, of the model's threads in a model.
macro_rules! per_thread {
    ($(#[$attr:meta])* static $name:ident: $type:ty = $value:expr;) => {
        #[cfg(not(any(loom, shuttle)))]
        std::thread_local! { $(#[$attr])* static $name: $type = const { $value }; }
        #[cfg(loom)]
        loom::thread_local! { $(#[$attr])* static $name: $type = $value; }
        #[cfg(shuttle)]
        shuttle::thread_local! { $(#[$attr])* static $name: $type = $value; }
    };
}
pub(crate) use per_thread;

/// An `impl` of functions that are `const`, except under a model checker, whose locks and atomics cannot be made at compile time.
macro_rules! const_unless_checked {
    (impl [$($T:ident)?] $type:ty { $($(#[$attr:meta])* $vis:vis fn $name:ident($($arg:ident: $arg_type:ty),*) -> $result:ty $body:block)+ }) => {
        #[cfg(not(any(loom, shuttle)))]
        impl<$($T)?> $type { $($(#[$attr])* $vis const fn $name($($arg: $arg_type),*) -> $result $body)+ }
        #[cfg(any(loom, shuttle))]
        impl<$($T)?> $type { $($(#[$attr])* $vis fn $name($($arg: $arg_type),*) -> $result $body)+ }
    };
}
pub(crate) use const_unless_checked;

/// Locks what is never locked for longer than a few dozen nanoseconds: looks for a moment before it asks the system to wait, for
/// two threads that meet here often would spend more in the system than in here.
#[inline]
pub(crate) fn lock_briefly<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    if cfg!(any(loom, shuttle)) {
        return mutex.lock();
    }
    mutex.try_lock().unwrap_or_else(|| lock_contended(mutex))
}

#[cold]
fn lock_contended<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    const LOOKS: usize = 100;
    let look = |_| {
        std::hint::spin_loop();
        mutex.try_lock()
    };
    (0..LOOKS).find_map(look).unwrap_or_else(|| mutex.lock())
}
