//! Capacity zero as a type of its own: hand-over in person.
//!
//! One offer lies on the table at a time. A producer waits for the table, lays down its value and waits until somebody has
//! taken it, or takes it back when its time is over. All of it under one short lock; the waiting is the event counts'. A change
//! under the lock needs no fence before its notification: who registered before it is seen, who looks after it sees it.

use crate::sync::Mutex;
use crate::{Closed, PopTimeoutError, PushTimeoutError, TryPopError, TryPushError};
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};
use sync_prims::EventCount;

/// Hands values over in person: a push returns when a consumer has the value, and not before.
///
/// ```
/// use bounded_queue::Rendezvous;
///
/// let meeting = Rendezvous::new();
/// std::thread::scope(|s| {
///     s.spawn(|| meeting.push("in person").unwrap()); // returns once the value is taken
///     assert_eq!(meeting.pop(), Some("in person"));
/// });
/// ```
///
/// # Blocking
/// Producers and consumers wait in order of arrival. `try_push` succeeds only while a consumer waits, `try_pop` only while a
/// producer does.
pub struct Rendezvous<T> {
    table: Mutex<Table<T>>,
    /// Producers that wait for the table to be free.
    free: EventCount,
    /// The producer whose value lies on the table.
    taken: EventCount,
    /// Consumers that wait for a value.
    laid: EventCount,
}

struct Table<T> {
    /// The value that waits to be taken.
    offer: Option<T>,
    /// How many offers were laid down so far; the last is the one on the table, if there is one.
    laid: u64,
    /// Waiting consumers. One that leaves empty-handed has seen the table empty under the lock, so an offer made while
    /// this is above 0 is taken.
    hungry: usize,
    closed: bool,
}

impl<T> Rendezvous<T> {
    /// Nobody there.
    pub fn new() -> Self {
        Self {
            table: Mutex::new(Table { offer: None, laid: 0, hungry: 0, closed: false }),
            free: EventCount::new(),
            taken: EventCount::new(),
            laid: EventCount::new(),
        }
    }

    /// Hands `value` over, waiting for a consumer.
    ///
    /// # Errors
    /// [`Closed`] with `value` inside, if closed before a consumer took it.
    pub fn push(&self, value: T) -> Result<(), Closed<T>> {
        self.push_by(value, None).map_err(|error| Closed(error.into_inner()))
    }

    /// Hands `value` over if a consumer waits.
    ///
    /// # Errors
    /// [`Full`](TryPushError::Full) if none does, [`Closed`](TryPushError::Closed); both with `value` inside.
    pub fn try_push(&self, value: T) -> Result<(), TryPushError<T>> {
        let mut table = self.table.lock();
        if table.closed {
            return Err(TryPushError::Closed(value));
        }
        if table.hungry == 0 || table.offer.is_some() {
            return Err(TryPushError::Full(value));
        }
        table.lay(value);
        drop(table);
        self.laid.notify_one();
        Ok(())
    }

    /// Hands `value` over, waiting for a consumer for at most `timeout`; `Duration::MAX` is no limit.
    ///
    /// # Errors
    /// [`PushTimeoutError`] with `value` inside.
    pub fn push_timeout(&self, value: T, timeout: Duration) -> Result<(), PushTimeoutError<T>> {
        self.push_by(value, Instant::now().checked_add(timeout))
    }

    /// Hands `value` over, waiting for a consumer until `deadline` at most.
    ///
    /// # Errors
    /// [`PushTimeoutError`] with `value` inside.
    pub fn push_until(&self, value: T, deadline: Instant) -> Result<(), PushTimeoutError<T>> {
        self.push_by(value, Some(deadline))
    }

    /// Takes a value, waiting for a producer; `None` once closed.
    pub fn pop(&self) -> Option<T> {
        self.pop_by(None).ok()
    }

    /// Takes a value if a producer waits.
    ///
    /// # Errors
    /// [`TryPopError`].
    pub fn try_pop(&self) -> Result<T, TryPopError> {
        let result = self.table.lock().take();
        match result {
            Some(Ok(value)) => {
                self.tell_taken();
                Ok(value)
            }
            Some(Err(())) => Err(TryPopError::Closed),
            None => Err(TryPopError::Empty),
        }
    }

    /// Takes a value, waiting for a producer for at most `timeout`; `Duration::MAX` is no limit.
    ///
    /// # Errors
    /// [`PopTimeoutError`].
    pub fn pop_timeout(&self, timeout: Duration) -> Result<T, PopTimeoutError> {
        self.pop_by(Instant::now().checked_add(timeout))
    }

