//! The slots of a ring. They are made when they are first needed, some at a time: an allocation takes the same time whatever its
//! size, because nothing in it is touched, and no allocator has to clear it.
//!
//! # The invariant that safety rests on
//!
//! Slots below `made` are initialised and from then on only shared; whoever holds `making` alone writes those above. `made` only
//! grows, by a Release store after the writes; who reads a slot has loaded `made` with Acquire, or was told by somebody who had.

use super::READABLE;
use crate::CapacityError;
use crate::sync::{AtomicUsize, UnsafeCell};
use std::mem::MaybeUninit;
use std::ptr::NonNull;
// Not the model checkers': they have all slots made at the start, and twice as many schedules if they looked at each look here.
use std::sync::atomic::{AtomicBool, AtomicUsize as Count, Ordering};

/// One place of the ring.
#[repr(C)]
pub(super) struct Slot<T> {
    /// | turn                | `value`     | who may touch `value`                  | next                             |
    /// |---------------------|-------------|----------------------------------------|----------------------------------|
    /// | this lap, writable  | uninit      | who moved `tail` past the position     | this lap, readable: its store    |
    /// | this lap, readable  | initialised | who moved `head` past the position     | next lap, writable: its store    |
    pub(super) turn: AtomicUsize,
    value: UnsafeCell<MaybeUninit<T>>,
}

pub(super) struct Slots<T> {
    first: NonNull<Slot<T>>,
    capacity: usize,
    /// How many there are, from the first on.
    made: Count,
    /// Somebody is making more.
    making: AtomicBool,
    /// The memory behind `first`, at least `capacity` slots of it. Empty as far as the vector knows.
    _memory: Vec<Slot<T>>,
}

impl<T> Slots<T> {
    /// How many are made at a time: some pages full.
    const STROKE: usize = if size_of::<Slot<T>>() < 1 << 14 { (1 << 14) / size_of::<Slot<T>>() } else { 1 };

    /// Memory for `capacity` slots, which is not 0.
    pub(super) fn new(capacity: usize) -> Result<Self, CapacityError> {
        let mut memory = Vec::new();
        memory.try_reserve_exact(capacity).map_err(|_| CapacityError::TooLarge)?;
        let made = if cfg!(any(loom, shuttle)) { capacity } else { 0 };
        memory.extend((0..made).map(|_| Slot::new()));
        let first = NonNull::new(memory.as_mut_ptr()).expect("a vector's pointer");
        Ok(Self { first, capacity, made: Count::new(made), making: AtomicBool::new(false), _memory: memory })
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The slot at `index`, if it is made.
    #[inline(always)]
    pub(super) fn get(&self, index: usize) -> Option<&Slot<T>> {
        // SAFETY: the invariant of the module, for which `index` is compared with `made`.
        (index < self.made.load(Ordering::Acquire)).then(|| unsafe { self.first.add(index).as_ref() })
    }

    /// The slot at `index`.
    ///
    /// # Safety
    /// [`get`](Self::get) has given this slot to somebody, who has told the caller in an Acquire-Release manner.
    #[inline(always)]
    pub(super) unsafe fn get_made(&self, index: usize) -> &Slot<T> {
        debug_assert!(index < self.made.load(Ordering::Relaxed));
        // SAFETY: the invariant of the module; that `index` is below `made` is the caller's obligation.
        unsafe { self.first.add(index).as_ref() }
    }

    /// Up to `count` slots from `index` on, as far as they are made.
    #[inline]
    pub(super) fn stretch(&self, index: usize, count: usize) -> &[Slot<T>] {
        let made = self.made.load(Ordering::Acquire);
        let length = made.saturating_sub(index).min(count);
        // SAFETY: the invariant of the module: `index + length` is at most `made`, or the length 0, for which any index up to
        // the capacity will do.
        unsafe { std::slice::from_raw_parts(self.first.add(index).as_ptr(), length) }
    }

    /// Whether the slot at `index`, below the capacity, is still to be made.
    pub(super) fn lacks(&self, index: usize) -> bool {
        index >= self.made.load(Ordering::Acquire)
    }

    /// Makes some more; false if somebody else is at it.
    #[cold]
    pub(super) fn make_more(&self) -> bool {
        if self.making.swap(true, Ordering::Acquire) {
            return false;
        }
        let made = self.made.load(Ordering::Relaxed);
        let next = self.capacity.min(made + Self::STROKE);
        for index in made..next {
            // SAFETY: `write` needs memory for a slot that nobody reads meanwhile: there are `capacity` of them, and whoever
            // holds `making` has those above `made` for itself.
            unsafe { self.first.add(index).write(Slot::new()) };
        }
        self.made.store(next, Ordering::Release);
        self.making.store(false, Ordering::Release);
        true
    }

    /// All of them, made.
    pub(super) fn all_mut(&mut self) -> &mut [Slot<T>] {
        while self.lacks(self.capacity - 1) {
            self.make_more();
        }
        // SAFETY: all `capacity` slots are made, and `&mut self` says that nobody else is here.
        unsafe { std::slice::from_raw_parts_mut(self.first.as_ptr(), self.capacity) }
    }
}

impl<T> Slot<T> {
    /// Writable in lap 0.
    fn new() -> Self {
        Self { turn: AtomicUsize::new(0), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Writes a value and publishes it as that of `lap`.
    ///
    /// # Safety
    /// The caller has claimed the position of this slot in `lap` for a push, when its turn was "this lap, writable", and has not
    /// filled it since.
    #[inline(always)]
    pub(super) unsafe fn fill(&self, lap: usize, value: T) {
        // SAFETY: the write needs that nobody else touches the cell: the claim made the slot this thread's until the store below,
        // and the Acquire load of that turn pairs with the Release store of the pop that emptied it, whose read is therefore over.
        self.value.with_mut(|cell| unsafe { (*cell).write(value) });
        self.turn.store(lap | READABLE, Ordering::Release);
    }

    /// Reads the value without handing the slot over.
    ///
    /// # Safety
    /// The caller has claimed the position of this slot for a pop, when its turn was "readable", and has not read it since.
    #[inline(always)]
    pub(super) unsafe fn take(&self) -> T {
        // SAFETY: `assume_init_read` needs an initialised value that nobody reads again. "Readable" said that `fill` initialised
        // it (its Release store pairs with the caller's Acquire load), and the claim made this thread the only reader.
        self.value.with(|cell| unsafe { (*cell).assume_init_read() })
    }

    /// Reads the value and hands the slot over to the pushes of `next_lap`.
    ///
    /// # Safety
    /// As [`take`](Self::take).
    #[inline(always)]
    pub(super) unsafe fn empty(&self, next_lap: usize) -> T {
        // SAFETY: the caller's, passed on.
        let value = unsafe { self.take() };
        self.turn.store(next_lap, Ordering::Release);
        value
    }
}
