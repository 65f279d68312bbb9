//! A meeting point that threads pass together, again and again.
//!
//! The state is a few numbers under one lock: how many parties there are, how many have arrived, and which generation is
//! being formed. The last to arrive *trips* the barrier: it leaves the lock, runs the action, takes the lock again and opens
//! the next generation. The others wait for the generation to change: they poll an atomic copy of it, then sleep.
//!
//! ```text
//! arrive:  lock; broken? error.  arrived += 1
//!          last? trip: unlock; action; lock; generation += 1; arrived = 0; wake all
//! wait:    arrive as member of generation g; wait until generation != g;  g broken? error
//! break (timeout, abort, panic in the action, reset):
//!          note that g was broken; generation += 1; arrived = 0; wake all
//! ```
//!
//! A generation ends exactly once, by tripping or by breaking, and what ended it is noted under the lock before anybody can
//! see the new generation. So a slow member learns how *its* generation ended, however many came after it, and a fast
//! thread that comes back at once belongs to the next one. Generations that tripped need no note; each broken one keeps a
//! line in a list until its last member has read it.
//!
//! Source: the cyclic barrier of the lecture (counter and turnstile), with the broken state of Java's `CyclicBarrier`.

use crate::deadline;
use crate::sync::{AtomicU64, Condvar, Mutex, MutexGuard, Ordering, planted};
use crate::wait_policy::WaitPolicy;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

mod builder;
mod participant;
mod result;
mod token;

pub use builder::BarrierBuilder;
pub use participant::Participant;
pub use result::{BarrierError, BarrierWaitResult};
pub use token::ArrivalToken;

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
    core: Mutex<Core>,
    /// Rings whenever `core.generation` or `core.tripping` has changed.
    changed: Condvar,
    /// A copy of `core.generation` to poll.
    generation: AtomicU64,
    /// For calls without a timeout of their own.
    timeout: Option<Duration>,
    policy: WaitPolicy,
}

struct Core {
    /// How many make a round; 0 when all have left for good.
    parties: usize,
    /// How many have arrived in this generation; less than `parties`, except while `tripping`.
    arrived: usize,
    /// Of those, how many will ask how the generation ended: not the last, who knows, nor those who went away.
    asking: usize,
    /// Of those, how many have left for good: the next generation does without them.
    leaving: usize,
    /// The number of generations that have ended.
    generation: u64,
    /// Nobody may arrive before a reset.
    broken: bool,
    /// All have arrived and the last runs the action.
    tripping: bool,
    /// Broken generations, each with how many are still going to ask.
    breaks: Vec<(u64, usize)>,
    /// Taken out while it runs.
    action: Option<Action>,
}

type Action = Box<dyn FnMut() + Send>;

/// What an arrival is told: its place, and whether the generation is complete by it.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    generation: u64,
    index: usize,
    leader: bool,
}

impl Barrier {
    /// For `parties` threads.
    ///
    /// # Panics
    /// If `parties` is 0.
    #[track_caller]
    pub fn new(parties: usize) -> Self {
        Self::builder(parties).build()
    }

