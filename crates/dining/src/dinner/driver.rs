//! Who moves a philosopher: a thread each, or a few workers for all.
//!
//! A philosopher's day is a machine of small steps ([`Life::step`]), and so is every strategy: a step ends with what to do
//! before the next one. A thread of its own then waits or sleeps; a worker puts the philosopher aside and moves another.

use super::etiquette::{Etiquette, Step};
use super::report::Diary;
use super::room::Room;
use super::settings::{Hand, Stop, Work};
use crate::sync::{Condvar, Mutex, sleep, yield_now};
use std::hint::spin_loop;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::pool::Workers;

/// What a philosopher needs before the next step.
#[derive(Debug)]
pub(crate) enum Next {
    /// Nothing.
    Now,
    /// To be woken.
    Woken,
    /// That some time passes.
    After(Duration),
    /// Has left.
    Gone,
}

/// How often somebody looks whether a pause, or a sleep without limit, is over.
const PAUSE: Duration = Duration::from_millis(5);

#[derive(Debug)]
enum Phase {
    Arriving,
    Thinking,
    Reaching { since: Instant },
    Eating { since: Instant, hungry: Instant },
}

/// A philosopher: where the day stands and what the diary says.
#[derive(Debug)]
pub(crate) struct Life {
    phase: Phase,
    pub(crate) hand: Hand,
    pub(crate) diary: Diary,
}

/// What all philosophers of a dinner share.
#[derive(Debug)]
pub(crate) struct Evening {
    pub(crate) room: Room,
    pub(crate) etiquette: Box<dyn Etiquette>,
    pub(crate) eat: Work,
    pub(crate) think: Work,
    pub(crate) stop: Stop,
    /// Set before the first step.
    pub(crate) begin: OnceLock<Instant>,
}

impl Evening {
    pub(crate) fn begin(&self) -> Instant {
        *self.begin.get().expect("nobody moves before the beginning")
    }
}

impl Life {
    pub(crate) fn new(hand: Hand, diary: Diary) -> Self {
        Self { phase: Phase::Arriving, hand, diary }
    }

    pub(crate) fn step(&mut self, evening: &Evening) -> Next {
        if evening.room.paused() {
            return Next::After(PAUSE);
        }
        match self.phase {
            Phase::Arriving if self.is_done(evening) => Next::Gone,
            Phase::Arriving => {
                self.phase = Phase::Thinking;
                work(evening.think, evening)
            }
            Phase::Thinking if goes_on(evening.think, evening) => Next::After(PAUSE),
            Phase::Eating { .. } if goes_on(evening.eat, evening) => Next::After(PAUSE),
            Phase::Thinking => {
                self.hand.attempt += 1;
                evening.room.becomes_hungry(self.hand.philosopher);
                self.phase = Phase::Reaching { since: Instant::now() };
                Next::Now
            }
            Phase::Reaching { since } => self.reach(evening, since),
            Phase::Eating { since, hungry } => {
                self.diary.meal(evening.begin(), hungry, since, Instant::now());
                evening.room.ends_to_eat(self.hand.philosopher);
                evening.etiquette.leave(&mut self.hand, &evening.room);
                self.phase = Phase::Arriving;
                Next::Now
            }
        }
    }

    fn is_done(&self, evening: &Evening) -> bool {
        let enough = matches!(evening.stop, Stop::Meals(meals) if self.diary.meals >= meals);
        enough || evening.room.closing()
    }

    fn reach(&mut self, evening: &Evening, since: Instant) -> Next {
        if evening.room.closing() {
            evening.etiquette.abandon(&mut self.hand, &evening.room);
            self.diary.unserved(evening.begin(), since, Instant::now());
            return Next::Gone;
        }
        match evening.etiquette.advance(&mut self.hand, &evening.room) {
            Step::Again => Next::Now,
            Step::Wait => Next::Woken,
            Step::Retry(pause) => Next::After(pause),
            Step::Eat => {
                evening.room.begins_to_eat(self.hand.philosopher);
                self.phase = Phase::Eating { since: Instant::now(), hungry: since };
                work(evening.eat, evening)
            }
        }
    }
}

