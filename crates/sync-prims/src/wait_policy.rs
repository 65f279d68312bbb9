//! How a thread waits before it sleeps.
//!
//! Waking a sleeper costs microseconds and a system call, so a waiter first looks a few times more: on a machine at rest
//! its partner is on another core and about to act. On a busy machine the partner may be waiting for the very core that
//! the waiter polls on. So there are three stages:
//!
//! 1. *pause*: a few processor pauses in doubling steps, a look after each step (skipped on one core, where nothing can
//!    change meanwhile);
//! 2. *yield*: the core is offered to whoever wants it, a look after each offer. The clock tells whether the offer was
//!    taken: a yield that nobody wants comes back within a microsecond, one that took longer gave the core away, and then
//!    the machine has better use for it than polling;
//! 3. *sleep*: no processor time at all until somebody notifies.
//!
//! Stages 1 and 2 are bounded in steps and therefore, at a few microseconds for all of them, in time.

use crate::sync::{spin_loop, yield_now};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// How a thread waits before it sleeps: pauses, then yields, then sleep.
///
/// The default suits most; tests and special machines can tune it per object, for example
/// [`EventCount::with_policy`](crate::EventCount::with_policy).
///
/// ```
/// use sync_prims::{EventCount, WaitPolicy};
/// static EAGER: EventCount = EventCount::with_policy(WaitPolicy::new().pauses(6).yields(64));
/// static LAZY: EventCount = EventCount::with_policy(WaitPolicy::sleep_at_once());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until it is given to an object"]
pub struct WaitPolicy {
    /// Steps of stage 1; step `i` pauses `2^i` times, at most [`LONGEST_STEP`].
    pauses: u32,
    /// Yields of stage 2, at most.
    yields: u32,
    /// A yield that took longer gave the core away, and stage 2 is over.
    given_away: Duration,
    /// For how many times as long as a yield took that gave the core away no other is tried; 0: it is not remembered.
    remembered: u32,
}

/// Pauses in the longest step of stage 1, about half a microsecond.
const LONGEST_STEP: u32 = 32;

impl WaitPolicy {
    /// The default: 4 steps of pauses, 16 yields, and a yield of more than 20 microseconds ends the polling.
    #[cfg(not(any(loom, shuttle)))]
    pub const fn new() -> Self {
        Self { pauses: 4, yields: 16, given_away: Duration::from_micros(20), remembered: 0 }
    }

    /// Under a model checker polling shows nothing new and multiplies the schedules.
    #[cfg(any(loom, shuttle))]
    pub const fn new() -> Self {
        Self::sleep_at_once()
    }

    /// No polling at all.
    pub const fn sleep_at_once() -> Self {
        Self { pauses: 0, yields: 0, given_away: Duration::ZERO, remembered: 0 }
    }

    /// For one of `parties` threads that wait for one another. If each can have a processor of its own, the others are on
    /// their way, and it yields for longer than it takes to wake a sleeper, for otherwise one sleep begets the next (who
    /// woke the other would be asleep before that one is awake). It does not pause for longer: should two of them share a
    /// processor after all, the pauses are lost. If there are more parties than processors, every pause is.
    pub(crate) fn for_parties(parties: usize) -> Self {
        let policy = Self::new();
        match parties <= cores() {
            _ if cfg!(any(loom, shuttle)) => policy,
            true => policy.yields(200),
            false => policy.pauses(0),
        }
    }

    /// This many steps of processor pauses; step `i` pauses `2^i` times, never more than 32.
    pub const fn pauses(mut self, steps: u32) -> Self {
        self.pauses = steps;
        self
    }

    /// At most this many yields.
    pub const fn yields(mut self, yields: u32) -> Self {
        self.yields = yields;
        self
    }

    /// A yield that took longer than this gave the core away, and the polling ends.
    pub const fn given_away(mut self, limit: Duration) -> Self {
        self.given_away = limit;
        self
    }

    /// After a yield that [gave the core away](Self::given_away), leaves out stage 2 for `times` as long as that yield took,
    /// in every wait of this process under a policy that remembers: a stranger that wants the core all the time takes at
    /// most `1 / times` of a waiter's time, while a sleeper is run as soon as it is woken. 0, the default, remembers nothing.
    pub const fn remembering(mut self, times: u32) -> Self {
        self.remembered = times;
        self
    }

