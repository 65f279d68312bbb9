//! A place where one job is offered to helpers: the state word that makes sure a late helper delays nobody.
//!
//! A job is a closure on its owner's stack that any number of threads may call at once. The owner takes a free slot,
//! opens the job in it, works on the job itself, then closes it. A helper *enters* by a compare-and-swap that succeeds
//! only while the job is open, calls the closure and *leaves*. Closing forbids further entries and waits for those that
//! entered, and for nobody else: a helper that wakes too late finds the word closed (or open with a newer job, which is
//! just as welcome to it) and has cost the owner nothing.
//!
//! A helper learns which job it works on only after it has entered, so it does not matter how long it slept between
//! reading the word and the compare-and-swap: what it enters is whatever is open at that moment. No epoch is needed.
//!
//! **What the safety rests on:** the pointer in `job` is dereferenced only between a successful `enter` and the `leave` of the
//! same helper; the owner's `close` returns only when nobody is in between; and the owner cannot skip `close`, because
//! it happens in the `Drop` of a guard that never leaves [`Slot::offer`].

use crate::patience;
use crate::sync::{AtomicU64, Ordering, UnsafeCell, planted};
use sync_prims::EventCount;

/// Helpers inside: the low 16 bits.
const INSIDE: u64 = 0xFFFF;
/// The most helpers the job has use for: the next 16 bits.
const WANTED: u32 = 16;
/// The slot has an owner.
const TAKEN: u64 = 1 << 32;
/// Helpers may enter.
const OPEN: u64 = 1 << 33;
/// Nobody's.
const FREE: u64 = 0;

/// The most helpers that one job can have.
pub(crate) const MOST_HELPERS: usize = INSIDE as usize;

type Job<'a> = dyn Fn() + Sync + 'a;

/// A place for one job at a time.
pub(crate) struct Slot {
    /// | state                        | `job`     | who may touch `job`         | next                                |
    /// |------------------------------|-----------|-----------------------------|-------------------------------------|
    /// | `FREE`                       | dangling  | nobody                      | `TAKEN`, by an owner's CAS          |
    /// | `TAKEN`                      | dangling  | the owner                   | `OPEN`, by the owner's store        |
    /// | `TAKEN`, `OPEN`, n inside    | alive     | the n inside, reading       | n + 1 by a CAS, or closed           |
    /// | `TAKEN`, closed, n > 0 inside| alive     | the n inside, reading       | n - 1, by one that leaves           |
    /// | `TAKEN`, closed, 0 inside    | alive     | nobody                      | `FREE`, by the owner's store        |
    state: AtomicU64,
    job: UnsafeCell<Option<*const Job<'static>>>,
    /// Where the owner waits for the helpers that entered.
    left: EventCount,
}

// SAFETY: `job` is the one field that is not Send and Sync by itself. It is written by the owner of the slot only and read
// by those who entered only (the table above), and what it points to is `Sync`, so many may call it at once.
unsafe impl Sync for Slot {}
// SAFETY: a slot moves only before it is shared; then there is no job in it.
unsafe impl Send for Slot {}

impl Slot {
    pub(crate) fn new() -> Self {
        Self { state: AtomicU64::new(FREE), job: UnsafeCell::new(None), left: patience::event_count() }
    }