/// Sleep without limit is a look at the room now and then, until the dinner is ended.
fn goes_on(work: Work, evening: &Evening) -> bool {
    matches!(work, Work::Sleep(time) if end(time).is_none()) && !evening.room.closing()
}

/// `None` if that has no end.
fn end(time: Duration) -> Option<Instant> {
    Instant::now().checked_add(time)
}

fn work(work: Work, evening: &Evening) -> Next {
    match work {
        Work::None => Next::Now,
        Work::Sleep(time) if end(time).is_none() => Next::Now,
        Work::Sleep(time) => Next::After(time),
        Work::Spin(time) => {
            let end = end(time);
            while end.map_or_else(|| !evening.room.closing(), |end| Instant::now() < end) {
                spin_loop();
            }
            Next::Now
        }
    }
}

/// Where philosophers wait.
#[derive(Debug)]
pub(crate) enum Seats {
    Own(Vec<Seat>),
    Shared(Arc<Workers>),
}

/// Where a philosopher with a thread of its own waits: a wake-up that comes first is kept.
#[derive(Debug)]
pub(crate) struct Seat {
    woken: Mutex<bool>,
    changed: Condvar,
}

impl Seat {
    pub(crate) fn new() -> Self {
        Self { woken: Mutex::new(false), changed: Condvar::new() }
    }

    fn wait(&self) {
        let mut woken = self.woken.lock();
        while !*woken {
            self.changed.wait(&mut woken);
        }
        *woken = false;
    }

    fn wake(&self) {
        *self.woken.lock() = true;
        self.changed.notify_one();
    }
}

impl Seats {
    pub(crate) fn wake(&self, philosopher: usize) {
        match self {
            Self::Own(seats) => seats[philosopher].wake(),
            Self::Shared(workers) => workers.wake(philosopher),
        }
    }
}

/// A philosopher's own thread.
pub(crate) fn live(evening: &Evening, mut life: Life) -> Diary {
    let Seats::Own(seats) = &evening.room.seats else { unreachable!("own threads come with own seats") };
    loop {
        match life.step(evening) {
            Next::Now => {}
            Next::Woken => seats[life.hand.philosopher].wait(),
            Next::After(Duration::ZERO) => yield_now(),
            Next::After(time) => sleep(time),
            Next::Gone => return life.diary,
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::dinner::etiquette;
    use crate::dinner::running::hand;
    use crate::dinner::settings::Strategy;
    use crate::dinner::topology::{Plan, Topology};

    /// One philosopher alone: each step is taken by hand, so that nothing depends on time.
    #[test]
    fn sleep_without_limit_goes_on_until_the_room_is_closed() {
        let endless = Work::Sleep(Duration::MAX);
        for (eat, think) in [(endless, Work::None), (Work::None, endless)] {
            let plan = Plan::new(&Topology::Ring, 2, 1).unwrap();
            let etiquette = etiquette::new(Strategy::LockAll, &plan);
            let room = Room::new(plan, Seats::Own((0..2).map(|_| Seat::new()).collect()), false);
            let begin = OnceLock::from(Instant::now());
            let evening = Evening { room, etiquette, eat, think, stop: Stop::Meals(1), begin };
            let mut life = Life::new(hand(0, 1), Diary::new(0, false));
            (0..100).for_each(|_| assert!(!matches!(life.step(&evening), Next::Gone), "{eat:?} {think:?}"));
            assert_eq!(life.diary.meals, 0, "{eat:?} {think:?}");
            evening.room.close();
            let gone = (0..10).any(|_| matches!(life.step(&evening), Next::Gone));
            assert!(gone && life.diary.meals == u64::from(eat == endless), "{eat:?} {think:?}");
        }
    }
}
