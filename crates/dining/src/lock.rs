//! A value behind a lock that can be taken together with others.

use crate::arbiter::Arbiter;
use crate::gate::{TimedOut, ring, wait_for};
use crate::policy::Policy;
use crate::set::Set;
use crate::sync::{Condvar, Mutex, MutexGuard, lazy_static, per_thread};
use std::cell::RefCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Instant;

lazy_static! {
    /// Who holds which lock of the process, by number.
    static ARBITER: Mutex<Arbiter<Arc<Condvar>>> = Mutex::new(Arbiter::new(0, Policy::default().bound()));

    /// Numbers of locks that are gone, and how many were given out in all. Locked before the arbiter.
    static NUMBERS: Mutex<(Vec<usize>, usize)> = Mutex::new((Vec::new(), 0));
}

per_thread! {
    /// Numbers of the locks this thread holds.
    static HELD: RefCell<Vec<usize>> = RefCell::new(Vec::new());
}

/// A lock's number, given back when the lock is dropped.
struct Number(usize);

impl Number {
    fn new() -> Self {
        let mut numbers = NUMBERS.lock();
        let number = numbers.0.pop().unwrap_or_else(|| {
            numbers.1 += 1;
            numbers.1 - 1
        });
        ARBITER.lock().grow(numbers.1);
        Self(number)
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        // A guard that was leaked keeps its lock held for ever; such a number is not used again.
        let idle = ARBITER.lock().is_idle(self.0);
        if idle {
            NUMBERS.lock().0.push(self.0);
        }
    }
}

/// A value that one thread at a time may use, alone or together with others through [`lock_all`](crate::lock_all).
///
/// Nobody who waits holding nothing is overtaken more than 16 times. A thread that waits *while holding* another lock takes part in the usual
/// rules: keep an order among such locks, or take them together.
///
/// All locks of a process share one short critical section, so this is a lock for sets, not for the hottest counter.
pub struct Lock<T> {
    number: Number,
    name: Option<&'static str>,
    value: Mutex<T>,
}

/// Access to the value of a [`Lock`]. Dropping it unlocks.
///
/// If a set names a lock twice, the guard at its first position has the value; the others are *twins*, and using one panics.
#[must_use = "the lock is released as soon as it is dropped"]
pub struct Guard<'a, T> {
    lock: &'a Lock<T>,
    /// Holds the value; `None` in a twin.
    value: Option<MutexGuard<'a, T>>,
}

/// Takes the numbers in `set`, all or nothing. `object` may refuse, by a panic, to wait without limit; it sees what is held.
#[track_caller]
pub(crate) fn take(set: &Set, deadline: Option<Instant>, object: impl FnOnce(&[usize])) -> Result<(), TimedOut> {
    HELD.with(|held| {
        let held = &mut *held.borrow_mut();
        let mut arbiter = ARBITER.lock();
        if !arbiter.try_quick(set) {
            wait_for(&mut arbiter, set, deadline, !held.is_empty(), || object(held))?;
        }
        held.extend(set.iter());
        Ok(())
    })
}

/// As [`take`], without waiting.
pub(crate) fn try_take(set: &Set) -> bool {
    HELD.with(|held| {
        let held = &mut *held.borrow_mut();
        let mut arbiter = ARBITER.lock();
        let granted = arbiter.try_quick(set) || arbiter.try_request(set, !held.is_empty());
        if granted {
            held.extend(set.iter());
        }
        granted
    })
}

impl<T> Lock<T> {
    /// Unlocked, around `value`.
    pub fn new(value: T) -> Self {
        Self { number: Number::new(), name: None, value: Mutex::new(value) }
    }

    /// As [`new`](Self::new), with a name for [`Debug`] output.
    pub fn named(name: &'static str, value: T) -> Self {
        Self { name: Some(name), ..Self::new(value) }
    }

    /// The name it was given.
    pub fn name(&self) -> Option<&'static str> {
        self.name
    }

    /// Locks.
    ///
    /// # Panics
    /// In debug builds, if this thread holds this lock already: it would wait for itself for ever.
    ///
    /// # Blocking
    /// Until the holder unlocks; see [`Lock`] for the order.
    #[track_caller]
    pub fn lock(&self) -> Guard<'_, T> {
        let itself = |held: &[usize]| {
            assert!(
                !cfg!(debug_assertions) || !held.contains(&self.number.0),
                "this thread holds this lock already and would wait for itself"
            );
        };
        let taken = take(&Set::new(&[self.number.0]), None, itself);
        taken.unwrap_or_else(|_| unreachable!("without a deadline the time is never up"));
        self.guard()
    }

    /// Locks if that is possible at once.
    pub fn try_lock(&self) -> Option<Guard<'_, T>> {
        try_take(&Set::new(&[self.number.0])).then(|| self.guard())
    }

    /// The value; nobody else can hold the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// The value, without the lock.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }

    pub(crate) fn number(&self) -> usize {
        self.number.0
    }

    /// For whoever has been granted the number: the value is free, or this thread has just taken it as a twin.
    pub(crate) fn guard(&self) -> Guard<'_, T> {
        Guard { lock: self, value: self.value.try_lock() }
    }
}

const TWIN: &str = "this lock is in the set more than once; use the guard at its first position";

impl<T> Guard<'_, T> {
    /// Whether the set named the lock more than once and the value is with the guard at its first position.
    pub fn is_twin(&self) -> bool {
        self.value.is_none()
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    #[track_caller]
    fn deref(&self) -> &T {
        self.value.as_deref().expect(TWIN)
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_deref_mut().expect(TWIN)
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        // The value first: whoever is granted the number expects it free.
        if self.value.take().is_some() {
            let number = self.lock.number.0;
            ARBITER.lock().release(&Set::new(&[number]), ring);
            let _ = HELD.try_with(|held| {
                let mut held = held.borrow_mut();
                if let Some(place) = held.iter().rposition(|&other| other == number) {
                    held.swap_remove(place);
                }
            });
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Lock");
        if let Some(name) = self.name {
            out.field("name", &name);
        }
        // Through the arbiter: a value taken behind its back would look like a twin to the next owner.
        match self.try_lock() {
            Some(value) => out.field("value", &*value).finish(),
            None => out.field("value", &format_args!("<locked>")).finish(),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Guard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => f.debug_tuple("Guard").field(&**value).finish(),
            None => f.write_str("Guard(<twin>)"),
        }
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Lock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
