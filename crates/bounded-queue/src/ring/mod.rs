//! The lock-free core: a ring of slots, each with a *turn* that says whose it is. The only module with `unsafe` code.
//!
//! # The algorithm
//!
//! Dmitry Vyukov's bounded MPMC queue (1024cores, 2010), with the stamps arranged so that zeroed memory is an empty ring.
//! `tail` is the position of the next push and `head` that of the next pop. A position is a lap and an index into the
//! slots, packed into one word with the lap above the next power of two, so that any capacity works without a division:
//!
//! ```text
//!   position:  | lap            | index (enough bits for the capacity) | closed (in `tail` only) |
//!   turn:      | lap            | 0                                    | 0 writable / 1 readable |
//!
//!   push: t = tail; wait until slot[t].turn == (lap of t, writable);  CAS tail t -> t+1;  write;  turn = (lap, readable)
//!   pop:  h = head; wait until slot[h].turn == (lap of h, readable);  CAS head h -> h+1;  read;   turn = (lap+1, writable)
//! ```
//!
//! All zero is "lap 0, writable": creation is one zeroed allocation, and no slot is touched before its first push.
//!
//! # The invariant that safety rests on
//!
//! Whoever moved `tail` (or `head`) past a position owns that position's slot from the CAS until its own store of the
//! turn, and nobody else touches the value in between: a second claim of the same slot needs the turn that only that
//! store brings, and positions never repeat before `usize` is exhausted. A slot's value is initialised exactly while its
//! turn says "readable" or its owner is about to say so.
//!
//! # Which answers are exact
//!
//! Claims are `SeqCst`, and so are the loads of the indices that an "empty", "full" or "closed" rests on. Together with a
//! `SeqCst` count of waiters (`sync_prims::Exchange`'s) nothing is missed without a fence of its own: a waiter registers, then
//! looks at the claims; an operation claims, then looks for waiters; one of the two sees the other. A claim whose turn is not yet published is
//! [`Refused::Pending`]: soon to be settled by a thread that is in the middle of its operation.

mod batch;
mod pace;

pub(crate) use pace::pause;

use crate::CapacityError;
use crate::sync::{AtomicUsize, Ordering, UnsafeCell};
use crossbeam_utils::CachePadded;
use pace::Races;
use std::fmt;
use std::mem::MaybeUninit;
use sync_prims::{Look, Side, Trade};

/// Set in `tail` once the ring is closed.
const CLOSED: usize = 1;
/// Set in a turn while the slot holds a value.
const READABLE: usize = 1;
/// From one index to the next.
const STEP: usize = 2;

/// Why a ring could not do what was asked, at some moment of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A pop found nothing, a push found no room.
    Exhausted,
    /// A push found the ring closed, a pop found it closed and empty.
    Closed,
    /// The next slot is in the hands of a thread in the middle of its operation; `settled` behind it there is something
    /// (an item, room) that a finished operation has left.
    Pending { settled: bool },
    /// A [`Look::Glance`] saw no slot ready and did not ask why.
    Unclear,
}

/// One place of the ring.
#[repr(C)]
struct Slot<T> {
    /// | turn                | `value`     | who may touch `value`                  | next                             |
    /// |---------------------|-------------|----------------------------------------|----------------------------------|
    /// | this lap, writable  | uninit      | who moved `tail` past the position     | this lap, readable: its store    |
    /// | this lap, readable  | initialised | who moved `head` past the position     | next lap, writable: its store    |
    turn: AtomicUsize,
    value: UnsafeCell<MaybeUninit<T>>,
}

/// A bounded FIFO for any number of threads that never waits.
pub(crate) struct Ring<T> {
    /// Position of the next push, and [`CLOSED`]. Never more than the capacity ahead of `head`, but for the moment in
    /// which a forced push has claimed its place and not yet displaced the oldest item.
    tail: CachePadded<AtomicUsize>,
    /// Position of the next pop.
    head: CachePadded<AtomicUsize>,
    slots: Box<[Slot<T>]>,
    /// From one lap to the next: twice the next power of two of the capacity.
    lap: usize,
}

