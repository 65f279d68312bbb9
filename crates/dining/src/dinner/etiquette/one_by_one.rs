//! One chopstick after the other, keeping what is held: naive, Dijkstra's order, asymmetric.
//!
//! The three differ in the order alone. *Naive*: left, then right; if all hold left, each waits for the next for ever.
//! *Ordered* (Dijkstra, EWD 625): ascending numbers. In a cycle of waiting everybody would wait for a higher number than all
//! that is held, all around the table and back: impossible. *Asymmetric*: odd philosophers begin on the right, so two
//! neighbours compete for their first chopstick, and one of them waits with empty hands.

use super::{Etiquette, Step};
use crate::dinner::room::Room;
use crate::dinner::settings::Hand;
use crate::dinner::topology::Plan;

/// Takes chopsticks in a fixed order and holds them while waiting for the next.
#[derive(Debug)]
pub(super) struct OneByOne {
    /// For each philosopher the chopsticks in the order of taking.
    order: Vec<Vec<usize>>,
}

impl OneByOne {
    pub(super) fn naive(plan: &Plan) -> Self {
        Self { order: plan.needs.clone() }
    }

    pub(super) fn ordered(plan: &Plan) -> Self {
        let mut order = plan.needs.clone();
        order.iter_mut().for_each(|needs| needs.sort_unstable());
        Self { order }
    }

    pub(super) fn asymmetric(plan: &Plan) -> Self {
        let mut order = plan.needs.clone();
        order.iter_mut().skip(1).step_by(2).for_each(|needs| needs.reverse());
        Self { order }
    }
}

impl Etiquette for OneByOne {
    fn advance(&self, hand: &mut Hand, room: &Room) -> Step {
        let needs = &self.order[hand.philosopher];
        let first = hand.taken == 0 && !needs.is_empty();
        if !first && !room.meet(hand) {
            return Step::Wait;
        }
        let got = match needs.get(hand.taken) {
            None => return Step::Eat,
            Some(&chopstick) if first => room.take(hand, chopstick),
            Some(&next) => room.take(hand, next),
        };
        if !got {
            room.meet(hand);
            return Step::Wait;
        }
        hand.taken += 1;
        Step::Again
    }

    fn leave(&self, hand: &mut Hand, room: &Room) {
        for &chopstick in self.order[hand.philosopher][..hand.taken].iter().rev() {
            room.put(hand.philosopher, chopstick);
        }
        hand.taken = 0;
    }

    fn abandon(&self, hand: &mut Hand, room: &Room) {
        room.give_up(hand);
        self.leave(hand, room);
    }
}
