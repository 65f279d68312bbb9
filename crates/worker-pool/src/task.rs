//! A closure that is run at most once, by whoever comes first, and the place where its result waits.

use crate::core::Core;
use crate::handle::Cancelled;
use crate::panics::{catch, discard};
use crate::patience;
use crate::sync::{Arc, AtomicBool, Mutex, Ordering, planted};
use std::mem::replace;
use std::thread;
use std::time::Instant;
use sync_prims::EventCount;

/// What a worker needs to know of a queued piece of work.
pub(crate) trait Run: Send + Sync {
    /// Runs it, if nobody did before. Keeps the panic.
    fn run(&self, core: &Core);
    /// Whether there is nothing left to run.
    fn is_husk(&self) -> bool;
    /// Gives it up, if nobody has begun; true if so.
    fn cancel(&self) -> bool;
}

/// What a handle needs to know of a task.
pub(crate) trait Outcome<R>: Run {
    /// Runs the task here if nobody has begun.
    fn run_here(&self);
    /// Whether the result is there, or was.
    fn is_done(&self) -> bool;
    /// Waits for the result; false if `deadline` came first.
    fn wait(&self, deadline: Option<Instant>) -> bool;
    /// The result, once.
    fn take(&self) -> Option<thread::Result<R>>;
}

/// See the module.
pub(crate) struct Task<F, R> {
    stage: Mutex<Stage<F, R>>,
    /// The stage is `Done`, `Cancelled` or `Taken`; set after it.
    done: AtomicBool,
    /// Where handles wait for `done`.
    event: EventCount,
}

enum Stage<F, R> {
    /// Nobody has begun.
    Waiting(F),
    /// Somebody runs the closure.
    Running,
    /// The result, not yet taken.
    Done(thread::Result<R>),
    /// It will never run.
    Cancelled,
    /// The result has been taken.
    Taken,
}

impl<F: FnOnce() -> R, R> Task<F, R> {
    pub(crate) fn new(closure: F) -> Arc<Self> {
        let stage = Mutex::new(Stage::Waiting(closure));
        Arc::new(Self { stage, done: AtomicBool::new(false), event: patience::event_count() })
    }

    /// Takes the closure out, leaving `next`, if nobody has begun.
    fn begin(&self, next: Stage<F, R>) -> Option<F> {
        let mut stage = self.stage.lock();
        match replace(&mut *stage, next) {
            Stage::Waiting(closure) => Some(closure),
            other => {
                let next = replace(&mut *stage, other);
                drop(stage);
                drop(next);
                None
            }
        }
    }

    fn finish(&self) {
        self.done.store(true, Ordering::SeqCst);
        if !planted("finish a task without a word") {
            self.event.notify_all();
        }
    }
}

impl<F: FnOnce() -> R + Send, R: Send> Run for Task<F, R> {
    fn run(&self, _: &Core) {
        self.run_here();
    }

    fn is_husk(&self) -> bool {
        !matches!(*self.stage.lock(), Stage::Waiting(_))
    }

    fn cancel(&self) -> bool {
        let Some(closure) = self.begin(Stage::Cancelled) else { return false };
        self.finish();
        discard(closure);
        true
    }
}

impl<F: FnOnce() -> R + Send, R: Send> Outcome<R> for Task<F, R> {
    fn run_here(&self) {
        if let Some(closure) = self.begin(Stage::Running) {
            let result = catch(closure);
            *self.stage.lock() = Stage::Done(result);
            self.finish();
        }
    }

    fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    fn wait(&self, deadline: Option<Instant>) -> bool {
        self.event.wait_for(deadline, || self.is_done().then_some(())).is_some()
    }

    fn take(&self) -> Option<thread::Result<R>> {
        let mut stage = self.stage.lock();
        match replace(&mut *stage, Stage::Taken) {
            Stage::Done(result) => Some(result),
            Stage::Cancelled => Some(Err(Box::new(Cancelled))),
            other => {
                *stage = other;
                None
            }
        }
    }
}