    /// For `parties` threads, with an action or a timeout.
    ///
    /// # Panics
    /// If `parties` is 0.
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
        let mut core = self.core.lock();
        if core.tripping {
            core.broken = true;
        } else {
            self.break_generation(core, true);
        }
    }

    /// Opens a new generation on a whole barrier. Those who wait in the old one get [`BarrierError::Broken`].
    pub fn reset(&self) {
        let mut core = self.core.lock();
        if core.arrived > 0 && !core.tripping {
            // In one step: nobody may find the barrier broken in between.
            self.break_generation(core, false);
        } else {
            core.broken = false;
        }
    }

    /// Whether nobody can pass before a [`reset`](Self::reset).
    pub fn is_broken(&self) -> bool {
        self.core.lock().broken
    }

    /// How many make a round.
    pub fn parties(&self) -> usize {
        self.core.lock().parties
    }

    /// How many have arrived and wait for the others: a snapshot.
    pub fn waiting(&self) -> usize {
        let core = self.core.lock();
        if core.tripping { 0 } else { core.arrived }
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
    #[track_caller]
    fn join(&self, leaves: bool) -> Result<Arrival, BarrierError> {
        let mut core = self.core.lock();
        while core.tripping {
            self.changed.wait(&mut core);
        }
        assert!(core.parties > 0, "every party has left this barrier for good");
        if core.broken {
            core.parties -= usize::from(leaves);
            return Err(BarrierError::Broken);
        }
        let index = core.arrived;
        core.arrived += 1;
        core.leaving += usize::from(leaves);
        let arrival = Arrival { generation: core.generation, index, leader: core.arrived == core.parties };
        core.asking += usize::from(!arrival.leader && !leaves);
        if arrival.leader {
            self.trip(core);
        }
        Ok(arrival)
    }

    /// All have arrived: runs the action without the lock, then opens the next generation.
    fn trip<'a>(&'a self, mut core: MutexGuard<'a, Core>) {
        core.tripping = true;
        let mut done = Ok(());
        if let Some(mut action) = core.action.take() {
            drop(core);
            done = catch_unwind(AssertUnwindSafe(&mut action));
            core = self.core.lock();
            core.action = Some(action);
        }
        core.tripping = false;
        match done {
            Ok(()) => {
                core.parties -= core.leaving;
                self.next_generation(core);
            }
            Err(panic) => {
                self.break_generation(core, true);
                resume_unwind(panic);
            }
        }
    }

    /// Ends this generation as broken, and the barrier with it if it is to stay so.
    fn break_generation(&self, mut core: MutexGuard<'_, Core>, stays: bool) {
        if core.asking > 0 && !planted("break a generation without a note") {
            let note = (core.generation, core.asking);
            core.breaks.push(note);
        }
        core.parties -= core.leaving;
        core.broken = stays;
        self.next_generation(core);
    }

    fn next_generation(&self, mut core: MutexGuard<'_, Core>) {
        core.arrived = 0;
        core.asking = 0;
        core.leaving = 0;
        core.generation += 1;
        self.generation.store(core.generation, Ordering::Release);
        drop(core);
        if !planted("open a generation without waking") {
            self.changed.notify_all();
        }
    }

    /// Waits until the generation of `arrival` has ended, and says how.
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
        while self.generation.load(Ordering::Acquire) == arrival.generation && polling.step() {}
        let mut core = self.core.lock();
        while core.generation == arrival.generation {
            // Once all have arrived nobody's time can be over any more: the action decides.
            let Some(deadline) = deadline.filter(|_| !core.tripping) else {
                self.changed.wait(&mut core);
                continue;
            };
            let timed_out = self.changed.wait_until(&mut core, deadline).timed_out();
            let still_open = core.generation == arrival.generation && !core.tripping;
            if timed_out && (still_open || planted("time out without looking at the generation")) {
                core.asking = core.asking.saturating_sub(1); // this thread knows
                self.break_generation(core, true);
                return Err(BarrierError::TimedOut);
            }
        }
        if core.was_broken(arrival.generation) { Err(BarrierError::Broken) } else { Ok(result) }
    }

    /// A member of `generation` goes without asking how it ends.
    fn go_without_asking(&self, generation: u64) {
        let mut core = self.core.lock();
        if core.generation == generation {
            core.asking -= 1;
        } else {
            core.was_broken(generation);
        }
    }
}

impl Core {
    /// Whether `generation`, which has ended, was broken. Each member asks once.
    fn was_broken(&mut self, generation: u64) -> bool {
        let Some(place) = self.breaks.iter().position(|(broken, _)| *broken == generation) else { return false };
        self.breaks[place].1 -= 1;
        if self.breaks[place].1 == 0 {
            self.breaks.swap_remove(place);
        }
        true
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let core = self.core.lock();
        f.debug_struct("Barrier")
            .field("parties", &core.parties)
            .field("arrived", &core.arrived)
            .field("generation", &core.generation)
            .field("broken", &core.broken)
            .finish_non_exhaustive()
    }
}
