//! A counting semaphore between processes.

use super::bell::Wait;
use super::memory::{Header, Kind, Memory};
use super::permits::Permits;
use super::travel::{self, pack, unpack};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;
use std::time::Duration;

/// A counting semaphore in memory that processes share.
///
/// Goes to other processes as the argument of a task; a clone is another handle to the same semaphore. It also works
/// between threads. There is no fairness.
///
/// A semaphore is not robust: any process may add permits that another has taken, so a permit has no owner who could be
/// found dead. A process that is killed takes the permits it holds with it; whoever learns of its death (the task's
/// error says it) can [`add_permits`](Self::add_permits) in its place. For one permit that must survive its owner use
/// [`Mutex`](super::Mutex).
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// proc_pool::init();
/// let two = proc_pool::shared::Semaphore::new(2)?;
/// let (a, b) = (two.acquire(), two.acquire());
/// assert!(two.try_acquire().is_none());
/// drop(a);
/// b.forget();
/// assert_eq!(two.available_permits(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Semaphore {
    permits: Header<Permits>,
}

impl Semaphore {
    const KIND: Kind = Kind::of::<Permits>("semaphore");

    /// A semaphore with this many permits.
    ///
    /// # Errors
    /// If the system has no memory or no descriptor left.
    ///
    /// # Panics
    /// If there are more than 2³¹ - 1 permits.
    #[track_caller]
    pub fn new(permits: u32) -> io::Result<Self> {
        let memory = Memory::create(Self::KIND, size_of::<Permits>())?;
        travel::register(&memory);
        let this = Self { permits: memory.header().ok_or(io::ErrorKind::OutOfMemory)? };
        this.add_permits(permits);
        Ok(this)
    }

    /// Takes a permit.
    ///
    /// # Blocking
    /// Until there is one. A wake-up that dies with its process is made up for within 16 ms.
    pub fn acquire(&self) -> Permit<'_> {
        while !self.permits.acquire(Wait::forever()) {}
        Permit { semaphore: self }
    }

    /// Takes a permit if there is one.
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        self.permits.try_acquire(false).then_some(())?;
        Some(Permit { semaphore: self })
    }

    /// Takes a permit; `None` if there is none within `limit`.
    ///
    /// # Blocking
    /// As [`acquire`](Self::acquire), for at most `limit`; `Duration::MAX` is no limit.
    pub fn acquire_timeout(&self, limit: Duration) -> Option<Permit<'_>> {
        self.permits.acquire(Wait::at_most(limit)).then_some(())?;
        Some(Permit { semaphore: self })
    }

    /// Adds `n` permits, whoever may have taken them.
    ///
    /// # Panics
    /// If there are then more than 2³¹ - 1.
    #[track_caller]
    pub fn add_permits(&self, n: u32) {
        assert!(self.permits.add(n), "a semaphore has at most 2147483647 permits");
    }

    /// How many permits there are now.
    pub fn available_permits(&self) -> u32 {
        self.permits.available()
    }
}

/// A permit, given back when dropped.
#[must_use = "the permit is given back as soon as it is dropped"]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
}

impl Permit<'_> {
    /// Keeps the permit for good: another process may add it again.
    pub fn forget(self) {
        std::mem::forget(self);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        // A permit too many can only be another process's doing; it is not worth a panic in a destructor.
        self.semaphore.permits.add(1);
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").field("available_permits", &self.available_permits()).finish()
    }
}

/// Only within an argument of a task; an error elsewhere.
impl Serialize for Semaphore {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        pack(self.permits.memory(), 1, serializer)
    }
}

/// Only within an argument of a task; an error elsewhere.
impl<'de> Deserialize<'de> for Semaphore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (memory, _) = unpack(deserializer, Self::KIND)?;
        let permits =
            memory.header().ok_or_else(|| travel::de_error("the shared memory is too short for the semaphore"))?;
        Ok(Self { permits })
    }
}
