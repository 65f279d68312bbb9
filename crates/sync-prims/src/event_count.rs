//! Waiting for somebody else's lock-free progress.

use crate::sync::{AtomicUsize, Condvar, Mutex, Ordering};
use std::time::Instant;

/// Lets a thread sleep until somebody else's lock-free state has changed, without a lost wake-up.
#[derive(Debug)]
pub struct EventCount {
    /// Listeners registered and not yet gone; raised before they re-check, so that a notifier that changed the state
    /// afterwards sees it.
    listeners: AtomicUsize,
    /// How many notifications have been given; a listener waits for it to move.
    epoch: Mutex<u64>,
    moved: Condvar,
}

/// A registered interest in the next notification.
#[derive(Debug)]
#[must_use = "re-check the condition, then wait"]
pub struct Listener<'a> {
    event: &'a EventCount,
    epoch: u64,
}

impl EventCount {
    /// With nobody listening.
    pub const fn new() -> Self {
        Self { listeners: AtomicUsize::new(0), epoch: Mutex::new(0), moved: Condvar::new() }
    }

    /// Registers; then re-check the condition and [`Listener::wait`] if it still does not hold.
    pub fn listen(&self) -> Listener<'_> {
        self.listeners.fetch_add(1, Ordering::SeqCst);
        Listener { event: self, epoch: *self.epoch.lock() }
    }

    /// Wakes at least one listener.
    pub fn notify_one(&self) {
        self.notify_all();
    }

    /// Wakes every listener.
    pub fn notify_all(&self) {
        if self.listeners.load(Ordering::SeqCst) > 0 {
            *self.epoch.lock() += 1;
            self.moved.notify_all();
        }
    }

    /// Waits until `ready` gives a value, or until `deadline` (`None`: no limit). Spins, then yields, then sleeps.
    pub fn wait_for<R>(&self, deadline: Option<Instant>, mut ready: impl FnMut() -> Option<R>) -> Option<R> {
        loop {
            if let Some(value) = ready() {
                return Some(value);
            }
            let listener = self.listen();
            if let Some(value) = ready() {
                return Some(value);
            }
            match deadline {
                None => listener.wait(),
                Some(deadline) => {
                    if !listener.wait_until(deadline) {
                        return ready();
                    }
                }
            }
        }
    }
}

impl Default for EventCount {
    fn default() -> Self {
        Self::new()
    }
}

impl Listener<'_> {
    /// Sleeps until notified.
    pub fn wait(self) {
        let mut epoch = self.event.epoch.lock();
        while *epoch == self.epoch {
            self.event.moved.wait(&mut epoch);
        }
    }

    /// Sleeps until notified (true) or `deadline` has passed (false).
    pub fn wait_until(self, deadline: Instant) -> bool {
        let mut epoch = self.event.epoch.lock();
        while *epoch == self.epoch {
            if self.event.moved.wait_until(&mut epoch, deadline).timed_out() {
                return *epoch != self.epoch;
            }
        }
        true
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        self.event.listeners.fetch_sub(1, Ordering::SeqCst);
    }
}
