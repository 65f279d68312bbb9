//! A queue that knows when everything taken out of it has been worked on: Python's `queue.Queue` with `task_done` and `join`.

use crate::sync::{AtomicUsize, Ordering};
use crate::{BoundedQueue, CapacityError, Closed, PopTimeoutError, PushTimeoutError, TryPopError, TryPushError};
use crossbeam_utils::CachePadded;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};
use sync_prims::EventCount;

/// A [`BoundedQueue`] with task accounting: [`join`](Self::join) waits until every item that went in has been taken out *and
/// done with*, not only taken.
///
/// ```
/// use bounded_queue::TaskQueue;
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// let (tasks, done) = (TaskQueue::new(4), AtomicU32::new(0));
/// std::thread::scope(|s| {
///     for _ in 0..2 {
///         s.spawn(|| {
///             while let Some(task) = tasks.pop() {
///                 done.fetch_add(*task, Ordering::Relaxed);
///             } // the task is done here, where its guard is dropped
///         });
///     }
///     for n in 1..=10 {
///         tasks.push(n).unwrap();
///     }
///     tasks.join(); // all ten are done, not only handed out
///     assert_eq!(done.load(Ordering::Relaxed), 55);
///     tasks.close();
/// });
/// ```
///
/// A guard that is leaked counts as unfinished for ever.
pub struct TaskQueue<T> {
    queue: BoundedQueue<T>,
    /// Items pushed (or about to be) and not yet done with: raised before the item can be seen, lowered after its guard's
    /// value is gone.
    unfinished: CachePadded<AtomicUsize>,
    /// Who waits for `unfinished` to be 0.
    idle: EventCount,
}

/// An item that was taken out and is being worked on; dropping it, also by a panic, says that it is done.
#[must_use = "dropping a task says that it is done"]
pub struct Task<'a, T> {
    /// Present until the task is done.
    item: Option<T>,
    queue: &'a TaskQueue<T>,
}

