//! The end of a pool.

use crate::context;
use crate::core::Core;
use crate::panics::{Payload, discard};
use crate::sync::JoinHandle;
use std::fmt;

/// What happens to tasks that wait in the queue when a pool ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// They run first.
    #[default]
    Drain,
    /// They are cancelled; those that have begun end all the same.
    CancelPending,
}

/// Why [`Pool::shutdown`](crate::Pool::shutdown) did not end cleanly.
#[non_exhaustive]
pub enum ShutdownError {
    /// Called on a worker of the pool itself, which cannot wait for its own end. The workers go home by themselves.
    OnOwnWorker,
    /// A hook of the builder panicked, on the worker with this index; all workers have gone home.
    HookPanicked {
        /// The lowest worker whose hook panicked, counted from 1.
        worker: usize,
        /// What the panic carried.
        payload: Payload,
    },
}

/// The worker threads, to be waited for.
pub(crate) struct Owner {
    workers: Vec<JoinHandle<Option<Payload>>>,
}

impl Owner {
    pub(crate) fn new(workers: Vec<JoinHandle<Option<Payload>>>) -> Self {
        Self { workers }
    }

    /// Sends the workers home and waits for them.
    pub(crate) fn end(self, core: &Core, how: Shutdown) -> Result<(), ShutdownError> {
        core.close();
        if how == Shutdown::CancelPending {
            for task in core.queue.take_all() {
                task.cancel();
                discard(task);
            }
        }
        if context::worker_of(core).is_some() {
            return Err(ShutdownError::OnOwnWorker);
        }
        let mut result = Ok(());
        for (index, worker) in self.workers.into_iter().enumerate() {
            let payload = worker.join().unwrap_or_else(Some);
            if let Some(payload) = payload {
                if result.is_ok() {
                    result = Err(ShutdownError::HookPanicked { worker: index + 1, payload });
                } else {
                    discard(payload);
                }
            }
        }
        result
    }
}

impl fmt::Debug for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnOwnWorker => f.write_str("OnOwnWorker"),
            Self::HookPanicked { worker, .. } => {
                f.debug_struct("HookPanicked").field("worker", worker).finish_non_exhaustive()
            }
        }
    }
}

impl fmt::Display for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnOwnWorker => f.write_str("a pool cannot wait for its end on one of its own workers"),
            Self::HookPanicked { worker, .. } => write!(f, "a hook panicked on worker {worker}"),
        }
    }
}

impl std::error::Error for ShutdownError {}
