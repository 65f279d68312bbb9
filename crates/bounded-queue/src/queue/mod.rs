//! The blocking queue: a ring, and an exchange for those who wait on either side of it.

mod batch;
mod iter;
#[cfg(feature = "async")]
mod tasks;

pub use iter::{Drain, IntoIter, Iter, TryIter};

use crate::ring::{Refused, Ring, pause};
use crate::{CapacityError, Closed, PopTimeoutError, PushTimeoutError, TryPopError, TryPushError};
use crossbeam_utils::Backoff;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};
use sync_prims::{Exchange, Look, Side, Waited};

/// A bounded first-in first-out queue for any number of producers and consumers, each item for exactly one of them.
///
/// Share it by reference or [`Arc`](std::sync::Arc). For halves that close by themselves there is
/// [`channel`](crate::channel); to know when all items have been *worked on* [`TaskQueue`](crate::TaskQueue).
///
/// ```
/// use bounded_queue::BoundedQueue;
///
/// let queue = BoundedQueue::new(8);
/// let sum: u64 = std::thread::scope(|s| {
///     let consumer = s.spawn(|| queue.iter().sum());
///     for n in 1..=100 {
///         queue.push(n).unwrap(); // waits while 8 items are queued
///     }
///     queue.close(); // the consumer drains, then its loop ends
///     consumer.join().unwrap()
/// });
/// assert_eq!(sum, 5050);
/// ```
///
/// # Order
/// Operations that succeed are linearizable: items come out in the order in which they went in, over all producers.
/// [`len`](Self::len) and its kin are snapshots.
///
/// # Blocking
/// One waiter a side polls for some microseconds, as long as that pays, the others sleep. Sleepers are woken in order of
/// arrival; one who is woken and finds that a passer-by was faster keeps its place, and no more than 64 items in a row (4096
/// with fewer than 32 slots) are left to those who poll. With fewer than 32 slots a sleeper is served: whoever would have to
/// wake it pushes or pops in its stead, so that it cannot be overtaken any more. `try_` operations do not wait for room or items. One case makes them
/// pause: a thread that has lost its processor in the middle of an operation, with finished operations behind it, is waited
/// for (asleep after some microseconds), because neither "empty" nor "full" would be true.
///
/// # Memory
/// One allocation of `capacity` slots, each the size of `T` plus 8 bytes, rounded up to the alignment; creation touches none
/// of them. Later nothing is allocated but places in line, when more threads wait than ever did.
pub struct BoundedQueue<T> {
    ring: Ring<T>,
    /// Who waits for an item (told after each push, and by `close`), and who for room (told after each pop, and by `close`).
    waiting: Exchange<T>,
}