    /// Begins to wait: for a loop of one's own, where [`EventCount::wait_for`](crate::EventCount::wait_for) does not fit.
    ///
    /// ```
    /// # use sync_prims::{EventCount, WaitPolicy};
    /// # use std::sync::atomic::{AtomicBool, Ordering};
    /// # let (event, done) = (EventCount::new(), AtomicBool::new(true));
    /// let mut polling = WaitPolicy::new().start();
    /// while !done.load(Ordering::SeqCst) {
    ///     if !polling.step() {
    ///         let listener = event.listen(); // time to sleep: register, look once more
    ///         if !done.load(Ordering::SeqCst) {
    ///             listener.wait();
    ///         }
    ///     }
    /// }
    /// ```
    pub fn start(self) -> Polling {
        let pauses = if cores() > 1 { self.pauses } else { 0 };
        Polling { policy: Self { pauses, ..self }, step: 0 }
    }
}

impl Default for WaitPolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// One wait under a [`WaitPolicy`], between its first look and its sleep.
#[derive(Clone, Debug)]
#[must_use = "call `step` between two looks at the condition"]
pub struct Polling {
    policy: WaitPolicy,
    /// Steps taken: first the pauses, then the yields.
    step: u32,
}

impl Polling {
    /// Lets a little time pass; then look again. `false`, at once, when it is time to sleep.
    pub fn step(&mut self) -> bool {
        let WaitPolicy { pauses, yields, given_away, remembered } = self.policy;
        if self.step < pauses {
            for _ in 0..LONGEST_STEP.min(1 << self.step.min(31)) {
                spin_loop();
            }
        } else if self.step < pauses.saturating_add(yields) {
            let start = Instant::now();
            if remembered > 0 && strangers::are_there(start) {
                return false;
            }
            yield_now();
            let took = start.elapsed();
            if took > given_away {
                strangers::seen(start, took.saturating_mul(remembered));
                // Somebody wanted the core. One more look (the partner may have been the one), then sleep.
                self.step = pauses.saturating_add(yields);
                return true;
            }
        } else {
            return false;
        }
        self.step += 1;
        true
    }
}

/// What this process remembers of threads that want its cores all the time.
mod strangers {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, Instant};

    /// Until when they are taken to be there, in nanoseconds since the first question. A hint: no order is needed.
    static UNTIL: AtomicU64 = AtomicU64::new(0);

    fn nanos(now: Instant) -> u64 {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        now.saturating_duration_since(*FIRST.get_or_init(|| now)).as_nanos() as u64
    }

    pub(super) fn are_there(now: Instant) -> bool {
        nanos(now) < UNTIL.load(Ordering::Relaxed)
    }

    pub(super) fn seen(now: Instant, how_long: Duration) {
        UNTIL.fetch_max(
            nanos(now).saturating_add(u64::try_from(how_long.as_nanos()).unwrap_or(u64::MAX)),
            Ordering::Relaxed,
        );
    }
}

/// Processors this process may use, asked for once.
pub(crate) fn cores() -> usize {
    static CORES: AtomicUsize = AtomicUsize::new(0);
    match CORES.load(Ordering::Relaxed) {
        0 => {
            let cores = available_parallelism().map_or(1, NonZeroUsize::get);
            CORES.store(cores, Ordering::Relaxed);
            cores
        }
        cores => cores,
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{WaitPolicy, cores, strangers};
    use std::time::{Duration, Instant};

    const HOUR: Duration = Duration::from_secs(3600);

    fn steps(policy: WaitPolicy) -> usize {
        let mut polling = policy.start();
        std::iter::from_fn(|| polling.step().then_some(())).take(100).count()
    }

    /// The memory is one for the process, so this is one test. No clock decides it: a limit of zero counts every yield as the
    /// core given away, one of an hour none.
    #[test]
    fn what_one_wait_remembers_the_others_heed() {
        let patient = WaitPolicy::new().pauses(0).yields(5).given_away(HOUR);
        let touchy = patient.given_away(Duration::ZERO);
        assert_eq!(steps(patient.remembering(64)), 5, "nothing happened yet");
        assert_eq!(steps(touchy), 1, "the first yield ends the polling");
        let pauses = if cores() > 1 { 4 } else { 0 };
        assert_eq!(steps(touchy.pauses(4).yields(u32::MAX)), pauses + 1, "however many are left");
        assert_eq!(steps(patient.remembering(64)), 5, "who does not remember tells nobody");

        assert_eq!(steps(touchy.remembering(u32::MAX)), 1);
        assert_eq!(steps(patient.remembering(1)), 0, "stage 2 is left out under any policy that remembers");
        assert_eq!(steps(patient), 5, "and under no other");

        let now = Instant::now();
        strangers::seen(now, HOUR);
        strangers::seen(now, Duration::ZERO);
        assert!(strangers::are_there(now + HOUR / 2), "a shorter absence does not end a longer one");
        // Late enough for what `u32::MAX` times the yield above is on a busy machine.
        let late = now + 200 * 365 * 24 * HOUR;
        assert!(!strangers::are_there(late), "it ends");
        strangers::seen(now, Duration::MAX);
        assert!(strangers::are_there(late), "it may last for ever");
    }
}
