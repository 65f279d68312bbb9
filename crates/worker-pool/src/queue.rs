//! The tasks that wait for a worker, first come, first served.
//!
//! A task whose handle was joined before a worker came is run by the one who joined; a task may also be cancelled. Both
//! leave a *husk* in the queue. Husks are swept out when they are the larger part, so a pool whose workers are busy for
//! long does not collect them.

use crate::sync::{Arc, AtomicUsize, Mutex, Ordering, planted};
use crate::task::Run;
use std::collections::VecDeque;

/// So many husks are not worth a sweep.
const FEW: usize = 64;

pub(crate) struct Queue {
    state: Mutex<State>,
    /// `waiting.len()`, plus [`CLOSED`] once closed; written under the lock, so that workers can look without it.
    hint: AtomicUsize,
}

/// The bit of `hint` that says that the queue is closed.
const CLOSED: usize = 1 << (usize::BITS - 1);

struct State {
    waiting: VecDeque<Arc<dyn Run>>,
    /// Tasks are accepted from anywhere.
    open: bool,
    /// Pushes since the last sweep, so that a sweep is paid for by as many pushes as it looks at tasks.
    since_sweep: usize,
}

impl Queue {
    /// `open` is false for a pool without workers: nobody would ever pop.
    pub(crate) fn new(open: bool) -> Self {
        let state = State { waiting: VecDeque::new(), open, since_sweep: 0 };
        Self { state: Mutex::new(state), hint: AtomicUsize::new(if open { 0 } else { CLOSED }) }
    }

    /// Appends `task`. False if the queue is closed; a worker of this pool may push until it has gone home itself.
    pub(crate) fn push(&self, task: Arc<dyn Run>, by_worker: bool) -> bool {
        let mut state = self.state.lock();
        if !state.open && !by_worker && !planted("accept tasks after the end") {
            return false;
        }
        state.since_sweep += 1;
        let husks = if state.since_sweep > state.waiting.len().max(FEW) { state.sweep() } else { VecDeque::new() };
        state.waiting.push_back(task);
        self.publish(&state);
        drop(state);
        drop(husks);
        true
    }

    /// The task that waits longest, and whether there are more.
    pub(crate) fn pop(&self) -> Option<(Arc<dyn Run>, bool)> {
        if self.is_idle() {
            return None;
        }
        let mut state = self.state.lock();
        let task = state.waiting.pop_front()?;
        let more = !state.waiting.is_empty();
        self.publish(&state);
        Some((task, more))
    }

    /// Accepts no more tasks from outside.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.open = false;
        self.publish(&state);
    }

    /// Takes out all that wait.
    pub(crate) fn take_all(&self) -> VecDeque<Arc<dyn Run>> {
        let mut state = self.state.lock();
        let all = std::mem::take(&mut state.waiting);
        self.publish(&state);
        all
    }

    /// Nothing waits; a look without the lock.
    pub(crate) fn is_idle(&self) -> bool {
        self.hint.load(Ordering::Acquire) & !CLOSED == 0
    }

    /// Closed, and nothing waits.
    pub(crate) fn is_finished(&self) -> bool {
        self.hint.load(Ordering::Acquire) == CLOSED
    }

    fn publish(&self, state: &State) {
        let closed = if state.open { 0 } else { CLOSED };
        self.hint.store(state.waiting.len() | closed, Ordering::Release);
    }
}

impl State {
    /// Takes the husks out, to be dropped outside the lock.
    fn sweep(&mut self) -> VecDeque<Arc<dyn Run>> {
        self.since_sweep = 0;
        let (husks, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|task| task.is_husk());
        self.waiting = waiting;
        husks
    }
}
