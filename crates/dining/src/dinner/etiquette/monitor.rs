//! Tanenbaum's monitor: all chopsticks or none, decided under one lock.
//!
//! A philosopher may eat when no neighbour does. One lock guards what everybody is doing; who becomes hungry looks at the
//! neighbours, and who puts down lets each hungry neighbour look again and, if possible, makes it eat. No chopstick is held while
//! waiting, so there is no cycle. Two neighbours who take turns can starve the one between them.

use super::{Etiquette, Step};
use crate::dinner::room::Room;
use crate::dinner::settings::Hand;
use crate::dinner::topology::Plan;
use crate::sync::Mutex;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Doing {
    Thinking,
    Hungry,
    Eating,
}

/// What everybody is doing, under one lock.
#[derive(Debug)]
pub(super) struct Tanenbaum {
    doing: Mutex<Vec<Doing>>,
}

impl Tanenbaum {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { doing: Mutex::new(vec![Doing::Thinking; plan.philosophers()]) }
    }
}

/// Makes a hungry philosopher eat if no neighbour does.
fn test(doing: &mut [Doing], philosopher: usize, room: &Room) -> bool {
    let free = room.plan.neighbours[philosopher].iter().all(|&neighbour| doing[neighbour] != Doing::Eating);
    let eats = free && doing[philosopher] == Doing::Hungry;
    if eats {
        doing[philosopher] = Doing::Eating;
    }
    eats
}

impl Etiquette for Tanenbaum {
    fn advance(&self, hand: &mut Hand, room: &Room) -> Step {
        let mut doing = self.doing.lock();
        match doing[hand.philosopher] {
            Doing::Eating => return Step::Eat,
            Doing::Hungry => return Step::Wait,
            Doing::Thinking => doing[hand.philosopher] = Doing::Hungry,
        }
        if test(&mut doing, hand.philosopher, room) { Step::Eat } else { Step::Wait }
    }

    fn leave(&self, hand: &mut Hand, room: &Room) {
        let mut doing = self.doing.lock();
        doing[hand.philosopher] = Doing::Thinking;
        for &neighbour in &room.plan.neighbours[hand.philosopher] {
            if test(&mut doing, neighbour, room) {
                room.wake(neighbour);
            }
        }
    }

    fn abandon(&self, hand: &mut Hand, room: &Room) {
        self.leave(hand, room);
    }
}
