//! One party of a barrier, as a value whose end the barrier notices.

use super::{Barrier, BarrierError};
use std::ops::Deref;
use std::sync::Arc;
use std::thread;

/// A handle for one party, from [`Barrier::participant`]. All methods of [`Barrier`] are there; if it is dropped by a panic
/// it [aborts](Barrier::abort) the barrier, so that the other parties do not wait for a thread that is gone.
///
/// ```
/// use std::sync::Arc;
/// use sync_prims::{Barrier, BarrierError};
/// let barrier = Arc::new(Barrier::new(2));
/// let faulty = barrier.participant();
/// let thread = std::thread::spawn(move || {
///     let _faulty = faulty;
///     panic!("before it arrives");
/// });
/// assert_eq!(barrier.wait(), Err(BarrierError::Broken)); // instead of a hang
/// assert!(thread.join().is_err());
/// ```
#[derive(Debug)]
#[must_use = "it watches over its thread only as long as it lives there"]
pub struct Participant {
    barrier: Arc<Barrier>,
    /// Made while another panic was under way, whose unwinding says nothing about this party.
    made_in_panic: bool,
}

impl Participant {
    pub(super) fn new(barrier: Arc<Barrier>) -> Self {
        Self { barrier, made_in_panic: thread::panicking() }
    }

    /// The barrier.
    pub fn barrier(&self) -> &Arc<Barrier> {
        &self.barrier
    }

    /// [`Barrier::arrive_and_drop`]: later generations have one party less.
    ///
    /// # Errors
    /// As `arrive_and_drop`.
    ///
    /// # Panics
    /// As `arrive_and_drop`.
    pub fn leave(self) -> Result<(), BarrierError> {
        self.barrier.arrive_and_drop()
    }
}

impl Deref for Participant {
    type Target = Barrier;
    fn deref(&self) -> &Barrier {
        &self.barrier
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        if thread::panicking() && !self.made_in_panic {
            self.barrier.abort();
        }
    }
}
