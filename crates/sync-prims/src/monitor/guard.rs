//! Being inside a monitor.

use super::hall::Place;
use super::{Inside, Monitor};
use crate::deadline;
use crate::parker::{Seat, Wakes};
use crate::sync::{MutexGuard, Ordering, planted};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

/// The inside of a [`Monitor`]. Whoever leaves by dropping it wakes the waiter whose turn it is.
#[must_use = "the monitor is left as soon as the guard is dropped"]
pub struct MonitorGuard<'a, T> {
    monitor: &'a Monitor<T>,
    /// `None` only while this thread waits.
    inside: Option<MutexGuard<'a, Inside<T>>>,
    /// The user has been inside since the guard was made or woke up, and may have changed the data.
    touched: bool,
}

impl<'a, T> MonitorGuard<'a, T> {
    /// Inside, with nothing touched yet.
    pub(super) fn new(monitor: &'a Monitor<T>) -> Self {
        Self { monitor, inside: Some(monitor.inside.lock()), touched: false }
    }

    /// Lets the user touch the data.
    pub(super) fn touch(&mut self) -> &mut T {
        self.touched = true;
        &mut *self
    }

    pub(super) fn belongs_to(&self, monitor: &Monitor<T>) -> bool {
        std::ptr::eq(self.monitor, monitor)
    }

    /// Leaves the monitor until `predicate` holds; then this thread is inside again and it still holds.
    ///
    /// # Blocking
    /// As [`Monitor::when`].
    pub fn wait_until(&mut self, predicate: impl FnMut(&T) -> bool) {
        self.wait_in(Place::Closures, None, predicate);
        self.touch();
    }

    /// As [`wait_until`](Self::wait_until), for `timeout` at most; false if `predicate` does not hold even then.
    #[must_use = "false says that the condition does not hold"]
    pub fn wait_until_timeout(&mut self, timeout: Duration, predicate: impl FnMut(&T) -> bool) -> bool {
        let held = self.wait_in(Place::Closures, deadline::after(timeout), predicate);
        self.touch();
        held
    }

    /// Waits in the line of `place` until `predicate` holds (true) or until `deadline` (false). Inside before and after.
    pub(super) fn wait_in(
        &mut self,
        place: Place,
        deadline: Option<Instant>,
        mut predicate: impl FnMut(&T) -> bool,
    ) -> bool {
        if predicate(self) {
            return true;
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return false;
        }
        let seat = Seat::take();
        let mut ticket = None;
        loop {
            let mut inside = self.inside.take().expect(INSIDE);
            if std::mem::take(&mut self.touched) {
                inside.hall.data_changed();
            }
            let own = inside.hall.enter(place, ticket, seat.parker());
            if ticket.is_none() || !planted("sleep again without passing the wake-up on") {
                self.monitor.leave(inside);
            }
            let woken = seat.wait(self.monitor.policy, deadline).is_some();
            let inside = self.inside.insert(self.monitor.inside.lock());
            let timed_out = !woken && inside.hall.give_up(place, own);
            if timed_out {
                self.monitor.waiting.store(inside.hall.waiting(), Ordering::Relaxed);
            }
            if predicate(self) {
                return true;
            }
            if timed_out {
                return false;
            }
            seat.reset();
            ticket = Some(own);
        }
    }
}

impl<T> Monitor<T> {
    /// Leaves: wakes the one whose turn it is.
    fn leave(&self, mut inside: MutexGuard<'_, Inside<T>>) {
        if inside.hall.waiting() == 0 {
            return;
        }
        let mut wakes = Wakes::new();
        let Inside { hall, value } = &mut *inside;
        hall.choose(value, &mut wakes);
        self.waiting.store(hall.waiting(), Ordering::Relaxed);
        drop(inside);
        wakes.ring();
    }
}

impl<T> Deref for MonitorGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.inside.as_ref().expect(INSIDE).value
    }
}

impl<T> DerefMut for MonitorGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inside.as_mut().expect(INSIDE).value
    }
}

impl<T> Drop for MonitorGuard<'_, T> {
    fn drop(&mut self) {
        let Some(mut inside) = self.inside.take() else { return };
        if self.touched {
            inside.hall.data_changed();
        }
        self.monitor.leave(inside);
    }
}

impl<T: fmt::Debug> fmt::Debug for MonitorGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MonitorGuard").field("value", &**self).finish()
    }
}

const INSIDE: &str = "who holds the guard is inside, except during a wait";