impl<T> BoundedQueue<T> {
    /// An empty queue for `capacity` items.
    ///
    /// # Panics
    /// If `capacity` is 0, or so large that there is no memory for it.
    ///
    /// # Complexity
    /// O(1), whatever the capacity: slots are made when they are first needed, 16 KiB at a time.
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        match Self::try_new(capacity) {
            Ok(queue) => queue,
            Err(error) => panic!("{error}"),
        }
    }

    /// An empty queue for `capacity` items, or why there cannot be one.
    ///
    /// # Errors
    /// [`CapacityError::Zero`] for 0, [`CapacityError::TooLarge`] if the memory is not to be had.
    pub fn try_new(capacity: usize) -> Result<Self, CapacityError> {
        Ring::new(capacity).map(Self::over)
    }

    /// A queue whose positions overflow after `laps` laps, for tests of the overflow.
    #[doc(hidden)]
    pub fn before_overflow(capacity: usize, laps: usize) -> Self {
        Self::over(Ring::before_overflow(capacity, laps).expect("a capacity for tests"))
    }

    fn over(ring: Ring<T>) -> Self {
        let waiting = Exchange::new(ring.capacity());
        Self { ring, waiting }
    }

    /// One load if no consumer sleeps. After each push.
    #[inline(always)]
    fn tell_consumers(&self) {
        self.waiting.notify(Side::Takers, &self.ring);
    }

    /// One load if no producer sleeps. After each pop.
    #[inline(always)]
    fn tell_producers(&self) {
        self.waiting.notify(Side::Givers, &self.ring);
    }

    /// Waits until `attempt` claims room; `Err` if the queue is closed, `None` if the deadline has passed.
    fn wait_for_room<R>(
        &self,
        deadline: Option<Instant>,
        mut attempt: impl FnMut(Look) -> Result<R, Refused>,
    ) -> Option<Result<R, Refused>> {
        let ready = |look| {
            self.ring.let_room_gather();
            decided(|| attempt(look))
        };
        self.waiting.wait_for(Side::Givers, deadline, ready, &self.ring)
    }

    /// Waits until `attempt` claims items; `Err` if the queue is closed and drained, `None` if the deadline has passed.
    fn wait_for_items<R>(
        &self,
        deadline: Option<Instant>,
        mut attempt: impl FnMut(Look) -> Result<R, Refused>,
    ) -> Option<Result<R, Refused>> {
        let ready = |look| {
            self.ring.let_values_gather();
            decided(|| attempt(look))
        };
        self.waiting.wait_for(Side::Takers, deadline, ready, &self.ring)
    }

    /// Appends `value`, waiting for room.
    ///
    /// # Errors
    /// [`Closed`] with `value` inside, if the queue is closed before or during the wait.
    ///
    /// # Blocking
    /// Until a consumer makes room or someone closes the queue; see [above](Self#blocking).
    ///
    /// # Complexity
    /// O(1); no allocation.
    #[inline]
    pub fn push(&self, value: T) -> Result<(), Closed<T>> {
        match self.ring.vacancy(Look::Glance) {
            Ok(vacancy) => {
                vacancy.fill(value);
                self.tell_consumers();
                Ok(())
            }
            Err(_) => self.push_slow(value, None).map_err(|error| Closed(error.into_inner())),
        }
    }

    /// Appends `value` if there is room now.
    ///
    /// # Errors
    /// [`Full`](TryPushError::Full) or [`Closed`](TryPushError::Closed), with `value` inside. A slot that another thread is
    /// just emptying counts as full.
    #[inline]
    pub fn try_push(&self, value: T) -> Result<(), TryPushError<T>> {
        match Self::settled(|| self.ring.vacancy(Look::Thorough)) {
            Ok(vacancy) => {
                vacancy.fill(value);
                self.tell_consumers();
                Ok(())
            }
            Err(Refused::Closed) => Err(TryPushError::Closed(value)),
            Err(_) => Err(TryPushError::Full(value)),
        }
    }

    /// Appends `value`, waiting for room for at most `timeout`; `Duration::MAX` is no limit, zero is a single try.
    ///
    /// # Errors
    /// [`TimedOut`](PushTimeoutError::TimedOut) or [`Closed`](PushTimeoutError::Closed), with `value` inside.
    pub fn push_timeout(&self, value: T, timeout: Duration) -> Result<(), PushTimeoutError<T>> {
        self.push_limited(value, || Instant::now().checked_add(timeout))
    }

    /// Appends `value`, waiting for room until `deadline` at most; one that has passed means a single try.
    ///
    /// # Errors
    /// [`TimedOut`](PushTimeoutError::TimedOut) or [`Closed`](PushTimeoutError::Closed), with `value` inside.
    pub fn push_until(&self, value: T, deadline: Instant) -> Result<(), PushTimeoutError<T>> {
        self.push_limited(value, || Some(deadline))
    }

    /// Appends `value` in any case: if the queue is full the oldest item makes room and is given back.
    ///
    /// ```
    /// let last_two = bounded_queue::BoundedQueue::new(2);
    /// let displaced: Vec<_> = (1..=4).filter_map(|n| last_two.force_push(n).unwrap()).collect();
    /// assert_eq!((displaced, last_two.drain().collect()), (vec![1, 2], vec![3, 4]));
    /// ```
    ///
    /// # Errors
    /// [`Closed`] with `value` inside.
    pub fn force_push(&self, value: T) -> Result<Option<T>, Closed<T>> {
        let mut value = value;
        let backoff = Backoff::new();
        loop {
            match self.ring.vacancy(Look::Thorough) {
                Ok(vacancy) => {
                    vacancy.fill(value);
                    self.tell_consumers();
                    return Ok(None);
                }
                Err(Refused::Closed) => return Err(Closed(value)),
                Err(Refused::Pending { .. }) => pause(&backoff),
                Err(_) => {}
            }
            match self.ring.displace(value) {
                Ok(displaced) => {
                    self.tell_consumers();
                    return Ok(displaced);
                }
                Err((rejected, Refused::Closed)) => return Err(Closed(rejected)),
                Err((rejected, _)) => value = rejected,
            }
            pause(&backoff);
        }
    }

    /// Takes the oldest item, waiting for one; `None` once the queue is closed and drained.
    ///
    /// # Blocking
    /// Until a producer brings an item or someone closes the queue; see [above](Self#blocking).
    ///
    /// # Complexity
    /// O(1); no allocation.
    #[inline]
    pub fn pop(&self) -> Option<T> {
        match self.ring.pop(Look::Glance) {
            Ok(value) => {
                self.tell_producers();
                Some(value)
            }
            Err(_) => self.pop_slow(None).ok(),
        }
    }

    /// Takes the oldest item if there is one now.
    ///
    /// # Errors
    /// [`Empty`](TryPopError::Empty), only if at some moment of the call no finished push had left an item; or
    /// [`Closed`](TryPopError::Closed): nothing will ever come.
    #[inline]
    pub fn try_pop(&self) -> Result<T, TryPopError> {
        match Self::settled(|| self.ring.pop(Look::Thorough)) {
            Ok(value) => {
                self.tell_producers();
                Ok(value)
            }
            Err(Refused::Closed) => Err(TryPopError::Closed),
            Err(_) => Err(TryPopError::Empty),
        }
    }

    /// Takes the oldest item, waiting for one for at most `timeout`; `Duration::MAX` is no limit, zero is a single try.
    ///
    /// # Errors
    /// [`TimedOut`](PopTimeoutError::TimedOut), or [`Closed`](PopTimeoutError::Closed) once closed and drained.
    pub fn pop_timeout(&self, timeout: Duration) -> Result<T, PopTimeoutError> {
        self.pop_limited(|| Instant::now().checked_add(timeout))
    }

    /// Takes the oldest item, waiting for one until `deadline` at most; one that has passed means a single try.
    ///
    /// # Errors
    /// [`TimedOut`](PopTimeoutError::TimedOut), or [`Closed`](PopTimeoutError::Closed) once closed and drained.
    pub fn pop_until(&self, deadline: Instant) -> Result<T, PopTimeoutError> {
        self.pop_limited(|| Some(deadline))
    }

    /// Closes the queue for good; true for the first caller. Pushes fail from now on, waiting ones included; items that are
    /// inside can still be taken, and pops report the end after the last.
    pub fn close(&self) -> bool {
        let first = self.ring.close();
        if first {
            self.waiting.notify_all();
        }
        first
    }

    /// Closes the queue and takes what is inside, in order. Consumers that are at work meanwhile may get some of it.
    #[must_use = "the items that were queued; to drop them drop this"]
    pub fn close_and_take(&self) -> Vec<T> {
        self.close();
        let mut items = Vec::new();
        while self.pop_many(&mut items, usize::MAX) > 0 {}
        items
    }

    /// Whether the queue is closed; it may still hold items.
    pub fn is_closed(&self) -> bool {
        self.ring.is_closed()
    }

    /// How many items are queued: a snapshot, between 0 and the capacity.
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// Whether nothing is queued: a snapshot.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room: a snapshot.
    pub fn is_full(&self) -> bool {
        self.len() == self.capacity()
    }

    /// How many items there is room for.
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }

    /// [`try_push`](Self::try_push) for the only owner, without atomic operations.
    ///
    /// # Errors
    /// [`Full`](TryPushError::Full) or [`Closed`](TryPushError::Closed), with `value` inside.
    pub fn push_mut(&mut self, value: T) -> Result<(), TryPushError<T>> {
        self.ring.push_mut(value).map_err(|(value, refused)| match refused {
            Refused::Closed => TryPushError::Closed(value),
            _ => TryPushError::Full(value),
        })
    }

    /// Takes the oldest item as the only owner, without atomic operations; `None` if there is none.
    pub fn pop_mut(&mut self) -> Option<T> {
        self.ring.pop_mut()
    }

    /// `attempt`, but a claim in progress is waited for if something finished stands behind it.
    #[inline]
    fn settled<R>(mut attempt: impl FnMut() -> Result<R, Refused>) -> Result<R, Refused> {
        match attempt() {
            Err(Refused::Pending { settled: true }) => settle(attempt),
            outcome => outcome,
        }
    }

    fn push_limited(&self, value: T, deadline: impl FnOnce() -> Option<Instant>) -> Result<(), PushTimeoutError<T>> {
        match self.try_push(value) {
            Ok(()) => Ok(()),
            Err(TryPushError::Closed(value)) => Err(PushTimeoutError::Closed(value)),
            Err(TryPushError::Full(value)) => self.push_slow(value, deadline()),
        }
    }

    fn pop_limited(&self, deadline: impl FnOnce() -> Option<Instant>) -> Result<T, PopTimeoutError> {
        match self.try_pop() {
            Ok(value) => Ok(value),
            Err(TryPopError::Closed) => Err(PopTimeoutError::Closed),
            Err(TryPopError::Empty) => self.pop_slow(deadline()),
        }
    }

    #[cold]
    fn push_slow(&self, value: T, deadline: Option<Instant>) -> Result<(), PushTimeoutError<T>> {
        let mut item = Some(value);
        let attempt = |look, item: &mut Option<T>| {
            self.ring.let_room_gather();
            let claimed = decided(|| self.ring.vacancy(look))?;
            Some(claimed.map(|vacancy| vacancy.fill(item.take().expect(IN_HAND))))
        };
        match self.waiting.wait_served(Side::Givers, deadline, &mut item, attempt, &self.ring) {
            Waited::Own(Ok(())) => {
                self.tell_consumers();
                Ok(())
            }
            Waited::Served => Ok(()),
            Waited::Own(Err(_)) => Err(PushTimeoutError::Closed(item.expect(IN_HAND))),
            Waited::TimedOut => Err(PushTimeoutError::TimedOut(item.expect(IN_HAND))),
        }
    }

    #[cold]
    fn pop_slow(&self, deadline: Option<Instant>) -> Result<T, PopTimeoutError> {
        let mut item = None;
        let attempt = |look, _: &mut Option<T>| {
            self.ring.let_values_gather();
            decided(|| self.ring.pop(look))
        };
        match self.waiting.wait_served(Side::Takers, deadline, &mut item, attempt, &self.ring) {
            Waited::Own(Ok(value)) => {
                self.tell_producers();
                Ok(value)
            }
            Waited::Served => Ok(item.expect(IN_HAND)),
            Waited::Own(Err(_)) => Err(PopTimeoutError::Closed),
            Waited::TimedOut => Err(PopTimeoutError::TimedOut),
        }
    }
}

