//! The ways to ask for permits: to wait for them, to try, or to wait until a deadline; as a borrowing or an owning permit.

use super::{AcquireTimeoutError, Closed, OwnedPermit, Permit, Semaphore, TryAcquireError, check};
use crate::deadline;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Semaphore {
    /// Takes one permit, waiting for it.
    ///
    /// # Errors
    /// [`Closed`] if the semaphore is closed before or during the wait.
    ///
    /// # Blocking
    /// Until a permit is given back or added, and nobody [before it in line](super::Fairness) gets it.
    #[inline]
    pub fn acquire(&self) -> Result<Permit<'_>, Closed> {
        self.acquire_many(1)
    }

    /// Takes `n` permits at once, waiting until there are that many. None of them is taken before. `n == 0` waits for
    /// nothing.
    ///
    /// # Errors
    /// [`Closed`] if the semaphore is closed before or during the wait.
    ///
    /// # Panics
    /// If `n` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    ///
    /// # Blocking
    /// As [`acquire`](Self::acquire); for ever if the semaphore never has that many.
    #[inline]
    #[track_caller]
    pub fn acquire_many(&self, n: usize) -> Result<Permit<'_>, Closed> {
        self.take(n)?;
        Ok(Permit::new(self, n))
    }

    /// Takes one permit if that needs no waiting.
    ///
    /// # Errors
    /// [`NoPermits`](TryAcquireError::NoPermits) if none is free or, with [`Fairness::Fifo`](super::Fairness::Fifo), somebody waits for it;
    /// [`Closed`](TryAcquireError::Closed).
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes `n` permits if that needs no waiting.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    ///
    /// # Panics
    /// If `n` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[inline]
    #[track_caller]
    pub fn try_acquire_many(&self, n: usize) -> Result<Permit<'_>, TryAcquireError> {
        check(n);
        self.try_take(n)?;
        Ok(Permit::new(self, n))
    }

    /// Takes one permit, waiting for it for `timeout` at most.
    ///
    /// # Errors
    /// [`TimedOut`](AcquireTimeoutError::TimedOut), [`Closed`](AcquireTimeoutError::Closed).
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<Permit<'_>, AcquireTimeoutError> {
        self.acquire_many_timeout(1, timeout)
    }

    /// Takes `n` permits at once, waiting for them for `timeout` at most.
    ///
    /// # Errors
    /// As [`acquire_timeout`](Self::acquire_timeout).
    ///
    /// # Panics
    /// If `n` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[track_caller]
    pub fn acquire_many_timeout(&self, n: usize, timeout: Duration) -> Result<Permit<'_>, AcquireTimeoutError> {
        self.take_until(n, || deadline::after(timeout))?;
        Ok(Permit::new(self, n))
    }

    /// Takes one permit, waiting for it until `deadline` at most.
    ///
    /// # Errors
    /// As [`acquire_timeout`](Self::acquire_timeout).
    pub fn acquire_until(&self, deadline: Instant) -> Result<Permit<'_>, AcquireTimeoutError> {
        self.acquire_many_until(1, deadline)
    }

    /// Takes `n` permits at once, waiting for them until `deadline` at most.
    ///
    /// # Errors
    /// As [`acquire_timeout`](Self::acquire_timeout).
    ///
    /// # Panics
    /// If `n` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[track_caller]
    pub fn acquire_many_until(&self, n: usize, deadline: Instant) -> Result<Permit<'_>, AcquireTimeoutError> {
        self.take_until(n, || Some(deadline))?;
        Ok(Permit::new(self, n))
    }
}

/// With permits that own a share of the semaphore.
impl Semaphore {
    /// As [`acquire`](Self::acquire), with a permit that owns a share of the semaphore and may go to another thread.
    ///
    /// # Errors
    /// [`Closed`], as `acquire`.
    pub fn acquire_owned(self: &Arc<Self>) -> Result<OwnedPermit, Closed> {
        self.acquire_many_owned(1)
    }

    /// As [`acquire_many`](Self::acquire_many), with a permit that owns a share of the semaphore.
    ///
    /// # Errors
    /// [`Closed`], as `acquire_many`.
    ///
    /// # Panics
    /// If `n` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[track_caller]
    pub fn acquire_many_owned(self: &Arc<Self>, n: usize) -> Result<OwnedPermit, Closed> {
        self.take(n)?;
        Ok(OwnedPermit::new(Arc::clone(self), n))
    }

    /// As [`try_acquire`](Self::try_acquire), with a permit that owns a share of the semaphore.
    ///
    /// # Errors
    /// As `try_acquire`.
    pub fn try_acquire_owned(self: &Arc<Self>) -> Result<OwnedPermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// As [`try_acquire_many`](Self::try_acquire_many), with a permit that owns a share of the semaphore.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    ///
    /// # Panics
    /// If `n` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[track_caller]
    pub fn try_acquire_many_owned(self: &Arc<Self>, n: usize) -> Result<OwnedPermit, TryAcquireError> {
        check(n);
        self.try_take(n)?;
        Ok(OwnedPermit::new(Arc::clone(self), n))
    }

    /// As [`acquire_many_timeout`](Self::acquire_many_timeout), with a permit that owns a share of the semaphore.
    ///
    /// # Errors
    /// As [`acquire_timeout`](Self::acquire_timeout).
    ///
    /// # Panics
    /// If `n` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[track_caller]
    pub fn acquire_many_owned_timeout(
        self: &Arc<Self>,
        n: usize,
        timeout: Duration,
    ) -> Result<OwnedPermit, AcquireTimeoutError> {
        self.take_until(n, || deadline::after(timeout))?;
        Ok(OwnedPermit::new(Arc::clone(self), n))
    }

    /// As [`acquire_timeout`](Self::acquire_timeout), with a permit that owns a share of the semaphore.
    ///
    /// # Errors
    /// As [`acquire_timeout`](Self::acquire_timeout).
    pub fn acquire_owned_timeout(self: &Arc<Self>, timeout: Duration) -> Result<OwnedPermit, AcquireTimeoutError> {
        self.acquire_many_owned_timeout(1, timeout)
    }

    /// As [`acquire_until`](Self::acquire_until), with a permit that owns a share of the semaphore.
    ///
    /// # Errors
    /// As [`acquire_timeout`](Self::acquire_timeout).
    pub fn acquire_owned_until(self: &Arc<Self>, deadline: Instant) -> Result<OwnedPermit, AcquireTimeoutError> {
        self.acquire_many_owned_until(1, deadline)
    }

    /// As [`acquire_many_until`](Self::acquire_many_until), with a permit that owns a share of the semaphore.
    ///
    /// # Errors
    /// As [`acquire_timeout`](Self::acquire_timeout).
    ///
    /// # Panics
    /// If `n` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[track_caller]
    pub fn acquire_many_owned_until(
        self: &Arc<Self>,
        n: usize,
        deadline: Instant,
    ) -> Result<OwnedPermit, AcquireTimeoutError> {
        self.take_until(n, || Some(deadline))?;
        Ok(OwnedPermit::new(Arc::clone(self), n))
    }
}
