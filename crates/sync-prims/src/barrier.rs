//! A meeting point that threads pass together, again and again.
//!
//! A round that nobody disturbs needs one atomic word: the generation that is being formed and how many have arrived in it.
//! To arrive is to add one by a compare-and-swap; the last to arrive swaps in the next generation instead, and the others,
//! who poll the word, see it. One exchange for each party, and one cache line that goes round.
//!
//! All the rest goes through a lock, and through a flag in the same word: `LOCKED` says that from here on the word changes
//! under the lock alone. Whoever falls asleep, breaks the generation, or leaves for good takes the lock and sets the flag;
//! a new generation clears it. So the last to arrive cannot overlook a sleeper: it either opened the next generation before
//! the flag was set, and the sleeper sees that, or it finds the flag, and wakes the sleeper under the lock.
//!
//! ```text
//! arrive:  word not LOCKED?  arrived += 1; last? generation += 1, arrived = 0              (one compare-and-swap)
//!          lock; broken? error.  arrived += 1
//!          last? trip: unlock; action; lock; generation += 1; arrived = 0; wake all
//! wait:    arrive as member of generation g; poll until generation != g
//!          lock; set LOCKED; sleep until generation != g;  g broken? error
//! break (timeout, abort, panic in the action, reset):
//!          lock; set LOCKED; note that g was broken; generation += 1; arrived = 0; wake all
//! ```
//!
//! A generation ends exactly once, by tripping or by breaking, and what ended it is noted under the lock before anybody can
//! see the new generation. So a slow member learns how *its* generation ended, however many came after it, and a fast
//! thread that comes back at once belongs to the next one. Generations that tripped need no note; each broken one keeps a
//! line in a list until its last member has read it, and as long as there is one the word says so: without that flag
//! nobody needs to ask.
//!
//! Source: the cyclic barrier of the lecture (counter and turnstile), with the broken state of Java's `CyclicBarrier`.

use crate::deadline;
use crate::sync::{AtomicU64, AtomicUsize, Condvar, Mutex, Ordering, planted};
use crate::wait_policy::WaitPolicy;
use crossbeam_utils::CachePadded;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

mod builder;
mod locked;
mod participant;
mod result;
mod token;
mod word;

pub use builder::BarrierBuilder;
pub use participant::Participant;
pub use result::{BarrierError, BarrierWaitResult};
pub use token::ArrivalToken;

use locked::Core;
use word::Word;

/// A cyclic barrier: each of `parties` threads waits until all have arrived, then all go on, and so for the next round.
///
/// ```
/// use sync_prims::Barrier;
/// let barrier = Barrier::new(3);
/// std::thread::scope(|s| {
///     for _ in 0..3 {
///         s.spawn(|| {
///             for phase in 0..10 {
///                 // ... this thread's part of the phase ...
///                 let round = barrier.wait().unwrap(); // nobody enters phase + 1 before all have left this one
///                 assert_eq!(round.generation(), phase);
///             }
///         });
///     }
/// });
/// ```
///
/// # Broken barriers
/// A barrier that can no longer be passed says so instead of keeping its parties for ever: a member whose time is over, an
/// [`abort`](Self::abort), a panic in the action or in a [`Participant`] *break* it, and everybody in the current generation
/// gets [`BarrierError::Broken`], as does everybody who comes before somebody calls [`reset`](Self::reset). A thread whose
/// generation was complete gets `Ok` whatever happens later.
///
/// # Memory ordering
/// What every party did before it arrived happens before the action, and that before the return of every wait of the round.
///
/// # Differences
/// From `std::sync::Barrier`: timeouts, abort and reset, an action, arrival indexes and generations, arriving without
/// waiting, leaving, and no hang when a party panics. From Java's `CyclicBarrier`: the last four as well.
pub struct Barrier {
    /// A [`Word`], alone in its cache line: it goes from party to party.
    word: CachePadded<AtomicU64>,
    /// How many make a round; 0 when all have left for good. Changes only while `word` is `LOCKED`, so that who arrives
    /// by exchanging an unlocked word knows that it is right for that generation.
    parties: AtomicUsize,
    /// The number of some generation not long ago, which makes the short ones in `word` whole.
    epoch: AtomicU64,
    /// There is an action: the last to arrive must run it before anybody can see the next generation.
    acts: bool,
    /// For calls without a timeout of their own.
    timeout: Option<Duration>,
    policy: WaitPolicy,
    core: Mutex<Core>,
    /// Rings whenever a generation has ended under the lock.
    changed: Condvar,
}

