//! A bounded queue between processes.

use super::bell::Wait;
use super::memory::{Cells, Header, Kind, Memory};
use super::owner::Processes;
use super::ring::{Ring, Shape, Slots, Stop};
use super::travel::{self, pack, unpack};
use crate::spin::Spin;
use bytemuck::Pod;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A bounded first-in-first-out queue in memory that processes share, for any number of producers and consumers.
///
/// Goes to other processes as the argument of a task; a clone is another handle to the same queue. It also works between
/// threads. Items are [`Pod`]: plain bytes; several numbers go as an array or a structure.
///
/// # Deaths
/// A producer that is killed while it pushes has pushed its item or has not; a consumer that is killed while it pops has
/// taken one item with it or has not. Nobody else is held up for longer than some 16 ms, and nothing is handed out twice.
///
/// The queue does not know who might still push. A consumer that should not wait for producers which have died says how
/// to tell: [`pop_while`](Self::pop_while). Or whoever learns of the death [closes](Self::close) the queue.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use proc_pool::{Process, shared::Queue};
///
/// proc_pool::init();
/// let queue = Queue::new(16)?;
/// let producer = Process::spawn(|queue: Queue<u64>| (0..100).for_each(|n| queue.push(n).unwrap()), queue.clone())?;
/// let mut sum = 0;
/// while let Some(n) = queue.pop_while(|| producer.is_alive()) {
///     sum += n;
/// }
/// assert_eq!(sum, 4950);
/// # Ok(())
/// # }
/// ```
pub struct Queue<T> {
    ring: Header<Ring>,
    cells: Cells<T>,
    shape: Shape,
}

impl<T: Pod> Slots<T> for Cells<T> {
    #[inline]
    fn put(&self, index: usize, items: &[T]) {
        self.write(index, items);
    }

    #[inline]
    fn take(&self, index: usize, out: &mut [T]) {
        self.read(index, out);
    }
}

fn spin() -> &'static Spin {
    static SPIN: OnceLock<Spin> = OnceLock::new();
    SPIN.get_or_init(Spin::new)
}

impl<T: Pod> Queue<T> {
    const KIND: Kind = Kind::of::<T>("queue");

    const OFFSET: usize = size_of::<Ring>().next_multiple_of(if align_of::<T>() > 128 { align_of::<T>() } else { 128 });

    /// A queue that holds at most `capacity` items.
    ///
    /// # Errors
    /// If the system has no memory or no descriptor left, or the capacity makes no sense.
    ///
    /// # Panics
    /// If `capacity` is 0.
    #[track_caller]
    pub fn new(capacity: usize) -> io::Result<Self> {
        assert!(capacity > 0, "capacity must be at least 1");
        let too_large = || io::Error::from(io::ErrorKind::OutOfMemory);
        let shape = Shape::new(capacity).ok_or_else(too_large)?;
        let bytes = usize::try_from(shape.slots)
            .ok()
            .and_then(|slots| slots.checked_mul(size_of::<T>())?.checked_add(Self::OFFSET))
            .ok_or_else(too_large)?;
        let memory = Memory::create(Self::KIND, bytes)?;
        travel::register(&memory);
        Self::over(&memory, capacity).ok_or_else(too_large)
    }

    fn over(memory: &Arc<Memory>, capacity: usize) -> Option<Self> {
        let shape = Shape::new(capacity).filter(|_| capacity > 0)?;
        let cells = memory.cells(Self::OFFSET, usize::try_from(shape.slots).ok()?)?;
        Some(Self { ring: memory.header()?, cells, shape })
    }

    fn try_push_some(&self, items: &[T]) -> Result<usize, Stop> {
        self.ring.try_push(self.shape, &self.cells, &Processes, items)
    }

    fn try_pop_some(&self, out: &mut [T]) -> Result<usize, Stop> {
        self.ring.try_pop(self.shape, &self.cells, &Processes, out)
    }

    /// Tries until it works, is closed, or the wait is over.
    #[inline]
    fn push_waiting(&self, items: &[T], wait: impl FnOnce() -> Wait) -> Result<usize, Stop> {
        match self.try_push_some(items) {
            Err(Stop::Later) => self.push_slowly(items, wait()),
            done => done,
        }
    }

