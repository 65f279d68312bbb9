//! What an asynchronous call leaves in the caller's hand.

use crate::batch::Batch;
use crate::chunks;
use crate::error::TaskError;
use serde::de::DeserializeOwned;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A task on its way. Dropping the handle leaves the task alone: it runs, and nobody hears of it.
#[must_use = "dropping the handle drops the result; `join` waits for it"]
pub struct Handle<R> {
    batch: Arc<Batch>,
    taken: bool,
    result: PhantomData<fn() -> R>,
}

impl<R: DeserializeOwned> Handle<R> {
    pub(crate) fn new(batch: Arc<Batch>) -> Self {
        Self { batch, taken: false, result: PhantomData }
    }

    /// Waits for the outcome.
    ///
    /// # Errors
    /// The [`TaskError`] that says why there is no result; `Cancelled` if the outcome was taken before.
    pub fn join(mut self) -> Result<R, TaskError> {
        self.take()
    }

    /// The outcome if it is there; `None` if it is not yet, or was taken before.
    pub fn try_take(&mut self) -> Option<Result<R, TaskError>> {
        (!self.taken && self.is_done()).then(|| self.take())
    }

    fn take(&mut self) -> Result<R, TaskError> {
        if std::mem::replace(&mut self.taken, true) {
            return Err(TaskError::Cancelled);
        }
        chunks::only(self.batch.take(0))
    }
}

impl<R> Handle<R> {
    /// Waits for the outcome for at most `limit`, and says whether it is there.
    pub fn wait_timeout(&self, limit: Duration) -> bool {
        self.batch.wait(1, Instant::now().checked_add(limit))
    }

    /// Whether the outcome is there.
    pub fn is_done(&self) -> bool {
        self.batch.arrived() > 0
    }

    /// Asks that the task not be begun; true if it has no outcome yet. A task that runs already is not interrupted.
    pub fn cancel(&self) -> bool {
        self.batch.cancel();
        !self.is_done()
    }
}

/// A `map` on its way. Dropping the handle leaves the tasks alone.
#[must_use = "dropping the handle drops the results; `join` waits for them"]
pub struct MapHandle<R> {
    batch: Arc<Batch>,
    len: usize,
    result: PhantomData<fn() -> R>,
}

impl<R: DeserializeOwned> MapHandle<R> {
    pub(crate) fn new(batch: Arc<Batch>, len: usize) -> Self {
        Self { batch, len, result: PhantomData }
    }

    /// Waits for every outcome; they are in the order of the items.
    pub fn join(self) -> Vec<Result<R, TaskError>> {
        let mut all = Vec::with_capacity(self.len);
        while all.len() < self.len {
            self.batch.take(all.len()).open(|outcome| all.push(outcome));
        }
        all
    }

    /// Waits for the results.
    ///
    /// # Errors
    /// That of the first item in order that failed; items not begun by then are cancelled.
    pub fn try_join(self) -> Result<Vec<R>, TaskError> {
        let mut all = Vec::with_capacity(self.len);
        let mut first_error = None;
        while all.len() < self.len {
            self.batch.take(all.len()).open(|outcome| match outcome {
                Ok(result) if first_error.is_none() => all.push(result),
                Ok(_) => {}
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            });
            if let Some(error) = first_error {
                self.batch.cancel();
                return Err(error);
            }
        }
        Ok(all)
    }

    /// Waits for every outcome for at most `limit`, and says whether they are there.
    pub fn wait_timeout(&self, limit: Duration) -> bool {
        self.batch.wait(self.len, Instant::now().checked_add(limit))
    }

    /// Whether every outcome is there.
    pub fn is_done(&self) -> bool {
        self.batch.arrived() >= self.len
    }

    /// How many items have their outcome.
    pub fn done(&self) -> usize {
        self.batch.arrived()
    }

    /// How many items there are.
    #[expect(clippy::len_without_is_empty, reason = "it is the length of the input, not of a container")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Asks that items not begun yet not be begun; true if there are items without an outcome.
    pub fn cancel(&self) -> bool {
        self.batch.cancel();
        !self.is_done()
    }
}

impl<R> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("done", &(self.batch.arrived() > 0)).finish()
    }
}

impl<R> fmt::Debug for MapHandle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapHandle").field("done", &self.batch.arrived()).field("len", &self.len).finish()
    }
}