    /// Makes the slot the caller's if it is nobody's.
    pub(crate) fn try_take(&self) -> Option<Owned<'_>> {
        let free = self.state.load(Ordering::Relaxed) == FREE;
        // Acquire pairs with the Release of the last owner's FREE: its use of `job` is over.
        let taken = free && self.state.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_ok();
        // Not `then_some`: it would make an `Owned` in any case, and drop it, that is free somebody else's slot.
        taken.then(|| Owned { slot: self })
    }

    /// Whether a helper could enter now.
    pub(crate) fn is_open(&self) -> bool {
        let state = self.state.load(Ordering::Relaxed);
        state & OPEN != 0 && state & INSIDE < state >> WANTED & INSIDE
    }

    /// Helps with the job that is open here, if one is and has use for another helper. `entered` is called first, with
    /// whether the job has use for still more. A helper returns from a job when there is nothing left to do in it, so the
    /// job is closed on the way out.
    pub(crate) fn help(&self, entered: impl FnOnce(bool)) -> bool {
        self.visit(OPEN, entered)
    }

    /// Helps as one of several who were invited one by one: others may come after this one has left.
    pub(crate) fn attend(&self) -> bool {
        self.visit(0, |_| ())
    }

    /// Enters, calls the job, leaves, and clears the bits of `clears`.
    fn visit(&self, clears: u64, entered: impl FnOnce(bool)) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let (inside, wanted) = (state & INSIDE, (state >> WANTED) & INSIDE);
            if (state & OPEN == 0 && !planted("enter what is closed")) || inside >= wanted {
                return false;
            }
            // Acquire pairs with the owner's Release of OPEN: `job` is written.
            match self.state.compare_exchange_weak(state, state + 1, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => {
                    let visit = Visit { slot: self, clears };
                    entered(inside + 1 < wanted);
                    visit.call();
                    return true;
                }
                Err(now) => state = now,
            }
        }
    }
}

/// A slot that the caller has taken.
#[must_use = "the slot is free again as soon as this is dropped"]
pub(crate) struct Owned<'s> {
    slot: &'s Slot,
}

impl Owned<'_> {
    /// Offers `job` to at most `wanted` helpers while `own` runs. On return, normally or by unwinding, nobody is inside
    /// `job` and nobody ever will be again.
    pub(crate) fn offer<R>(self, wanted: usize, job: &Job<'_>, own: impl FnOnce() -> R) -> R {
        // SAFETY: this only forgets the lifetime of `job`. It is dereferenced by helpers inside only, and `self`, whose drop
        // at the end of this function closes the slot and waits until nobody is inside, is dropped before `job` dies.
        let erased = unsafe { std::mem::transmute::<*const Job<'_>, *const Job<'static>>(job) };
        // SAFETY: the slot is TAKEN and not OPEN, so nobody but us, its owner, touches `job`.
        self.slot.job.with_mut(|job| unsafe { *job = Some(erased) });
        let wanted = wanted.min(MOST_HELPERS) as u64;
        self.slot.state.store(TAKEN | OPEN | wanted << WANTED, Ordering::Release);
        own()
    }
}

impl Drop for Owned<'_> {
    /// Closes the job, waits for those inside, and frees the slot.
    fn drop(&mut self) {
        let slot = self.slot;
        let state = slot.state.load(Ordering::Relaxed);
        // Acquire pairs with the Release of each helper that left: what it did is visible to the owner.
        if state & INSIDE == 0 && slot.state.compare_exchange(state, FREE, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        {
            return;
        }
        slot.state.fetch_and(!OPEN, Ordering::AcqRel);
        if !planted("do not wait for a helper inside") {
            slot.left.wait_for(None, || (slot.state.load(Ordering::SeqCst) & INSIDE == 0).then_some(()));
        }
        slot.state.store(FREE, Ordering::Release);
    }
}

/// A helper inside a job.
struct Visit<'s> {
    slot: &'s Slot,
    clears: u64,
}

impl Visit<'_> {
    fn call(self) {
        // SAFETY: we are inside, so the owner has written `job` (its Release store of OPEN, our Acquire) and will not write it
        // again before we left.
        let job = self.slot.job.with(|job| unsafe { *job });
        if let Some(job) = job {
            // SAFETY: the job is alive until its owner's `close` returned, which waits for `self` to be dropped.
            unsafe { (*job)() }
        }
    }
}

impl Drop for Visit<'_> {
    /// Leaves.
    fn drop(&mut self) {
        let mut state = self.slot.state.load(Ordering::Relaxed);
        // Release pairs with the owner's Acquire. After this the job may be gone; the slot lives as long as the pool's core.
        while let Err(now) = self.slot.state.compare_exchange_weak(
            state,
            (state & !self.clears) - 1,
            Ordering::SeqCst,
            Ordering::Relaxed,
        ) {
            state = now;
        }
        if state & INSIDE == 1 && !planted("leave without a word") {
            self.slot.left.notify_all();
        }
    }
}
