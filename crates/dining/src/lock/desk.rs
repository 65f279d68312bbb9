//! The desk: where the locks of a process that somebody waits for are looked after, and transactions.
//!
//! A lock comes to the desk when somebody cannot have it at once ([`Desk::admit`]) and leaves when nobody waits for it
//! ([`Desk::settle`]). In between its state is the [arbiter](crate::arbiter)'s: all or nothing, bounded overtaking, hand-over. Whoever
//! waits has references to the locks waited for, so it is the waiters and holders who let them leave.
//!
//! **Transactions** wait for one lock at a time while holding others. What keeps them from deadlock is *wound-wait* (Rosenkrantz,
//! Stearns and Lewis 1978, as in Linux' `ww_mutex`): a transaction's age is the ticket that it drew when it began, kept over
//! retries. An older one that wants a lock of a younger *wounds* it: the younger gets [`Wounded`] the next time it asks or as it
//! waits, lets go of everything and begins again. So whoever waits holding something waits for older ones, or for younger ones that
//! will let go, and the oldest of all is never wounded and gets through. Queues are kept in the order of tickets: a lock
//! that is given back goes to the oldest transaction in its queue, never to a younger one that would have to be wounded at once.

use super::core::Core;
use crate::arbiter::{Arbiter, WaiterId};
use crate::detect::{self, Blocked, DeadlockReport};
use crate::gate::{Bell, Chime, Desk as Gate, Patience, TimedOut, sleep_until_granted};
use crate::held;
use crate::policy::Policy;
use crate::set::Set;
use crate::sync::{Mutex, MutexGuard, lazy, lock_briefly};
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Instant;

lazy! {
    static DESK: Mutex<Desk> = Mutex::new(Desk::new());
}

/// Of all who wait for a lock.
pub(super) static PATIENCE: Patience = Patience::new();

/// The books.
pub(crate) struct Desk {
    arbiter: Arbiter<Caller>,
    /// Numbers of locks that are gone.
    vacant: Vec<usize>,
    /// How many numbers were given out in all.
    numbers: usize,
    /// Each lock that a transaction holds, and the transaction's ticket.
    owners: BTreeMap<usize, u64>,
    /// The transactions under way, by ticket.
    transactions: BTreeMap<u64, Transaction>,
    /// Who waits, while detection is installed.
    pub(crate) blocked: Blocked,
}

/// Somebody who waits.
#[derive(Clone, Debug)]
struct Caller {
    bell: Bell,
    /// The lock wanted and the ticket, if it is a transaction: it owns the lock as soon as it is granted, not when it wakes.
    transaction: Option<(usize, u64)>,
}

#[derive(Default)]
struct Transaction {
    /// Somebody older wants what it holds.
    wounded: bool,
    /// Where it sleeps, and under which number it is listed among the blocked.
    asleep: Option<(Bell, Option<u64>)>,
}

/// Somebody older wanted a lock that this transaction holds. Return it (`?` does): everything is let go and
/// [`transaction`](crate::transaction) begins again, as old as before.
#[derive(Debug, PartialEq, Eq)]
pub struct Wounded(());

impl fmt::Display for Wounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an older transaction wants a lock of this one; it begins again")
    }
}

impl std::error::Error for Wounded {}

impl Gate for Desk {
    fn poll(&mut self, id: WaiterId) -> bool {
        self.arbiter.poll(id)
    }

    fn withdraw(&mut self, id: WaiterId) {
        if let Some((number, ticket)) = self.arbiter.who(id).transaction
            && self.owners.get(&number) == Some(&ticket)
        {
            self.owners.remove(&number);
        }
        self.arbiter.withdraw(id, call(&mut self.owners));
    }
}

/// What is done for somebody whose set has been granted.
fn call(owners: &mut BTreeMap<usize, u64>) -> impl FnMut(&Caller) {
    |caller| {
        owners.extend(caller.transaction);
        caller.bell.ring();
    }
}

/// With everything that is known about waiting locks.
pub(crate) fn with<R>(look: impl FnOnce(&mut Desk) -> R) -> R {
    look(&mut lock_briefly(&DESK))
}

/// A lock is dropped: its number is free for another.
#[cold]
pub(super) fn retire(number: usize) {
    with(|desk| {
        // A guard that was leaked, and left the lock held for ever.
        desk.arbiter.set_held(number, false);
        desk.owners.remove(&number);
        desk.vacant.push(number);
    });
}

/// How to ask.
pub(super) struct Request<'a> {
    /// Any order, duplicates welcome.
    pub(super) cores: &'a mut Vec<&'a Core>,
    pub(super) deadline: Option<Instant>,
    pub(super) at: &'static Location<'static>,
}

