//! A barrier between processes.

use super::bell::Wait;
use super::meeting::{MAX, Meeting, Met};
use super::memory::{Header, Kind, Memory};
use super::travel::{self, pack, unpack};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

/// A point where a number of processes (or threads) wait for each other, again and again, in memory that they share.
///
/// Goes to other processes as the argument of a task; a clone is another handle to the same barrier.
///
/// A process that is killed while it waits counts as arrived. One that is killed before it arrives would be waited for,
/// and the barrier cannot know that it was to come; so a barrier can be broken: by [`abort`](Self::abort), which whoever
/// learns of the death calls (the task's error says it), and by a [`wait_timeout`](Self::wait_timeout) that runs out. Then
/// everybody who waits, now or later, gets [`Broken`], as from Python's barrier.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use proc_pool::{Process, shared::Barrier};
///
/// proc_pool::init();
/// let barrier = Barrier::new(2)?;
/// let other = Process::spawn(|barrier: Barrier| barrier.wait().is_ok(), barrier.clone())?;
/// barrier.wait().unwrap();
/// assert!(other.join().unwrap());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Barrier {
    meeting: Header<Meeting>,
    parties: u32,
}

impl Barrier {
    const KIND: Kind = Kind::of::<Meeting>("barrier");

    /// A barrier for this many parties.
    ///
    /// # Errors
    /// If the system has no memory or no descriptor left.
    ///
    /// # Panics
    /// If `parties` is 0 or more than 65535.
    #[track_caller]
    pub fn new(parties: usize) -> io::Result<Self> {
        assert!(parties > 0 && parties <= MAX as usize, "a barrier is for 1 to {MAX} parties, not {parties}");
        let memory = Memory::create(Self::KIND, size_of::<Meeting>())?;
        travel::register(&memory);
        Ok(Self { meeting: memory.header().ok_or(io::ErrorKind::OutOfMemory)?, parties: parties as u32 })
    }

    /// Waits until all parties are here. `true` for the last to arrive, one in each round.
    ///
    /// # Errors
    /// [`Broken`] if the barrier is broken before all have come.
    ///
    /// # Blocking
    /// Until the last party arrives or somebody breaks the barrier.
    pub fn wait(&self) -> Result<bool, Broken> {
        self.meet(Wait::forever())
    }

    /// As [`wait`](Self::wait); the barrier breaks, for all, if the others have not come within `limit`.
    ///
    /// # Errors
    /// [`Broken`], by the limit or otherwise.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), for at most `limit`; `Duration::MAX` is no limit.
    pub fn wait_timeout(&self, limit: Duration) -> Result<bool, Broken> {
        self.meet(Wait::at_most(limit))
    }

    fn meet(&self, wait: Wait) -> Result<bool, Broken> {
        match self.meeting.wait(self.parties, wait) {
            Met::Leader => Ok(true),
            Met::Follower => Ok(false),
            Met::Broken => Err(Broken),
        }
    }

    /// Breaks the barrier for good.
    pub fn abort(&self) {
        self.meeting.abort();
    }

    /// Whether the barrier is broken.
    pub fn is_broken(&self) -> bool {
        self.meeting.is_broken()
    }

    /// How many parties wait now.
    pub fn waiting(&self) -> usize {
        self.meeting.waiting() as usize
    }

    /// For how many parties it is.
    pub fn parties(&self) -> usize {
        self.parties as usize
    }
}

/// The barrier is broken: somebody has aborted it, or waited for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier is broken")
    }
}

impl Error for Broken {}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Barrier");
        debug.field("parties", &self.parties).field("waiting", &self.waiting()).field("broken", &self.is_broken());
        debug.finish()
    }
}

/// Only within an argument of a task; an error elsewhere.
impl Serialize for Barrier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        pack(self.meeting.memory(), self.parties(), serializer)
    }
}

/// Only within an argument of a task; an error elsewhere.
impl<'de> Deserialize<'de> for Barrier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (memory, parties) = unpack(deserializer, Self::KIND)?;
        let meeting =
            memory.header().ok_or_else(|| travel::de_error("the shared memory is too short for the barrier"))?;
        match u32::try_from(parties) {
            Ok(parties @ 1..=MAX) => Ok(Self { meeting, parties }),
            _ => Err(travel::de_error("a barrier cannot have that many parties")),
        }
    }
}
