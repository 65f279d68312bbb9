//! Waiters in order of arrival.

use crate::parker::Parker;
use std::collections::VecDeque;
use std::sync::Arc;

/// A queue of waiters by ascending ticket; it lives under its owner's lock. A ticket belongs to one waiter for good: who
/// was woken in vain queues up again in its old place.
#[derive(Debug)]
pub(crate) struct Line<W> {
    waiters: VecDeque<Waiter<W>>,
    /// The ticket of the next to arrive.
    next: u64,
}

/// One that waits.
#[derive(Debug)]
pub(crate) struct Waiter<W> {
    pub(crate) ticket: u64,
    pub(crate) parker: Arc<Parker>,
    /// What for.
    pub(crate) want: W,
}

impl<W> Line<W> {
    pub(crate) const fn new() -> Self {
        Self { waiters: VecDeque::new(), next: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiters.len()
    }

    /// The ticket that the next to arrive will get: all who wait now have smaller ones.
    pub(crate) fn end(&self) -> u64 {
        self.next
    }

    /// Queues up at the end, or in the place of a ticket got earlier.
    pub(crate) fn enter(&mut self, ticket: Option<u64>, parker: Arc<Parker>, want: W) -> u64 {
        match ticket {
            Some(ticket) => {
                let place = self.waiters.partition_point(|waiter| waiter.ticket < ticket);
                self.waiters.insert(place, Waiter { ticket, parker, want });
                ticket
            }
            None => {
                let ticket = self.next;
                self.next += 1;
                self.waiters.push_back(Waiter { ticket, parker, want });
                ticket
            }
        }
    }

    /// The first in line.
    pub(crate) fn first(&self) -> Option<&Waiter<W>> {
        self.waiters.front()
    }

    /// The first in line, to be changed.
    pub(crate) fn first_mut(&mut self) -> Option<&mut Waiter<W>> {
        self.waiters.front_mut()
    }

    /// The first in line leaves.
    pub(crate) fn leave(&mut self) -> Option<Arc<Parker>> {
        self.waiters.pop_front().map(|waiter| waiter.parker)
    }

    /// The first one with a ticket from `from` on, but below `end`, leaves.
    pub(crate) fn leave_between(&mut self, from: u64, end: u64) -> Option<Waiter<W>> {
        let place = self.waiters.partition_point(|waiter| waiter.ticket < from);
        self.waiters.get(place).filter(|waiter| waiter.ticket < end)?;
        self.waiters.remove(place)
    }

    /// The first one that wants what `suits` leaves.
    pub(crate) fn leave_first(&mut self, suits: impl Fn(&W) -> bool) -> Option<Waiter<W>> {
        let place = self.waiters.iter().position(|waiter| suits(&waiter.want))?;
        self.waiters.remove(place)
    }

    /// The ticket of the first one that wants what `suits`.
    pub(crate) fn find(&self, suits: impl Fn(&W) -> bool) -> Option<u64> {
        self.waiters.iter().find(|waiter| suits(&waiter.want)).map(|waiter| waiter.ticket)
    }

    /// The holder of `ticket` leaves, wherever it stands; `None` if it has left before.
    pub(crate) fn give_up(&mut self, ticket: u64) -> Option<Arc<Parker>> {
        self.remove(ticket).map(|waiter| waiter.parker)
    }

    /// The same, with all that the line knew of it.
    pub(crate) fn remove(&mut self, ticket: u64) -> Option<Waiter<W>> {
        let place = self.waiters.binary_search_by_key(&ticket, |waiter| waiter.ticket).ok()?;
        self.waiters.remove(place)
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::Line;
    use crate::parker::Seat;

    #[test]
    fn who_comes_back_to_an_old_place_is_passed_over() {
        let mut line = Line::new();
        for _ in 0..4 {
            line.enter(None, Seat::take().parker(), ());
        }
        let mut from = 0;
        for wanted in [0, 1] {
            let waiter = line.leave_between(from, 3).unwrap();
            assert_eq!(waiter.ticket, wanted);
            from = wanted + 1;
            line.enter(Some(waiter.ticket), waiter.parker, ());
        }
        assert_eq!(line.leave_between(from, 3).unwrap().ticket, 2);
        assert!(line.leave_between(3, 3).is_none(), "the last one came later");
        assert_eq!(line.len(), 3);
    }
}
