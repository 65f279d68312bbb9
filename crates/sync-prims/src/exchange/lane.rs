//! The waiters of one side: who is on the look-out, who sleeps, who has been woken and is on its way.

use super::habit::Kind;
use crate::event_count::{EventCount, Listener};
use crate::sync::{AtomicUsize, Ordering, load_seq_cst, spin_loop};
use crossbeam_utils::CachePadded;
#[cfg(feature = "async")]
use std::task::Poll;
use std::time::Instant;

/// The waiters of one side.
#[derive(Default)]
pub(super) struct Lane {
    pub(super) sleepers: EventCount,
    /// Threads that poll. Apart from `sleepers`: those who notify read it only if there are any.
    pub(super) lookouts: CachePadded<AtomicUsize>,
    /// Sleepers that were woken and have not yet arrived, below 0 while a wake-up is not counted yet.
    coming: AtomicUsize,
    /// Notifications in a row that were left to one of them.
    left: AtomicUsize,
}

/// A place among the sleepers.
pub(super) struct Berth<'a> {
    lane: &'a Lane,
    pub(super) listener: Listener<'a>,
    /// A task's. It may come late or never, so nothing is left to it when it is on its way.
    task: bool,
    /// It was notified, and what it was told is not yet used or passed on.
    pub(super) owes: bool,
}

/// A thread on the look-out, until dropped.
pub(super) struct Lookout<'a>(&'a Lane);

impl Lane {
    /// Wakes the first sleeper, unless somebody who is awake is about to use the change or has done so.
    #[cold]
    pub(super) fn notify_unless_needless(&self, kind: Kind, possible: impl Fn() -> bool) {
        for _ in 0..kind.grace() {
            if load_seq_cst(&self.lookouts) > 0 || self.somebody_comes() {
                if self.left.fetch_add(1, Ordering::Relaxed) < kind.patience() {
                    return;
                }
                break;
            }
            if !possible() {
                return;
            }
            spin_loop();
        }
        self.left.store(0, Ordering::Relaxed);
        self.wake(1);
    }

    pub(super) fn somebody_comes(&self) -> bool {
        load_seq_cst(&self.coming).cast_signed() > 0
    }

    /// Wakes the first `n` sleepers.
    pub(super) fn wake(&self, n: usize) {
        if self.sleepers.anybody_listens() {
            let woken = self.sleepers.notify_registered(n);
            self.coming.fetch_add(woken, Ordering::SeqCst);
        }
    }

    /// A post on the look-out, if one is free.
    pub(super) fn look_out(&self, posts: usize) -> Option<Lookout<'_>> {
        let post = Lookout(self);
        let others = self.lookouts.fetch_add(1, Ordering::SeqCst);
        // Dropping the post gives it back.
        (others < posts).then_some(post)
    }

    /// A place at the end of the sleepers, or the one of `ticket` again.
    pub(super) fn lie_down(&self, ticket: Option<u64>) -> Berth<'_> {
        Berth { lane: self, listener: self.sleepers.listen_as(ticket), task: false, owes: false }
    }

    /// The same for a task.
    #[cfg(feature = "async")]
    pub(super) fn lie_down_as_task(&self, ticket: Option<u64>) -> Berth<'_> {
        let listener = self.sleepers.listen_on(crate::parker::Seat::take_for_task(), ticket);
        Berth { lane: self, listener, task: true, owes: false }
    }
}

impl Berth<'_> {
    /// Sleeps until notified (true) or until `deadline` (false).
    pub(super) fn sleep(&mut self, deadline: Option<Instant>) -> bool {
        let notified = self.listener.sleep(deadline);
        self.settle(notified);
        self.owes = notified;
        notified
    }

    /// Ready when notified; to be used or passed on then.
    #[cfg(feature = "async")]
    pub(super) fn notified(&mut self) -> impl Future<Output = ()> {
        std::future::poll_fn(|context| {
            if !self.listener.is_woken(context.waker()) {
                return Poll::Pending;
            }
            self.settle(true);
            self.owes = true;
            Poll::Ready(())
        })
    }

    /// Gives the place up; true if a notification came first.
    pub(super) fn leave(&mut self) -> bool {
        let notified = self.listener.is_notified() || !self.listener.give_up();
        self.settle(notified);
        notified
    }

    fn settle(&mut self, notified: bool) {
        self.listener.settled = true;
        if notified && !self.task {
            self.lane.coming.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Only if `ready` panics or a future is dropped there is anything to do: nobody else will pass on what this one was told.
impl Drop for Berth<'_> {
    fn drop(&mut self) {
        if self.owes || !self.listener.settled && self.leave() {
            self.lane.wake(1);
        }
    }
}

impl Drop for Lookout<'_> {
    fn drop(&mut self) {
        self.0.lookouts.fetch_sub(1, Ordering::SeqCst);
        if std::thread::panicking() {
            // As above.
            self.0.wake(1);
        }
    }
}