impl<T> TaskQueue<T> {
    /// An empty queue for `capacity` items.
    ///
    /// # Panics
    /// If `capacity` is 0, or so large that there is no memory for it.
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        Self::over(BoundedQueue::new(capacity))
    }

    /// An empty queue for `capacity` items, or why there cannot be one.
    ///
    /// # Errors
    /// [`CapacityError`].
    pub fn try_new(capacity: usize) -> Result<Self, CapacityError> {
        BoundedQueue::try_new(capacity).map(Self::over)
    }

    fn over(queue: BoundedQueue<T>) -> Self {
        Self { queue, unfinished: CachePadded::new(AtomicUsize::new(0)), idle: EventCount::new() }
    }

    /// Appends `item`, waiting for room. It counts as unfinished from the call on.
    ///
    /// # Errors
    /// [`Closed`] with `item` inside; then it does not count.
    pub fn push(&self, item: T) -> Result<(), Closed<T>> {
        self.counted(|| self.queue.push(item))
    }

    /// Appends `item` if there is room now.
    ///
    /// # Errors
    /// [`TryPushError`] with `item` inside.
    pub fn try_push(&self, item: T) -> Result<(), TryPushError<T>> {
        self.counted(|| self.queue.try_push(item))
    }

    /// Appends `item`, waiting for room for at most `timeout`.
    ///
    /// # Errors
    /// [`PushTimeoutError`] with `item` inside.
    pub fn push_timeout(&self, item: T, timeout: Duration) -> Result<(), PushTimeoutError<T>> {
        self.counted(|| self.queue.push_timeout(item, timeout))
    }

    /// Appends `item`, waiting for room until `deadline` at most.
    ///
    /// # Errors
    /// [`PushTimeoutError`] with `item` inside.
    pub fn push_until(&self, item: T, deadline: Instant) -> Result<(), PushTimeoutError<T>> {
        self.counted(|| self.queue.push_until(item, deadline))
    }

    /// Appends `item` in any case; if the queue is full the oldest item is displaced, counts as done and is given back.
    ///
    /// # Errors
    /// [`Closed`] with `item` inside.
    pub fn force_push(&self, item: T) -> Result<Option<T>, Closed<T>> {
        let displaced = self.counted(|| self.queue.force_push(item))?;
        if displaced.is_some() {
            self.done();
        }
        Ok(displaced)
    }

    /// Takes the oldest item, waiting for one; `None` once the queue is closed and drained.
    pub fn pop(&self) -> Option<Task<'_, T>> {
        self.queue.pop().map(|item| self.task(item))
    }

    /// Takes the oldest item if there is one now.
    ///
    /// # Errors
    /// [`TryPopError`].
    pub fn try_pop(&self) -> Result<Task<'_, T>, TryPopError> {
        self.queue.try_pop().map(|item| self.task(item))
    }

    /// Takes the oldest item, waiting for one for at most `timeout`.
    ///
    /// # Errors
    /// [`PopTimeoutError`].
    pub fn pop_timeout(&self, timeout: Duration) -> Result<Task<'_, T>, PopTimeoutError> {
        self.queue.pop_timeout(timeout).map(|item| self.task(item))
    }

    /// Takes the oldest item, waiting for one until `deadline` at most.
    ///
    /// # Errors
    /// [`PopTimeoutError`].
    pub fn pop_until(&self, deadline: Instant) -> Result<Task<'_, T>, PopTimeoutError> {
        self.queue.pop_until(deadline).map(|item| self.task(item))
    }

    /// Waits until nothing is unfinished: no item queued, none being worked on, no push waiting for room.
    ///
    /// # Blocking
    /// Until the last guard is dropped. Items pushed meanwhile are waited for too. With nobody who pops: for ever.
    pub fn join(&self) {
        self.idle.wait_for(None, || self.is_idle());
    }

    /// [`join`](Self::join) for at most `timeout`; whether nothing is unfinished.
    #[must_use = "false says that there are unfinished items"]
    pub fn join_timeout(&self, timeout: Duration) -> bool {
        self.idle.wait_for(Instant::now().checked_add(timeout), || self.is_idle()).is_some()
    }

    /// [`join`](Self::join) until `deadline` at most; whether nothing is unfinished.
    #[must_use = "false says that there are unfinished items"]
    pub fn join_until(&self, deadline: Instant) -> bool {
        self.idle.wait_for(Some(deadline), || self.is_idle()).is_some()
    }

    /// How many items are queued or being worked on, or about to be pushed: a snapshot.
    pub fn unfinished(&self) -> usize {
        self.unfinished.load(Ordering::SeqCst)
    }

    /// Closes the queue for good; true for the first caller. What is inside can still be taken.
    pub fn close(&self) -> bool {
        self.queue.close()
    }

    /// Closes the queue and takes what is inside, in order; it counts as done.
    #[must_use = "the items that were queued; to drop them drop this"]
    pub fn close_and_take(&self) -> Vec<T> {
        let items = self.queue.close_and_take();
        items.iter().for_each(|_| self.done());
        items
    }

    /// Whether the queue is closed; it may still hold items.
    pub fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// How many items are queued: a snapshot.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether nothing is queued: a snapshot. Items may still be worked on; see [`unfinished`](Self::unfinished).
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// How many items there is room for.
    pub fn capacity(&self) -> usize {
        self.queue.capacity()
    }

    fn task(&self, item: T) -> Task<'_, T> {
        Task { item: Some(item), queue: self }
    }

    /// Counts an item while `push` puts it in, and no longer if that fails.
    fn counted<R, E>(&self, push: impl FnOnce() -> Result<R, E>) -> Result<R, E> {
        self.unfinished.fetch_add(1, Ordering::SeqCst);
        let result = push();
        if result.is_err() {
            self.done();
        }
        result
    }

    fn done(&self) {
        if self.unfinished.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.idle.notify_all();
        }
    }

    fn is_idle(&self) -> Option<()> {
        (self.unfinished() == 0).then_some(())
    }
}

impl<T> Task<'_, T> {
    /// Says that the task is done and gives the item.
    pub fn finish(mut self) -> T {
        self.item.take().expect(PRESENT)
    }
}

const PRESENT: &str = "a task has its item until it is done";

impl<T> Deref for Task<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.item.as_ref().expect(PRESENT)
    }
}

impl<T> DerefMut for Task<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.item.as_mut().expect(PRESENT)
    }
}

impl<T> Drop for Task<'_, T> {
    fn drop(&mut self) {
        /// Counts even if the item's `drop` panics.
        struct Done<'a, T>(&'a TaskQueue<T>);
        impl<T> Drop for Done<'_, T> {
            fn drop(&mut self) {
                self.0.done();
            }
        }
        let _done = Done(self.queue);
        drop(self.item.take());
    }
}

impl<T: fmt::Debug> fmt::Debug for Task<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&**self).finish()
    }
}

impl<T> fmt::Debug for TaskQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskQueue").field("queue", &self.queue).field("unfinished", &self.unfinished()).finish()
    }
}

// Counting happens outside of user code, so a panic elsewhere leaves the count right.
impl<T> UnwindSafe for TaskQueue<T> {}
impl<T> RefUnwindSafe for TaskQueue<T> {}
