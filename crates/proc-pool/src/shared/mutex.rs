//! A lock between processes that survives its owner.
//!
//! # Safety
//! A [`Guard`] dereferences to the value in shared memory. That is sound because the lock word names this process as the
//! owner from the guard's making to its drop, nobody else makes a guard meanwhile (a waiter takes over from a *dead*
//! owner only, whose guards are gone with it), and the value is [`Pod`], so whatever a dead owner has left is a value. What
//! a program without `unsafe` cannot do, and no lock can stop, is a wild pointer of another process writing there: it
//! may make the value any other, and such a process is broken already.

use super::bell::Wait;
use super::lock::{Lock, State};
use super::memory::{Cells, Header, Kind, Memory};
use super::owner::Processes;
use super::travel::{self, pack, unpack};
use bytemuck::Pod;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::error::Error;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// A value that one process at a time may use, in memory that all of them share.
///
/// Goes to other processes as the argument of a task; a clone is another handle to the same lock. It also works between
/// the threads of a process.
///
/// If a process ends while it has the lock, by whatever cause, the next one to get it is told so by [`OwnerDied`], which
/// has the guard inside: the value is as the dead process left it, perhaps in the middle of a change. Who repairs it says
/// so by [`OwnerDied::into_inner`]; until somebody does, every `lock` is told. A *panic* gives the lock back and is nobody
/// else's concern: there is no poisoning.
///
/// # Differences from `std::sync::Mutex`
/// The value is [`Pod`]: bytes without padding or pointers. Making one can fail. `lock` reports dead processes instead of
/// panicked threads. Like there, a thread that locks twice waits for itself.
///
/// # Fairness
/// None: who comes at the right moment is faster than who has to wake up.
pub struct Mutex<T> {
    lock: Header<Lock>,
    value: Cells<T>,
}

impl<T: Pod> Mutex<T> {
    const KIND: Kind = Kind::of::<T>("mutex");

    /// Where the value lies: behind the lock, in cache lines of its own.
    const OFFSET: usize = if align_of::<T>() > 128 { align_of::<T>() } else { 128 };

    /// A new lock around `value`.
    ///
    /// # Errors
    /// If the system has no memory or no descriptor left. Each lock takes one descriptor in the process that made it, and
    /// a page.
    pub fn new(value: T) -> io::Result<Self> {
        let bytes = size_of::<T>().checked_add(Self::OFFSET).ok_or(io::ErrorKind::OutOfMemory)?;
        let memory = Memory::create(Self::KIND, bytes)?;
        travel::register(&memory);
        let this = Self::over(&memory).ok_or(io::ErrorKind::OutOfMemory)?;
        this.value.set(0, value);
        Ok(this)
    }

    fn over(memory: &std::sync::Arc<Memory>) -> Option<Self> {
        Some(Self { lock: memory.header()?, value: memory.cells(Self::OFFSET, 1)? })
    }

    /// Takes the lock.
    ///
    /// # Errors
    /// [`OwnerDied`], with the guard inside, if a process has died with the lock and nobody has vouched for the value since.
    ///
    /// # Blocking
    /// Until the owner gives it back, or is found dead: within about 16 ms of its death.
    #[inline]
    pub fn lock(&self) -> Result<Guard<'_, T>, OwnerDied<Guard<'_, T>>> {
        // Without a deadline there is always a state.
        let state = self.lock.lock(&Processes, Wait::forever).unwrap_or(State::Abandoned);
        self.guard(state)
    }

    /// Takes the lock if it is free, or if its owner is dead.
    ///
    /// # Errors
    /// [`TryLockError::WouldBlock`] if a living process has it; else as [`lock`](Self::lock).
    pub fn try_lock(&self) -> Result<Guard<'_, T>, TryLockError<Guard<'_, T>>> {
        let state = self.lock.try_lock(&Processes).ok_or(TryLockError::WouldBlock)?;
        self.guard(state).map_err(TryLockError::OwnerDied)
    }

    /// Takes the lock, waiting no longer than `limit`.
    ///
    /// # Errors
    /// [`LockTimeoutError::TimedOut`] if it did not come free in time; else as [`lock`](Self::lock).
    ///
    /// # Blocking
    /// As [`lock`](Self::lock), for at most `limit`; `Duration::MAX` is no limit.
    pub fn lock_timeout(&self, limit: Duration) -> Result<Guard<'_, T>, LockTimeoutError<Guard<'_, T>>> {
        let state = self.lock.lock(&Processes, || Wait::at_most(limit)).ok_or(LockTimeoutError::TimedOut)?;
        self.guard(state).map_err(LockTimeoutError::OwnerDied)
    }

