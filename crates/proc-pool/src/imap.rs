//! Outcomes as an iterator, while the work goes on.

use crate::batch::Batch;
use crate::chunks;
use crate::error::TaskError;
use crate::pool::ProcPool;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::sync::Arc;

/// What both iterators do: keep at most `buffer` items on their way.
struct Feed<'a, F, A, R, I> {
    pool: &'a ProcPool,
    f: F,
    items: I,
    buffer: usize,
    batch: Arc<Batch>,
    /// Items taken from the input.
    sent: usize,
    /// Outcomes given out.
    given: usize,
    exhausted: bool,
    task: PhantomData<fn(A) -> R>,
}

impl<'a, F, A, R, I> Feed<'a, F, A, R, I>
where
    F: Fn(A) -> R + Copy + 'static,
    A: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned,
    I: Iterator<Item = A>,
{
    #[track_caller]
    fn new(pool: &'a ProcPool, f: F, items: I, buffer: usize) -> Self {
        assert!(buffer > 0, "buffer must be at least 1; as many as there are workers keeps all of them busy");
        let batch = Arc::new(Batch::default());
        Self { pool, f, items, buffer, batch, sent: 0, given: 0, exhausted: false, task: PhantomData }
    }

    /// Tops up, and says whether there is an outcome to wait for.
    fn feed(&mut self) -> bool {
        while !self.exhausted && self.sent - self.given < self.buffer {
            match self.items.next() {
                Some(item) => {
                    self.pool.submit_single(self.f, self.sent, &item, &self.batch);
                    self.sent += 1;
                }
                None => self.exhausted = true,
            }
        }
        self.given < self.sent
    }
}

impl<F, A, R, I> Drop for Feed<'_, F, A, R, I> {
    fn drop(&mut self) {
        self.batch.cancel();
    }
}

/// Outcomes in the order of the items; see [`ProcPool::imap`]. Dropping it cancels the items on their way.
#[must_use = "an iterator does nothing until it is asked"]
pub struct IMap<'a, F, A, R, I>(Feed<'a, F, A, R, I>);

impl<'a, F, A, R, I> IMap<'a, F, A, R, I>
where
    F: Fn(A) -> R + Copy + 'static,
    A: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned,
    I: Iterator<Item = A>,
{
    #[track_caller]
    pub(crate) fn new(pool: &'a ProcPool, f: F, items: I, buffer: usize) -> Self {
        Self(Feed::new(pool, f, items, buffer))
    }
}

impl<F, A, R, I> Iterator for IMap<'_, F, A, R, I>
where
    F: Fn(A) -> R + Copy + 'static,
    A: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned,
    I: Iterator<Item = A>,
{
    type Item = Result<R, TaskError>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.0.feed() {
            return None;
        }
        let piece = self.0.batch.take(self.0.given);
        self.0.given += 1;
        Some(chunks::only(piece))
    }
}

/// Outcomes as they come, each with the index of its item; see [`ProcPool::imap_unordered`].
#[must_use = "an iterator does nothing until it is asked"]
pub struct IMapUnordered<'a, F, A, R, I>(Feed<'a, F, A, R, I>);

impl<'a, F, A, R, I> IMapUnordered<'a, F, A, R, I>
where
    F: Fn(A) -> R + Copy + 'static,
    A: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned,
    I: Iterator<Item = A>,
{
    #[track_caller]
    pub(crate) fn new(pool: &'a ProcPool, f: F, items: I, buffer: usize) -> Self {
        Self(Feed::new(pool, f, items, buffer))
    }
}

impl<F, A, R, I> Iterator for IMapUnordered<'_, F, A, R, I>
where
    F: Fn(A) -> R + Copy + 'static,
    A: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned,
    I: Iterator<Item = A>,
{
    type Item = (usize, Result<R, TaskError>);

    fn next(&mut self) -> Option<Self::Item> {
        if !self.0.feed() {
            return None;
        }
        let piece = self.0.batch.take_any();
        self.0.given += 1;
        Some((piece.first, chunks::only(piece)))
    }
}

impl<F, A, R, I> FusedIterator for IMap<'_, F, A, R, I> where Self: Iterator {}

impl<F, A, R, I> FusedIterator for IMapUnordered<'_, F, A, R, I> where Self: Iterator {}

impl<F, A, R, I> fmt::Debug for IMap<'_, F, A, R, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IMap").field("sent", &self.0.sent).field("given", &self.0.given).finish_non_exhaustive()
    }
}

impl<F, A, R, I> fmt::Debug for IMapUnordered<'_, F, A, R, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IMapUnordered")
            .field("sent", &self.0.sent)
            .field("given", &self.0.given)
            .finish_non_exhaustive()
    }
}
