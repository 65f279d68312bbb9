//! Chandy and Misra, "The drinking philosophers problem" (1984), the dining part, on any conflict graph.
//!
//! Every chopstick lies with one of its two philosophers, clean or dirty, and at first dirty with the one of the lower
//! number, so that "has precedence" has no cycle. A hungry philosopher asks for what is missing. Who is asked for a dirty
//! chopstick and is not eating cleans it and hands it over; a clean one is kept until after the meal. A meal makes all chopsticks
//! dirty. Who has just eaten thus yields to all neighbours, precedence stays free of cycles, and nobody starves.
//!
//! In the paper philosophers send messages; here they meet under one lock, which makes a request and its answer one step.

use super::{Etiquette, Step};
use crate::dinner::room::Room;
use crate::dinner::settings::Hand;
use crate::dinner::topology::Plan;
use crate::sync::Mutex;

/// One chopstick between two philosophers.
#[derive(Debug)]
struct Chopstick {
    /// With whom it lies.
    owner: usize,
    dirty: bool,
    /// The other one has asked for it.
    asked: bool,
}

#[derive(Debug)]
struct Table {
    chopsticks: Vec<Chopstick>,
    eating: Vec<bool>,
    hungry: Vec<bool>,
}

/// Chopsticks that are clean or dirty, under one lock.
#[derive(Debug)]
pub(super) struct ChandyMisra {
    table: Mutex<Table>,
}

impl ChandyMisra {
    pub(super) fn new(plan: &Plan) -> Self {
        let chopsticks =
            plan.ends.iter().map(|&(a, b)| Chopstick { owner: a.min(b), dirty: true, asked: false }).collect();
        let n = plan.philosophers();
        Self { table: Mutex::new(Table { chopsticks, eating: vec![false; n], hungry: vec![false; n] }) }
    }
}

impl Table {
    /// Asks for everything that is missing and eats if nothing is.
    fn reach(&mut self, philosopher: usize, plan: &Plan) -> bool {
        let mut complete = true;
        for &chopstick in &plan.needs[philosopher] {
            let owner = self.chopsticks[chopstick].owner;
            if owner == philosopher {
                continue;
            }
            if self.chopsticks[chopstick].dirty && !self.eating[owner] {
                self.hand_over(chopstick, philosopher);
                // The old owner wants it back as soon as it has been used.
                self.chopsticks[chopstick].asked = self.hungry[owner];
            } else {
                self.chopsticks[chopstick].asked = true;
                complete = false;
            }
        }
        if complete {
            self.eating[philosopher] = true;
            self.hungry[philosopher] = false;
        }
        complete
    }

    fn hand_over(&mut self, chopstick: usize, to: usize) {
        self.chopsticks[chopstick] = Chopstick { owner: to, dirty: false, asked: false };
    }

    /// After a meal or at the end: all is dirty, and what was asked for goes. Gives those who may now be complete.
    fn give(&mut self, philosopher: usize, plan: &Plan) -> Vec<usize> {
        self.eating[philosopher] = false;
        self.hungry[philosopher] = false;
        let mut receivers = Vec::new();
        for &chopstick in plan.needs[philosopher].iter() {
            let it = &mut self.chopsticks[chopstick];
            if it.owner != philosopher {
                continue;
            }
            it.dirty = true;
            if it.asked {
                let (a, b) = plan.ends[chopstick];
                let other = a + b - philosopher;
                self.hand_over(chopstick, other);
                receivers.push(other);
            }
        }
        receivers
    }
}

impl Etiquette for ChandyMisra {
    fn advance(&self, hand: &mut Hand, room: &Room) -> Step {
        let mut table = self.table.lock();
        if table.eating[hand.philosopher] {
            return Step::Eat;
        }
        table.hungry[hand.philosopher] = true;
        if table.reach(hand.philosopher, &room.plan) { Step::Eat } else { Step::Wait }
    }

    fn leave(&self, hand: &mut Hand, room: &Room) {
        let mut table = self.table.lock();
        for receiver in table.give(hand.philosopher, &room.plan) {
            if table.hungry[receiver] && table.reach(receiver, &room.plan) {
                room.wake(receiver);
            }
        }
    }

    fn abandon(&self, hand: &mut Hand, room: &Room) {
        self.leave(hand, room);
    }
}
