//! The room: chopsticks, who waits for which, and who is doing what. All strategies share it.
//!
//! A chopstick is a plain lock without memory: who finds it free takes it, the others stand in its queue, and putting it
//! down wakes the first of them, who then has to try like anybody else. Nothing here blocks a thread: a philosopher who
//! cannot go on says so to the driver and is woken through [`Room::wake`].
//!
//! **Deadlock, exactly.** Before waiting for a chopstick a philosopher enters the wish into `wishes` and follows the chain
//! wish, holder, wish, holder under its lock. Whoever is entered there puts nothing down before leaving the list, so a chain
//! that returns to its start is a deadlock for certain; and the last one of a cycle to enter sees all the others, so each is
//! found, once. Nothing of this runs unless somebody has to wait.

use super::driver::Seats;
use super::settings::{Hand, name};
use super::topology::Plan;
use crate::detect::{Claimed, DeadlockReport, LockLabel, Party, WaitGraph};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::collections::VecDeque;
use std::panic::Location;

type Site = &'static Location<'static>;

/// One chopstick.
#[derive(Debug, Default)]
struct Chopstick {
    holder: Option<(usize, Site)>,
    /// Who waits for it, in order of arrival, each at most once.
    queue: VecDeque<usize>,
}

/// What everybody can see of a philosopher.
#[derive(Debug)]
pub(crate) struct Plate {
    /// 0 while not hungry, else the number of this hunger: who became hungry earlier has the smaller.
    hungry: AtomicU64,
    eating: AtomicBool,
    meals: AtomicU64,
    /// Meals of neighbours who became hungry later, since this philosopher became hungry.
    overtaken: AtomicU64,
    most_overtaken: AtomicU64,
}

/// What a philosopher is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Needs no chopsticks.
    Thinking,
    /// Wants to eat and waits.
    Hungry,
    /// Holds all chopsticks around the plate.
    Eating,
}

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) plan: Plan,
    chopsticks: Vec<Mutex<Chopstick>>,
    /// What each philosopher waits for, while waiting. Locked before a chopstick, never while holding one.
    wishes: Mutex<Vec<Option<(usize, Site)>>>,
    pub(crate) plates: Vec<Plate>,
    hungers: AtomicU64,
    /// Set once; afterwards nobody begins a meal.
    closing: AtomicBool,
    /// Nobody moves; see [`super::Running::pause`].
    paused: AtomicBool,
    deadlock: Mutex<Option<DeadlockReport>>,
    pub(crate) seats: Seats,
    /// How many have reached for the first time; see [`meet`](Self::meet).
    arrived: AtomicUsize,
    together: bool,
}

impl Room {
    pub(crate) fn new(plan: Plan, seats: Seats, together: bool) -> Self {
        let n = plan.philosophers();
        let plate = |_| Plate {
            hungry: AtomicU64::new(0),
            eating: AtomicBool::new(false),
            meals: AtomicU64::new(0),
            overtaken: AtomicU64::new(0),
            most_overtaken: AtomicU64::new(0),
        };
        Self {
            chopsticks: plan.ends.iter().map(|_| Mutex::new(Chopstick::default())).collect(),
            wishes: Mutex::new(vec![None; n]),
            plates: (0..n).map(plate).collect(),
            hungers: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            deadlock: Mutex::new(None),
            seats,
            arrived: AtomicUsize::new(0),
            together,
            plan,
        }
    }

    /// Lets `philosopher` try again, now or when it next wants to wait.
    pub(crate) fn wake(&self, philosopher: usize) {
        self.seats.wake(philosopher);
    }

    /// Takes a chopstick if it is free; otherwise queues for it and looks for a deadlock. After `false` the caller waits.
    #[track_caller]
    pub(crate) fn take(&self, hand: &mut Hand, chopstick: usize) -> bool {
        let site = Location::caller();
        if std::mem::take(&mut hand.wishing) {
            self.wishes.lock()[hand.philosopher] = None;
        }
        if self.try_take_at(hand.philosopher, chopstick, site, true) {
            return true;
        }
        hand.wishing = true;
        self.wish(hand.philosopher, chopstick, site);
        false
    }

    /// Takes a chopstick if it is free.
    #[track_caller]
    pub(crate) fn try_take(&self, hand: &Hand, chopstick: usize) -> bool {
        self.try_take_at(hand.philosopher, chopstick, Location::caller(), false)
    }

    fn try_take_at(&self, philosopher: usize, chopstick: usize, site: Site, queue: bool) -> bool {
        let mut it = self.chopsticks[chopstick].lock();
        if it.holder.is_none() {
            it.holder = Some((philosopher, site));
            it.queue.retain(|&waiter| waiter != philosopher);
            return true;
        }
        if queue && !it.queue.contains(&philosopher) {
            it.queue.push_back(philosopher);
        }
        false
    }

    pub(crate) fn put(&self, philosopher: usize, chopstick: usize) {
        let mut it = self.chopsticks[chopstick].lock();
        debug_assert_eq!(
            it.holder.map(|(holder, _)| holder),
            Some(philosopher),
            "only the holder puts a chopstick down"
        );
        it.holder = None;
        let next = it.queue.pop_front();
        drop(it);
        if let Some(next) = next {
            self.wake(next);
        }
    }

