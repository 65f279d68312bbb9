//! A dinner that is going on.

use super::driver::{Evening, Life, Seat, Seats, live};
use super::etiquette::Etiquette;
use super::pool::{self, Workers};
use super::report::{Diary, Report};
use super::room::{Activity, Room};
use super::settings::{DinnerError, Hand, Stop, Threads};
use super::topology::Plan;
use super::{Dinner, etiquette};
use crate::rng::Rng;
use crate::sync::{Condvar, JoinHandle, Mutex, spawn};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// What the table looks like at a moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// What each philosopher is doing.
    pub activities: Vec<Activity>,
    /// Meals of each philosopher so far.
    pub meals: Vec<u64>,
    /// Who holds each chopstick. Strategies that take all or nothing do not lend single chopsticks: there it is the
    /// eater beside it.
    pub holders: Vec<Option<usize>>,
}

/// Keeps the threads at the door until all have been started, counts them out, and lets somebody wait for the last.
#[derive(Debug)]
struct Door {
    open: Mutex<bool>,
    opened: Condvar,
    left: Mutex<usize>,
    last: Condvar,
}

impl Door {
    fn new(threads: usize) -> Self {
        Self { open: Mutex::new(false), opened: Condvar::new(), left: Mutex::new(threads), last: Condvar::new() }
    }

    fn open(&self) {
        *self.open.lock() = true;
        self.opened.notify_all();
    }

    fn enter(&self) {
        let mut open = self.open.lock();
        while !*open {
            self.opened.wait(&mut open);
        }
    }

    fn leave(&self) {
        let mut left = self.left.lock();
        *left -= 1;
        if *left == 0 {
            self.last.notify_all();
        }
    }

    /// Whether all have ended, after waiting until then or until `deadline`.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut left = self.left.lock();
        while *left > 0 {
            match deadline {
                None => self.last.wait(&mut left),
                Some(deadline) => {
                    if self.last.wait_until(&mut left, deadline).timed_out() {
                        return *left == 0;
                    }
                }
            }
        }
        true
    }
}

/// On its way through the door. Who panics ends the dinner, for nobody puts down what that one holds.
struct Exit<'a> {
    door: &'a Door,
    evening: &'a Evening,
}

impl Drop for Exit<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.evening.room.close();
        }
        self.door.leave();
    }
}

enum Crew {
    Own(Vec<JoinHandle<Diary>>),
    Shared(Vec<JoinHandle<()>>, Arc<Vec<Mutex<Option<Life>>>>),
}

/// A dinner that is going on. Dropping it ends the dinner and waits for its threads (except while a panic unwinds: then
/// they end by themselves).
#[must_use = "dropping it ends the dinner; `wait` gives the report"]
pub struct Running {
    evening: Arc<Evening>,
    door: Arc<Door>,
    crew: Crew,
    title: String,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("table", &self.title)
            .field("snapshot", &self.snapshot())
            .finish_non_exhaustive()
    }
}

impl Running {
    pub(super) fn start(dinner: &Dinner, plan: Plan) -> Result<Self, DinnerError> {
        let etiquette = etiquette::new(dinner.strategy, &plan);
        Self::serve(dinner, plan, etiquette)
    }

    fn serve(dinner: &Dinner, plan: Plan, etiquette: Box<dyn Etiquette>) -> Result<Self, DinnerError> {
        let n = plan.philosophers();
        let workers = match dinner.threads {
            Threads::PerPhilosopher => None,
            Threads::Pool(_) => Some(Arc::new(Workers::new(n, dinner.seed))),
        };
        let seats = match &workers {
            None => Seats::Own((0..n).map(|_| Seat::new()).collect()),
            Some(workers) => Seats::Shared(Arc::clone(workers)),
        };
        let room = Room::new(plan, seats, dinner.together);
        let (eat, think, stop) = (dinner.eat, dinner.think, dinner.stop);
        let evening = Arc::new(Evening { room, etiquette, eat, think, stop, begin: OnceLock::new() });
        let threads = if let Threads::Pool(threads) = dinner.threads { threads } else { n };
        let door = Arc::new(Door::new(threads));
        let lives = (0..n).map(|p| Life::new(hand(p, dinner.seed), Diary::new(p, dinner.trace)));
        let crew = match workers {
            None => seat_all(&evening, &door, lives)?,
            Some(workers) => {
                hire(&evening, &door, workers, threads, lives.map(|life| Mutex::new(Some(life))).collect())?
            }
        };
        evening.begin.get_or_init(Instant::now);
        door.open();
        let title = format!("{n} philosophers, {}", dinner.strategy);
        Ok(Self { evening, door, crew, title })
    }

    /// What the table looks like now. The parts are read one after the other while the dinner goes on.
    pub fn snapshot(&self) -> Snapshot {
        let room = &self.evening.room;
        let activities: Vec<Activity> = room.plates.iter().map(|plate| plate.activity()).collect();
        let beside = |(a, b): (usize, usize)| [a, b].into_iter().find(|&p| activities[p] == Activity::Eating);
        let holders =
            room.holders().into_iter().zip(&room.plan.ends).map(|(holder, &ends)| holder.or_else(|| beside(ends)));
        Snapshot {
            holders: holders.collect(),
            meals: room.plates.iter().map(|plate| plate.meals()).collect(),
            activities,
        }
    }