/// `epoch` follows after that many generations; the numbers in the word are short by a factor of four more.
const EPOCH: u64 = 1 << 30;

type Action = Box<dyn FnMut() + Send>;

/// What an arrival is told: its place, and whether the generation is complete by it.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    generation: u64,
    index: usize,
    leader: bool,
}

impl Barrier {
    /// The most parties that a barrier can have: some hundred million.
    pub const MAX_PARTIES: usize = Word::MOST_ARRIVALS;

    /// For `parties` threads.
    ///
    /// # Panics
    /// If `parties` is 0 or more than [`MAX_PARTIES`](Self::MAX_PARTIES).
    #[track_caller]
    pub fn new(parties: usize) -> Self {
        Self::builder(parties).build()
    }

    /// For `parties` threads, with an action or a timeout.
    ///
    /// # Panics
    /// If `parties` is 0 or more than [`MAX_PARTIES`](Self::MAX_PARTIES).
    #[track_caller]
    pub fn builder(parties: usize) -> BarrierBuilder {
        BarrierBuilder::new(parties)
    }

    /// Arrives and waits until all parties have.
    ///
    /// # Errors
    /// [`Broken`](BarrierError::Broken) if the barrier is or gets broken before the last arrives;
    /// [`TimedOut`](BarrierError::TimedOut) if the timeout of the builder is over, which breaks it for the others.
    ///
    /// # Panics
    /// If this thread arrives last and the action panics. The barrier is broken then.
    ///
    /// # Blocking
    /// Until the last party arrives.
    pub fn wait(&self) -> Result<BarrierWaitResult, BarrierError> {
        self.wait_deadline(self.timeout.and_then(deadline::after))
    }

