//! Waiting until all of a changing number of helpers are done.
//!
//! A counter of live tokens with an [`EventCount`] behind it: the drop that takes the counter to zero notifies everybody.

use crate::deadline;
use crate::event_count::EventCount;
use crate::sync::{AtomicUsize, Ordering};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Waits until every token has been dropped, like Go's `sync.WaitGroup` with the count tied to values.
///
/// ```
/// use sync_prims::WaitGroup;
/// let group = WaitGroup::new();
/// for _ in 0..4 {
///     let token = group.add();
///     std::thread::spawn(move || {
///         // ... work ...
///         drop(token); // also by leaving the closure, also by a panic
///     });
/// }
/// group.wait();
/// ```
///
/// Everything done before a token was dropped is visible after the `wait` that it ended. The group can be used again.
///
/// # Differences
/// From crossbeam's `WaitGroup`: the waiting side is no member, so it can wait many times, with a timeout and from many
/// threads. From [`Latch`](crate::Latch): the number is not fixed, and a panicking helper counts as done.
#[derive(Clone, Default)]
pub struct WaitGroup {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Tokens alive.
    tokens: AtomicUsize,
    /// How often `tokens` has come down to zero: a waiter that was slow to wake still learns of a zero that is over.
    zeros: AtomicUsize,
    done: EventCount,
}

/// One of those that a [`WaitGroup`] waits for. A clone is one more.
#[must_use = "dropped at once, there is nobody to wait for"]
pub struct WaitToken {
    shared: Arc<Shared>,
}

impl WaitGroup {
    /// With nobody to wait for.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more to wait for, until the token is dropped. Add before the helper starts, not inside of it: a `wait` that
    /// comes earlier knows nothing of it.
    pub fn add(&self) -> WaitToken {
        self.shared.add();
        WaitToken { shared: Arc::clone(&self.shared) }
    }

    /// Tokens alive: a snapshot.
    pub fn tokens(&self) -> usize {
        self.shared.tokens.load(Ordering::Acquire)
    }

    /// Waits until no token is alive.
    ///
    /// # Blocking
    /// Until the last token is dropped; returns at once if there is none. It returns also if tokens were added again
    /// between that moment and the waking of this thread.
    pub fn wait(&self) {
        self.wait_deadline(None);
    }

    /// Waits until no token is alive (true) or `timeout` is over (false).
    #[must_use = "false says that some are not done"]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_deadline(deadline::after(timeout))
    }

    /// Waits until no token is alive (true) or `deadline` has passed (false).
    #[must_use = "false says that some are not done"]
    pub fn wait_until(&self, deadline: Instant) -> bool {
        self.wait_deadline(Some(deadline))
    }

    fn wait_deadline(&self, deadline: Option<Instant>) -> bool {
        let zeros = || self.shared.zeros.load(Ordering::Acquire);
        let before = zeros();
        self.shared.done.wait_for(deadline, || (self.tokens() == 0 || zeros() != before).then_some(())).is_some()
    }
}

impl Shared {
    fn add(&self) {
        self.tokens.fetch_add(1, Ordering::Relaxed);
    }
}

impl Clone for WaitToken {
    fn clone(&self) -> Self {
        self.shared.add();
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl Drop for WaitToken {
    fn drop(&mut self) {
        if self.shared.tokens.fetch_sub(1, Ordering::AcqRel) == 1 {
            // `SeqCst` because the notification relies on it.
            self.shared.zeros.fetch_add(1, Ordering::SeqCst);
            self.shared.done.notify_all();
        }
    }
}

impl fmt::Debug for WaitGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroup").field("tokens", &self.tokens()).finish()
    }
}

impl fmt::Debug for WaitToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitToken").field("tokens", &self.shared.tokens.load(Ordering::Relaxed)).finish()
    }
}
