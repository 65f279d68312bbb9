//! Arriving now and waiting later.

use super::{Arrival, Barrier, BarrierError, BarrierWaitResult};
use crate::deadline;
use std::mem::ManuallyDrop;
use std::time::{Duration, Instant};

/// An arrival whose wait is still to come; from [`Barrier::arrive`]. Dropped, the arrival stands and nobody waits.
#[derive(Debug)]
#[must_use = "wait with it, or drop it on purpose to go on without the others"]
pub struct ArrivalToken<'a> {
    barrier: &'a Barrier,
    arrival: Arrival,
}

impl<'a> ArrivalToken<'a> {
    pub(super) fn new(barrier: &'a Barrier, arrival: Arrival) -> Self {
        Self { barrier, arrival }
    }

    /// Waits until all parties have arrived.
    ///
    /// # Errors
    /// As [`Barrier::wait`].
    ///
    /// # Blocking
    /// Until the last party arrives.
    pub fn wait(self) -> Result<BarrierWaitResult, BarrierError> {
        let deadline = self.barrier.timeout.and_then(deadline::after);
        self.wait_deadline(deadline)
    }

    /// Waits for `timeout` at most.
    ///
    /// # Errors
    /// As [`Barrier::wait`].
    pub fn wait_timeout(self, timeout: Duration) -> Result<BarrierWaitResult, BarrierError> {
        self.wait_deadline(deadline::after(timeout))
    }

    /// Waits until `deadline` at most.
    ///
    /// # Errors
    /// As [`Barrier::wait`].
    pub fn wait_until(self, deadline: Instant) -> Result<BarrierWaitResult, BarrierError> {
        self.wait_deadline(Some(deadline))
    }

    fn wait_deadline(self, deadline: Option<Instant>) -> Result<BarrierWaitResult, BarrierError> {
        // It asks now, so its drop must not answer for it.
        let token = ManuallyDrop::new(self);
        token.barrier.wait_for_the_others(token.arrival, deadline)
    }
}

impl Drop for ArrivalToken<'_> {
    fn drop(&mut self) {
        if !self.arrival.leader {
            self.barrier.go_without_asking(self.arrival.generation);
        }
    }
}
