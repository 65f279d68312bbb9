//! A footman at the door: at most n - 1 philosophers reach at a time.
//!
//! n chopsticks, n - 1 hungry philosophers who each hold one and want one more: by the pigeonhole principle one of them finds
//! it free (Dijkstra's other solution; Hoare calls the footman by that name). A counting semaphore, first come, first served.

use super::one_by_one::OneByOne;
use super::{Etiquette, Step};
use crate::dinner::room::Room;
use crate::dinner::settings::Hand;
use crate::dinner::topology::Plan;
use crate::sync::Mutex;
use std::collections::VecDeque;

/// The naive strategy behind a semaphore.
#[derive(Debug)]
pub(super) struct Footman {
    inner: OneByOne,
    door: Mutex<Door>,
}

#[derive(Debug)]
struct Door {
    /// Who may come in at once; positive only while nobody waits.
    free: usize,
    waiting: VecDeque<usize>,
    /// Let in, by seat; a place is handed over directly.
    admitted: Vec<bool>,
}

impl Footman {
    pub(super) fn new(plan: &Plan) -> Self {
        let n = plan.philosophers();
        let door = Door { free: n.saturating_sub(1).max(1), waiting: VecDeque::new(), admitted: vec![false; n] };
        Self { inner: OneByOne::naive(plan), door: Mutex::new(door) }
    }

    fn enter(&self, philosopher: usize) -> bool {
        let mut door = self.door.lock();
        if door.admitted[philosopher] {
            return true;
        }
        if door.free > 0 {
            door.free -= 1;
            door.admitted[philosopher] = true;
            return true;
        }
        if !door.waiting.contains(&philosopher) {
            door.waiting.push_back(philosopher);
        }
        false
    }

    fn exit(&self, philosopher: usize, room: &Room) {
        let mut door = self.door.lock();
        door.waiting.retain(|&waiter| waiter != philosopher);
        if !std::mem::take(&mut door.admitted[philosopher]) {
            return;
        }
        match door.waiting.pop_front() {
            None => door.free += 1,
            Some(next) => {
                door.admitted[next] = true;
                drop(door);
                room.wake(next);
            }
        }
    }
}

impl Etiquette for Footman {
    fn advance(&self, hand: &mut Hand, room: &Room) -> Step {
        // Whoever is left at the door has met the others: they cannot wait for one who may not come in.
        if hand.taken == 0 && !self.enter(hand.philosopher) {
            room.meet(hand);
            return Step::Wait;
        }
        self.inner.advance(hand, room)
    }

    fn leave(&self, hand: &mut Hand, room: &Room) {
        self.inner.leave(hand, room);
        self.exit(hand.philosopher, room);
    }

    fn abandon(&self, hand: &mut Hand, room: &Room) {
        self.inner.abandon(hand, room);
        self.exit(hand.philosopher, room);
    }
}
