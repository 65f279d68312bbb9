//! Who is idle, and how to wake one.
//!
//! An idle worker first polls for a while (it is *alert*), then sleeps. For both states there is a set with a bit for each
//! worker, and each worker has a bell. A worker without work sets its bit in the first set, *looks once more*, and polls its
//! bell; when it has polled in vain it takes its bit back, sets the one in the second set, *looks once more*, and sleeps at
//! its bell. Who has work to share publishes it, then *looks at the sets*, the alert ones first, clears one bit and rings
//! that bell.
//!
//! A full fence between the two halves on both sides makes sure that at least one of them sees the other (Dekker), so no
//! wake-up is lost; and since a bit is cleared by whoever rings, nobody is rung for twice while waking up: a burst of calls
//! costs one system call, not one each, and none while somebody is alert.

use crate::bed::Bed;
use crate::patience::REMEMBERED;
use crate::sync::{AtomicBool, AtomicU64, MODEL, Ordering, fence, planted};
use crossbeam_utils::CachePadded;
use std::time::{Duration, Instant};
use sync_prims::{EventCount, WaitPolicy};

/// How long an idle worker polls before it sleeps, unless the builder says otherwise. Waking a sleeper costs the waker some
/// two microseconds and takes forty until the sleeper works, so loops that follow one another within this time are
/// an order of magnitude faster; after it an idle pool uses no processor time at all.
const ALERT: Duration = if MODEL { Duration::ZERO } else { Duration::from_micros(20) };

/// The idle workers of a pool.
pub(crate) struct Idle {
    /// For workers `64 * i` and up.
    sets: Box<[CachePadded<Sets>]>,
    bells: Box<[CachePadded<Bell>]>,
    /// How long a worker stays alert.
    limit: Duration,
}

/// Idle workers for whom nobody has rung; none is in both sets.
struct Sets {
    alert: AtomicU64,
    asleep: AtomicU64,
}

/// Where one worker waits.
struct Bell {
    /// Set by whoever rings; cleared by the worker before it sets its bit.
    rung: AtomicBool,
    event: EventCount,
    bed: Bed,
}

impl Idle {
    pub(crate) fn new(workers: usize, spin: Option<Duration>) -> Self {
        let sets = || CachePadded::new(Sets { alert: AtomicU64::new(0), asleep: AtomicU64::new(0) });
        Self {
            sets: (0..workers.div_ceil(64)).map(|_| sets()).collect(),
            bells: (0..workers).map(|_| CachePadded::new(Bell::new())).collect(),
            limit: spin.unwrap_or(ALERT),
        }
    }

    /// Waits until somebody rings for `worker`, unless `work` sees something to do.
    pub(crate) fn wait(&self, worker: usize, mut work: impl FnMut() -> bool) {
        let (sets, bit) = (&self.sets[worker / 64], 1 << (worker % 64));
        let bell = &self.bells[worker];
        bell.rung.store(false, Ordering::Relaxed);
        if !self.limit.is_zero() {
            enter(&sets.alert, bit);
            if work() && leave(&sets.alert, bit) {
                return;
            }
            if bell.poll(self.limit) {
                return;
            }
            if !leave(&sets.alert, bit) {
                return bell.sleep();
            }
        }
        bell.bed.lie_down();
        enter(&sets.asleep, bit);
        let look = self.limit.is_zero() || !planted("sleep without another look");
        if look && work() && leave(&sets.asleep, bit) {
            return bell.bed.get_up();
        }
        // If somebody cleared the bit meanwhile, its ring is here or about to be: it must be heard, or it would be taken
        // for the next one.
        bell.sleep();
        bell.bed.get_up();
    }

    /// Wakes one idle worker, if there is one. To be called after the work has been published.
    pub(crate) fn wake_one(&self) -> bool {
        if !planted("look for sleepers without the fence") {
            fence(Ordering::SeqCst);
        }
        let bells = |i: usize| &self.bells[i * 64..];
        let alert = self.sets.iter().enumerate().find_map(|(i, sets)| Some(&bells(i)[take_any(&sets.alert)?]));
        if let Some(bell) = alert {
            bell.ring();
            return true;
        }
        let asleep = self.sets.iter().enumerate().find_map(|(i, sets)| Some(&bells(i)[take_any(&sets.asleep)?]));
        asleep.inspect(|bell| bell.wake()).is_some()
    }

    /// Wakes `worker` if it is idle. To be called after the work has been published.
    pub(crate) fn wake(&self, worker: usize) {
        fence(Ordering::SeqCst);
        let (sets, bit) = (&self.sets[worker / 64], 1 << (worker % 64));
        let take = |set: &AtomicU64| set.load(Ordering::Relaxed) & bit != 0 && leave(set, bit);
        let bell = &self.bells[worker];
        if take(&sets.alert) {
            bell.ring();
        } else if take(&sets.asleep) {
            bell.wake();
        }
    }
}

/// Sets `bit`; what is looked at afterwards is looked at after that.
fn enter(set: &AtomicU64, bit: u64) {
    set.fetch_or(bit, Ordering::SeqCst);
    if !planted("look for work without the fence") {
        fence(Ordering::SeqCst);
    }
}

/// Clears `bit`; false if somebody else did.
fn leave(set: &AtomicU64, bit: u64) -> bool {
    set.fetch_and(!bit, Ordering::SeqCst) & bit != 0
}

/// Clears one bit, and says which.
fn take_any(set: &AtomicU64) -> Option<usize> {
    let mut idle = set.load(Ordering::Relaxed);
    while idle != 0 {
        let bit = idle & idle.wrapping_neg();
        let before = set.fetch_and(!bit, Ordering::SeqCst);
        if before & bit != 0 {
            return Some(bit.trailing_zeros() as usize);
        }
        idle = before & !bit;
    }
    None
}

impl Bell {
    fn new() -> Self {
        // The polling is done here, against a clock.
        let event = EventCount::with_policy(WaitPolicy::sleep_at_once());
        Self { rung: AtomicBool::new(false), event, bed: Bed::new() }
    }

    fn ring(&self) {
        self.rung.store(true, Ordering::SeqCst);
        self.event.notify_all();
    }

    /// Rings for one that sleeps.
    fn wake(&self) {
        self.bed.before_ringing();
        self.ring();
    }

    /// Polls for at most `limit`; true if somebody rang. After the first few microseconds, in which the next of a row of
    /// loops would come, it yields in between, and gives up early if others need the processor.
    fn poll(&self, limit: Duration) -> bool {
        let start = Instant::now();
        let mut polling = WaitPolicy::new().pauses(10).yields(u32::MAX).remembering(REMEMBERED).start();
        loop {
            if self.rung.load(Ordering::Acquire) {
                return true;
            }
            // Under the model checker one look is as good as many.
            if MODEL || !polling.step() || start.elapsed() >= limit {
                return self.rung.load(Ordering::Acquire);
            }
        }
    }

    fn sleep(&self) {
        self.event.wait_for(None, || self.rung.load(Ordering::SeqCst).then_some(()));
    }
}
