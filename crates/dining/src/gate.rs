//! Sleeping until the arbiter grants.

use crate::arbiter::{Arbiter, WaiterId};
use crate::lanes::{Lanes, Taken};
use crate::set::Set;
use crate::sync::{Condvar, Mutex, MutexGuard, lock_briefly, unlocked};
use std::fmt;
use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

/// The time was up before all of the set was free; nothing was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("timed out before everything was free at once")
    }
}

impl std::error::Error for TimedOut {}

/// Where a waiter sleeps, and before that looks.
#[derive(Debug)]
pub(crate) struct Chime {
    condvar: Condvar,
    /// Somebody may go on; written with the arbiter locked. A hint for those who look; what counts is in the books.
    rung: AtomicBool,
}

/// Shared between the waiter and the books.
pub(crate) type Bell = Arc<Chime>;

impl Chime {
    pub(crate) fn bell() -> Bell {
        Arc::new(Self { condvar: Condvar::new(), rung: AtomicBool::new(false) })
    }

    pub(crate) fn ring(&self) {
        self.rung.store(true, Ordering::Relaxed);
        self.condvar.notify_one();
    }
}

/// What is under the lock that a waiter sleeps with.
pub(crate) trait Desk {
    /// Whether the waiter has got its set; if so it is a waiter no more.
    fn poll(&mut self, id: WaiterId) -> bool;

    /// The waiter gives up, and whoever can go on instead is woken.
    fn withdraw(&mut self, id: WaiterId);
}

impl Desk for Arbiter<Bell> {
    fn poll(&mut self, id: WaiterId) -> bool {
        self.poll(id)
    }

    fn withdraw(&mut self, id: WaiterId) {
        self.withdraw(id, ring);
    }
}

/// How long those who wait look before they sleep: some 20 microseconds at most, and only as long as looking is worth it. Where holders
/// take longer it is down to next to nothing after a dozen vain looks (the rule of glibc's adaptive mutexes).
///
/// It has to be longer than it takes to wake a thread. Who has gone to sleep is handed its set while still asleep; if the next one
/// gives up looking before that one is awake, it sleeps as well, is handed its set asleep, and from then on every hold costs a wake-up.
#[derive(Debug)]
pub(crate) struct Patience(AtomicU32);

/// A model checker needs no patience.
const MOST: u32 = if cfg!(any(loom, shuttle)) { 0 } else { 600 };
const LEAST: u32 = if cfg!(any(loom, shuttle)) { 0 } else { 3 };

impl Patience {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(MOST))
    }

    /// Looks until `is_over` or patience ends; whether it was `is_over`.
    pub(crate) fn look(&self, mut is_over: impl FnMut() -> bool) -> bool {
        let looks = self.0.load(Ordering::Relaxed);
        let over = (0..looks).any(|_| {
            spin_loop();
            is_over()
        });
        let next = if over { (looks + looks / 4 + 4).min(MOST) } else { (looks - looks / 4).max(LEAST) };
        // Two at the same time may overwrite each other: it is an estimate.
        self.0.store(next, Ordering::Relaxed);
        over
    }
}

/// An arbiter under its lock, and [lanes](crate::lanes) past it.
#[derive(Debug)]
pub(crate) struct Counter {
    arbiter: Mutex<Arbiter<Bell>>,
    lanes: Lanes,
    /// Counts what is given back; changed with the arbiter locked. Read without it, by those who would rather look than sleep.
    given: AtomicU32,
    patience: Patience,
}

/// How a set was taken, which is how it has to be given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Lanes,
    Books,
}

impl Counter {
    /// With lanes for resources below `lanes`.
    pub(crate) fn new(arbiter: Arbiter<Bell>, lanes: usize) -> Self {
        let (given, patience) = (AtomicU32::new(0), Patience::new());
        Self { arbiter: Mutex::new(arbiter), lanes: Lanes::new(lanes), given, patience }
    }

    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, Arbiter<Bell>> {
        lock_briefly(&self.arbiter)
    }

    /// Sets granted in all.
    pub(crate) fn granted(&self, arbiter: &Arbiter<Bell>) -> u64 {
        arbiter.counts().granted + self.lanes.granted()
    }

    /// Takes a set of at most [`FEW`](crate::lanes::FEW): past the books, or by them. With `patience` it looks for a moment whether who holds
    /// something of it past the books is done.
    #[inline]
    pub(crate) fn take_few(&self, set: &Set, patience: bool) -> Option<Way> {
        if self.pass(set) || (patience && self.lanes.are_passable() && self.pass_soon(set)) {
            return Some(Way::Lanes);
        }
        let mut arbiter = self.arbiter.try_lock().unwrap_or_else(|| self.meet());
        if self.lanes.are_open() {
            return self.ask_few(&mut arbiter, set);
        }
        (arbiter.try_quick(set) || arbiter.try_request(set, false)).then_some(Way::Books)
    }

    #[inline]
    fn pass(&self, set: &Set) -> bool {
        let taken = self.lanes.take(set);
        if taken == Taken::NothingButLook {
            self.look(set);
        }
        taken == Taken::All
    }

    /// What was held by words and is given back may be held in the books.
    #[cold]
    fn look(&self, set: &Set) {
        let mut arbiter = self.lock();
        self.note_given();
        self.lanes.look(set, &mut arbiter, ring);
    }

    #[cold]
    fn pass_soon(&self, set: &Set) -> bool {
        let (mut passed, mut over) = (false, false);
        self.patience.look(|| {
            over = !self.lanes.are_passable();
            passed = !over && self.lanes.look_free(set) && self.pass(set);
            passed || over
        });
        passed
    }

