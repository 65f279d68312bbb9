//! All chopsticks or none, from the arbiter that [`ResourceTable`](crate::ResourceTable) is made of: first come first served
//! (K = 0) and bounded bypass.

use super::{Etiquette, Step};
use crate::arbiter::{Arbiter, WaiterId};
use crate::dinner::room::Room;
use crate::dinner::settings::Hand;
use crate::dinner::topology::Plan;
use crate::set::Set;
use crate::sync::Mutex;

/// One arbiter for the whole table.
#[derive(Debug)]
pub(super) struct AllOrNothing {
    needs: Vec<Set>,
    desk: Mutex<Desk>,
}

#[derive(Debug)]
struct Desk {
    arbiter: Arbiter<usize>,
    /// The number of each philosopher who waits.
    waiting: Vec<Option<WaiterId>>,
    holding: Vec<bool>,
}

impl AllOrNothing {
    pub(super) fn new(plan: &Plan, bound: u32) -> Self {
        let n = plan.philosophers();
        let desk =
            Desk { arbiter: Arbiter::new(plan.ends.len(), bound), waiting: vec![None; n], holding: vec![false; n] };
        Self { needs: plan.needs.iter().map(|needs| Set::new(needs)).collect(), desk: Mutex::new(desk) }
    }
}

impl Etiquette for AllOrNothing {
    fn advance(&self, hand: &mut Hand, _: &Room) -> Step {
        let me = hand.philosopher;
        let desk = &mut *self.desk.lock();
        let got = match desk.waiting[me] {
            Some(id) => desk.arbiter.poll(id),
            None if desk.arbiter.try_quick(&self.needs[me]) => true,
            None => {
                desk.waiting[me] = desk.arbiter.request(&self.needs[me], false, me).err();
                desk.waiting[me].is_none()
            }
        };
        if !got {
            return Step::Wait;
        }
        desk.waiting[me] = None;
        desk.holding[me] = true;
        Step::Eat
    }

    fn leave(&self, hand: &mut Hand, room: &Room) {
        let mut desk = self.desk.lock();
        if std::mem::take(&mut desk.holding[hand.philosopher]) {
            desk.arbiter.release(&self.needs[hand.philosopher], |&philosopher| room.wake(philosopher));
        }
    }

    fn abandon(&self, hand: &mut Hand, room: &Room) {
        let mut desk = self.desk.lock();
        if let Some(id) = desk.waiting[hand.philosopher].take() {
            desk.arbiter.withdraw(id, |&philosopher| room.wake(philosopher));
        }
    }
}
