//! The algorithm of [`Queue`](super::Queue): a ring with a lock at each end, crash-safe because every operation takes
//! effect by one store.
//!
//! ```text
//! push: lock the producers' end; tail - head < capacity?  slot[tail] = item;  tail += 1;  unlock;  ring if somebody waits
//! pop:  lock the consumers' end; tail - head > 0?         item = slot[head];  head += 1;  unlock;  ring if somebody waits
//! ```
//! Producers and consumers meet only in the two counters (Michael and Scott's two-lock queue, 1996, over an array), and each
//! end remembers what it last saw of the other's counter, so that it looks there only when that says full (empty).
//! Who inherits an end from a dead owner finds it as it was before or after the owner's operation: the item is in, or it
//! is not; it is out, or it is not. There is nothing to repair.
//!
//! Going to sleep is Dekker's handshake: a sleeper says so and looks at the counter once more; a mover moves the counter
//! and looks whether somebody sleeps. One of the two sees the other, as both are sequentially consistent.

use super::bell::{ALL, Bell, Wait};
use super::lock::{Lock, State};
use super::memory::Plain;
use super::owner::Census;
use crate::sync::{AtomicU64, Ordering, load_seq_cst, planted};

/// Where the items lie: indices are below the `slots` of [`Shape`].
pub(crate) trait Slots<T> {
    fn put(&self, index: usize, items: &[T]);
    fn take(&self, index: usize, out: &mut [T]);
}

/// What was agreed when the ring was made; kept outside of the shared memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Items at most.
    pub(crate) capacity: u64,
    /// A power of two, at least `capacity`.
    pub(crate) slots: u64,
}

impl Shape {
    pub(crate) fn new(capacity: usize) -> Option<Self> {
        let slots = capacity.checked_next_power_of_two()?;
        Some(Self { capacity: capacity as u64, slots: slots as u64 })
    }

    /// Where the item with this number lies, and how many fit from there to the end. In range whatever the number.
    fn place(self, number: u64) -> (usize, usize) {
        let at = number & (self.slots - 1);
        (at as usize, (self.slots - at) as usize)
    }

    /// Items between two counters; a counter that somebody has scribbled over makes the ring look full or empty.
    pub(crate) fn between(self, head: u64, tail: u64) -> u64 {
        tail.wrapping_sub(head).min(self.capacity)
    }
}

/// One end of the ring.
#[derive(Debug, Default)]
#[repr(C, align(128))]
pub(crate) struct End {
    lock: Lock,
    /// Items that have passed this end; changed only under `lock`.
    count: AtomicU64,
    /// What was last seen of the other end's `count`; used only under `lock`.
    other: AtomicU64,
    /// Whether somebody may sleep until this end can go on; cleared by who rings.
    sleepers: AtomicU64,
    /// Rung when the other end has moved.
    bell: Bell,
}

#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Ring {
    /// Its `count` is the tail.
    producers: End,
    /// Its `count` is the head.
    consumers: End,
    /// 1 once closed; set under the producers' lock, so that whoever reads it sees every item that went in.
    closed: AtomicU64,
}

// SAFETY: atomics alone, aligned to 128 bytes.
unsafe impl Plain for Ring {}

/// Why nothing could be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Full, or empty, or not before the deadline.
    Later,
    Closed,
}

impl Ring {
    /// Puts in as many of `items` as there is room for: at least one, or why not.
    #[inline]
    pub(crate) fn try_push<T>(
        &self,
        shape: Shape,
        slots: &impl Slots<T>,
        census: &impl Census,
        items: &[T],
    ) -> Result<usize, Stop> {
        let end = &self.producers;
        end.lock.lock(census, Wait::forever);
        let pushed = self.push_locked(shape, slots, items);
        end.lock.unlock(State::Sound);
        if pushed.is_ok() {
            self.consumers.call();
        }
        pushed
    }

    #[inline]
    fn push_locked<T>(&self, shape: Shape, slots: &impl Slots<T>, items: &[T]) -> Result<usize, Stop> {
        let end = &self.producers;
        if self.closed.load(Ordering::Relaxed) != 0 {
            return Err(Stop::Closed);
        }
        let tail = end.count.load(Ordering::Relaxed);
        let mut room = shape.capacity - shape.between(end.other.load(Ordering::Relaxed), tail);
        if room < items.len() as u64 {
            let order = if planted("read the head relaxed") { Ordering::Relaxed } else { Ordering::Acquire };
            let head = self.consumers.count.load(order);
            end.other.store(head, Ordering::Relaxed);
            room = shape.capacity - shape.between(head, tail);
        }
        let many = items.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        if many == 0 {
            return Err(Stop::Later);
        }
        let (at, straight) = shape.place(tail);
        let (first, rest) = items[..many].split_at(many.min(straight));
        if planted("count before the item is there") {
            end.count.store(tail.wrapping_add(many as u64), Ordering::SeqCst);
        }
        slots.put(at, first);
        if !rest.is_empty() {
            slots.put(0, rest);
        }
        // From here on the items are in. Release: the consumer's Acquire load sees the slots.
        end.count.store(tail.wrapping_add(many as u64), Ordering::SeqCst);
        Ok(many)
    }

