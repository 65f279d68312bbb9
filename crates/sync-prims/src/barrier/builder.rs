//! Barriers with an action or a timeout.

use super::word::Word;
use super::{Action, Barrier, Core};
use crate::sync::{AtomicU64, AtomicUsize, Condvar, Mutex};
use crate::wait_policy::WaitPolicy;
use crossbeam_utils::CachePadded;
use std::fmt;
use std::time::Duration;

/// Describes a [`Barrier`].
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use std::{sync::Arc, time::Duration};
/// use sync_prims::Barrier;
/// let rounds = Arc::new(AtomicU32::new(0));
/// let counter = Arc::clone(&rounds);
/// let barrier = Barrier::builder(1)
///     .action(move || { counter.fetch_add(1, Relaxed); })
///     .timeout(Duration::from_secs(1))
///     .build();
/// barrier.wait().unwrap();
/// assert_eq!(rounds.load(Relaxed), 1);
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct BarrierBuilder {
    parties: usize,
    action: Option<Action>,
    timeout: Option<Duration>,
    policy: Option<WaitPolicy>,
}

impl BarrierBuilder {
    #[track_caller]
    pub(super) fn new(parties: usize) -> Self {
        assert!(parties > 0, "a barrier needs at least 1 party");
        assert!(parties <= Barrier::MAX_PARTIES, "a barrier has at most Barrier::MAX_PARTIES parties");
        Self { parties, action: None, timeout: None, policy: None }
    }

    /// Runs once per generation, on the thread that arrives last, before anybody is released and with no lock held. If it
    /// panics, the barrier is broken and the panic goes on in that thread.
    ///
    /// It must not wait on this barrier: it would wait for itself.
    pub fn action(mut self, action: impl FnMut() + Send + 'static) -> Self {
        self.action = Some(Box::new(action));
        self
    }

    /// How long a wait without a timeout of its own lasts at most.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How those who wait poll before they sleep. Without this they poll longer if every party can have a processor of its
    /// own, since the others are about to arrive then, and yield at once if not.
    pub fn policy(mut self, policy: WaitPolicy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The barrier.
    pub fn build(self) -> Barrier {
        Barrier {
            word: CachePadded::new(AtomicU64::new(Word::opening(0, 0).0)),
            parties: AtomicUsize::new(self.parties),
            epoch: AtomicU64::new(0),
            acts: self.action.is_some(),
            timeout: self.timeout,
            policy: self.policy.unwrap_or_else(|| WaitPolicy::for_parties(self.parties)),
            core: Mutex::new(Core::new(self.action)),
            changed: Condvar::new(),
        }
    }
}

impl fmt::Debug for BarrierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierBuilder")
            .field("parties", &self.parties)
            .field("action", &self.action.is_some())
            .field("timeout", &self.timeout)
            .field("policy", &self.policy)
            .finish()
    }
}
