//! Waiting until all of a changing number of helpers are done.
//!
//! A counter of live tokens with an [`EventCount`] behind it: the drop that takes the counter to zero notifies everybody.

use crate::deadline;
use crate::event_count::EventCount;
use crate::sync::{AtomicU64, Ordering};
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
    /// Tokens alive in the lower half; in the upper half how often that has come down to zero, so that a waiter that is
    /// slow to wake still learns of a zero that is over. One word, so that no waiter can take an old zero for a new one.
    word: AtomicU64,
    done: EventCount,
}

/// One of those that a [`WaitGroup`] waits for. A clone is one more.
#[must_use = "dropped at once, there is nobody to wait for"]
pub struct WaitToken {
    shared: Arc<Shared>,
}

/// One more zero, in [`Shared::word`]. The count of zeros wraps.
const ZERO: u64 = 1 << 32;

fn tokens(word: u64) -> usize {
    (word % ZERO) as usize
}

fn zeros(word: u64) -> u64 {
    word / ZERO
}

impl WaitGroup {
    /// With nobody to wait for.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more to wait for, until the token is dropped. Add before the helper starts, not inside of it: a `wait` that
    /// comes earlier knows nothing of it.
    ///
    /// # Panics
    /// If there are some two thousand million tokens already.
    #[track_caller]
    pub fn add(&self) -> WaitToken {
        self.shared.add();
        WaitToken { shared: Arc::clone(&self.shared) }
    }

    /// Tokens alive: a snapshot.
    pub fn tokens(&self) -> usize {
        tokens(self.shared.word.load(Ordering::Acquire))
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
        let look = || self.shared.word.load(Ordering::Acquire);
        let before = zeros(look());
        let ready = |word| (tokens(word) == 0 || zeros(word) != before).then_some(());
        self.shared.done.wait_for(deadline, || ready(look())).is_some()
    }
}

impl Shared {
    fn add(&self) {
        let before = self.word.fetch_add(1, Ordering::Relaxed);
        if tokens(before) >= u32::MAX as usize / 2 {
            self.word.fetch_sub(1, Ordering::Relaxed);
            panic!("a wait group has room for two thousand million tokens");
        }
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
        // `SeqCst` because the notification relies on it; it also releases the holder's writes to those who wait.
        let dropped = self.shared.word.fetch_update(Ordering::SeqCst, Ordering::Relaxed, |word| {
            Some(if tokens(word) == 1 { (word - 1).wrapping_add(ZERO) } else { word - 1 })
        });
        if dropped.is_ok_and(|before| tokens(before) == 1) {
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
        f.debug_struct("WaitToken").field("tokens", &tokens(self.shared.word.load(Ordering::Relaxed))).finish()
    }
}