// SAFETY: values move through the ring from thread to thread and are never shared, so `T: Send` is enough for both.
unsafe impl<T: Send> Send for Ring<T> {}
// SAFETY: as above; every access to a value is by the one thread that claimed its position (module documentation).
unsafe impl<T: Send> Sync for Ring<T> {}

/// A claimed place for one value.
#[must_use = "nobody else can use the place until it is filled"]
pub(crate) struct Vacancy<'a, T> {
    ring: &'a Ring<T>,
    /// Claimed from `ring` by whoever made this, not yet filled.
    position: usize,
}

impl<T> Vacancy<'_, T> {
    /// Puts the value there and publishes it.
    #[inline(always)]
    pub(crate) fn fill(self, value: T) {
        self.ring.fill(self.position, value);
    }
}

impl<T> Ring<T> {
    /// An empty ring; one allocation that touches no slot.
    pub(crate) fn new(capacity: usize) -> Result<Self, CapacityError> {
        if capacity == 0 {
            return Err(CapacityError::Zero);
        }
        let slots = zeroed(capacity)?;
        let lap = STEP * capacity.next_power_of_two();
        Ok(Self {
            tail: CachePadded::new(AtomicUsize::new(0)),
            head: CachePadded::new(AtomicUsize::new(0)),
            slots,
            lap,
        })
    }

    /// An empty ring whose positions overflow after `laps` laps.
    pub(crate) fn before_overflow(capacity: usize, laps: usize) -> Result<Self, CapacityError> {
        let mut ring = Self::new(capacity)?;
        let start = ring.lap.wrapping_mul(laps).wrapping_neg();
        for slot in &mut ring.slots {
            slot.turn = AtomicUsize::new(start);
        }
        ring.head = CachePadded::new(AtomicUsize::new(start));
        ring.tail = CachePadded::new(AtomicUsize::new(start));
        Ok(ring)
    }

