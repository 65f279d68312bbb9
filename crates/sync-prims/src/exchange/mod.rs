//! How two kinds of threads wait for each other: those who bring, and those who take away.
//!
//! Two [`EventCount`]s, one a side, would do; what is added here is who polls, how long, and who is woken. It decides the
//! speed of a queue more than the queue does, because a wake-up costs as much as hundreds of operations and a thread that
//! polls holds a processor that its partner may need:
//!
//! 1. *One look-out a side.* On `2n` processors at most `n` threads of a side poll; the others sleep at once. While
//!    somebody is on the look-out, or has been woken and is on its way, a notification is left to it (so many times in a row
//!    at most, so that sleepers get their share) and nobody else is woken.
//! 2. *Passing on.* A look-out or a woken sleeper that has got what it wanted wakes the next if there is more, in the
//!    notifier's stead. So threads are woken one after the other, and only as long as there is something for them.
//! 3. *A moment's grace.* A notifier that finds sleepers and nobody awake waits for the time of a cache miss or two: a
//!    thread that has just finished its last operation is often about to take what there is, and then nobody need be woken.
//! 4. *Nobody leaves without a word.* Who goes to sleep wakes a sleeper of the other side if there is something for it: the
//!    look-out that a notification was left to may have lost its processor.
//! 5. *Polling that does not pay is given up.* Each wait that polled in vain doubles the number of waits that do not
//!    poll, up to 63; one that then succeeds ends that. After a pause the polling is long enough to meet a partner
//!    that is just being woken: otherwise two threads can fall into a rhythm in which each sleeps just before the other
//!    arrives, and stay in it.
//!
//! 6. *A glance does not disturb.* Who polls looks in short steps at first, and only where the partner's next operation will
//!    show ([`Look::Glance`]): a word that the partner writes each time is slower for it each time somebody else read it.
//!
//! 7. *Served in one's sleep.* On a shallow exchange a sleeper leaves what it brings, or an empty place for what it takes, in
//!    the line ([`Exchange::wait_served`]). Who would have to wake it does the operation for it instead ([`Trade::serve`]) and
//!    then wakes it: it need not look again, nobody can overtake it any more, and each switch between two threads on the same
//!    processor carries three operations. A service is a change for the other side, whose first sleeper may be served in turn.
//!    (On a deep exchange this only breaks up the runs of operations that make it fast.) Source: kanal's channels hand over the
//!    same way, under one lock for everything; here a service is an ordinary operation of the structure, done by a deputy.
//!
//! Cases differ ([`Kind`]). On a shallow exchange each operation needs the partner's, and two threads that follow each other
//! on two processors do one in a tenth of a microsecond, but one in two if they sleep and wake each other on the same: there
//! the polling is longer than a wake-up takes, and sleepers are left alone for longer. Where a side can get many operations
//! ahead, a waiter yields twice before it sleeps, unless strangers want the processor, and any number may poll: one switch of
//! threads then serves many operations and is cheaper than a wake-up. On a shallow exchange the same yields cost microseconds,
//! since a thread that yields is set back by the scheduler. And on a single processor there is nothing but yielding: on a
//! shallow exchange after lying down, so that a partner that is awake can serve without a system call.
//!
//! # Why nothing is lost
//!
//! The protocol of the event count stands (`event_count.rs`): change, then look for sleepers; register, then look for the
//! change. New is that a notifier may see, besides a sleeper, a look-out or somebody on its way, and leave it at that. That
//! thread ends its look-out or arrives (a `SeqCst` operation) after the notifier saw it there, which was after the change;
//! so whatever it does next sees the change: it takes it, or passes on what is there, or registers as a sleeper and looks
//! again. Arrivals are counted when they happen, wake-ups only afterwards, so the number of those on their way may be too low
//! for a moment and is never too high.

mod habit;
mod lane;

use crate::sync::{load_seq_cst, planted, spin_loop};
use crossbeam_utils::CachePadded;
use habit::{Habit, Kind};
use lane::{End, Lane, Want};
use std::fmt;
use std::time::Instant;