const IN_HAND: &str = "an item is in the queue or in hand";

/// `attempt` for one who waits: `None` says to go on waiting, because there is nothing and nobody in between. Only then:
/// the notification of a claim in progress may have been given already.
fn decided<R>(mut attempt: impl FnMut() -> Result<R, Refused>) -> Option<Result<R, Refused>> {
    match attempt() {
        Err(Refused::Exhausted | Refused::Unclear) => None,
        Err(Refused::Pending { .. }) => match settle(attempt) {
            Err(Refused::Exhausted | Refused::Unclear) => None,
            outcome => Some(outcome),
        },
        outcome => Some(outcome),
    }
}

/// `attempt` until no claim is in progress in front of it.
#[cold]
fn settle<R>(mut attempt: impl FnMut() -> Result<R, Refused>) -> Result<R, Refused> {
    let backoff = Backoff::new();
    loop {
        match attempt() {
            Err(Refused::Pending { .. }) => pause(&backoff),
            outcome => return outcome,
        }
    }
}

impl<T> fmt::Debug for BoundedQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedQueue")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
            .finish()
    }
}

// No user code runs while a value is half in or half out, so a panic elsewhere leaves the queue whole.
impl<T> UnwindSafe for BoundedQueue<T> {}
impl<T> RefUnwindSafe for BoundedQueue<T> {}
// Items move; none is ever pinned inside.
impl<T> Unpin for BoundedQueue<T> {}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    /// What a waiter decides upon answers that races give only now and then.
    #[test]
    fn a_waiter_decides_when_nobody_is_in_between() {
        const PENDING: Result<u8, Refused> = Err(Refused::Pending { settled: true });
        let decide = |answers: &[Result<u8, Refused>]| {
            let mut answers = answers.iter();
            let decision = decided(|| *answers.next().expect("nothing is asked after an answer"));
            assert_eq!(answers.len(), 0, "it asks until there is an answer");
            decision
        };
        for wait_on in [Refused::Exhausted, Refused::Unclear] {
            assert_eq!(decide(&[Err(wait_on)]), None);
            assert_eq!(decide(&[PENDING, PENDING, Err(wait_on)]), None, "met somebody in the middle, then {wait_on:?}");
        }
        for done in [Ok(1), Err(Refused::Closed)] {
            assert_eq!(decide(&[done]), Some(done));
            assert_eq!(decide(&[PENDING, done]), Some(done));
        }
    }
}
