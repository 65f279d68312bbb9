//! A gate that opens once, for all.
//!
//! An atomic counter with an [`EventCount`] behind it: whoever takes the counter to zero notifies everybody. A wait on an
//! open latch is one load.

use crate::deadline;
use crate::event_count::EventCount;
use crate::sync::{AtomicUsize, Ordering, const_fn};
use std::time::{Duration, Instant};

/// A gate that opens for good when its counter reaches zero, like Java's `CountDownLatch` and C++20's `std::latch`.
///
/// ```
/// use sync_prims::Latch;
/// let ready = Latch::new(3);
/// std::thread::scope(|s| {
///     for _ in 0..3 {
///         s.spawn(|| ready.count_down());
///     }
///     ready.wait(); // all three have counted down
/// });
/// assert!(ready.is_open());
/// ```
///
/// Everything done before a `count_down` is visible after the `wait` that it ended.
///
/// # Differences
/// From [`Barrier`](crate::Barrier): those who count down do not wait, and it opens once. From
/// [`WaitGroup`](crate::WaitGroup): the count is fixed at the start and is not tied to the life of a token, so a thread
/// that panics before it counts down leaves the gate shut. From `std::latch`: counting below zero is no undefined
/// behaviour, the counter stays at zero.
#[derive(Debug)]
pub struct Latch {
    /// Events still missing; only goes down.
    count: AtomicUsize,
    opened: EventCount,
}

impl Latch {
    const_fn! {
        /// A gate that opens after `count` events; open from the start if that is 0.
        pub const fn new(count: usize) -> Self {
            Self { count: AtomicUsize::new(count), opened: EventCount::new() }
        }
    }

    /// One event less is missing.
    pub fn count_down(&self) {
        self.count_down_by(1);
    }

    /// `n` events less are missing. The counter stops at zero.
    pub fn count_down_by(&self, n: usize) {
        // `SeqCst` because the notification below relies on it.
        let before = self
            .count
            .fetch_update(Ordering::SeqCst, Ordering::Relaxed, |count| (count > 0).then(|| count.saturating_sub(n)));
        if before.is_ok_and(|before| before <= n) {
            self.opened.notify_all();
        }
    }

    /// [`count_down`](Self::count_down), then [`wait`](Self::wait).
    ///
    /// # Blocking
    /// Until the latch opens.
    pub fn arrive_and_wait(&self) {
        self.count_down();
        self.wait();
    }

    /// Waits until the latch is open.
    ///
    /// # Blocking
    /// Until others have counted down to zero; all are woken then.
    pub fn wait(&self) {
        self.opened.wait_for(None, || self.is_open().then_some(()));
    }

    /// Waits until the latch is open (true) or `timeout` is over (false).
    #[must_use = "false says that the latch is still shut"]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_deadline(deadline::after(timeout))
    }

    /// Waits until the latch is open (true) or `deadline` has passed (false).
    #[must_use = "false says that the latch is still shut"]
    pub fn wait_until(&self, deadline: Instant) -> bool {
        self.wait_deadline(Some(deadline))
    }

    fn wait_deadline(&self, deadline: Option<Instant>) -> bool {
        self.opened.wait_for(deadline, || self.is_open().then_some(())).is_some()
    }

    /// Whether the counter is at zero.
    pub fn is_open(&self) -> bool {
        self.count() == 0
    }

    /// Events still missing.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }
}
