//! Waiting for somebody else's lock-free progress.
//!
//! A condition variable needs a lock around the state. Lock-free state has none, so between "the queue is empty" and "I
//! sleep" the last push can slip in and its notification find nobody. An event count closes the gap with a register:
//!
//! ```text
//! waiter                                  operator
//!   listener = listen()   (1) register      change the state   (3)
//!   look at the state     (2)               notify: anybody registered?  (4)
//!   still not: listener.wait()              yes: wake the first in line
//! ```
//!
//! If (4) misses (1), then (3) came before (2), so the look sees the change: the store-buffering argument, for which (1)-(2)
//! and (3)-(4) must each be ordered by the single order of `SeqCst` operations. `listen` ends with a `SeqCst` fence, which
//! settles (1)-(2) for any kind of look. `notify` only *loads*, with `SeqCst`; the operator settles (3)-(4) by making its
//! change with a `SeqCst` operation or by a `SeqCst` fence after it. That way an operation that already ends in a `SeqCst`
//! read-modify-write pays one plain load for its notification.
//!
//! Listeners queue up in order of arrival, each with the parker of its thread, and a notification takes the first ones
//! out: the first in line is woken and nobody else.
//!
//! Source: D. Vyukov's eventcount; the same protocol is in folly's `EventCount` and in smol's `event-listener`.

use crate::parker::Seat;
use crate::register::{Place, Register};
use crate::sync::{const_fn, planted};
use crate::wait_policy::WaitPolicy;
use std::fmt;
use std::time::Instant;

/// Lets a thread sleep until somebody else's lock-free state has changed, without a lost wake-up; a notification costs one
/// load while nobody waits.
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use sync_prims::EventCount;
///
/// static ITEMS: AtomicU32 = AtomicU32::new(0);
/// static CHANGED: EventCount = EventCount::new();
///
/// fn take_one() -> Option<u32> {
///     ITEMS.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1)).ok()
/// }
///
/// std::thread::scope(|s| {
///     s.spawn(|| CHANGED.wait_for(None, take_one)); // polls a little, then sleeps
///     ITEMS.fetch_add(1, SeqCst);                    // change the state with SeqCst ...
///     CHANGED.notify_one();                          // ... then tell
/// });
/// assert_eq!(ITEMS.load(SeqCst), 0);
/// ```
///
/// # Memory ordering
/// The change must be made by a `SeqCst` store or read-modify-write, or be followed by `fence(SeqCst)`, before `notify_*`
/// is called: with anything weaker the processor may look for listeners first and publish the change later, and the
/// wake-up is lost. Those who wait need nothing: [`listen`](Self::listen) contains the fence.
///
/// # Who is woken
/// Listeners in the order in which they registered; a notification given to a listener that is dropped without waiting, or
/// that no longer needs it, goes on to the next. [`wait_for`](Self::wait_for) keeps its place in line when it is woken
/// and somebody else has meanwhile taken what it wanted. [`notify_one`](Self::notify_one) suits only conditions that any
/// listener can use; otherwise use [`notify_all`](Self::notify_all).
///
/// # Complexity
/// `notify_*` without listeners: one load. Registering and notifying: a short lock, no allocation once the line was as
/// long before and the thread has waited before.
pub struct EventCount {
    /// The listeners that nobody has notified yet.
    register: Register<()>,
    policy: WaitPolicy,
}

impl EventCount {
    const_fn! {
        /// With nobody listening.
        pub const fn new() -> Self {
            Self::with_policy(WaitPolicy::new())
        }
    }

    const_fn! {
        /// With a waiting policy of its own.
        pub const fn with_policy(policy: WaitPolicy) -> Self {
            Self { register: Register::new(), policy }
        }
    }