    /// Arrives and waits for `timeout` at most. With a timeout of zero only the last to arrive succeeds.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    pub fn wait_timeout(&self, timeout: Duration) -> Result<BarrierWaitResult, BarrierError> {
        self.wait_deadline(deadline::after(timeout))
    }

    /// Arrives and waits until `deadline` at most.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    pub fn wait_until(&self, deadline: Instant) -> Result<BarrierWaitResult, BarrierError> {
        self.wait_deadline(Some(deadline))
    }

    /// Arrives without waiting: this thread can do something else and wait for the others with the token.
    ///
    /// A dropped token leaves the arrival standing. If this is the last arrival, the action runs here.
    ///
    /// # Errors
    /// [`Broken`](BarrierError::Broken) if the barrier is broken.
    ///
    /// # Panics
    /// If this thread arrives last and the action panics. The barrier is broken then.
    ///
    /// # Blocking
    /// Only while the action of the round before is still running.
    pub fn arrive(&self) -> Result<ArrivalToken<'_>, BarrierError> {
        let arrival = self.join(false)?;
        Ok(ArrivalToken::new(self, arrival))
    }

    /// Arrives and leaves for good: later generations have one party less.
    ///
    /// # Errors
    /// [`Broken`](BarrierError::Broken) if the barrier is broken; the party has left even so.
    ///
    /// # Panics
    /// If nobody is left who could leave, or if this thread arrives last and the action panics.
    ///
    /// # Blocking
    /// Only while the action of the round before is still running.
    #[track_caller]
    pub fn arrive_and_drop(&self) -> Result<(), BarrierError> {
        self.join(true).map(drop)
    }

    /// Breaks the barrier: everybody who waits, and everybody who comes before a [`reset`](Self::reset), gets
    /// [`BarrierError::Broken`]. A generation whose last party has arrived completes all the same.
    pub fn abort(&self) {
        self.abort_under_lock();
    }

    /// Opens a new generation on a whole barrier. Those who wait in the old one get [`BarrierError::Broken`].
    pub fn reset(&self) {
        self.reset_under_lock();
    }

    /// Whether nobody can pass before a [`reset`](Self::reset).
    pub fn is_broken(&self) -> bool {
        self.core.lock().broken
    }

    /// How many make a round.
    pub fn parties(&self) -> usize {
        self.parties.load(Ordering::Relaxed)
    }

    /// How many have arrived and wait for the others: a snapshot.
    pub fn waiting(&self) -> usize {
        let word = self.look();
        if word.has(Word::TRIPPING) { 0 } else { word.arrived() }
    }

    /// A handle for one party: dropped by a panic it breaks the barrier, so that the others do not hang.
    pub fn participant(self: &Arc<Self>) -> Participant {
        Participant::new(Arc::clone(self))
    }

    fn wait_deadline(&self, deadline: Option<Instant>) -> Result<BarrierWaitResult, BarrierError> {
        let arrival = self.join(false)?;
        self.wait_for_the_others(arrival, deadline)
    }

    /// Counts this thread in, and trips the barrier if it is the last.
    #[inline]
    #[track_caller]
    fn join(&self, leaves: bool) -> Result<Arrival, BarrierError> {
        let quick = if leaves { None } else { self.join_quickly() };
        quick.map_or_else(|| self.join_under_lock(leaves), Ok)
    }

    /// Counts this thread in unless the word is locked.
    #[inline]
    fn join_quickly(&self) -> Option<Arrival> {
        let success = if planted("arrive without order") { Ordering::Relaxed } else { Ordering::AcqRel };
        let mut word = self.look();
        while !word.has(Word::LOCKED) {
            // Right for this generation if the exchange succeeds.
            let parties = self.parties.load(Ordering::Relaxed);
            let arrival = self.arrival(word, parties);
            let next = match arrival.leader {
                false => word.arrival(),
                true if self.acts => word.last_arrival(),
                true => word.next_generation(),
            };
            match self.word.compare_exchange_weak(word.0, next.0, success, Ordering::Acquire) {
                Ok(_) => {
                    if arrival.leader {
                        self.lead(arrival.generation);
                    }
                    return Some(arrival);
                }
                Err(now) => word = Word(now),
            }
        }
        None
    }

    /// What the last to arrive has to do after its exchange.
    #[inline]
    fn lead(&self, generation: u64) {
        if self.acts {
            self.trip(self.core.lock());
        } else {
            self.remember(generation + 1);
        }
    }

    /// Who arrives when the word is `word`.
    #[inline]
    fn arrival(&self, word: Word, parties: usize) -> Arrival {
        let index = word.arrived();
        Arrival { generation: self.number(word), index, leader: index + 1 == parties }
    }

    /// Lets `epoch` follow the generations. Opening one and this are two steps, so an older number must not win.
    #[inline]
    fn remember(&self, generation: u64) {
        if generation.is_multiple_of(EPOCH) {
            self.epoch.fetch_max(generation, Ordering::Relaxed);
        }
    }

    #[inline]
    fn look(&self) -> Word {
        Word(self.word.load(Ordering::Acquire))
    }

    /// Waits until the generation of `arrival` has ended, and says how.
    #[inline]
    fn wait_for_the_others(
        &self,
        arrival: Arrival,
        deadline: Option<Instant>,
    ) -> Result<BarrierWaitResult, BarrierError> {
        let result = BarrierWaitResult::new(arrival);
        if arrival.leader {
            return Ok(result);
        }
        let mut polling = self.policy.start();
        let mut word = self.look();
        let in_time = || deadline.is_none_or(|deadline| Instant::now() < deadline);
        while word.is_in(arrival.generation) && in_time() && polling.step() {
            word = self.look();
        }
        if !word.is_in(arrival.generation) && (!word.has(Word::NOTES) || planted("leave without asking")) {
            return Ok(result);
        }
        self.sleep_and_ask(arrival, deadline).map(|()| result)
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.look();
        f.debug_struct("Barrier")
            .field("parties", &self.parties())
            .field("arrived", &word.arrived())
            .field("generation", &self.number(word))
            .field("broken", &self.is_broken())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{Barrier, EPOCH, Word};
    use crate::sync::{AtomicU64, Ordering};
    use crossbeam_utils::CachePadded;
    use std::thread;

    /// The short number in the word wraps after four thousand million rounds: too many for a test from the start.
    #[test]
    fn the_short_number_of_a_generation_wraps_unseen() {
        for first in [4 * EPOCH - 2, 7 * EPOCH - 1] {
            let barrier = Barrier {
                word: CachePadded::new(AtomicU64::new(Word::opening(first, 0).0)),
                epoch: AtomicU64::new(first - first % EPOCH),
                ..Barrier::new(2)
            };
            let walk = || (0..5).map(|_| barrier.wait().unwrap().generation()).collect::<Vec<_>>();
            let expected: Vec<u64> = (first..first + 5).collect();
            thread::scope(|s| {
                let other = s.spawn(walk);
                assert_eq!(walk(), expected);
                assert_eq!(other.join().unwrap(), expected);
            });
            assert_eq!(barrier.epoch.load(Ordering::Relaxed), first - first % EPOCH + EPOCH);
        }
    }
}
