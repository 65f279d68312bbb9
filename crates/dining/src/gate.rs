//! Sleeping until the arbiter grants.

use crate::arbiter::Arbiter;
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

/// Requests `set` and sleeps until it is granted or the time is up. `before_waiting` may object by a panic to a wait without limit.
#[cold]
#[track_caller]
pub(crate) fn wait_for(
    arbiter: &mut MutexGuard<'_, Arbiter<Arc<Condvar>>>,
    set: &Set,
    deadline: Option<Instant>,
    nested: bool,
    before_waiting: impl FnOnce(),
) -> Result<(), TimedOut> {
    if arbiter.try_request(set, nested) {
        return Ok(());
    }
    if deadline.is_none() {
        before_waiting();
    }
    let bell = Arc::new(Condvar::new());
    let Err(id) = arbiter.request(set, nested, Arc::clone(&bell)) else { return Ok(()) };
    loop {
        let late = match deadline {
            None => {
                bell.wait(arbiter);
                false
            }
            Some(deadline) => bell.wait_until(arbiter, deadline).timed_out(),
        };
        if arbiter.poll(id) {
            return Ok(());
        }
        if late {
            arbiter.withdraw(id, ring);
            return Err(TimedOut);
        }
    }
}

pub(crate) fn ring(bell: &Arc<Condvar>) {
    bell.notify_one();
}