    /// Registers; then look at the condition again and [`wait`](Listener::wait) if it still does not hold.
    pub fn listen(&self) -> Listener<'_> {
        self.listen_as(None)
    }

    /// Registers at the end of the line, or again in the place of `ticket`.
    fn listen_as(&self, ticket: Option<u64>) -> Listener<'_> {
        Listener(self.register.enter(Seat::take(), ticket, ()))
    }

    /// Wakes the listener that registered first. One load if there is none.
    #[inline]
    pub fn notify_one(&self) {
        self.notify(1);
    }

    /// Wakes every listener. One load if there is none.
    #[inline]
    pub fn notify_all(&self) {
        self.notify(usize::MAX);
    }

    /// Wakes the `n` listeners that registered first, or all if there are fewer. One load if there is none.
    #[inline]
    pub fn notify(&self, n: usize) {
        if self.register.anybody() {
            self.register.notify(n);
        }
    }

    /// Waits until `ready` gives a value, or until `deadline` (`None`: no limit). Polls, then sleeps; a deadline that has
    /// passed means one try.
    ///
    /// `ready` is called again after every notification and must not be slow. It is called a last time after the deadline,
    /// so `None` says that the condition did not hold then.
    ///
    /// # Blocking
    /// Until some `notify_*` after which `ready` gives a value. Sleepers are woken in order of arrival and keep their place.
    pub fn wait_for<R>(&self, deadline: Option<Instant>, mut ready: impl FnMut() -> Option<R>) -> Option<R> {
        ready().or_else(|| self.wait_longer(deadline, ready))
    }

    fn wait_longer<R>(&self, deadline: Option<Instant>, mut ready: impl FnMut() -> Option<R>) -> Option<R> {
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return None;
        }
        let mut polling = self.policy.start();
        while polling.step() {
            if let Some(value) = ready() {
                return Some(value);
            }
        }
        let mut ticket = None;
        loop {
            let mut listener = self.listen_as(ticket);
            if let Some(value) = ready() {
                return Some(value);
            }
            let notified = listener.sleep(deadline);
            // If `ready` panics, the drop of the listener passes the notification on.
            let value = ready();
            if value.is_some() || !notified {
                listener.0.settled = true;
                return value;
            }
            listener.0.settled = true;
            ticket = Some(listener.0.ticket);
        }
    }

    /// How many listeners are registered and not yet notified: a snapshot.
    pub fn listeners(&self) -> usize {
        self.register.len()
    }
}

impl Default for EventCount {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for EventCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventCount").field("listeners", &self.listeners()).field("policy", &self.policy).finish()
    }
}

/// A place in the line of an [`EventCount`]. Dropped without waiting, it passes a notification that it got on to the next.
#[must_use = "look at the condition again, then wait"]
pub struct Listener<'a>(Place<'a, ()>);

impl Listener<'_> {
    /// Sleeps until notified, without polling.
    ///
    /// # Blocking
    /// Until a notification finds this listener first in line.
    pub fn wait(mut self) {
        self.0.settled = self.sleep(None);
    }

    /// Sleeps until notified (true) or until `deadline` has passed (false), without polling.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait). A notification that arrives together with the deadline wins.
    pub fn wait_until(mut self, deadline: Instant) -> bool {
        let notified = self.sleep(Some(deadline));
        self.0.settled = true;
        notified
    }

    /// Sleeps until notified (true: the notification is still to be used or passed on) or out of the line (false).
    fn sleep(&mut self, deadline: Option<Instant>) -> bool {
        if self.0.sleep(deadline) {
            return true;
        }
        // Nobody came, so leave the line; who is no longer in it was notified in this moment.
        self.0.settled = planted("believe the clock") || self.0.give_up();
        !self.0.settled
    }

    /// Whether a notification has arrived. It is used up by [`wait`](Self::wait) and passed on by dropping.
    pub fn is_notified(&self) -> bool {
        self.0.is_called()
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        let Self(place) = self;
        if !place.settled && (place.is_called() || !place.give_up()) && !planted("keep a notification when dropped") {
            place.register.notify(1);
        }
    }
}

impl fmt::Debug for Listener<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("ticket", &self.0.ticket).field("notified", &self.is_notified()).finish()
    }
}
