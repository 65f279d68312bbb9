//! Sleeping until the arbiter grants.

use crate::arbiter::{Arbiter, WaiterId};
use crate::set::Set;
use crate::sync::{Condvar, MutexGuard};
use std::fmt;
use std::sync::Arc;
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

/// Where a waiter sleeps.
pub(crate) type Bell = Arc<Condvar>;

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

/// Requests `set` and sleeps until it is granted or the time is up. `before_waiting` may object by a panic to a wait without limit.
#[cold]
#[track_caller]
pub(crate) fn wait_for(
    arbiter: &mut MutexGuard<'_, Arbiter<Bell>>,
    set: &Set,
    deadline: Option<Instant>,
    before_waiting: impl FnOnce(),
) -> Result<(), TimedOut> {
    if arbiter.try_request(set, false) {
        return Ok(());
    }
    if deadline.is_none() {
        before_waiting();
    }
    let bell = Arc::new(Condvar::new());
    let Err(id) = arbiter.request(set, false, Arc::clone(&bell)) else { return Ok(()) };
    sleep_until_granted(arbiter, id, &bell, deadline, |_| false)
}

/// Sleeps until the waiter is granted its set, the time is up, or `called_off` says so; in the last two cases it is a waiter no
/// more and has nothing.
pub(crate) fn sleep_until_granted<D: Desk>(
    desk: &mut MutexGuard<'_, D>,
    id: WaiterId,
    bell: &Bell,
    deadline: Option<Instant>,
    called_off: impl Fn(&D) -> bool,
) -> Result<(), TimedOut> {
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
            None => bell.wait(desk),
            Some(deadline) => late = bell.wait_until(desk, deadline).timed_out(),
        }
    }
}

pub(crate) fn ring(bell: &Bell) {
    bell.notify_one();
}
