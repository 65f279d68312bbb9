//! Halves over one queue that close it by themselves.

use crate::queue::{Drain, Iter, TryIter};
use crate::sync::{Arc, AtomicUsize, Ordering};
use crate::{BoundedQueue, Closed, PopTimeoutError, PushManyError, PushTimeoutError, TryPopError, TryPushError};
use std::fmt;
use std::time::{Duration, Instant};

/// What the halves share.
struct Shared<T> {
    queue: BoundedQueue<T>,
    /// Living [`Sender`]s; 0 is final, and whoever takes it there closes the queue.
    senders: AtomicUsize,
    /// Living [`Receiver`]s; whoever takes it to 0 closes the queue and drops what is inside.
    receivers: AtomicUsize,
}

/// The sending half of a [`channel`]. The last one to be dropped closes the queue; receivers drain it.
#[must_use = "a channel closes when its last sender is dropped"]
pub struct Sender<T>(Arc<Shared<T>>);

/// The receiving half of a [`channel`]. The last one to be dropped closes the queue and drops what is inside.
#[must_use = "a channel closes when its last receiver is dropped"]
pub struct Receiver<T>(Arc<Shared<T>>);

/// A sender that does not keep the channel open.
#[must_use = "a weak sender does nothing until it is upgraded"]
pub struct WeakSender<T>(Arc<Shared<T>>);

/// Two halves over a new queue of `capacity`, both of which can be cloned.
///
/// ```
/// let (sender, receiver) = bounded_queue::channel(4);
/// std::thread::scope(|s| {
///     for id in 0..3 {
///         let sender = sender.clone();
///         s.spawn(move || sender.send(id).unwrap());
///     }
///     drop(sender); // the loop below ends when the other three are gone as well
///     assert_eq!(receiver.iter().sum::<i32>(), 3);
/// });
/// ```
///
/// # Panics
/// If `capacity` is 0, or so large that there is no memory for it.
#[track_caller]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        queue: BoundedQueue::new(capacity),
        senders: AtomicUsize::new(1),
        receivers: AtomicUsize::new(1),
    });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

impl<T> Sender<T> {
    /// [`BoundedQueue::push`].
    ///
    /// # Errors
    /// [`Closed`] with `value`, if the channel was closed or all receivers are gone.
    #[inline]
    pub fn send(&self, value: T) -> Result<(), Closed<T>> {
        self.0.queue.push(value)
    }

    /// [`BoundedQueue::try_push`].
    ///
    /// # Errors
    /// [`TryPushError`] with `value`.
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TryPushError<T>> {
        self.0.queue.try_push(value)
    }

    /// [`BoundedQueue::push_timeout`].
    ///
    /// # Errors
    /// [`PushTimeoutError`] with `value`.
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), PushTimeoutError<T>> {
        self.0.queue.push_timeout(value, timeout)
    }

    /// [`BoundedQueue::push_until`].
    ///
    /// # Errors
    /// [`PushTimeoutError`] with `value`.
    pub fn send_until(&self, value: T, deadline: Instant) -> Result<(), PushTimeoutError<T>> {
        self.0.queue.push_until(value, deadline)
    }

    /// [`BoundedQueue::force_push`].
    ///
    /// # Errors
    /// [`Closed`] with `value`.
    pub fn force_send(&self, value: T) -> Result<Option<T>, Closed<T>> {
        self.0.queue.force_push(value)
    }

    /// [`BoundedQueue::push_many`].
    ///
    /// # Errors
    /// [`PushManyError`] with the values that did not go in.
    pub fn send_many<I: IntoIterator<Item = T>>(&self, values: I) -> Result<usize, PushManyError<I::IntoIter>> {
        self.0.queue.push_many(values)
    }

    /// [`BoundedQueue::try_push_many`].
    pub fn try_send_many(&self, values: &mut Vec<T>) -> usize {
        self.0.queue.try_push_many(values)
    }

    /// [`BoundedQueue::push_async`].
    ///
    /// # Errors
    /// [`Closed`] with `value`.
    #[cfg(feature = "async")]
    pub async fn send_async(&self, value: T) -> Result<(), Closed<T>> {
        self.0.queue.push_async(value).await
    }

    /// A sender that does not keep the channel open.
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender(Arc::clone(&self.0))
    }
}

impl<T> Receiver<T> {
    /// [`BoundedQueue::pop`]: `None` once the channel is closed and drained.
    #[inline]
    pub fn recv(&self) -> Option<T> {
        self.0.queue.pop()
    }

    /// [`BoundedQueue::try_pop`].
    ///
    /// # Errors
    /// [`TryPopError`].
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryPopError> {
        self.0.queue.try_pop()
    }

