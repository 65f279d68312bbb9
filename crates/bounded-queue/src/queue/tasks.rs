//! Waiting as a task of an asynchronous program (feature `async`).

use super::{BoundedQueue, decided};
use crate::Closed;
use sync_prims::Side;

/// Plain futures, for any executor. Threads and tasks may use the same queue; they wait in one line.
impl<T> BoundedQueue<T> {
    /// [`push`](Self::push) as a future.
    ///
    /// # Errors
    /// [`Closed`] with `value` inside, if the queue is closed before or during the wait.
    ///
    /// # Cancellation
    /// Dropping the future drops the value, unless it is complete: then the value is in the queue.
    pub async fn push_async(&self, value: T) -> Result<(), Closed<T>> {
        let room = |look| decided(|| self.ring.vacancy(look));
        match self.waiting.wait_async(Side::Givers, room, &self.ring).await {
            Ok(vacancy) => {
                vacancy.fill(value);
                self.tell_consumers();
                Ok(())
            }
            Err(_) => Err(Closed(value)),
        }
    }

    /// [`pop`](Self::pop) as a future: `None` once the queue is closed and drained.
    ///
    /// # Cancellation
    /// Dropping the future loses nothing: an item is taken only when the future completes, and a wake-up that it has had goes
    /// on to the next.
    ///
    /// ```
    /// # use std::{pin::pin, sync::Arc, task::{Context, Poll, Wake}, thread};
    /// # struct Unpark(thread::Thread);
    /// # impl Wake for Unpark { fn wake(self: Arc<Self>) { self.0.unpark() } }
    /// # fn block_on<F: Future>(future: F) -> F::Output {
    /// #     let (mut future, waker) = (pin!(future), Arc::new(Unpark(thread::current())).into());
    /// #     loop {
    /// #         if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) { return value }
    /// #         thread::park();
    /// #     }
    /// # }
    /// let queue = bounded_queue::BoundedQueue::new(1);
    /// thread::scope(|s| {
    ///     s.spawn(|| (1..=3).for_each(|n| queue.push(n).unwrap())); // a thread
    ///     block_on(async {
    ///         for n in 1..=3 {
    ///             assert_eq!(queue.pop_async().await, Some(n)); // and a task
    ///         }
    ///     });
    /// });
    /// ```
    pub async fn pop_async(&self) -> Option<T> {
        let item = |look| decided(|| self.ring.pop(look));
        let popped = self.waiting.wait_async(Side::Takers, item, &self.ring).await;
        if popped.is_ok() {
            self.tell_producers();
        }
        popped.ok()
    }
}