    /// Takes a value, waiting for a producer until `deadline` at most.
    ///
    /// # Errors
    /// [`PopTimeoutError`].
    pub fn pop_until(&self, deadline: Instant) -> Result<T, PopTimeoutError> {
        self.pop_by(Some(deadline))
    }

    /// Closes for good; true for the first caller. Everybody who waits goes home: producers with their value.
    pub fn close(&self) -> bool {
        let mut table = self.table.lock();
        let first = !table.closed;
        table.closed = true;
        drop(table);
        self.free.notify_all();
        self.taken.notify_all();
        self.laid.notify_all();
        first
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.table.lock().closed
    }

    fn push_by(&self, value: T, deadline: Option<Instant>) -> Result<(), PushTimeoutError<T>> {
        let mut value = Some(value);
        let lay = || {
            let mut table = self.table.lock();
            if table.closed {
                return Some(Err(()));
            }
            if table.offer.is_some() {
                return None;
            }
            Some(Ok(table.lay(value.take().expect("laid once"))))
        };
        let ticket = match self.free.wait_for(deadline, lay) {
            Some(Ok(ticket)) => ticket,
            Some(Err(())) => return Err(PushTimeoutError::Closed(value.expect("not laid"))),
            None => return Err(PushTimeoutError::TimedOut(value.expect("not laid"))),
        };
        self.laid.notify_one();
        let gone = || {
            let table = self.table.lock();
            if table.lies(ticket) && !table.closed { None } else { Some(()) }
        };
        self.taken.wait_for(deadline, gone);
        self.take_back(ticket)
    }

    /// What became of the offer `ticket`, whose time is over: `Ok` if somebody has it.
    fn take_back(&self, ticket: u64) -> Result<(), PushTimeoutError<T>> {
        let mut table = self.table.lock();
        if !table.lies(ticket) {
            return Ok(());
        }
        // A waiting consumer has been promised nothing yet: it finds the table empty and waits on.
        let value = table.offer.take().expect("it lies there");
        let closed = table.closed;
        drop(table);
        self.free.notify_one();
        Err(if closed { PushTimeoutError::Closed(value) } else { PushTimeoutError::TimedOut(value) })
    }

    fn pop_by(&self, deadline: Option<Instant>) -> Result<T, PopTimeoutError> {
        let now = {
            let mut table = self.table.lock();
            let now = table.take();
            table.hungry += usize::from(now.is_none());
            now
        };
        let result = match now {
            Some(result) => Some(result),
            None => {
                self.laid.wait_for(deadline, || self.table.lock().fed(false)).or_else(|| self.table.lock().fed(true))
            }
        };
        match result {
            Some(Ok(value)) => {
                self.tell_taken();
                Ok(value)
            }
            Some(Err(())) => Err(PopTimeoutError::Closed),
            None => Err(PopTimeoutError::TimedOut),
        }
    }

    fn tell_taken(&self) {
        // Only the owner of the offer waits here.
        self.taken.notify_all();
        self.free.notify_one();
    }
}

impl<T> Table<T> {
    fn lay(&mut self, value: T) -> u64 {
        self.offer = Some(value);
        self.laid += 1;
        self.laid
    }

    /// The value that lies there; `Err` if nothing will.
    fn take(&mut self) -> Option<Result<T, ()>> {
        match self.offer.take() {
            Some(value) => Some(Ok(value)),
            None => self.closed.then_some(Err(())),
        }
    }

    /// [`take`](Self::take) for a consumer that counts as hungry: with a result, or if it `leaves`, it does so no longer.
    fn fed(&mut self, leaves: bool) -> Option<Result<T, ()>> {
        let result = self.take();
        self.hungry -= usize::from(leaves || result.is_some());
        result
    }

    /// Whether the offer with this number still lies there.
    fn lies(&self, ticket: u64) -> bool {
        self.offer.is_some() && self.laid == ticket
    }
}

impl<T> Default for Rendezvous<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Rendezvous<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table.lock();
        f.debug_struct("Rendezvous")
            .field("offered", &table.offer.is_some())
            .field("hungry", &table.hungry)
            .field("closed", &table.closed)
            .finish()
    }
}

// No user code runs under the lock.
impl<T> UnwindSafe for Rendezvous<T> {}
impl<T> RefUnwindSafe for Rendezvous<T> {}
