//! The strategies, each as a machine of small steps that never blocks a thread.

mod all_or_nothing;
mod chandy_misra;
mod footman;
mod lehmann_rabin;
mod monitor;
mod one_by_one;
mod try_backoff;

use super::room::Room;
use super::settings::{Hand, Strategy};
use super::topology::Plan;
use crate::policy::Policy;
use std::fmt::Debug;
use std::time::Duration;

/// How an attempt goes on.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// All chopsticks are held: eat.
    Eat,
    /// Something was done; call again.
    Again,
    /// Call again after a wake-up. Whoever changes what the philosopher waits for gives it.
    Wait,
    /// Call again after this time.
    Retry(Duration),
}

/// A strategy. Calls for one philosopher come one after the other, calls for different ones at the same time.
pub(crate) trait Etiquette: Debug + Send + Sync {
    /// Brings a hungry philosopher one step nearer to the meal.
    fn advance(&self, hand: &mut Hand, room: &Room) -> Step;

    /// After the meal: gives everything back and wakes whom that concerns.
    fn leave(&self, hand: &mut Hand, room: &Room);

    /// The dinner is over while this philosopher is hungry: gives back whatever is held.
    fn abandon(&self, hand: &mut Hand, room: &Room);
}

pub(crate) fn new(strategy: Strategy, plan: &Plan) -> Box<dyn Etiquette> {
    match strategy {
        Strategy::Naive => Box::new(one_by_one::OneByOne::naive(plan)),
        Strategy::Ordered => Box::new(one_by_one::OneByOne::ordered(plan)),
        Strategy::Asymmetric => Box::new(one_by_one::OneByOne::asymmetric(plan)),
        Strategy::Footman => Box::new(footman::Footman::new(plan)),
        Strategy::Monitor => Box::new(monitor::Tanenbaum::new(plan)),
        Strategy::ChandyMisra => Box::new(chandy_misra::ChandyMisra::new(plan)),
        Strategy::TryBackoff => Box::new(try_backoff::TryBackoff::new(plan)),
        Strategy::LehmannRabin => Box::new(lehmann_rabin::LehmannRabin),
        Strategy::FifoTickets => Box::new(all_or_nothing::AllOrNothing::new(plan, Policy::Fifo.bound())),
        Strategy::LockAll => Box::new(all_or_nothing::AllOrNothing::new(plan, Policy::default().bound())),
        Strategy::BoundedBypass(k) => {
            Box::new(all_or_nothing::AllOrNothing::new(plan, Policy::BoundedBypass(k).bound()))
        }
    }
}