#[cfg(doc)]
use crate::EventCount;

/// One of the two sides of an [`Exchange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Those who wait for room, and are told by those who take.
    Givers,
    /// Those who wait for something to take, and are told by those who give.
    Takers,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Side::Givers => Side::Takers,
            Side::Takers => Side::Givers,
        }
    }
}

/// How closely a waiter is to look for what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// In passing, by one who polls and will look again: may overlook what is there, if that spares those who bring it. (A
    /// word that they write on every operation is slower for them each time that somebody else has read it.)
    Glance,
    /// Before going to sleep, and after: must find what has been there since the call began.
    Thorough,
}

/// The waiting of a two-sided structure with lock-free state: like two [`EventCount`]s, with one policy that knows both.
///
/// The state is somebody else's; a closure `possible` says whether a side would find what it waits for. It is asked only
/// when somebody sleeps or is about to.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
/// use sync_prims::{Exchange, Side};
///
/// /// Up to 8 tokens.
/// #[derive(Default)]
/// struct Tokens { there: AtomicUsize, exchange: Exchange }
///
/// impl Tokens {
///     fn possible(&self, side: Side) -> bool {
///         let there = self.there.load(SeqCst);
///         if side == Side::Takers { there > 0 } else { there < 8 }
///     }
///     fn put(&self) {
///         let put = |_| self.there.fetch_update(SeqCst, SeqCst, |n| (n < 8).then_some(n + 1)).ok();
///         self.exchange.wait_for(Side::Givers, None, put, |side| self.possible(side));
///         self.exchange.notify(Side::Takers, |side| self.possible(side));
///     }
///     fn take(&self) {
///         let take = |_| self.there.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1)).ok();
///         self.exchange.wait_for(Side::Takers, None, take, |side| self.possible(side));
///         self.exchange.notify(Side::Givers, |side| self.possible(side));
///     }
/// }
///
/// let tokens = Tokens::default();
/// std::thread::scope(|s| {
///     s.spawn(|| (0..100).for_each(|_| tokens.put()));
///     (0..100).for_each(|_| tokens.take());
/// });
/// ```
///
/// # Memory ordering
/// Changes are made, and `possible` looks, with `SeqCst` operations, as for [`EventCount`].
///
/// # Who is woken
/// Sleepers of a side in order of arrival; one that is woken and overtaken keeps its place. Threads that do not sleep, and
/// the one or few of a side that poll, may be faster than they are, but no more than 64 times in a row while
/// something is left for a sleeper; 4096 times if `depth` is below 32.
///
/// # Complexity
/// [`notify`](Self::notify): one load while nobody sleeps.
pub struct Exchange<V = ()> {
    givers: CachePadded<Lane<V>>,
    takers: CachePadded<Lane<V>>,
    habit: CachePadded<Habit>,
    kind: Kind,
}

/// What an [`Exchange`] asks of the structure that is waited around. A closure will do where nobody is served.
pub trait Trade<V> {
    /// Whether one of `side` would have something to do at present. Looks with `SeqCst` operations.
    fn possible(&self, side: Side) -> bool;

    /// Does for one of `side` what it waits to do: brings what is in `item`, or takes something into `item`. `Some(true)` if
    /// that is done, by a `SeqCst` operation; `Some(false)` if at some moment of the call it was not possible; `None` if that
    /// one has to look itself. It is called under a lock: it must neither wait nor run code of strangers.
    fn serve(&self, side: Side, item: &mut Option<V>) -> Option<bool>;
}

impl<F: Fn(Side) -> bool> Trade<()> for F {
    fn possible(&self, side: Side) -> bool {
        self(side)
    }

    fn serve(&self, _: Side, _: &mut Option<()>) -> Option<bool> {
        None
    }
}

/// How a wait ended whose operation others may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited<R> {
    /// The waiter has done it, with this result.
    Own(R),
    /// Somebody else has done it.
    Served,
    /// The deadline has passed, and nobody has.
    TimedOut,
}