    #[inline]
    fn guard(&self, state: State) -> Result<Guard<'_, T>, OwnerDied<Guard<'_, T>>> {
        let guard = Guard { mutex: self, state, value: PhantomData };
        match state {
            State::Sound => Ok(guard),
            State::Abandoned => Err(OwnerDied { guard }),
        }
    }
}

/// The lock is held by this process, until this is dropped.
#[must_use = "the lock is given back as soon as the guard is dropped"]
pub struct Guard<'a, T: Pod> {
    mutex: &'a Mutex<T>,
    /// In which state the lock is given back.
    state: State,
    /// It gives what `&mut T` gives, to other threads too.
    value: PhantomData<&'a mut T>,
}

impl<T: Pod> Deref for Guard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: one aligned value in the mapping that the mutex keeps; this guard is the only one: see the module.
        unsafe { &*self.mutex.value.as_ptr() }
    }
}

impl<T: Pod> DerefMut for Guard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and this guard is borrowed for as long.
        unsafe { &mut *self.mutex.value.as_ptr() }
    }
}

impl<T: Pod> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.mutex.lock.unlock(self.state);
    }
}

/// A process has died with the lock, and nobody has vouched for the value since.
///
/// The lock is yours, and the value as it was left. [`get_mut`](Self::get_mut) gives it for a repair,
/// [`into_inner`](Self::into_inner) declares it sound. Dropping this instead gives the lock back as it is: the next owner
/// is told the same.
#[must_use = "dropped, the next owner of the lock is told the same"]
pub struct OwnerDied<G> {
    guard: G,
}

impl<'a, T: Pod> OwnerDied<Guard<'a, T>> {
    /// Vouches for the value: the guard, as if nobody had died.
    pub fn into_inner(self) -> Guard<'a, T> {
        let mut guard = self.guard;
        guard.state = State::Sound;
        guard
    }

    /// The value as it was left.
    pub fn get_ref(&self) -> &T {
        &self.guard
    }

    /// The value as it was left, to be repaired.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

/// Why [`Mutex::try_lock`] has no guard, or one that needs a look.
pub enum TryLockError<G> {
    /// A living process has the lock.
    WouldBlock,
    /// As from [`Mutex::lock`].
    OwnerDied(OwnerDied<G>),
}

/// Why [`Mutex::lock_timeout`] has no guard, or one that needs a look.
pub enum LockTimeoutError<G> {
    /// The lock did not come free in time.
    TimedOut,
    /// As from [`Mutex::lock`].
    OwnerDied(OwnerDied<G>),
}

impl<G> fmt::Debug for OwnerDied<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnerDied").finish_non_exhaustive()
    }
}

impl<G> fmt::Display for OwnerDied<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a process has died with the lock")
    }
}

impl<G> fmt::Display for TryLockError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WouldBlock => f.write_str("another owner has the lock"),
            Self::OwnerDied(died) => died.fmt(f),
        }
    }
}

impl<G> fmt::Display for LockTimeoutError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("the lock did not come free in time"),
            Self::OwnerDied(died) => died.fmt(f),
        }
    }
}

impl<G> fmt::Debug for TryLockError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WouldBlock => "WouldBlock",
            Self::OwnerDied(_) => "OwnerDied(..)",
        })
    }
}

impl<G> fmt::Debug for LockTimeoutError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "TimedOut",
            Self::OwnerDied(_) => "OwnerDied(..)",
        })
    }
}

impl<G> Error for OwnerDied<G> {}
impl<G> Error for TryLockError<G> {}
impl<G> Error for LockTimeoutError<G> {}

impl<T: Pod + fmt::Debug> fmt::Debug for Guard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

impl<T> Clone for Mutex<T> {
    fn clone(&self) -> Self {
        Self { lock: self.lock.clone(), value: self.value.clone() }
    }
}

/// Only within an argument of a task; an error elsewhere.
impl<T: Pod> Serialize for Mutex<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        pack(self.value.memory(), 1, serializer)
    }
}

/// Only within an argument of a task; an error elsewhere.
impl<'de, T: Pod> Deserialize<'de> for Mutex<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (memory, _) = unpack(deserializer, Self::KIND)?;
        Self::over(&memory).ok_or_else(|| travel::de_error("the shared memory is too short for the lock"))
    }
}
