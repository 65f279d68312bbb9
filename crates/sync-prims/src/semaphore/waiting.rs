//! The slow path: the line of those who wait, and how it is served.

use super::{AcquireTimeoutError, CLOSED_BIT, Fairness, ONE, QUEUED, Semaphore, TOO_MANY, TryAcquireError};
use crate::line::Line;
use crate::parker::{CLOSED, NOTIFIED, Seat, Wakes};
use crate::sync::{AtomicUsize, MutexGuard, Ordering, planted};
use std::time::Instant;

impl Semaphore {
    /// Polls while nobody is in line, then queues up.
    #[cold]
    pub(super) fn take_slowly(&self, n: usize, deadline: Option<Instant>) -> Result<(), AcquireTimeoutError> {
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(AcquireTimeoutError::TimedOut);
        }
        let mut polling = self.policy.start();
        while self.word.load(Ordering::Relaxed) & self.shut == 0 && polling.step() {
            if settled(self.try_take(n))? {
                return Ok(());
            }
        }
        let seat = Seat::take();
        let mut ticket = None;
        loop {
            let Some(own) = self.queue_up(n, ticket, &seat)? else { return Ok(()) };
            match seat.sleep(deadline).or_else(|| self.give_up(own, &seat)) {
                None => return Err(AcquireTimeoutError::TimedOut),
                Some(CLOSED) => return Err(AcquireTimeoutError::Closed),
                Some(_) if self.fairness == Fairness::Fifo => return Ok(()), // the permits were taken for this thread
                Some(_) => ticket = Some(own),                               // it was told to look again
            }
            seat.reset();
        }
    }

    /// Enters the line (`Some`: with this ticket), unless the permits are there after all (`None`: they are taken).
    fn queue_up(&self, n: usize, ticket: Option<u64>, seat: &Seat) -> Result<Option<u64>, AcquireTimeoutError> {
        let mut line = self.line.lock();
        loop {
            if settled(self.try_take(n))? {
                return Ok(None);
            }
            let word = self.word.load(Ordering::Relaxed);
            let must_wait = word & CLOSED_BIT == 0 && (word & self.shut != 0 || word / ONE < n);
            // Fails if permits came, or the end, since this thread looked.
            let queued =
                || self.word.compare_exchange(word, word | QUEUED, Ordering::Relaxed, Ordering::Relaxed).is_ok();
            if must_wait && (planted_look_away(&self.word) || queued()) {
                break;
            }
        }
        let again = ticket.is_some();
        let ticket = line.enter(ticket, seat.parker(), n);
        if again {
            // It was woken for permits that it does not use: somebody behind it may.
            self.serve(line);
        }
        Ok(Some(ticket))
    }

    /// Leaves the line after a timeout. What was decided in the meantime wins; else those behind move up.
    fn give_up(&self, ticket: u64, seat: &Seat) -> Option<u32> {
        let mut line = self.line.lock();
        if line.give_up(ticket).is_none() {
            return seat.reason().filter(|_| !planted("time out although served"));
        }
        if !planted("leave the line without serving those behind") {
            self.serve(line);
        }
        None
    }

    #[cold]
    pub(super) fn released(&self, after: usize) {
        if after & TOO_MANY != 0 {
            // Permits were added while so many were held that no word can hold all: what is too much is lost.
            let _ = self.word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| {
                (word & TOO_MANY != 0).then_some(Self::MAX_PERMITS * ONE + word % ONE)
            });
        }
        if !planted("release without serving the line") {
            self.serve(self.line.lock());
        }
    }

    /// Serves those in line, and leaves it to wake them.
    pub(super) fn serve<'a>(&'a self, mut line: MutexGuard<'a, Line<usize>>) {
        loop {
            let mut wakes = Wakes::new();
            match self.fairness {
                Fairness::Fifo => self.grant(&mut line, &mut wakes),
                Fairness::Barging => self.invite(&mut line, &mut wakes),
            }
            let more = wakes.is_full();
            self.leave(line);
            wakes.ring();
            if !more {
                return;
            }
            line = self.line.lock();
        }
    }

    /// Takes permits for the first in line as long as they suffice.
    fn grant(&self, line: &mut Line<usize>, wakes: &mut Wakes) {
        while !wakes.is_full()
            && let Some(first) = line.first()
            && self.try_take_unless(CLOSED_BIT, first.want).is_ok()
        {
            wakes.add(line.leave().expect("there is a first"), NOTIFIED);
        }
    }

    /// Tells as many as the free permits suffice for to look again, in order, passing by those that want too much.
    fn invite(&self, line: &mut Line<usize>, wakes: &mut Wakes) {
        let mut free = self.word.load(Ordering::Relaxed) / ONE;
        while !wakes.is_full()
            && let Some(parker) = line.leave_first(|want| *want <= free).map(|waiter| {
                free -= waiter.want;
                waiter.parker
            })
        {
            wakes.add(parker, NOTIFIED);
        }
    }

    /// Leaves the lock, with the flag cleared if nobody is in line.
    pub(super) fn leave(&self, line: MutexGuard<'_, Line<usize>>) {
        if line.len() == 0 {
            self.word.fetch_and(!QUEUED, Ordering::Relaxed);
        }
        drop(line);
    }
}

/// A planted fault: the flag goes up whatever has happened to the word meanwhile.
fn planted_look_away(word: &AtomicUsize) -> bool {
    planted("queue up without looking again") && word.fetch_or(QUEUED, Ordering::Relaxed) != usize::MAX
}

/// Whether a try got its permits; being closed ends the wait.
fn settled(tried: Result<(), TryAcquireError>) -> Result<bool, AcquireTimeoutError> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryAcquireError::NoPermits) => Ok(false),
        Err(TryAcquireError::Closed) => Err(AcquireTimeoutError::Closed),
    }
}