    #[cold]
    fn push_slowly(&self, items: &[T], mut wait: Wait) -> Result<usize, Stop> {
        loop {
            spin().until(|| (self.ring.len(self.shape) < self.shape.capacity).then_some(()));
            match self.try_push_some(items) {
                Err(Stop::Later) if wait.is_over() => return Err(Stop::Later),
                Err(Stop::Later) => self.ring.sleep_for_room(self.shape, &mut wait),
                done => return done,
            }
        }
    }

    #[inline]
    fn pop_waiting(
        &self,
        out: &mut [T],
        wait: impl FnOnce() -> Wait,
        go_on: impl FnMut() -> bool,
    ) -> Result<usize, Stop> {
        match self.try_pop_some(out) {
            Err(Stop::Later) => self.pop_slowly(out, wait(), go_on),
            done => done,
        }
    }

    #[cold]
    fn pop_slowly(&self, out: &mut [T], mut wait: Wait, mut go_on: impl FnMut() -> bool) -> Result<usize, Stop> {
        loop {
            spin().until(|| (self.ring.len(self.shape) > 0).then_some(()));
            // Asked before the look: what was pushed while there was a reason to go on is found.
            let last = !go_on() || wait.is_over();
            match self.try_pop_some(out) {
                Err(Stop::Later) if last => return Err(Stop::Later),
                Err(Stop::Later) => self.ring.sleep_for_item(self.shape, &mut wait),
                done => return done,
            }
        }
    }

    /// Appends `item`, waiting for room.
    ///
    /// # Errors
    /// [`Closed`] with the item inside, if the queue is closed before or during the wait.
    ///
    /// # Blocking
    /// Until a consumer makes room or someone closes the queue.
    pub fn push(&self, item: T) -> Result<(), Closed<T>> {
        self.push_waiting(std::slice::from_ref(&item), Wait::forever).map(drop).map_err(|_| Closed(item))
    }

    /// Appends `item` if there is room.
    ///
    /// # Errors
    /// [`TryPushError`] with the item inside, if the queue is full or closed.
    pub fn try_push(&self, item: T) -> Result<(), TryPushError<T>> {
        self.try_push_some(std::slice::from_ref(&item)).map(drop).map_err(|stop| TryPushError::of(stop, item))
    }

    /// Appends `item`, waiting for room for at most `limit`.
    ///
    /// # Errors
    /// [`TryPushError`] with the item inside, if the queue is still full then, or closed.
    ///
    /// # Blocking
    /// As [`push`](Self::push), for at most `limit`; `Duration::MAX` is no limit.
    pub fn push_timeout(&self, item: T, limit: Duration) -> Result<(), TryPushError<T>> {
        let pushed = self.push_waiting(std::slice::from_ref(&item), || Wait::at_most(limit));
        pushed.map(drop).map_err(|stop| TryPushError::of(stop, item))
    }

    /// Appends all `items`, waiting for room; many go in at once, which costs less for each.
    ///
    /// # Errors
    /// [`Closed`] with the number of items that went in, if the queue is closed before the last one.
    ///
    /// # Blocking
    /// Until consumers have made room for all or someone closes the queue.
    pub fn push_many(&self, items: &[T]) -> Result<(), Closed<usize>> {
        let mut done = 0;
        while done < items.len() {
            done += self.push_waiting(&items[done..], Wait::forever).map_err(|_| Closed(done))?;
        }
        Ok(())
    }

    /// Takes the oldest item, waiting for one; `None` once the queue is closed and empty.
    ///
    /// # Blocking
    /// Until a producer pushes or someone closes the queue; for ever, if neither will happen.
    pub fn pop(&self) -> Option<T> {
        self.pop_while(|| true)
    }

    /// Takes the oldest item, waiting for one as long as `worth_waiting` says so, which is asked at least every 16 ms;
    /// `None` once it does not and the queue is empty, or the queue is closed and empty.
    ///
    /// What was pushed before `worth_waiting` said no is still found. So "while a producer lives" loses nothing:
    /// `queue.pop_while(|| process.is_alive())`.
    ///
    /// # Blocking
    /// Until a producer pushes, `worth_waiting` says no, or someone closes the queue.
    pub fn pop_while(&self, worth_waiting: impl FnMut() -> bool) -> Option<T> {
        let mut item = T::zeroed();
        let popped = self.pop_waiting(std::slice::from_mut(&mut item), Wait::forever, worth_waiting);
        popped.is_ok().then_some(item)
    }