    /// Somebody else has the books locked just now: a crowd.
    #[cold]
    fn meet(&self) -> MutexGuard<'_, Arbiter<Bell>> {
        let arbiter = self.lock();
        if !self.lanes.are_open() {
            // Until now all that was given back had been granted here.
            let holding = (arbiter.counts().granted as u32).wrapping_sub(self.given.load(Ordering::Relaxed));
            self.lanes.open(holding + arbiter.asleep() as u32);
        }
        arbiter
    }

    #[cold]
    fn ask_few(&self, arbiter: &mut Arbiter<Bell>, set: &Set) -> Option<Way> {
        self.lanes.begin(set, arbiter, ring);
        if !arbiter.try_quick(set) {
            return self.ask(arbiter, set);
        }
        if !self.lanes.adopt(set) {
            return Some(Way::Books);
        }
        arbiter.release(set, ring);
        self.lanes.end();
        Some(Way::Lanes)
    }

    #[inline]
    fn ask(&self, arbiter: &mut Arbiter<Bell>, set: &Set) -> Option<Way> {
        let granted = arbiter.try_quick(set) || arbiter.try_request(set, false);
        if !granted {
            self.lanes.end();
        }
        granted.then_some(Way::Books)
    }

    /// Takes a larger set if nobody holds or waits for any of it: the usual case.
    #[inline]
    pub(crate) fn take_quick(&self, set: &Set) -> Option<Way> {
        let mut arbiter = self.lock();
        self.lanes.begin(set, &mut arbiter, ring);
        let granted = arbiter.try_quick(set);
        if !granted {
            self.lanes.end();
        }
        granted.then_some(Way::Books)
    }

    /// Grants `set` if nobody is in the way.
    #[inline]
    pub(crate) fn try_take(&self, set: &Set) -> Option<Way> {
        let mut arbiter = self.lock();
        self.lanes.begin(set, &mut arbiter, ring);
        self.ask(&mut arbiter, set)
    }

    /// Gives `set` back.
    #[inline]
    pub(crate) fn give(&self, set: &Set, way: Way) {
        if way == Way::Lanes {
            if self.lanes.give(set, usize::MAX) {
                self.look(set);
            }
            return;
        }
        let mut arbiter = self.lock();
        self.note_given();
        arbiter.release(set, ring);
        self.lanes.end();
    }

    /// With the arbiter locked.
    #[inline]
    fn note_given(&self) {
        // A plain store will do: only who has the arbiter locked writes.
        self.given.store(self.given.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    /// Requests `set` and waits until it is granted or the time is up: a moment awake, for most holders are done in a moment, then asleep.
    /// Who looks is no waiter yet, and not overtaken. `before_waiting` may object by a panic to a wait without limit.
    #[cold]
    #[track_caller]
    pub(crate) fn wait_for(
        &self,
        set: &Set,
        deadline: Option<Instant>,
        before_waiting: impl FnOnce(),
    ) -> Result<(), TimedOut> {
        let mut seen = self.given.load(Ordering::Relaxed);
        let took = || {
            let now = self.given.load(Ordering::Relaxed);
            std::mem::replace(&mut seen, now) != now && self.try_take(set).is_some()
        };
        if self.try_take(set).is_some() || self.patience.look(took) {
            return Ok(());
        }
        if deadline.is_none() {
            before_waiting();
        }
        let mut arbiter = self.lock();
        self.lanes.begin(set, &mut arbiter, ring);
        let bell = Chime::bell();
        let Err(id) = arbiter.request(set, false, Arc::clone(&bell)) else { return Ok(()) };
        let outcome = sleep_until_granted(&mut arbiter, id, &bell, deadline, &self.patience, |_| false);
        if outcome.is_err() {
            self.lanes.end();
        }
        outcome
    }
}

/// Sleeps until the waiter is granted its set, the time is up, or `called_off` says so; in the last two cases it is a waiter no
/// more and has nothing.
pub(crate) fn sleep_until_granted<D: Desk>(
    desk: &mut MutexGuard<'_, D>,
    id: WaiterId,
    bell: &Bell,
    deadline: Option<Instant>,
    patience: &Patience,
    called_off: impl Fn(&D) -> bool,
) -> Result<(), TimedOut> {
    unlocked(desk, || patience.look(|| bell.rung.load(Ordering::Relaxed)));
    let mut late = false;
    loop {
        if desk.poll(id) {
            return Ok(());
        }
        if late || called_off(desk) {
            desk.withdraw(id);
            return Err(TimedOut);
        }
        match deadline {
            None => bell.condvar.wait(desk),
            Some(deadline) => late = bell.condvar.wait_until(desk, deadline).timed_out(),
        }
    }
}

pub(crate) fn ring(bell: &Bell) {
    bell.ring();
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    /// Looking is counted among what is given back, and may make that more than what was granted in the books.
    #[test]
    fn a_crowd_may_meet_again_while_others_look_and_sleep() {
        let counter = Counter::new(Arbiter::new(8, 16), 8);
        let set = Set::new(&[1, 2]);
        drop(counter.meet());
        assert_eq!(counter.take_few(&set, false), Some(Way::Lanes));
        counter.give(&set, Way::Lanes);
        assert_eq!(counter.try_take(&set), Some(Way::Books));
        (0..2).for_each(|_| counter.look(&set));
        let mut arbiter = counter.lock();
        counter.lanes.begin(&set, &mut arbiter, ring);
        let waiter = arbiter.request(&set, false, Chime::bell()).expect_err("it is held");
        drop(arbiter);
        drop(counter.meet());
        counter.give(&set, Way::Books);
        assert!(counter.lock().poll(waiter), "granted what was given back");
        counter.give(&set, Way::Books);
        assert_eq!(counter.take_few(&set, false), Some(Way::Lanes), "nobody uses the books any more");
    }
}
