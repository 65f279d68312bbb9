//! Once on every thread.
//!
//! The claiming of the loops cannot serve "every worker must run this": a fast one would run it all. So the job gets a slot
//! of its own that nobody finds by searching, each worker gets an invitation to it, and the caller waits until everybody
//! has been there.

use crate::context;
use crate::core::Core;
use crate::panics::catch;
use crate::patience;
use crate::pool::Pool;
use crate::slot::Slot;
use crate::sync::{Arc, AtomicUsize, Mutex, Ordering, planted};
use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::thread;

/// The invitations of one worker.
pub(crate) struct Inbox {
    state: Mutex<State>,
    /// How many there are; written under the lock, so that the worker can look without it.
    len: AtomicUsize,
}

struct State {
    /// `None` when the worker has gone home.
    invitations: Option<VecDeque<Arc<Slot>>>,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(State { invitations: Some(VecDeque::new()) }), len: AtomicUsize::new(0) }
    }

    pub(crate) fn has_work(&self) -> bool {
        self.len.load(Ordering::Acquire) > 0
    }

    /// False if the worker has gone home.
    fn invite(&self, slot: &Arc<Slot>) -> bool {
        let mut state = self.state.lock();
        let Some(invitations) = &mut state.invitations else { return false };
        invitations.push_back(Arc::clone(slot));
        self.len.store(invitations.len(), Ordering::Release);
        true
    }

    /// Follows the oldest invitation, if there is one.
    pub(crate) fn run_one(&self) -> bool {
        if !self.has_work() {
            return false;
        }
        let mut state = self.state.lock();
        let slot = state.invitations.as_mut().and_then(VecDeque::pop_front);
        self.len.fetch_sub(slot.iter().len(), Ordering::Release);
        drop(state);
        slot.is_some_and(|slot| slot.attend())
    }

    /// The worker goes home, unless it is invited.
    pub(crate) fn close_if_empty(&self) -> bool {
        let mut state = self.state.lock();
        let empty = state.invitations.as_ref().is_none_or(VecDeque::is_empty);
        if empty {
            state.invitations = None;
        }
        empty
    }
}

/// See [`Pool::broadcast`].
pub(crate) fn broadcast<R: Send>(pool: &Pool, f: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let core = pool.core();
    if core.threads() == 1 || context::worker_of(core).is_some() {
        return pool.install(|| (0..core.threads()).map(f).collect());
    }
    let results: Box<[Mutex<Option<thread::Result<R>>>]> = (0..core.threads()).map(|_| Mutex::new(None)).collect();
    let run = |index: usize| {
        let result = catch(|| f(index));
        *results[index].lock() = Some(result);
    };
    pool.install(|| everywhere(core, &run));
    let results = results.into_iter().map(|result| result.into_inner().expect("every index has been run"));
    // All results first: a panic drops the others, then is raised.
    let results: thread::Result<Vec<R>> = results.collect();
    results.unwrap_or_else(|payload| resume_unwind(payload))
}

/// Calls `run`, which does not panic, with 0 here and with the index of each worker there.
fn everywhere(core: &Core, run: &(dyn Fn(usize) + Sync)) {
    let workers = core.inboxes.len();
    let slot = Arc::new(Slot::new());
    let missing = AtomicUsize::new(workers);
    let all_came = patience::event_count();
    let job = || {
        let worker = context::worker_of(core).expect("only workers are invited");
        run(worker + 1);
        if missing.fetch_sub(1, Ordering::SeqCst) == 1 && !planted("come last without a word") {
            all_came.notify_all();
        }
    };
    let owned = slot.try_take().expect("a new slot is nobody's");
    owned.offer(workers, &job, || {
        let gone: Vec<usize> = (0..workers)
            .filter(|&worker| {
                let invited = core.inboxes[worker].invite(&slot);
                if invited {
                    core.wake(worker);
                }
                !invited
            })
            .collect();
        missing.fetch_sub(gone.len(), Ordering::SeqCst);
        run(0);
        gone.iter().for_each(|worker| run(worker + 1));
        all_came.wait_for(None, || (missing.load(Ordering::SeqCst) == 0).then_some(()));
    });
}