    /// Takes the oldest item if there is one.
    ///
    /// # Errors
    /// If there is none, now or ever.
    pub fn try_pop(&self) -> Result<T, TryPopError> {
        let mut item = T::zeroed();
        self.try_pop_some(std::slice::from_mut(&mut item)).map(|_| item).map_err(TryPopError::of)
    }

    /// Takes the oldest item, waiting for one for at most `limit`.
    ///
    /// # Errors
    /// If there is none by then, or will never be.
    ///
    /// # Blocking
    /// As [`pop`](Self::pop), for at most `limit`; `Duration::MAX` is no limit.
    pub fn pop_timeout(&self, limit: Duration) -> Result<T, TryPopError> {
        let mut item = T::zeroed();
        let popped = self.pop_waiting(std::slice::from_mut(&mut item), || Wait::at_most(limit), || true);
        popped.map(|_| item).map_err(TryPopError::of)
    }

    /// Fills the front of `out` with the oldest items, waiting for the first; says how many there were. 0 once the queue
    /// is closed and empty, or if `out` is empty.
    ///
    /// # Blocking
    /// As [`pop`](Self::pop).
    pub fn pop_many(&self, out: &mut [T]) -> usize {
        if out.is_empty() {
            return 0;
        }
        self.pop_waiting(out, Wait::forever, || true).unwrap_or(0)
    }

    /// Closes the queue: nothing goes in any more, what is inside can be taken. True for the call that did it.
    pub fn close(&self) -> bool {
        self.ring.close(&Processes)
    }

    /// Whether the queue is closed.
    pub fn is_closed(&self) -> bool {
        self.ring.is_closed()
    }

    /// How many items are inside, at some moment of the call.
    pub fn len(&self) -> usize {
        self.ring.len(self.shape) as usize
    }

    /// Whether nothing is inside.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items fit.
    pub fn capacity(&self) -> usize {
        self.shape.capacity as usize
    }
}

/// The queue is closed; here is the item that was to go in, or how many went in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Closed<T>(pub T);

/// Why an item did not go in, with the item.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum TryPushError<T> {
    /// No room, now or until the limit; a later try may succeed.
    Full(T),
    /// Closed: no push will ever succeed again.
    Closed(T),
}

/// Why there is no item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TryPopError {
    /// Nothing there, now or until the limit; a later try may succeed.
    Empty,
    /// Closed and empty: there will never be an item again.
    Closed,
}

impl<T> Closed<T> {
    /// What is inside.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> TryPushError<T> {
    fn of(stop: Stop, item: T) -> Self {
        match stop {
            Stop::Later => Self::Full(item),
            Stop::Closed => Self::Closed(item),
        }
    }

    /// The item.
    pub fn into_inner(self) -> T {
        let (Self::Full(item) | Self::Closed(item)) = self;
        item
    }
}

impl TryPopError {
    fn of(stop: Stop) -> Self {
        match stop {
            Stop::Later => Self::Empty,
            Stop::Closed => Self::Closed,
        }
    }
}

impl<T> fmt::Debug for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closed(..)")
    }
}

impl<T> fmt::Display for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is closed")
    }
}

impl<T> fmt::Debug for TryPushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::Closed(_) => "Closed(..)",
        })
    }
}

impl<T> fmt::Display for TryPushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the queue is full",
            Self::Closed(_) => "the queue is closed",
        })
    }
}

impl fmt::Display for TryPopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the queue is empty",
            Self::Closed => "the queue is closed and empty",
        })
    }
}

impl<T> Error for Closed<T> {}
impl<T> Error for TryPushError<T> {}
impl Error for TryPopError {}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self { ring: self.ring.clone(), cells: self.cells.clone(), shape: self.shape }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Queue");
        debug.field("capacity", &self.shape.capacity).field("len", &self.ring.len(self.shape)).finish()
    }
}

/// Only within an argument of a task; an error elsewhere.
impl<T: Pod> Serialize for Queue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        pack(self.cells.memory(), self.capacity(), serializer)
    }
}

/// Only within an argument of a task; an error elsewhere.
impl<'de, T: Pod> Deserialize<'de> for Queue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (memory, capacity) = unpack(deserializer, Self::KIND)?;
        Self::over(&memory, capacity).ok_or_else(|| travel::de_error("the shared memory is too short for the queue"))
    }
}
