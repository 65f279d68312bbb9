//! Sleeping until the arbiter grants.

use crate::arbiter::{Arbiter, WaiterId};
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

/// An arbiter under its lock.
#[derive(Debug)]
pub(crate) struct Counter {
    arbiter: Mutex<Arbiter<Bell>>,
    /// Counts what is given back; changed with the arbiter locked. Read without it, by those who would rather look than sleep.
    given: AtomicU32,
    patience: Patience,
}

impl Counter {
    pub(crate) fn new(arbiter: Arbiter<Bell>) -> Self {
        Self { arbiter: Mutex::new(arbiter), given: AtomicU32::new(0), patience: Patience::new() }
    }

    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, Arbiter<Bell>> {
        lock_briefly(&self.arbiter)
    }

    /// Grants `set` if nobody is in the way.
    #[inline]
    pub(crate) fn try_take(&self, set: &Set) -> bool {
        let mut arbiter = self.lock();
        arbiter.try_quick(set) || arbiter.try_request(set, false)
    }

    /// Grants `set` if nobody holds or waits for any of it: the usual case.
    #[inline]
    pub(crate) fn take_quick(&self, set: &Set) -> bool {
        self.lock().try_quick(set)
    }

    /// Gives `set` back.
    #[inline]
    pub(crate) fn give(&self, set: &Set) {
        let mut arbiter = self.lock();
        // A plain store will do: only who has the arbiter locked writes.
        self.given.store(self.given.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        arbiter.release(set, ring);
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
            std::mem::replace(&mut seen, now) != now && self.try_take(set)
        };
        if self.try_take(set) || self.patience.look(took) {
            return Ok(());
        }
        if deadline.is_none() {
            before_waiting();
        }
        let mut arbiter = self.lock();
        let bell = Chime::bell();
        let Err(id) = arbiter.request(set, false, Arc::clone(&bell)) else { return Ok(()) };
        sleep_until_granted(&mut arbiter, id, &bell, deadline, &self.patience, |_| false)
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