    /// Takes out as many items as there are and `out` has room for: at least one, or why not.
    #[inline]
    pub(crate) fn try_pop<T>(
        &self,
        shape: Shape,
        slots: &impl Slots<T>,
        census: &impl Census,
        out: &mut [T],
    ) -> Result<usize, Stop> {
        let end = &self.consumers;
        end.lock.lock(census, Wait::forever);
        let popped = self.pop_locked(shape, slots, out);
        end.lock.unlock(State::Sound);
        if popped.is_ok() {
            self.producers.call();
        }
        popped
    }

    #[inline]
    fn pop_locked<T>(&self, shape: Shape, slots: &impl Slots<T>, out: &mut [T]) -> Result<usize, Stop> {
        let end = &self.consumers;
        let head = end.count.load(Ordering::Relaxed);
        let mut there = shape.between(head, end.other.load(Ordering::Relaxed));
        let mut closed = false;
        if there < out.len() as u64 {
            closed = self.closed.load(Ordering::Acquire) != 0;
            let order = if planted("read the tail relaxed") { Ordering::Relaxed } else { Ordering::Acquire };
            let tail = self.producers.count.load(order);
            end.other.store(tail, Ordering::Relaxed);
            there = shape.between(head, tail);
        }
        let many = out.len().min(usize::try_from(there).unwrap_or(usize::MAX));
        if many == 0 {
            return Err(if closed { Stop::Closed } else { Stop::Later });
        }
        let (at, straight) = shape.place(head);
        let (first, rest) = out[..many].split_at_mut(many.min(straight));
        slots.take(at, first);
        if !rest.is_empty() {
            slots.take(0, rest);
        }
        // From here on the items are out, and their slots free. Release: the producer's Acquire load comes after our reads.
        end.count.store(head.wrapping_add(many as u64), Ordering::SeqCst);
        Ok(many)
    }

    /// Sleeps until there may be room, or for a heartbeat.
    pub(crate) fn sleep_for_room(&self, shape: Shape, wait: &mut Wait) {
        self.producers.sleep(wait, || {
            shape.between(load_seq_cst(&self.consumers.count), self.producers.count.load(Ordering::Relaxed))
                < shape.capacity
                || self.is_closed()
        });
    }

    /// Sleeps until there may be an item, or for a heartbeat.
    pub(crate) fn sleep_for_item(&self, shape: Shape, wait: &mut Wait) {
        self.consumers.sleep(wait, || {
            shape.between(self.consumers.count.load(Ordering::Relaxed), load_seq_cst(&self.producers.count)) > 0
                || self.is_closed()
        });
    }

    /// What is left of a producer that is killed with the lock, before or after its one store.
    #[cfg(loom)]
    pub(crate) fn die_pushing<T>(
        &self,
        shape: Shape,
        slots: &impl Slots<T>,
        census: &impl Census,
        items: &[T],
        late: bool,
    ) {
        self.producers.lock.lock(census, Wait::forever);
        if late {
            let _ = self.push_locked(shape, slots, items);
        }
    }

    /// Closes; false if it was closed before.
    pub(crate) fn close(&self, census: &impl Census) -> bool {
        self.producers.lock.lock(census, Wait::forever);
        let was = self.closed.swap(1, Ordering::SeqCst);
        self.producers.lock.unlock(State::Sound);
        if !planted("close without a ring") {
            self.producers.bell.ring(ALL);
            self.consumers.bell.ring(ALL);
        }
        was == 0
    }

    pub(crate) fn is_closed(&self) -> bool {
        load_seq_cst(&self.closed) != 0
    }

    /// Items inside, at some moment of the call.
    pub(crate) fn len(&self, shape: Shape) -> u64 {
        let head = self.consumers.count.load(Ordering::Acquire);
        shape.between(head, self.producers.count.load(Ordering::Acquire))
    }
}

impl End {
    /// The other end has moved: wakes who sleeps at this one.
    #[inline]
    fn call(&self) {
        if load_seq_cst(&self.sleepers) != 0 {
            self.sleepers.store(0, Ordering::SeqCst);
            self.bell.ring(ALL);
        }
    }

    #[cold]
    fn sleep(&self, wait: &mut Wait, ready: impl FnOnce() -> bool) {
        let seen = self.bell.seen();
        if !planted("wait unannounced") {
            self.sleepers.store(1, Ordering::SeqCst);
        }
        if planted("sleep without a look") || !ready() {
            self.bell.sleep(seen, wait);
        }
    }
}