/// How many sleepers in a row one thread serves before it wakes the next to go on.
const SERVICES: u32 = 16;

impl<V> Exchange<V> {
    /// With nobody waiting; `depth` is how many operations one side can get ahead of the other, the capacity of a queue.
    pub fn new(depth: usize) -> Self {
        Self { kind: Kind::of(depth), ..Self::default() }
    }

    /// Tells `side` that something has changed, so that one of its threads or several can go on. One load if none sleeps.
    #[inline]
    pub fn notify(&self, side: Side, trade: impl Trade<V>) {
        let lane = self.lane(side);
        if lane.sleepers.anybody() {
            self.notify_sleepers(side, &trade);
        }
    }

    #[cold]
    fn notify_sleepers(&self, side: Side, trade: &impl Trade<V>) {
        if !self.lane(side).is_needless(self.kind, || trade.possible(side)) {
            self.attend(side, trade);
        }
    }

    /// Serves or wakes the first sleeper of `side`. A service is a change for the other side, and so on.
    fn attend(&self, side: Side, trade: &impl Trade<V>) {
        let mut side = side;
        for _ in 0..SERVICES {
            if !self.lane(side).serve(|item| trade.serve(side, item)) || planted("serve without telling the other side")
            {
                return;
            }
            side = side.other();
            let lane = self.lane(side);
            if !lane.sleepers.anybody() || lane.is_needless(self.kind, || trade.possible(side)) {
                return;
            }
        }
        self.lane(side).wake(1);
    }

    /// Wakes all sleepers of both sides, for a change that all of them can use.
    pub fn notify_all(&self) {
        self.givers.wake(usize::MAX);
        self.takers.wake(usize::MAX);
    }

    /// Waits on `side` until `ready` gives a value, or until `deadline` (`None`: no limit). A deadline that has passed means
    /// one try. Like [`EventCount::wait_for`] otherwise, but that `ready` is told when a glance will do.
    ///
    /// # Blocking
    /// Until a notification of `side` after which `ready` gives a value.
    pub fn wait_for<R>(
        &self,
        side: Side,
        deadline: Option<Instant>,
        mut ready: impl FnMut(Look) -> Option<R>,
        trade: impl Trade<V>,
    ) -> Option<R> {
        match self.wait(side, deadline, false, &mut None, &mut |look, _| ready(look), &trade) {
            Waited::Own(value) => Some(value),
            Waited::Served | Waited::TimedOut => None,
        }
    }

    /// [`wait_for`](Self::wait_for) for one whose operation others may do while it sleeps, with what is in `item`, which it
    /// gives up meanwhile. Until `attempt` has done it, or somebody else by [`serve`](Trade::serve).
    pub fn wait_served<R>(
        &self,
        side: Side,
        deadline: Option<Instant>,
        item: &mut Option<V>,
        mut attempt: impl FnMut(Look, &mut Option<V>) -> Option<R>,
        trade: impl Trade<V>,
    ) -> Waited<R> {
        self.wait(side, deadline, self.kind.serves(), item, &mut attempt, &trade)
    }