    fn wish(&self, philosopher: usize, chopstick: usize, site: Site) {
        let mut wishes = self.wishes.lock();
        wishes[philosopher] = Some((chopstick, site));
        if self.cycle_from(&wishes, philosopher) && !self.closing() {
            *self.deadlock.lock() = DeadlockReport::through(philosopher as u64, self.graph(&wishes));
            drop(wishes);
            self.close();
        }
    }

    /// Withdraws a wish, if there is one.
    pub(crate) fn give_up(&self, hand: &mut Hand) {
        if std::mem::take(&mut hand.wishing) {
            let wish = self.wishes.lock()[hand.philosopher].take();
            if let Some((chopstick, _)) = wish {
                self.chopsticks[chopstick].lock().queue.retain(|&waiter| waiter != hand.philosopher);
            }
        }
    }

    fn holder(&self, chopstick: usize) -> Option<usize> {
        self.chopsticks[chopstick].lock().holder.map(|(holder, _)| holder)
    }

    fn cycle_from(&self, wishes: &[Option<(usize, Site)>], start: usize) -> bool {
        let mut at = start;
        // A chain may lead into a cycle that `start` is not part of: that one has been reported by its own last member.
        for _ in 0..wishes.len() {
            match wishes[at].and_then(|(chopstick, _)| self.holder(chopstick)) {
                None => return false,
                Some(next) if next == start => return true,
                Some(next) => at = next,
            }
        }
        false
    }

    /// Who holds and wants what.
    fn graph(&self, wishes: &[Option<(usize, Site)>]) -> WaitGraph {
        let mut parties: Vec<Party> = (0..wishes.len())
            .map(|p| Party {
                id: p as u64,
                name: name(p),
                holds: Vec::new(),
                wants: wishes[p].map(claimed).into_iter().collect(),
                gives_up: false,
            })
            .collect();
        for (chopstick, it) in self.chopsticks.iter().enumerate() {
            if let Some((holder, site)) = it.lock().holder {
                parties[holder].holds.push(claimed((chopstick, site)));
            }
        }
        parties.retain(|party| !party.holds.is_empty() || !party.wants.is_empty());
        WaitGraph::new(parties)
    }

    /// Who holds each chopstick now.
    pub(crate) fn holders(&self) -> Vec<Option<usize>> {
        (0..self.chopsticks.len()).map(|chopstick| self.holder(chopstick)).collect()
    }

    pub(crate) fn closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// Whether nobody is to move. The end of a dinner is not held up.
    pub(crate) fn paused(&self) -> bool {
        self.paused.load(Ordering::Relaxed) && !self.closing()
    }

    pub(crate) fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::Relaxed);
    }

    /// Ends the dinner: who is hungry leaves, who is eating finishes.
    pub(crate) fn close(&self) {
        if !self.closing.swap(true, Ordering::SeqCst) {
            (0..self.plates.len()).for_each(|p| self.wake(p));
        }
    }

    pub(crate) fn take_deadlock(&self) -> Option<DeadlockReport> {
        self.deadlock.lock().take()
    }

    /// Whether the second chopstick may be reached for. Always, unless the dinner was told to
    /// [begin together](super::Dinner::begin_together): then, at the first meal, only once everybody has got or is waiting
    /// for the first. Counts the caller in; whoever gets `false` waits.
    pub(crate) fn meet(&self, hand: &mut Hand) -> bool {
        let all = self.plates.len();
        if !self.together || hand.attempt > 1 {
            return true;
        }
        if !std::mem::replace(&mut hand.met, true) && self.arrived.fetch_add(1, Ordering::SeqCst) + 1 == all {
            (0..all).for_each(|p| self.wake(p));
        }
        self.arrived.load(Ordering::SeqCst) >= all
    }

    pub(crate) fn becomes_hungry(&self, philosopher: usize) {
        let plate = &self.plates[philosopher];
        plate.overtaken.store(0, Ordering::Relaxed);
        plate.hungry.store(1 + self.hungers.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
    }

    pub(crate) fn begins_to_eat(&self, philosopher: usize) {
        let plate = &self.plates[philosopher];
        let mine = plate.hungry.swap(0, Ordering::Relaxed);
        plate.eating.store(true, Ordering::Relaxed);
        plate.most_overtaken.fetch_max(plate.overtaken.load(Ordering::Relaxed), Ordering::Relaxed);
        for &neighbour in &self.plan.neighbours[philosopher] {
            let other = &self.plates[neighbour];
            if (1..mine).contains(&other.hungry.load(Ordering::Relaxed)) {
                other.overtaken.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn ends_to_eat(&self, philosopher: usize) {
        let plate = &self.plates[philosopher];
        plate.meals.fetch_add(1, Ordering::Relaxed);
        plate.eating.store(false, Ordering::Relaxed);
    }
}

impl Plate {
    pub(crate) fn activity(&self) -> Activity {
        match (self.eating.load(Ordering::Relaxed), self.hungry.load(Ordering::Relaxed)) {
            (true, _) => Activity::Eating,
            (false, 0) => Activity::Thinking,
            (false, _) => Activity::Hungry,
        }
    }

    pub(crate) fn meals(&self) -> u64 {
        self.meals.load(Ordering::Relaxed)
    }

    pub(crate) fn most_overtaken(&self) -> u64 {
        self.most_overtaken.load(Ordering::Relaxed).max(self.overtaken.load(Ordering::Relaxed))
    }
}

fn claimed((chopstick, at): (usize, Site)) -> Claimed {
    Claimed { lock: LockLabel { id: chopstick as u64, name: format!("chopstick {chopstick}") }, at }
}
