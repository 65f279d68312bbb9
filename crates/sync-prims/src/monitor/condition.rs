//! Conditions that have left their predicate with the monitor.

use super::hall::{Place, Predicate};
use super::{Monitor, MonitorGuard};
use crate::deadline;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A condition on the data of a [`Monitor`] that whoever leaves the monitor evaluates; from [`Monitor::condition`].
///
/// ```
/// use sync_prims::Monitor;
/// let buffer = Monitor::new(Vec::new());
/// let not_empty = buffer.condition(|buffer| !buffer.is_empty());
/// let not_full = buffer.condition(|buffer| buffer.len() < 2);
/// std::thread::scope(|s| {
///     s.spawn(|| (0..10).for_each(|i| not_full.when(|buffer| buffer.push(i))));
///     s.spawn(|| (0..10).for_each(|i| assert_eq!(not_empty.when(|buffer| buffer.remove(0)), i)));
/// });
/// ```
///
/// Those who wait for one condition are woken in order of arrival.
#[must_use = "a condition does nothing until somebody waits for it"]
pub struct Condition<'a, T> {
    monitor: &'a Monitor<T>,
    predicate: Predicate<T>,
    /// Under which name the monitor keeps the predicate.
    name: usize,
}

impl<'a, T> Condition<'a, T> {
    pub(super) fn new(monitor: &'a Monitor<T>, predicate: Predicate<T>) -> Self {
        let name = monitor.inside.lock().hall.add_condition(Arc::clone(&predicate));
        Self { monitor, predicate, name }
    }

    /// Waits until the condition holds and runs `f` inside, before anybody else can make it false again.
    ///
    /// # Blocking
    /// Until somebody leaves the data so that the condition holds; those who wait are served in order of arrival.
    pub fn when<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        self.when_deadline(None, f).expect("without a deadline no time is over")
    }

    /// As [`when`](Self::when), for `timeout` at most; `None` if it is over, and `f` was not run.
    #[must_use = "`None` says that the function was not run"]
    pub fn when_timeout<R>(&self, timeout: Duration, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.when_deadline(deadline::after(timeout), f)
    }

    /// As [`when`](Self::when), until `deadline` at most; `None` if it has passed, and `f` was not run.
    #[must_use = "`None` says that the function was not run"]
    pub fn when_until<R>(&self, deadline: Instant, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.when_deadline(Some(deadline), f)
    }

    /// Leaves the monitor until the condition holds; then this thread is inside again and it still holds.
    ///
    /// # Panics
    /// If the guard is of another monitor.
    #[track_caller]
    pub fn wait(&self, guard: &mut MonitorGuard<'_, T>) {
        self.wait_deadline(guard, None);
    }

    /// As [`wait`](Self::wait), for `timeout` at most; false if the condition does not hold even then.
    ///
    /// # Panics
    /// If the guard is of another monitor.
    #[track_caller]
    #[must_use = "false says that the condition does not hold"]
    pub fn wait_timeout(&self, guard: &mut MonitorGuard<'_, T>, timeout: Duration) -> bool {
        self.wait_deadline(guard, deadline::after(timeout))
    }

    #[track_caller]
    fn wait_deadline(&self, guard: &mut MonitorGuard<'_, T>, deadline: Option<Instant>) -> bool {
        assert!(guard.belongs_to(self.monitor), "a condition takes a guard of its own monitor");
        let held = guard.wait_in(Place::Condition(self.name), deadline, |value| (self.predicate)(value));
        guard.touch();
        held
    }

    fn when_deadline<R>(&self, deadline: Option<Instant>, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut guard = MonitorGuard::new(self.monitor);
        let place = Place::Condition(self.name);
        guard.wait_in(place, deadline, |value| (self.predicate)(value)).then(|| f(guard.touch()))
    }
}

impl<T> Drop for Condition<'_, T> {
    fn drop(&mut self) {
        // The predicate is dropped outside of the lock: it is the user's.
        let predicate = self.monitor.inside.lock().hall.remove_condition(self.name);
        drop(predicate);
    }
}

impl<T> fmt::Debug for Condition<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").field("name", &self.name).finish_non_exhaustive()
    }
}
