//! Those who wait to be notified, in order of arrival, and their number for those who notify.
//!
//! What an event count and an exchange have in common. Each entry says what its owner wants: nothing in particular (`()`),
//! or something that whoever has just made it possible can do in its stead ([`Register::serve_first`]).

use crate::line::Line;
use crate::parker::{NOTIFIED, SERVED, Seat, Wakes};
use crate::sync::{AtomicUsize, Mutex, MutexGuard, Ordering, const_fn, fence, load_seq_cst, planted};
use crate::wait_policy::WaitPolicy;
use std::time::Instant;

/// A line of waiters whose length can be seen without its lock.
pub(crate) struct Register<W> {
    /// The length of the line: written under its lock, read without it by those who notify.
    registered: AtomicUsize,
    hall: Mutex<Hall<W>>,
}

struct Hall<W> {
    /// Those whom nobody has called yet.
    line: Line<W>,
    /// What those wanted who were called and have not come for it, by ticket. Stays empty if there is nothing to come for.
    called: Vec<(u64, W)>,
}

/// A place in the line.
pub(crate) struct Place<'a, W> {
    pub(crate) register: &'a Register<W>,
    pub(crate) ticket: u64,
    seat: Seat,
    /// It is out of the line, and what it was told has been used or passed on.
    pub(crate) settled: bool,
}

/// What to do about the first in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// What it wants has been done for it: it leaves the line and wakes.
    Served,
    /// It has to look itself: the same.
    Notify,
    /// What it wants is not possible at present: it stays.
    Stay,
}

impl<W> Register<W> {
    const_fn! {
        /// With nobody in it.
        pub(crate) const fn new() -> Self {
            Self { registered: AtomicUsize::new(0), hall: Mutex::new(Hall { line: Line::new(), called: Vec::new() }) }
        }
    }

    /// Registers at the end of the line, or again in the place of `ticket`. Ends with a `SeqCst` fence.
    pub(crate) fn enter(&self, seat: Seat, ticket: Option<u64>, want: W) -> Place<'_, W> {
        let mut hall = self.hall.lock();
        let ticket = hall.line.enter(ticket, seat.parker(), want);
        self.unlock(hall);
        // Between (1) and (2) of the event count's page.
        if !planted("listen without the fence") {
            fence(Ordering::SeqCst);
        }
        Place { register: self, ticket, seat, settled: false }
    }

    /// The look of those who notify, in the single order of `SeqCst` operations.
    #[inline]
    pub(crate) fn anybody(&self) -> bool {
        load_seq_cst(&self.registered) > 0
    }

    /// How many there are: a snapshot.
    pub(crate) fn len(&self) -> usize {
        self.registered.load(Ordering::Relaxed)
    }

    /// Takes up to `n` waiters out of the line, in batches, and wakes each batch outside the lock. Who registers after
    /// the call began is not in it, nor who was woken by it and waits again, in its old place. Says how many threads there
    /// were; tasks do not count.
    #[cold]
    pub(crate) fn notify(&self, n: usize) -> usize {
        let (mut left, mut threads) = (n, 0);
        let (mut from, mut end) = (0, None);
        loop {
            let mut wakes = Wakes::new();
            let mut hall = self.hall.lock();
            let end = *end.get_or_insert(hall.line.end());
            while wakes.len() < left && !wakes.is_full() {
                let Some(waiter) = hall.line.leave_between(from, end) else { break };
                from = waiter.ticket + 1;
                hall.keep(waiter.ticket, waiter.want);
                wakes.add(waiter.parker, NOTIFIED);
            }
            self.unlock(hall);
            left -= wakes.len();
            threads += wakes.threads();
            let more = wakes.is_full() && left > 0;
            wakes.ring();
            if !more {
                return threads;
            }
        }
    }

    /// Lets `serve` do what the first in line wants, under the lock, so that it cannot leave meanwhile; with the answer comes
    /// how many threads were woken. `None` if there is nobody.
    pub(crate) fn serve_first(&self, serve: impl FnOnce(&mut W) -> Answer) -> Option<(Answer, usize)> {
        let mut wakes = Wakes::new();
        let mut hall = self.hall.lock();
        let first = hall.line.first_mut()?;
        let (ticket, answer) = (first.ticket, serve(&mut first.want));
        if answer != Answer::Stay {
            let waiter = hall.line.remove(ticket).expect("it is the first");
            hall.keep(ticket, waiter.want);
            wakes.add(waiter.parker, if answer == Answer::Served { SERVED } else { NOTIFIED });
        }
        self.unlock(hall);
        let threads = wakes.threads();
        wakes.ring();
        Some((answer, threads))
    }

    /// Tells those who notify how long the line is now, and leaves it.
    fn unlock(&self, hall: MutexGuard<'_, Hall<W>>) {
        self.registered.store(hall.line.len(), Ordering::Relaxed);
    }
}

impl<W> Hall<W> {
    fn keep(&mut self, ticket: u64, want: W) {
        if size_of::<W>() > 0 {
            self.called.push((ticket, want));
        }
    }

    fn collect(&mut self, ticket: u64) -> W {
        let place =
            self.called.iter().position(|(called, _)| *called == ticket).expect("who is not in line was called");
        self.called.swap_remove(place).1
    }
}

impl<W> Place<'_, W> {
    /// Sleeps until called or until `deadline` has passed, without polling; whether it was called.
    pub(crate) fn sleep(&self, deadline: Option<Instant>) -> bool {
        self.is_called() || self.seat.sleep(deadline).is_some()
    }

    /// Polls as `policy` says, then sleeps.
    pub(crate) fn wait(&self, policy: WaitPolicy, deadline: Option<Instant>) {
        self.seat.wait(policy, deadline);
    }

    pub(crate) fn is_called(&self) -> bool {
        self.seat.reason().is_some()
    }

    /// Whether the task that waits was called; if not, `waker` is what will wake it.
    #[cfg(feature = "async")]
    pub(crate) fn is_woken(&self, waker: &std::task::Waker) -> bool {
        self.seat.is_woken(waker)
    }

    /// Leaves the line; false if it was called first.
    pub(crate) fn give_up(&self) -> bool {
        let mut hall = self.register.hall.lock();
        let was_waiting = hall.line.give_up(self.ticket).is_some();
        self.register.unlock(hall);
        was_waiting
    }

    /// Leaves the line, unless it was called: then with the reason of the call. Either way with what it wanted, or what has
    /// become of that. Once, and not for a `W` without size.
    pub(crate) fn leave(&mut self) -> (Option<u32>, W) {
        let mut hall = self.register.hall.lock();
        let left = match hall.line.remove(self.ticket) {
            Some(waiter) => (None, waiter.want),
            None if planted("time out although served") => (None, hall.collect(self.ticket)),
            None => (self.seat.reason(), hall.collect(self.ticket)),
        };
        self.register.unlock(hall);
        self.settled = true;
        left
    }
}
