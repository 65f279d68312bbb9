//! Data that only one thread at a time can touch, and conditions on it that threads wait for; nobody calls notify.
//!
//! The data and the waiters are under one lock. Whoever *leaves* (drops the guard, or falls asleep) looks, still under the
//! lock, for the one waiter to wake, and wakes it after the unlock:
//!
//! * a waiter on a [named condition](Monitor::condition) left its predicate with the monitor; the leaver evaluates it and
//!   wakes the waiter only if it holds;
//! * a waiter with a closure of its own (`when`) lent it to nobody, so only that thread can evaluate it: it is woken if the
//!   data may have changed since it last looked, and if it looks in vain it falls asleep again, that is, leaves, and so the
//!   next one is woken. One after another, never all at once.
//!
//! ```text
//! leave:  candidates = { conditions whose predicate holds: their longest waiter }
//!                    + { longest waiter with a closure that has not seen this version of the data }
//!         wake the candidate that has waited longest, if any; unlock
//! when:   lock; predicate holds? run; version += 1; leave
//!         else queue up, leave, sleep, again (in the old place)
//! ```
//!
//! One waiter per leave is enough: it leaves too, and then the next candidate has its turn. So if the monitor is free and
//! somebody in line could go on, a woken thread is on its way: no wake-up is lost.
//!
//! Sources: C. A. R. Hoare, *Monitors: an operating system structuring concept* (1974); automatic signalling as in
//! P. A. Buhr, M. Fortier and M. H. Coffin, *Monitor classification* (1995).

use crate::deadline;
use crate::sync::{AtomicUsize, Mutex, Ordering, const_fn};
use crate::wait_policy::WaitPolicy;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

mod condition;
mod guard;
mod hall;

pub use condition::Condition;
pub use guard::MonitorGuard;
use hall::{Hall, Place};

/// A mutex whose waiters wait for *conditions on the data*, and are woken by themselves when a condition comes true.
///
/// ```
/// use sync_prims::Monitor;
/// let stack = Monitor::new(Vec::new());
/// std::thread::scope(|s| {
///     let popped = s.spawn(|| stack.when(|stack| !stack.is_empty(), |stack| stack.pop().unwrap()));
///     stack.with(|stack| stack.push(7)); // nobody calls notify
///     assert_eq!(popped.join().unwrap(), 7);
/// });
/// ```
///
/// A condition that many wait for, or that is waited for often, is better [named](Self::condition): then the threads that
/// change the data find out whether it holds, and a sleeper whose condition is false is not woken at all.
///
/// Conditions must depend on the data alone. A panic, in a predicate or while the monitor is held, leaves it usable and the
/// data as they were then: there is no poisoning.
///
/// # Differences
/// From a `Mutex` and a `Condvar`: no notification can be forgotten or go to the wrong waiter, and nobody writes the loop.
/// From `absl::Mutex::Await`, the closest relative: conditions are closures, and those evaluated by other threads are owned.
pub struct Monitor<T> {
    inside: Mutex<Inside<T>>,
    /// How many wait: written under the lock.
    waiting: AtomicUsize,
    policy: WaitPolicy,
}

struct Inside<T> {
    hall: Hall<T>,
    value: T,
}

impl<T> Monitor<T> {
    const_fn! {
        /// With these data.
        pub const fn new(value: T) -> Self {
            Self::with_policy(value, WaitPolicy::new())
        }
    }

    const_fn! {
        /// With these data, and waiting as `policy` says.
        pub const fn with_policy(value: T, policy: WaitPolicy) -> Self {
            Self { inside: Mutex::new(Inside { hall: Hall::new(), value }), waiting: AtomicUsize::new(0), policy }
        }
    }

    /// Enters: nobody else is inside until the guard is dropped.
    ///
    /// # Blocking
    /// Until whoever is inside leaves.
    pub fn enter(&self) -> MonitorGuard<'_, T> {
        let mut guard = MonitorGuard::new(self);
        guard.touch();
        guard
    }

    /// Runs `f` inside.
    ///
    /// # Blocking
    /// Until whoever is inside leaves.
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.enter())
    }

    /// Waits until `predicate` holds and runs `f` inside, before anybody else can make it false again.
    ///
    /// # Blocking
    /// Until somebody leaves the data so that `predicate` holds. Waiters look one after another, in order of arrival.
    pub fn when<R>(&self, predicate: impl FnMut(&T) -> bool, f: impl FnOnce(&mut T) -> R) -> R {
        self.when_deadline(None, predicate, f).expect("without a deadline no time is over")
    }

    /// As [`when`](Self::when), for `timeout` at most; `None` if it is over, and `f` was not run.
    #[must_use = "`None` says that the function was not run"]
    pub fn when_timeout<R>(
        &self,
        timeout: Duration,
        predicate: impl FnMut(&T) -> bool,
        f: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        self.when_deadline(deadline::after(timeout), predicate, f)
    }

    /// As [`when`](Self::when), until `deadline` at most; `None` if it has passed, and `f` was not run.
    #[must_use = "`None` says that the function was not run"]
    pub fn when_until<R>(
        &self,
        deadline: Instant,
        predicate: impl FnMut(&T) -> bool,
        f: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        self.when_deadline(Some(deadline), predicate, f)
    }

    fn when_deadline<R>(
        &self,
        deadline: Option<Instant>,
        predicate: impl FnMut(&T) -> bool,
        f: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        let mut guard = MonitorGuard::new(self);
        guard.wait_in(Place::Closures, deadline, predicate).then(|| f(guard.touch()))
    }

    /// Names a condition: whoever leaves the monitor evaluates it for those who wait, who are woken only if it holds.
    ///
    /// `predicate` runs inside the monitor on other threads, so it owns what it needs, and it must not enter this monitor.
    /// If it panics, one waiter is woken and gets the panic.
    ///
    /// # Blocking
    /// Until the monitor is free: the name is entered in its books, and crossed out when the condition is dropped. So both
    /// must happen outside of the monitor; a thread that is inside would wait for itself.
    pub fn condition(&self, predicate: impl Fn(&T) -> bool + Send + Sync + 'static) -> Condition<'_, T> {
        Condition::new(self, Arc::new(predicate))
    }

    /// How many threads wait for a condition now: a snapshot.
    pub fn waiters(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The data, without a lock: nobody else can be inside.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inside.get_mut().value
    }

    /// The data.
    pub fn into_inner(self) -> T {
        self.inside.into_inner().value
    }
}

impl<T: Default> Default for Monitor<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Monitor<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: fmt::Debug> fmt::Debug for Monitor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Monitor");
        match self.inside.try_lock() {
            Some(inside) => out.field("value", &inside.value),
            None => out.field("value", &format_args!("<somebody is inside>")),
        };
        out.field("waiters", &self.waiters()).finish()
    }
}
