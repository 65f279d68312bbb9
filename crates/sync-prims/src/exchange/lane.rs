//! The waiters of one side: who is on the look-out, who sleeps, who has been woken and is on its way.

use super::habit::Kind;
use crate::parker::{SERVED, Seat};
use crate::register::{Answer, Place, Register};
use crate::sync::{AtomicUsize, Ordering, load_seq_cst, spin_loop};
use crate::wait_policy::WaitPolicy;
use crossbeam_utils::CachePadded;
#[cfg(feature = "async")]
use std::task::Poll;
use std::time::Instant;

/// What a sleeper sleeps for.
#[derive(Debug)]
pub(super) enum Want<V> {
    /// To be told to look again.
    Notice,
    /// To have its operation done: what it brings, or where to put what it takes.
    Service(Option<V>),
}

/// The waiters of one side.
pub(super) struct Lane<V> {
    pub(super) sleepers: Register<Want<V>>,
    /// Threads that poll. Apart from `sleepers`: those who notify read it only if there are any.
    pub(super) lookouts: CachePadded<AtomicUsize>,
    /// Sleepers that were told to look again and have not yet arrived, below 0 while a wake-up is not counted yet.
    coming: AtomicUsize,
    /// Notifications in a row that were left to one of them.
    left: AtomicUsize,
}

/// A place among the sleepers.
pub(super) struct Berth<'a, V> {
    lane: &'a Lane<V>,
    place: Place<'a, Want<V>>,
    /// A task's. It may come late or never, so nothing is left to it when it is on its way.
    task: bool,
    /// It was notified, and what it was told is not yet used or passed on.
    pub(super) owes: bool,
}

/// How a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By its owner's own decision.
    Left,
    /// It was told to look again.
    Notified,
    /// Somebody else has done what it wanted.
    Served,
}

/// A thread on the look-out, until dropped.
pub(super) struct Lookout<'a, V>(&'a Lane<V>);

impl<V> Default for Lane<V> {
    fn default() -> Self {
        Self {
            sleepers: Register::new(),
            lookouts: CachePadded::default(),
            coming: AtomicUsize::new(0),
            left: AtomicUsize::new(0),
        }
    }
}

impl<V> Lane<V> {
    /// Whether a notification had better wake nobody, because somebody who is awake is about to use the change or has done so.
    #[cold]
    pub(super) fn is_needless(&self, kind: Kind, possible: impl Fn() -> bool) -> bool {
        for look in 0..kind.grace() {
            if look > 0 {
                spin_loop();
            }
            if load_seq_cst(&self.lookouts) > 0 || self.somebody_comes() {
                if self.left.fetch_add(1, Ordering::Relaxed) < kind.patience() {
                    return true;
                }
                break;
            }
            if !possible() {
                return true;
            }
        }
        self.left.store(0, Ordering::Relaxed);
        false
    }

    pub(super) fn somebody_comes(&self) -> bool {
        load_seq_cst(&self.coming).cast_signed() > 0
    }

    /// Wakes the first `n` sleepers.
    pub(super) fn wake(&self, n: usize) {
        if self.sleepers.anybody() {
            let woken = self.sleepers.notify(n);
            self.coming.fetch_add(woken, Ordering::SeqCst);
        }
    }

    /// Lets `serve` do what the first sleeper wants (true), or wakes it to look itself.
    pub(super) fn serve(&self, serve: impl FnOnce(&mut Option<V>) -> Option<bool>) -> bool {
        let answer = self.sleepers.serve_first(|want| match want {
            Want::Notice => Answer::Notify,
            Want::Service(item) => match serve(item) {
                Some(true) => Answer::Served,
                Some(false) => Answer::Stay,
                None => Answer::Notify,
            },
        });
        if let Some((Answer::Notify, threads)) = answer {
            self.coming.fetch_add(threads, Ordering::SeqCst);
        }
        matches!(answer, Some((Answer::Served, _)))
    }

    /// A post on the look-out, if one is free.
    pub(super) fn look_out(&self, posts: usize) -> Option<Lookout<'_, V>> {
        let post = Lookout(self);
        let others = self.lookouts.fetch_add(1, Ordering::SeqCst);
        // Dropping the post gives it back.
        (others < posts).then_some(post)
    }

    /// A place at the end of the sleepers, or the one of `ticket` again.
    pub(super) fn lie_down(&self, ticket: Option<u64>, want: Want<V>) -> Berth<'_, V> {
        Berth { lane: self, place: self.sleepers.enter(Seat::take(), ticket, want), task: false, owes: false }
    }

    /// The same for a task.
    #[cfg(feature = "async")]
    pub(super) fn lie_down_as_task(&self, ticket: Option<u64>) -> Berth<'_, V> {
        let place = self.sleepers.enter(Seat::take_for_task(), ticket, Want::Notice);
        Berth { lane: self, place, task: true, owes: false }
    }
}

impl<V> Berth<'_, V> {
    pub(super) fn ticket(&self) -> u64 {
        self.place.ticket
    }

    /// Polls as `doze` says, then sleeps, until called or until `deadline`.
    pub(super) fn sleep(&self, doze: WaitPolicy, deadline: Option<Instant>) {
        self.place.wait(doze, deadline);
    }

    /// Ready when notified; to be used or passed on then.
    #[cfg(feature = "async")]
    pub(super) fn notified(&mut self) -> impl Future<Output = ()> {
        std::future::poll_fn(|context| {
            if !self.place.is_woken(context.waker()) {
                return Poll::Pending;
            }
            self.leave();
            Poll::Ready(())
        })
    }

    /// Gives the place up, and says what became of what was wanted.
    pub(super) fn leave(&mut self) -> (End, Want<V>) {
        let (reason, want) = self.place.leave();
        let end = match reason {
            None => End::Left,
            Some(SERVED) => End::Served,
            Some(_) => End::Notified,
        };
        if end == End::Notified && !self.task {
            self.lane.coming.fetch_sub(1, Ordering::SeqCst);
        }
        self.owes = end == End::Notified;
        (end, want)
    }
}

/// Only if `ready` panics or a future is dropped there is anything to do: nobody else will pass on what this one was told.
/// (Who wants a service has left before that.)
impl<V> Drop for Berth<'_, V> {
    fn drop(&mut self) {
        if self.owes || !self.place.settled && self.leave().0 == End::Notified {
            self.lane.wake(1);
        }
    }
}

impl<V> Drop for Lookout<'_, V> {
    fn drop(&mut self) {
        self.0.lookouts.fetch_sub(1, Ordering::SeqCst);
        if std::thread::panicking() {
            // As above.
            self.0.wake(1);
        }
    }
}
