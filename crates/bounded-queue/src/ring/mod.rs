//! The lock-free core: a ring of slots, each with a *turn* that says whose it is. The only module with `unsafe` code,
//! its submodules `slots` and `batch` included.
//!
//! # The algorithm
//!
//! Dmitry Vyukov's bounded MPMC queue (1024cores, 2010), with laps for stamps. `tail` is the position of the next push and
//! `head` that of the next pop. A position is a lap and an index into the slots, packed into one word with the lap above the
//! next power of two, so that any capacity works without a division:
//!
//! ```text
//!   position:  | lap            | index (enough bits for the capacity) | closed (in `tail` only) |
//!   turn:      | lap            | 0                                    | 0 writable / 1 readable |
//!
//!   push: t = tail; wait until slot[t].turn == (lap of t, writable);  CAS tail t -> t+1;  write;  turn = (lap, readable)
//!   pop:  h = head; wait until slot[h].turn == (lap of h, readable);  CAS head h -> h+1;  read;   turn = (lap+1, writable)
//! ```
//!
//! A slot is made "lap 0, writable" shortly before its first push: creation is one allocation, of which nothing is touched.
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
mod slots;

pub(crate) use pace::pause;

use crate::CapacityError;
use crate::sync::{AtomicUsize, Ordering};
use crossbeam_utils::CachePadded;
use pace::Races;
use slots::{Slot, Slots};
use std::fmt;
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

/// A bounded FIFO for any number of threads that never waits.
pub(crate) struct Ring<T> {
    /// Position of the next push, and [`CLOSED`]. Never more than the capacity ahead of `head`, but for the moment in
    /// which a forced push has claimed its place and not yet displaced the oldest item.
    tail: CachePadded<AtomicUsize>,
    /// Position of the next pop.
    head: CachePadded<AtomicUsize>,
    slots: Slots<T>,
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
        let slots = Slots::new(capacity)?;
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
        for slot in ring.slots.all_mut() {
            slot.turn = AtomicUsize::new(start);
        }
        ring.head = CachePadded::new(AtomicUsize::new(start));
        ring.tail = CachePadded::new(AtomicUsize::new(start));
        Ok(ring)
    }

    pub(crate) fn capacity(&self) -> usize {
        self.slots.capacity()
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
        if self.slots.lacks(self.index(tail)) {
            self.slots.make_more();
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
        if tail & CLOSED == 0 && self.slots.lacks(self.index(tail)) {
            return if self.slots.make_more() { Ok(tail) } else { Err(Refused::Pending { settled: true }) };
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

    /// Whether the slot of `position` is writable, or readable, in the position's lap; false if it is still to be made.
    #[inline(always)]
    fn has_turn(&self, position: usize, readable: usize) -> bool {
        let turn = self.lap_of(position) | readable;
        self.slots.get(self.index(position)).is_some_and(|slot| slot.turn.load(Ordering::Acquire) == turn)
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

    /// Writes the value of a position that the caller has claimed by moving `tail` past it, and publishes it.
    #[inline(always)]
    fn fill(&self, position: usize, value: T) {
        // SAFETY: the claim, when the turn was "writable", is the caller's; each claims once and fills once.
        unsafe { self.slot(position).fill(self.lap_of(position), value) }
    }

    /// Reads the value of a position that the caller has claimed by moving `head` past it, without handing the slot over.
    #[inline(always)]
    fn take(&self, position: usize) -> T {
        // SAFETY: the claim, when the turn was "readable", is the caller's; each claims once and reads once.
        unsafe { self.slot(position).take() }
    }

    /// The same, and hands the slot to the next lap.
    #[inline(always)]
    fn empty(&self, position: usize) -> T {
        // SAFETY: as for `take`.
        unsafe { self.slot(position).empty(self.lap_of(position).wrapping_add(self.lap)) }
    }

    /// The slots of `count` positions from `from` on with the laps of these: up to the end of the ring, and from its start in
    /// the next lap. Shorter where slots are still to be made.
    #[inline]
    fn stretches(&self, from: usize, count: usize) -> [(&[Slot<T>], usize); 2] {
        let (index, lap) = (self.index(from), self.lap_of(from));
        let here = count.min(self.capacity() - index);
        [(self.slots.stretch(index, here), lap), (self.slots.stretch(0, count - here), lap.wrapping_add(self.lap))]
    }

    /// The slot of a claimed position.
    #[inline(always)]
    fn slot(&self, position: usize) -> &Slot<T> {
        // SAFETY: `get_made` needs that the slot is known to be made. Positions are claimed only after `has_turn` has seen the
        // slot (or, by the only owner, after it was made), and a claim is a `SeqCst` operation.
        unsafe { self.slots.get_made(self.index(position)) }
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
