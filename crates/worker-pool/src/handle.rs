//! The result of a task that runs elsewhere, as it will be.

use crate::sync::Arc;
use crate::task::Outcome;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::thread;
use std::time::{Duration, Instant};

/// The result of a task given to a pool by [`apply_async`](crate::Pool::apply_async) and its like.
///
/// Dropping the handle detaches the task: it runs all the same, and its result or panic is dropped.
///
/// ```
/// let pool = worker_pool::Pool::new(2)?;
/// let answer = pool.apply_async(|| 6 * 7);
/// assert_eq!(answer.join().unwrap(), 42);
/// # Ok::<(), worker_pool::BuildError>(())
/// ```
#[must_use = "dropping a handle detaches the task; `join` waits for its result"]
pub struct Handle<R> {
    task: Arc<dyn Outcome<R>>,
}

/// What [`Handle::join`] gives as the error of a task that was cancelled; `downcast_ref` finds it in the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cancelled;

impl<R> Handle<R> {
    pub(crate) fn new(task: Arc<dyn Outcome<R>>) -> Self {
        Self { task }
    }

    /// Waits for the result. If no worker has begun with the task, it is run here and now: a thread that waits works, but
    /// only on what it waits for, so joining inside a task of the same pool cannot deadlock.
    ///
    /// # Errors
    /// The payload of the task's panic; or [`Cancelled`].
    ///
    /// # Panics
    /// If [`try_take`](Self::try_take) has given the result already.
    ///
    /// # Blocking
    /// Until the task has ended.
    #[track_caller]
    pub fn join(self) -> thread::Result<R> {
        self.task.run_here();
        self.task.wait(None);
        // Only `try_take`, which needs the handle for itself, takes results earlier.
        self.task.take().expect("the result was already taken by try_take")
    }

    /// Waits until the task has ended, at most for `limit`; true if it has. Does not run the task itself, since that could
    /// take longer than the limit. [`Duration::MAX`] means no limit.
    ///
    /// # Blocking
    /// Until the task has ended or the time has passed. In a task of the same pool this may wait for the very worker that it
    /// runs on; prefer [`join`](Self::join) there.
    pub fn wait_timeout(&self, limit: Duration) -> bool {
        self.task.wait(Instant::now().checked_add(limit))
    }

    /// The result if the task has ended, once; never blocks.
    ///
    /// # Errors
    /// Inside the option as of [`join`](Self::join).
    pub fn try_take(&mut self) -> Option<thread::Result<R>> {
        if self.is_done() { self.task.take() } else { None }
    }

    /// Whether the task has ended or was cancelled.
    pub fn is_done(&self) -> bool {
        self.task.is_done()
    }

    /// Gives the task up if nobody has begun with it; true if so. Its closure is dropped, and [`join`](Self::join) gives
    /// [`Cancelled`]. A task that has begun is not interrupted.
    pub fn cancel(&self) -> bool {
        self.task.cancel()
    }
}

/// As for `std::thread::JoinHandle`.
impl<R> UnwindSafe for Handle<R> {}
impl<R> RefUnwindSafe for Handle<R> {}

impl<R> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("is_done", &self.is_done()).finish_non_exhaustive()
    }
}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the task was cancelled before it began")
    }
}

impl std::error::Error for Cancelled {}