    /// [`BoundedQueue::pop_timeout`].
    ///
    /// # Errors
    /// [`PopTimeoutError`].
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, PopTimeoutError> {
        self.0.queue.pop_timeout(timeout)
    }

    /// [`BoundedQueue::pop_until`].
    ///
    /// # Errors
    /// [`PopTimeoutError`].
    pub fn recv_until(&self, deadline: Instant) -> Result<T, PopTimeoutError> {
        self.0.queue.pop_until(deadline)
    }

    /// [`BoundedQueue::pop_many`].
    pub fn recv_many(&self, out: &mut Vec<T>, max: usize) -> usize {
        self.0.queue.pop_many(out, max)
    }

    /// [`BoundedQueue::try_pop_many`].
    pub fn try_recv_many(&self, out: &mut Vec<T>, max: usize) -> usize {
        self.0.queue.try_pop_many(out, max)
    }

    /// [`BoundedQueue::pop_async`].
    #[cfg(feature = "async")]
    pub async fn recv_async(&self) -> Option<T> {
        self.0.queue.pop_async().await
    }

    /// [`BoundedQueue::drain`].
    pub fn drain(&self) -> Drain<'_, T> {
        self.0.queue.drain()
    }

    /// [`BoundedQueue::iter`].
    pub fn iter(&self) -> Iter<'_, T> {
        self.0.queue.iter()
    }

    /// [`BoundedQueue::try_iter`].
    pub fn try_iter(&self) -> TryIter<'_, T> {
        self.0.queue.try_iter()
    }

    /// [`BoundedQueue::close_and_take`].
    #[must_use = "the values that were queued; to drop them drop this"]
    pub fn close_and_take(&self) -> Vec<T> {
        self.0.queue.close_and_take()
    }
}

/// What both halves can say about the queue.
macro_rules! common {
    ($($half:ident)+) => {$(
        impl<T> $half<T> {
            /// Closes the channel for both sides, as [`BoundedQueue::close`].
            pub fn close(&self) -> bool {
                self.0.queue.close()
            }

            /// Whether the channel is closed; it may still hold values.
            pub fn is_closed(&self) -> bool {
                self.0.queue.is_closed()
            }

            /// How many values are queued: a snapshot.
            pub fn len(&self) -> usize {
                self.0.queue.len()
            }

            /// Whether nothing is queued: a snapshot.
            pub fn is_empty(&self) -> bool {
                self.0.queue.is_empty()
            }

            /// Whether there is no room: a snapshot.
            pub fn is_full(&self) -> bool {
                self.0.queue.is_full()
            }

            /// How many values there is room for.
            pub fn capacity(&self) -> usize {
                self.0.queue.capacity()
            }

            /// Whether both halves belong to the same channel.
            pub fn same_channel(&self, other: &Self) -> bool {
                Arc::ptr_eq(&self.0, &other.0)
            }
        }

        impl<T> fmt::Debug for $half<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($half)).field(&self.0.queue).finish()
            }
        }
    )+};
}

common!(Sender Receiver);

impl<T> WeakSender<T> {
    /// A sender, unless the last one is gone or the channel is closed.
    pub fn upgrade(&self) -> Option<Sender<T>> {
        let more = |senders: usize| if senders == 0 { None } else { Some(senders + 1) };
        if self.0.queue.is_closed() {
            return None;
        }
        self.0.senders.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Sender(Arc::clone(&self.0)))
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.senders.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.0.receivers.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.0.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.queue.close();
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if self.0.receivers.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.queue.close();
            // One after the other, each with nothing held: a value may own a sender of this very channel, or panic.
            Discard(&self.0.queue).run();
        }
    }
}

/// Drops what is queued; if a value's `drop` panics, the rest goes while the panic goes on.
struct Discard<'a, T>(&'a BoundedQueue<T>);

impl<T> Discard<'_, T> {
    fn run(&self) {
        self.0.iter().for_each(drop);
    }
}

impl<T> Drop for Discard<'_, T> {
    fn drop(&mut self) {
        self.run();
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WeakSender").field(&self.0.queue).finish()
    }
}

/// The values of a receiver, until the channel is closed and drained.
#[derive(Debug)]
#[must_use = "iterators are lazy: nothing is received until it is advanced"]
pub struct ReceiverIntoIter<T>(Receiver<T>);

impl<T> Iterator for ReceiverIntoIter<T> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        self.0.recv()
    }
}

impl<T> std::iter::FusedIterator for ReceiverIntoIter<T> {}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = ReceiverIntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        ReceiverIntoIter(self)
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}