/// Takes all of `request`, or nothing. `object` may refuse, by a panic, to wait without limit.
#[cold]
#[track_caller]
pub(super) fn take(request: Request<'_>, object: impl FnOnce()) -> Result<(), TimedOut> {
    let Request { cores, deadline, at } = request;
    let nested = held::count() > 0;
    let mut desk = lock_briefly(&DESK);
    let set = desk.admit(cores);
    if desk.arbiter.try_quick(&set) || desk.arbiter.try_request(&set, nested) {
        desk.settle(cores);
        return Ok(());
    }
    if deadline.is_none() && cfg!(debug_assertions) {
        desk.settle(cores);
        drop(desk);
        object();
        desk = lock_briefly(&DESK);
        desk.admit(cores);
    }
    let bell = Chime::bell();
    let caller = Caller { bell: Arc::clone(&bell), transaction: None };
    let outcome = match desk.arbiter.request(&set, nested, caller) {
        Ok(()) => Ok(()),
        Err(id) => {
            let (listed, alarm) = desk.list(cores, at, deadline.is_some());
            desk = sound(alarm, desk, |desk| {
                desk.withdraw(id);
                desk.unlist(listed);
                desk.settle(cores);
            });
            let outcome = sleep_until_granted(&mut desk, id, &bell, deadline, &PATIENCE, |_| false);
            desk.unlist(listed);
            outcome
        }
    };
    desk.settle(cores);
    outcome
}

/// As [`take`], without waiting.
#[cold]
pub(super) fn try_take<'a>(cores: &'a mut Vec<&'a Core>) -> bool {
    let nested = held::count() > 0;
    let mut desk = lock_briefly(&DESK);
    let set = desk.admit(cores);
    let granted = desk.arbiter.try_quick(&set) || desk.arbiter.try_request(&set, nested);
    desk.settle(cores);
    granted
}

/// Gives one back that the desk may know of.
#[cold]
pub(super) fn give(core: &Core) {
    let mut desk = lock_briefly(&DESK);
    // The desk may have let go of it since the caller looked.
    if !core.is_slow() {
        let given = core.give_quick();
        debug_assert!(given, "with the desk locked only the holder can change the word");
        return;
    }
    let number = core.number().expect("what is slow has a number");
    let Desk { arbiter, owners, .. } = &mut *desk;
    owners.remove(&number);
    arbiter.release(&Set::new(&[number]), call(owners));
    desk.settle(&[core]);
}

/// Tells whoever wants to know about a deadlock, with the desk unlocked. If deadlocks are to be broken, ends this wait by a panic.
fn sound<'a>(
    alarm: Option<DeadlockReport>,
    desk: MutexGuard<'a, Desk>,
    leave: impl FnOnce(&mut Desk),
) -> MutexGuard<'a, Desk> {
    let Some(report) = alarm else { return desk };
    drop(desk);
    let breaks = detect::report_deadlock(&report);
    let mut desk = lock_briefly(&DESK);
    if breaks {
        leave(&mut desk);
        drop(desk);
        panic!("waiting here would be a deadlock:\n{report}");
    }
    desk
}

impl Desk {
    fn new() -> Self {
        Self {
            arbiter: Arbiter::new(0, Policy::default().bound()),
            vacant: Vec::new(),
            numbers: 0,
            owners: BTreeMap::new(),
            transactions: BTreeMap::new(),
            blocked: Blocked::default(),
        }
    }

    /// From now on the desk says who holds each of `cores`. Sorts them and removes duplicates.
    fn admit(&mut self, cores: &mut Vec<&Core>) -> Set {
        let numbers: Vec<usize> = cores.iter().map(|core| self.number(core)).collect();
        let (mut seen, mut i) = (std::collections::HashSet::new(), 0);
        cores.retain(|_| {
            i += 1;
            seen.insert(numbers[i - 1])
        });
        for core in &**cores {
            if let (Some(held), Some(number)) = (core.set_slow(), core.number()) {
                self.arbiter.set_held(number, held);
            }
        }
        Set::new(&numbers)
    }

    fn number(&mut self, core: &Core) -> usize {
        core.number().unwrap_or_else(|| {
            let number = self.vacant.pop().unwrap_or(self.numbers);
            self.numbers = self.numbers.max(number + 1);
            self.arbiter.grow(self.numbers);
            core.set_number(number);
            number
        })
    }

