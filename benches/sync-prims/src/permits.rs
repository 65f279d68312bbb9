//! Every semaphore behind one trait.

use parking_lot::{Condvar, Mutex};
use sync_prims::{Fairness, Semaphore};

/// A semaphore that blocks a thread.
pub trait Permits: Sync {
    /// Waits for a permit and keeps it.
    fn take(&self);
    /// Adds a permit.
    fn give(&self);
    /// Does something while it holds a permit, the way the semaphore wants to be used.
    fn hold(&self, inside: impl FnOnce())
    where
        Self: Sized,
    {
        self.take();
        inside();
        self.give();
    }
}

impl Permits for Semaphore {
    #[inline]
    fn take(&self) {
        self.acquire().expect("nobody closes it").forget();
    }
    #[inline]
    fn give(&self) {
        self.add_permits(1);
    }
    #[inline]
    fn hold(&self, inside: impl FnOnce())
    where
        Self: Sized,
    {
        let _permit = self.acquire().expect("nobody closes it");
        inside();
    }
}

impl Permits for tokio::sync::Semaphore {
    #[inline]
    fn take(&self) {
        self.blocking_acquire().expect("nobody closes it").forget();
    }
    #[inline]
    fn give(&self) {
        self.add_permits(1);
    }
    #[inline]
    fn hold(&self, inside: impl FnOnce())
    where
        Self: Sized,
    {
        let _permit = self.blocking_acquire().expect("nobody closes it");
        inside();
    }
}

impl Permits for async_lock::Semaphore {
    #[inline]
    fn take(&self) {
        self.acquire_blocking().forget();
    }
    #[inline]
    fn give(&self) {
        self.add_permits(1);
    }
    #[inline]
    fn hold(&self, inside: impl FnOnce())
    where
        Self: Sized,
    {
        let _permit = self.acquire_blocking();
        inside();
    }
}

impl Permits for std_semaphore::Semaphore {
    #[inline]
    fn take(&self) {
        self.acquire();
    }
    #[inline]
    fn give(&self) {
        self.release();
    }
}

/// The textbook's semaphore: a number under a mutex and a condition variable.
#[derive(Debug)]
pub struct CondvarSemaphore {
    free: Mutex<usize>,
    more: Condvar,
}

impl CondvarSemaphore {
    /// A semaphore with so many permits.
    pub const fn new(permits: usize) -> Self {
        Self { free: Mutex::new(permits), more: Condvar::new() }
    }
}

impl Permits for CondvarSemaphore {
    #[inline]
    fn take(&self) {
        let mut free = self.free.lock();
        while *free == 0 {
            self.more.wait(&mut free);
        }
        *free -= 1;
    }
    #[inline]
    fn give(&self) {
        *self.free.lock() += 1;
        self.more.notify_one();
    }
}

/// Our semaphore that serves whoever comes first.
pub fn barging(permits: usize) -> Semaphore {
    Semaphore::with_fairness(permits, Fairness::Barging)
}