    pub(crate) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// Claims the place after the newest value.
    #[inline]
    pub(crate) fn vacancy(&self, look: Look) -> Result<Vacancy<'_, T>, Refused> {
        let mut tail = self.tail.load(Ordering::Relaxed);
        let mut races = Races::default();
        loop {
            if tail & CLOSED == 0 && self.has_turn(tail, 0) {
                match self.tail.compare_exchange_weak(tail, self.next(tail), Ordering::SeqCst, Ordering::Relaxed) {
                    Ok(_) => return Ok(Vacancy { ring: self, position: tail }),
                    Err(now) => tail = races.lost(now),
                }
            } else {
                tail = self.why_no_vacancy(tail, look)?;
            }
        }
    }

    /// Takes the oldest value.
    #[inline]
    pub(crate) fn pop(&self, look: Look) -> Result<T, Refused> {
        let mut head = self.head.load(Ordering::Relaxed);
        let mut races = Races::default();
        loop {
            if self.has_turn(head, READABLE) {
                match self.head.compare_exchange_weak(head, self.next(head), Ordering::SeqCst, Ordering::Relaxed) {
                    Ok(_) => return Ok(self.empty(head)),
                    Err(now) => head = races.lost(now),
                }
            } else {
                head = self.why_no_pop(head, look)?;
            }
        }
    }

    /// Appends `value` to a full ring in place of the oldest one, which is given back; `None` if a pop came in between
    /// and made room. `Err(Exhausted)` if the ring is not exactly full: the other operations are for that.
    pub(crate) fn displace(&self, value: T) -> Result<Option<T>, (T, Refused)> {
        let tail = self.tail.load(Ordering::SeqCst);
        if tail & CLOSED != 0 {
            return Err((value, Refused::Closed));
        }
        let head = tail.wrapping_sub(self.lap);
        // A readable slot one lap behind says that the newest item but `capacity` is still there, whole.
        let full = self.has_turn(head, READABLE) && self.head.load(Ordering::SeqCst) == head;
        // The tail first: closing and pushing are decided in one word, so a closed ring never takes the value. It also keeps
        // other pushes out, whose turn comes with a pop of the position after `head`.
        if !full || self.tail.compare_exchange(tail, self.next(tail), Ordering::SeqCst, Ordering::Relaxed).is_err() {
            return Err((value, Refused::Exhausted));
        }
        let displaced = self.head.compare_exchange(head, self.next(head), Ordering::SeqCst, Ordering::Relaxed);
        if displaced.is_ok() {
            let oldest = self.take(head);
            self.fill(tail, value);
            return Ok(Some(oldest));
        }
        // A pop has claimed the oldest item first and is about to hand over its slot.
        let backoff = crossbeam_utils::Backoff::new();
        while !self.has_turn(tail, 0) {
            pause(&backoff);
        }
        self.fill(tail, value);
        Ok(None)
    }

    /// Closes the ring to pushes; false if it was closed before.
    pub(crate) fn close(&self) -> bool {
        self.tail.fetch_or(CLOSED, Ordering::SeqCst) & CLOSED == 0
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.tail.load(Ordering::SeqCst) & CLOSED != 0
    }

    /// How many positions were claimed by pushes and not by pops, at some moment of the call.
    pub(crate) fn len(&self) -> usize {
        loop {
            let tail = self.tail.load(Ordering::SeqCst);
            let head = self.head.load(Ordering::SeqCst);
            if self.tail.load(Ordering::SeqCst) == tail {
                return self.between(head, tail & !CLOSED).min(self.capacity());
            }
        }
    }

    /// A push by the only owner.
    pub(crate) fn push_mut(&mut self, value: T) -> Result<(), (T, Refused)> {
        // No atomic read-modify-write: `&mut self` says that nobody else is here.
        let (head, tail) = (self.head.load(Ordering::Relaxed), self.tail.load(Ordering::Relaxed));
        if tail & CLOSED != 0 {
            return Err((value, Refused::Closed));
        }
        if tail == head.wrapping_add(self.lap) {
            return Err((value, Refused::Exhausted));
        }
        self.tail.store(self.next(tail), Ordering::Relaxed);
        self.fill(tail, value);
        Ok(())
    }

    /// [`pop`](Self::pop) for the only owner.
    pub(crate) fn pop_mut(&mut self) -> Option<T> {
        loop {
            let (head, tail) = (self.head.load(Ordering::Relaxed), self.tail.load(Ordering::Relaxed));
            if tail & !CLOSED == head {
                return None;
            }
            self.head.store(self.next(head), Ordering::Relaxed);
            // Not readable: a claim that was never filled, which only a panic inside of one can leave behind.
            if self.slot(head).turn.load(Ordering::Relaxed) == self.lap_of(head) | READABLE {
                return Some(self.empty(head));
            }
        }
    }

    /// Why a push that saw `tail` found no writable slot there; `Ok` with the present tail if it has moved.
    #[cold]
    fn why_no_vacancy(&self, tail: usize, look: Look) -> Result<usize, Refused> {
        let now = self.tail.load(Ordering::Relaxed);
        if now != tail {
            return Ok(now);
        }
        if look == Look::Glance {
            return Err(Refused::Unclear); // `head` is left to those who pop
        }
        let head = self.head.load(Ordering::SeqCst);
        let now = self.tail.load(Ordering::SeqCst);
        if now != tail {
            return Ok(now);
        }
        if now & CLOSED != 0 {
            return Err(Refused::Closed);
        }
        // `head` was read while `tail` stood still, and it only grows: at that moment the ring was full.
        if self.between(head, tail) >= self.capacity() {
            return Err(Refused::Exhausted);
        }
        if self.has_turn(tail, 0) {
            return Ok(tail);
        }
        // Claimed by a pop that has not handed the slot over. Has a later pop done so with its own?
        let settled = self.any(tail, head.wrapping_add(self.lap), 0);
        Err(Refused::Pending { settled })
    }

    /// Why a pop that saw `head` found nothing readable there; `Ok` with the present head if it has moved.
    #[cold]
    fn why_no_pop(&self, head: usize, look: Look) -> Result<usize, Refused> {
        let now = self.head.load(Ordering::Relaxed);
        if now != head {
            return Ok(now);
        }
        if look == Look::Glance {
            return Err(Refused::Unclear); // `tail` is left to those who push
        }
        let tail = self.tail.load(Ordering::SeqCst);
        if tail & !CLOSED == head {
            return Err(if tail & CLOSED == 0 { Refused::Exhausted } else { Refused::Closed });
        }
        let now = self.head.load(Ordering::SeqCst);
        if now != head {
            return Ok(now);
        }
        if self.has_turn(head, READABLE) {
            return Ok(head);
        }
        let settled = self.any(head, tail & !CLOSED, READABLE);
        Err(Refused::Pending { settled })
    }

    /// Whether the slot of `position` is writable, or readable, in the position's lap.
    #[inline(always)]
    fn has_turn(&self, position: usize, readable: usize) -> bool {
        self.slot(position).turn.load(Ordering::Acquire) == self.lap_of(position) | readable
    }

    /// Whether any position in `from..to` has this turn.
    fn any(&self, from: usize, to: usize, readable: usize) -> bool {
        let mut position = from;
        // `to` may have been overtaken by now; a ring has no more than `capacity` positions to look at.
        for _ in 0..self.between(from, to).min(self.capacity()) {
            if self.has_turn(position, readable) {
                return true;
            }
            position = self.next(position);
        }
        false
    }

    /// Writes the value of a claimed position and publishes it. Private: the caller has moved `tail` past `position`.
    #[inline(always)]
    fn fill(&self, position: usize, value: T) {
        let slot = self.slot(position);
        // SAFETY: the write needs that nobody else touches the cell. The caller moved `tail` past `position` when the
        // turn was "writable", so the slot is this thread's until the store below; the Acquire load of that turn
        // pairs with the Release store of the pop that emptied the slot, whose read is therefore over.
        slot.value.with_mut(|cell| unsafe { (*cell).write(value) });
        slot.turn.store(self.lap_of(position) | READABLE, Ordering::Release);
    }

    /// Reads the value of a claimed position without handing the slot over.
    #[inline(always)]
    fn take(&self, position: usize) -> T {
        // SAFETY: `assume_init_read` needs an initialised value that nobody reads again. "Readable" said that `fill`
        // initialised it (its Release store pairs with the caller's Acquire load); moving `head` past `position` made this
        // thread the only reader, and the slot is next readable after another `fill`.
        self.slot(position).value.with(|cell| unsafe { (*cell).assume_init_read() })
    }

    /// Reads the value of a claimed position and hands the slot to the next lap. The caller has moved `head` past it.
    #[inline(always)]
    fn empty(&self, position: usize) -> T {
        let value = self.take(position);
        self.slot(position).turn.store(self.lap_of(position).wrapping_add(self.lap), Ordering::Release);
        value
    }

    #[inline(always)]
    fn slot(&self, position: usize) -> &Slot<T> {
        let index = self.index(position);
        debug_assert!(index < self.slots.len());
        // SAFETY: `get_unchecked` needs `index < capacity`. Every position comes from `next`, `ahead` or a lap more or less,
        // all of which keep the index below the capacity, starting from index 0.
        unsafe { self.slots.get_unchecked(index) }
    }

    #[inline(always)]
    fn index(&self, position: usize) -> usize {
        (position & (self.lap - 1)) / STEP
    }

    #[inline(always)]
    fn lap_of(&self, position: usize) -> usize {
        position & !(self.lap - 1)
    }

    /// The position after `position`.
    #[inline(always)]
    fn next(&self, position: usize) -> usize {
        self.ahead(position, 1)
    }

    /// The position `count` after `position`; `count` is at most the capacity.
    #[inline(always)]
    fn ahead(&self, position: usize, count: usize) -> usize {
        let index = self.index(position) + count;
        if index < self.capacity() {
            position.wrapping_add(STEP * count)
        } else {
            self.lap_of(position).wrapping_add(self.lap).wrapping_add(STEP * (index - self.capacity()))
        }
    }

    /// How many positions lie between `head` and `tail`, which is not behind it.
    fn between(&self, head: usize, tail: usize) -> usize {
        let laps = (self.lap_of(tail).wrapping_sub(self.lap_of(head)) / self.lap).wrapping_mul(self.capacity());
        laps.wrapping_add(self.index(tail)).wrapping_sub(self.index(head))
    }
}