    /// Lets those go that nobody waits for and no transaction holds.
    fn settle(&mut self, cores: &[&Core]) {
        for core in cores.iter().filter(|core| core.is_slow()) {
            let number = core.number().expect("what is slow has a number");
            if !self.arbiter.is_waited(number) && !self.owners.contains_key(&number) {
                core.set_plain(self.arbiter.is_held(number));
                self.arbiter.set_held(number, false);
            }
        }
    }

    /// Puts the caller on the list of those who wait, if somebody looks at it, and finds the deadlock that this completes.
    fn list(
        &mut self,
        cores: &[&Core],
        at: &'static Location<'static>,
        gives_up: bool,
    ) -> (Option<u64>, Option<DeadlockReport>) {
        if !detect::is_on() {
            return (None, None);
        }
        let wants = cores.iter().map(|core| held::Held { lock: core.label(), at });
        let wait = self.blocked.enter(held::list(), wants.collect(), gives_up);
        (Some(wait), self.blocked.deadlock_through(wait))
    }

    fn unlist(&mut self, listed: Option<u64>) {
        if let Some(wait) = listed {
            self.blocked.leave(wait);
        }
    }

    /// Whoever holds the lock and is a younger transaction is to let go.
    fn wound(&mut self, number: usize, ticket: u64) {
        let Some(&owner) = self.owners.get(&number).filter(|&&owner| owner > ticket) else { return };
        let Some(younger) = self.transactions.get_mut(&owner) else { return };
        younger.wounded = true;
        if let Some((bell, listed)) = &younger.asleep {
            listed.iter().for_each(|&wait| self.blocked.will_give_up(wait));
            bell.ring();
        }
    }
}

/// A transaction under way, by its age.
#[derive(Debug)]
pub(crate) struct Age(u64);

impl Age {
    pub(crate) fn new() -> Self {
        with(|desk| {
            let ticket = desk.arbiter.draw_ticket();
            desk.transactions.insert(ticket, Transaction::default());
            Self(ticket)
        })
    }

    /// A new attempt, as old as the last.
    pub(crate) fn begin_again(&self) {
        with(|desk| desk.transactions.insert(self.0, Transaction::default()));
    }

    /// Takes one lock for this transaction.
    #[track_caller]
    pub(super) fn take(&self, core: &Core, at: &'static Location<'static>) -> Result<(), Wounded> {
        let mut desk = lock_briefly(&DESK);
        if desk.transactions[&self.0].wounded {
            return Err(Wounded(()));
        }
        let mut cores = vec![core];
        let set = desk.admit(&mut cores);
        let number = core.number().expect("it has just been admitted");
        if desk.owners.get(&number) == Some(&self.0) {
            desk.settle(&cores);
            drop(desk);
            panic!("this transaction holds this lock already and would wait for itself");
        }
        let nested = held::count() > 0;
        let granted = desk.arbiter.try_request(&set, nested) || {
            let (back, granted) = self.wait(desk, &set, core, nested, at);
            desk = back;
            granted
        };
        if granted {
            desk.owners.insert(number, self.0);
        }
        desk.settle(&cores);
        if granted { Ok(()) } else { Err(Wounded(())) }
    }

    fn wait<'a>(
        &self,
        mut desk: MutexGuard<'a, Desk>,
        set: &Set,
        core: &Core,
        nested: bool,
        at: &'static Location<'static>,
    ) -> (MutexGuard<'a, Desk>, bool) {
        let number = core.number().expect("it has just been admitted");
        desk.wound(number, self.0);
        let bell = Chime::bell();
        let caller = Caller { bell: Arc::clone(&bell), transaction: Some((number, self.0)) };
        let id = desk.arbiter.enqueue(set, nested, self.0, caller);
        // What refused it may have been the reservation of somebody younger.
        if desk.arbiter.try_serve(id) && desk.arbiter.poll(id) {
            return (desk, true);
        }
        let (listed, alarm) = desk.list(&[core], at, false);
        self.state(&mut desk).asleep = Some((Arc::clone(&bell), listed));
        desk = sound(alarm, desk, |desk| {
            desk.withdraw(id);
            desk.unlist(listed);
            desk.settle(&[core]);
        });
        let outcome =
            sleep_until_granted(&mut desk, id, &bell, None, &PATIENCE, |desk| desk.transactions[&self.0].wounded);
        self.state(&mut desk).asleep = None;
        desk.unlist(listed);
        (desk, outcome.is_ok())
    }

    fn state<'a>(&self, desk: &'a mut Desk) -> &'a mut Transaction {
        desk.transactions.get_mut(&self.0).expect("it is there from its beginning to its end")
    }
}

impl Drop for Age {
    fn drop(&mut self) {
        with(|desk| desk.transactions.remove(&self.0));
    }
}
