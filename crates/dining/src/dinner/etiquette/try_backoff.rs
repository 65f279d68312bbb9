//! Take what is free; if something is not, give all back and wait a random while, longer each time.
//!
//! Nobody holds anything while waiting, so nothing can deadlock; but nothing says that a philosopher ever succeeds: all may
//! give back and come again in step for ever, which the randomness makes unlikely, and slow ones lose against quick ones.

use super::{Etiquette, Step};
use crate::dinner::room::Room;
use crate::dinner::settings::Hand;
use crate::dinner::topology::Plan;
use std::time::Duration;

/// Random pauses, doubled up to a limit.
#[derive(Debug)]
pub(super) struct TryBackoff {
    needs: Vec<Vec<usize>>,
}

/// The first pause is below this many microseconds.
const PAUSE: usize = 2;
/// Pauses are doubled at most this many times.
const DOUBLINGS: u32 = 8;

impl TryBackoff {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { needs: plan.needs.clone() }
    }
}

impl Etiquette for TryBackoff {
    fn advance(&self, hand: &mut Hand, room: &Room) -> Step {
        let needs = &self.needs[hand.philosopher];
        let Some(&next) = needs.get(hand.taken) else { return Step::Eat };
        if room.try_take(hand, next) {
            hand.taken += 1;
            return Step::Again;
        }
        self.give_back(hand, room);
        hand.stage = (hand.stage + 1).min(DOUBLINGS);
        let micros = hand.rng.below(PAUSE << hand.stage) as u64;
        Step::Retry(Duration::from_micros(micros))
    }

    fn leave(&self, hand: &mut Hand, room: &Room) {
        self.give_back(hand, room);
        hand.stage = 0;
    }

    fn abandon(&self, hand: &mut Hand, room: &Room) {
        self.leave(hand, room);
    }
}

impl TryBackoff {
    fn give_back(&self, hand: &mut Hand, room: &Room) {
        for &chopstick in self.needs[hand.philosopher][..hand.taken].iter().rev() {
            room.put(hand.philosopher, chopstick);
        }
        hand.taken = 0;
    }
}