    /// Whether everybody has left.
    pub fn is_over(&self) -> bool {
        *self.door.left.lock() == 0
    }

    /// Stops everybody where they are, or lets them go on: chopsticks stay in the hands that hold them. Time goes on in the report. The end of a
    /// dinner is not held up.
    pub fn pause(&self, paused: bool) {
        self.evening.room.pause(paused);
    }

    /// Ends the dinner: who is hungry leaves, who is eating finishes. Returns at once; [`wait`](Self::wait) waits.
    pub fn stop(&self) {
        self.evening.room.close();
    }

    /// Waits for the end and gives the report.
    ///
    /// # Blocking
    /// Until everybody has left: after the meals or the time of [`Stop`], or after a deadlock was found. With
    /// [`Work::Sleep`](super::Work::Sleep) a sleeper sleeps to the end first.
    pub fn wait(mut self) -> Report {
        let evening = Arc::clone(&self.evening);
        let deadline = match evening.stop {
            Stop::Meals(_) => None,
            Stop::Time(time) => evening.begin().checked_add(time),
        };
        if !self.door.wait(deadline) {
            evening.room.close();
        }
        let diaries = self.join();
        let room = &evening.room;
        let overtaking = room.plates.iter().map(|plate| plate.most_overtaken()).max().unwrap_or(0);
        let timed = matches!(evening.stop, Stop::Time(_));
        let elapsed = evening.begin().elapsed();
        Report::new(diaries, room.take_deadlock(), timed, elapsed, overtaking, std::mem::take(&mut self.title))
    }

    fn join(&mut self) -> Vec<Diary> {
        match std::mem::replace(&mut self.crew, Crew::Own(Vec::new())) {
            Crew::Own(threads) => joined(threads),
            Crew::Shared(threads, lives) => {
                joined(threads);
                pool::diaries(&lives)
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        if !std::thread::panicking() {
            drop(self.join());
        }
    }
}

pub(super) fn hand(philosopher: usize, seed: u64) -> Hand {
    Hand {
        philosopher,
        taken: 0,
        stage: 0,
        attempt: 0,
        met: false,
        wishing: false,
        rng: Rng::new(seed, philosopher as u64),
    }
}

/// Waits for all before it passes on the panic of one.
fn joined<R>(threads: Vec<JoinHandle<R>>) -> Vec<R> {
    let all: Vec<_> = threads.into_iter().map(JoinHandle::join).collect();
    all.into_iter().map(|outcome| outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
}

fn seat_all(evening: &Arc<Evening>, door: &Arc<Door>, lives: impl Iterator<Item = Life>) -> Result<Crew, DinnerError> {
    let mut threads = Vec::new();
    for (p, life) in lives.enumerate() {
        let (shared, own_door) = (Arc::clone(evening), Arc::clone(door));
        let work = move || {
            own_door.enter();
            let _exit = Exit { door: &own_door, evening: &shared };
            live(&shared, life)
        };
        match spawn(Report::philosopher_name(p), work) {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                call_off(evening, door, threads);
                return Err(DinnerError::Thread(error.to_string()));
            }
        }
    }
    Ok(Crew::Own(threads))
}

fn hire(
    evening: &Arc<Evening>,
    door: &Arc<Door>,
    workers: Arc<Workers>,
    count: usize,
    lives: Vec<Mutex<Option<Life>>>,
) -> Result<Crew, DinnerError> {
    let lives = Arc::new(lives);
    let mut threads = Vec::new();
    for worker in 0..count {
        let (shared, own_door) = (Arc::clone(evening), Arc::clone(door));
        let (workers, lives) = (Arc::clone(&workers), Arc::clone(&lives));
        let work = move || {
            own_door.enter();
            let _exit = Exit { door: &own_door, evening: &shared };
            pool::work(&shared, &workers, &lives);
        };
        match spawn(format!("waiter {worker}"), work) {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                call_off(evening, door, threads);
                return Err(DinnerError::Thread(error.to_string()));
            }
        }
    }
    Ok(Crew::Shared(threads, lives))
}

/// Sends those home who have come already.
fn call_off<R>(evening: &Evening, door: &Door, threads: Vec<JoinHandle<R>>) {
    evening.room.close();
    evening.begin.get_or_init(Instant::now);
    door.open();
    drop(joined(threads));
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::super::Topology;
    use super::super::etiquette::Step;
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// One panics, all others wait for ever.
    #[derive(Debug)]
    struct Fainting;

    impl Etiquette for Fainting {
        fn advance(&self, hand: &mut Hand, _: &Room) -> Step {
            assert_ne!(hand.philosopher, 1, "on purpose");
            Step::Wait
        }

        fn leave(&self, _: &mut Hand, _: &Room) {}

        fn abandon(&self, _: &mut Hand, _: &Room) {}
    }

    #[test]
    fn a_philosopher_who_panics_ends_the_dinner_and_the_panic_is_passed_on() {
        for threads in [Threads::PerPhilosopher, Threads::Pool(1), Threads::Pool(2)] {
            let plan = Plan::new(&Topology::Ring, 4, 7).unwrap();
            let dinner = Running::serve(&Dinner::new(4).threads(threads), plan, Box::new(Fainting)).unwrap();
            let panic = catch_unwind(AssertUnwindSafe(|| dinner.wait())).unwrap_err();
            assert!(panic.downcast_ref::<String>().is_some_and(|text| text.contains("on purpose")));
        }
    }
}
