//! What the models in `tests/loom.rs` take apart: the join word and the bells by themselves, without the threads of a pool.

#![expect(missing_debug_implementations, reason = "for the models only")]

use crate::idle::Idle;
use crate::slot::Slot;
use std::time::Duration;

/// A [`Slot`].
pub struct Place(Slot);

impl Default for Place {
    fn default() -> Self {
        Self(Slot::new())
    }
}

impl Place {
    /// Offers `job` while `own` runs; `None` if the place is taken.
    pub fn offer<R>(&self, wanted: usize, job: &(dyn Fn() + Sync), own: impl FnOnce() -> R) -> Option<R> {
        Some(self.0.try_take()?.offer(wanted, job, own))
    }

    /// Helps, and closes the job on the way out.
    pub fn help(&self) -> bool {
        self.0.help(|_| ())
    }

    /// Helps without closing.
    pub fn attend(&self) -> bool {
        self.0.attend()
    }
}

/// An [`Idle`].
pub struct Bells(Idle);

impl Bells {
    /// One for each worker, who polls first if it is `alert`.
    pub fn new(workers: usize, alert: bool) -> Self {
        Self(Idle::new(workers, alert.then_some(Duration::from_secs(1))))
    }

    /// Falls asleep unless `work` sees something.
    pub fn wait(&self, worker: usize, work: impl FnMut() -> bool) {
        self.0.wait(worker, work);
    }

    /// Wakes one.
    pub fn wake_one(&self) -> bool {
        self.0.wake_one()
    }

    /// Wakes this one.
    pub fn wake(&self, worker: usize) {
        self.0.wake(worker);
    }
}
