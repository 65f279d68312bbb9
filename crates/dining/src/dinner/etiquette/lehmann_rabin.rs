//! Lehmann and Rabin, "On the advantages of free choice" (1981): a coin decides which chopstick comes first.
//!
//! Wait for the first with empty hands, then look at the other; if it is not there, give the first back and toss again. With
//! identical philosophers and no lock above the chopsticks no deterministic strategy works; with coins somebody eats with
//! probability 1. That holds on the ring: on general graphs the algorithm may fail (Herescu and Palamidessi 2001).

use super::{Etiquette, Step};
use crate::dinner::room::Room;
use crate::dinner::settings::Hand;

/// Nothing is shared but the chopsticks.
#[derive(Debug)]
pub(super) struct LehmannRabin;

const TOSSING: u32 = 0;
/// Waiting for the first of the pair, which begins at `stage - REACHING`.
const REACHING: u32 = 1;

impl LehmannRabin {
    /// The pair in the order of the toss; a philosopher alone at the table has one chopstick only.
    fn pair(hand: &Hand, room: &Room) -> (usize, Option<usize>) {
        let needs = &room.plan.needs[hand.philosopher];
        let first = (hand.stage - REACHING) as usize % needs.len();
        (needs[first], (needs.len() > 1).then(|| needs[1 - first]))
    }
}

impl Etiquette for LehmannRabin {
    fn advance(&self, hand: &mut Hand, room: &Room) -> Step {
        if hand.stage == TOSSING {
            hand.stage = REACHING + u32::from(hand.rng.coin());
        }
        let (first, second) = Self::pair(hand, room);
        if hand.taken == 0 {
            if !room.take(hand, first) {
                return Step::Wait;
            }
            hand.taken = 1;
            return Step::Again;
        }
        if second.is_none_or(|second| room.try_take(hand, second)) {
            hand.taken = room.plan.needs[hand.philosopher].len();
            return Step::Eat;
        }
        room.put(hand.philosopher, first);
        (hand.taken, hand.stage) = (0, TOSSING);
        Step::Again
    }

    fn leave(&self, hand: &mut Hand, room: &Room) {
        if hand.taken > 0 {
            let (first, second) = Self::pair(hand, room);
            if let (Some(second), true) = (second, hand.taken > 1) {
                room.put(hand.philosopher, second);
            }
            room.put(hand.philosopher, first);
        }
        (hand.taken, hand.stage) = (0, TOSSING);
    }

    fn abandon(&self, hand: &mut Hand, room: &Room) {
        room.give_up(hand);
        self.leave(hand, room);
    }
}