/// What the exchange asks, and does for those who sleep: ordinary operations, so the order is the ring's.
impl<T> Trade<T> for &Ring<T> {
    fn possible(&self, side: Side) -> bool {
        let possible = match side {
            Side::Givers => self.len() < self.capacity(),
            Side::Takers => self.len() > 0,
        };
        possible || self.is_closed()
    }

    fn serve(&self, side: Side, item: &mut Option<T>) -> Option<bool> {
        let served = match side {
            Side::Givers => self.vacancy(Look::Thorough).map(|vacancy| vacancy.fill(item.take().expect(BROUGHT))),
            Side::Takers => self.pop(Look::Thorough).map(|value| *item = Some(value)),
        };
        match served {
            Ok(()) => Some(true),
            Err(Refused::Exhausted) => Some(false),
            // Closed, or somebody is in the middle of an operation, for whom nobody is to wait under a lock.
            Err(_) => None,
        }
    }
}

const BROUGHT: &str = "who waits for room has brought an item";

/// Slots whose turns are all zero, in memory that the system zeroes when it is first touched.
#[cfg(not(any(loom, shuttle)))]
fn zeroed<T>(capacity: usize) -> Result<Box<[Slot<T>]>, CapacityError> {
    use std::alloc::{Layout, alloc_zeroed};

    let layout = Layout::array::<Slot<T>>(capacity).map_err(|_| CapacityError::TooLarge)?;
    // SAFETY: `alloc_zeroed` needs a layout of a size above zero: `capacity` is not 0 and a slot holds a turn.
    let memory = unsafe { alloc_zeroed(layout) }.cast::<Slot<T>>();
    if memory.is_null() {
        return Err(CapacityError::TooLarge);
    }
    // SAFETY: the box needs memory of the global allocator with the layout of the slice, and initialised slots. The first
    // is what `alloc_zeroed` gave; zero is a valid `AtomicUsize`, and the value of a slot may be uninitialised.
    Ok(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(memory, capacity)) })
}

/// The atomics of a model checker cannot be zeroed memory.
#[cfg(any(loom, shuttle))]
fn zeroed<T>(capacity: usize) -> Result<Box<[Slot<T>]>, CapacityError> {
    let slot = |_| Slot { turn: AtomicUsize::new(0), value: UnsafeCell::new(MaybeUninit::uninit()) };
    Ok((0..capacity).map(slot).collect())
}

/// Drops what is still inside. If a value's `drop` panics, the values behind it are dropped while the panic goes on.
impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        struct Rest<'a, T>(&'a mut Ring<T>);
        impl<T> Drop for Rest<'_, T> {
            fn drop(&mut self) {
                while let Some(value) = self.0.pop_mut() {
                    drop(value);
                }
            }
        }
        if std::mem::needs_drop::<T>() {
            let rest = Rest(self);
            while let Some(value) = rest.0.pop_mut() {
                drop(value);
            }
        }
    }
}

impl<T> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("len", &self.len()).field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}