    /// Both: `served` says whether others may do it.
    fn wait<R>(
        &self,
        side: Side,
        deadline: Option<Instant>,
        served: bool,
        item: &mut Option<V>,
        attempt: &mut impl FnMut(Look, &mut Option<V>) -> Option<R>,
        trade: &impl Trade<V>,
    ) -> Waited<R> {
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return attempt(Look::Thorough, item).map_or(Waited::TimedOut, Waited::Own);
        }
        if let Some(value) = attempt(Look::Glance, item) {
            return Waited::Own(value);
        }
        let lane = self.lane(side);
        let mut ticket = None;
        loop {
            if let Some(value) = self.poll(lane, || attempt(Look::Glance, item)) {
                self.pass_on(side, trade);
                return Waited::Own(value);
            }
            let want = if served { Want::Service(item.take()) } else { Want::Notice };
            let mut berth = lane.lie_down(ticket, want);
            let sleeps = !trade.possible(side);
            if sleeps {
                self.wake_one_if(side.other(), trade);
                berth.sleep(self.kind.doze(), deadline);
            }
            let (end, want) = berth.leave();
            if let Want::Service(rest) = want {
                *item = rest;
            }
            if end == End::Served {
                return Waited::Served;
            }
            let outcome = attempt(Look::Thorough, item);
            berth.owes = false;
            if let Some(value) = outcome {
                // Not notified: as a look-out a moment ago it may have been left more than it takes.
                if !sleeps || end == End::Notified {
                    self.pass_on(side, trade);
                }
                return Waited::Own(value);
            }
            if sleeps && end == End::Left {
                return Waited::TimedOut;
            }
            ticket = Some(berth.ticket());
        }
    }

    /// [`wait_for`](Self::wait_for) for a task: the same line, the same rules, but that a task does not poll and nobody relies on
    /// its coming soon. Any executor will do.
    ///
    /// # Cancellation
    /// The future may be dropped at any time: `ready` has then given nothing, and a notification goes on to the next.
    /// (One that is forgotten instead, never dropped nor polled again, keeps the notification that it got.)
    #[cfg(feature = "async")]
    pub async fn wait_async<R>(&self, side: Side, mut ready: impl FnMut(Look) -> Option<R>, trade: impl Trade<V>) -> R {
        let mut ticket = None;
        loop {
            if let Some(value) = ready(Look::Glance) {
                return value;
            }
            let mut berth = self.lane(side).lie_down_as_task(ticket);
            if let Some(value) = ready(Look::Thorough) {
                berth.leave();
                berth.owes = false;
                self.pass_on(side, &trade);
                return value;
            }
            self.wake_one_if(side.other(), &trade);
            berth.notified().await;
            let value = ready(Look::Thorough);
            berth.owes = false;
            if let Some(value) = value {
                self.pass_on(side, &trade);
                return value;
            }
            ticket = Some(berth.ticket());
        }
    }

    /// What a thread does that others may have left a notification to.
    fn pass_on(&self, side: Side, trade: &impl Trade<V>) {
        if load_seq_cst(&self.lane(side).lookouts) == 0 && !planted("take without passing on") {
            self.wake_one_if(side, trade);
        }
    }

    /// Attends to a sleeper of `side` if there is something for it, and nobody on its way.
    fn wake_one_if(&self, side: Side, trade: &impl Trade<V>) {
        let lane = self.lane(side);
        if lane.sleepers.anybody() && !lane.somebody_comes() && trade.possible(side) {
            self.attend(side, trade);
        }
    }

    /// Looks until the policy says that it is time to sleep.
    fn poll<R>(&self, lane: &Lane<V>, mut look: impl FnMut() -> Option<R>) -> Option<R> {
        let _lookout = lane.look_out(self.kind.posts())?;
        let mut looks = self.kind.looks(self.habit.polls(self.kind)?);
        let mut yields = self.kind.yields().start();
        loop {
            match looks.next() {
                Some(pauses) => (0..pauses).for_each(|_| spin_loop()),
                None if yields.step() => {}
                None => break,
            }
            if let Some(value) = look() {
                self.habit.paid();
                return Some(value);
            }
        }
        self.habit.did_not_pay();
        None
    }

    fn lane(&self, side: Side) -> &Lane<V> {
        match side {
            Side::Givers => &self.givers,
            Side::Takers => &self.takers,
        }
    }
}

impl<V> Default for Exchange<V> {
    fn default() -> Self {
        Self {
            givers: CachePadded::default(),
            takers: CachePadded::default(),
            habit: CachePadded::default(),
            kind: Kind::default(),
        }
    }
}

impl<V> fmt::Debug for Exchange<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("sleeping_givers", &self.givers.sleepers.len())
            .field("sleeping_takers", &self.takers.sleepers.len())
            .finish()
    }
}
