//! Those who wait in a monitor, and the choice of the one to wake.

use crate::line::Line;
use crate::parker::{NOTIFIED, Parker, Wakes};
use crate::sync::planted;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

pub(super) type Predicate<T> = Arc<dyn Fn(&T) -> bool + Send + Sync>;

/// The waiters of a monitor; under its lock.
pub(super) struct Hall<T> {
    /// How many wait, in all lines; 0 lets a leaver go at once.
    waiting: usize,
    /// Tickets are in order of arrival over all lines.
    next_ticket: u64,
    /// Raised by everybody who may have changed the data.
    version: u64,
    /// Waiters with a closure of their own, each with the version of the data it has seen.
    closures: Line<u64>,
    /// Named conditions with their waiters; the index is the name. `None`: free for the next.
    conditions: Vec<Option<Named<T>>>,
}

struct Named<T> {
    predicate: Predicate<T>,
    line: Line<()>,
}

/// Which line a waiter stands in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    Closures,
    Condition(usize),
}

impl<T> Hall<T> {
    pub(super) const fn new() -> Self {
        Self { waiting: 0, next_ticket: 0, version: 0, closures: Line::new(), conditions: Vec::new() }
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The data may have changed: every closure is worth a new look.
    pub(super) fn data_changed(&mut self) {
        self.version += 1;
    }

    /// Keeps a predicate, and says under which name.
    pub(super) fn add_condition(&mut self, predicate: Predicate<T>) -> usize {
        let named = Some(Named { predicate, line: Line::new() });
        match self.conditions.iter().position(Option::is_none) {
            Some(free) => {
                self.conditions[free] = named;
                free
            }
            None => {
                self.conditions.push(named);
                self.conditions.len() - 1
            }
        }
    }

    /// Forgets a predicate that nobody waits for.
    pub(super) fn remove_condition(&mut self, name: usize) -> Option<Predicate<T>> {
        self.conditions[name].take().map(|named| named.predicate)
    }

    /// Queues up: with a new ticket, or in the old place.
    pub(super) fn enter(&mut self, place: Place, ticket: Option<u64>, parker: Arc<Parker>) -> u64 {
        let ticket = ticket.unwrap_or_else(|| {
            self.next_ticket += 1;
            self.next_ticket
        });
        self.waiting += 1;
        match place {
            Place::Closures => self.closures.enter(Some(ticket), parker, self.version),
            Place::Condition(name) => self.line(name).enter(Some(ticket), parker, ()),
        }
    }

    /// The holder of `ticket` leaves; false if it has been woken before.
    pub(super) fn give_up(&mut self, place: Place, ticket: u64) -> bool {
        let left = match place {
            Place::Closures => self.closures.give_up(ticket),
            Place::Condition(name) => self.line(name).give_up(ticket),
        };
        self.waiting -= usize::from(left.is_some());
        left.is_some()
    }

    /// Takes out the one to wake: of those who could go on, as far as a leaver can tell, the one that has waited longest.
    pub(super) fn choose(&mut self, value: &T, wakes: &mut Wakes) {
        if self.waiting == 0 {
            return;
        }
        let version = self.version;
        let mut best = self
            .closures
            .find(|seen| *seen < version && !planted("leave a closure where it is"))
            .map(|ticket| (ticket, Place::Closures));
        for (name, named) in self.conditions.iter().enumerate() {
            let Some((named, first)) = named.as_ref().and_then(|named| Some((named, named.line.first()?))) else {
                continue;
            };
            if best.is_none_or(|(ticket, _)| first.ticket < ticket) && named.holds(value) {
                best = Some((first.ticket, Place::Condition(name)));
            }
        }
        let Some((ticket, place)) = best else { return };
        let parker = match place {
            Place::Closures => self.closures.give_up(ticket),
            Place::Condition(name) => self.line(name).give_up(ticket),
        };
        self.waiting -= 1;
        wakes.add(parker.expect("it was found in line"), NOTIFIED);
    }

    fn line(&mut self, name: usize) -> &mut Line<()> {
        &mut self.conditions[name].as_mut().expect("a condition lives as long as those who wait for it").line
    }
}

impl<T> Named<T> {
    /// Whether its waiters have reason to look. A predicate that panics here is to panic in the thread that gave it.
    fn holds(&self, value: &T) -> bool {
        !planted("never evaluate a condition")
            && catch_unwind(AssertUnwindSafe(|| (self.predicate)(value))).unwrap_or(true)
    }
}
