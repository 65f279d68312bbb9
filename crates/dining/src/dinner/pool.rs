//! A few workers for all philosophers: a queue of those who can move, and a heap of those who sleep.
//!
//! The next to move is drawn at random from the seed, so a single worker plays a random but repeatable schedule.

use super::driver::{Evening, Life, Next};
use super::report::Diary;
use crate::rng::Rng;
use crate::sync::{Condvar, Mutex};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

/// | state     | where the philosopher is             | a wake-up makes it            |
/// |-----------|--------------------------------------|-------------------------------|
/// | `Ready`   | in `ready`                           | nothing, it will look anyway  |
/// | `Moving`  | with a worker                        | `Stirred`                     |
/// | `Stirred` | with a worker, a wake-up is waiting  | nothing                       |
/// | `Asleep`  | in `timers`                          | `Roused`, kept for later      |
/// | `Roused`  | in `timers`, a wake-up is waiting    | nothing                       |
/// | `Waiting` | nowhere                              | `Ready`                       |
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Ready,
    Moving,
    Stirred,
    Asleep,
    Roused,
    Waiting,
}

#[derive(Debug)]
struct Queue {
    ready: Vec<usize>,
    timers: BinaryHeap<Reverse<(Instant, usize)>>,
    states: Vec<State>,
    /// Philosophers who have not left.
    present: usize,
    rng: Rng,
}

#[derive(Debug)]
pub(crate) struct Workers {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl Workers {
    pub(crate) fn new(philosophers: usize, seed: u64) -> Self {
        let queue = Queue {
            ready: (0..philosophers).collect(),
            timers: BinaryHeap::new(),
            states: vec![State::Ready; philosophers],
            present: philosophers,
            rng: Rng::new(seed, u64::MAX - 1),
        };
        Self { queue: Mutex::new(queue), changed: Condvar::new() }
    }

    pub(crate) fn wake(&self, philosopher: usize) {
        let mut queue = self.queue.lock();
        let state = &mut queue.states[philosopher];
        match state {
            State::Moving => *state = State::Stirred,
            State::Asleep => *state = State::Roused,
            State::Waiting => {
                *state = State::Ready;
                queue.ready.push(philosopher);
                self.changed.notify_one();
            }
            State::Ready | State::Stirred | State::Roused => {}
        }
    }

    /// The next philosopher to move; `None` when all have left.
    fn next(&self) -> Option<usize> {
        let mut queue = self.queue.lock();
        loop {
            let due = queue.rouse();
            if !queue.ready.is_empty() {
                let i = {
                    let bound = queue.ready.len();
                    queue.rng.below(bound)
                };
                let philosopher = queue.ready.swap_remove(i);
                queue.states[philosopher] = State::Moving;
                if !queue.ready.is_empty() {
                    self.changed.notify_one();
                }
                return Some(philosopher);
            }
            if queue.present == 0 {
                return None;
            }
            match due {
                Some(due) => drop(self.changed.wait_until(&mut queue, due)),
                None => self.changed.wait(&mut queue),
            }
        }
    }

    fn after(&self, philosopher: usize, next: Next) {
        let mut queue = self.queue.lock();
        let stirred = queue.states[philosopher] == State::Stirred;
        match next {
            Next::Woken if !stirred => queue.states[philosopher] = State::Waiting,
            Next::After(time) if time > Duration::ZERO => {
                queue.states[philosopher] = if stirred { State::Roused } else { State::Asleep };
                let now = Instant::now();
                let due = now.checked_add(time).unwrap_or(now);
                queue.timers.push(Reverse((due, philosopher)));
                // The time may be up before any other that a worker waits for.
                self.changed.notify_one();
            }
            Next::Gone => {
                queue.present -= 1;
                if queue.present == 0 {
                    self.changed.notify_all();
                }
            }
            Next::Now | Next::Woken | Next::After(_) => {
                queue.states[philosopher] = State::Ready;
                queue.ready.push(philosopher);
                self.changed.notify_one();
            }
        }
    }
}

impl Queue {
    /// Makes those whose time is up ready; gives the time of the next.
    fn rouse(&mut self) -> Option<Instant> {
        let now = (!self.timers.is_empty()).then(Instant::now)?;
        while let Some(&Reverse((due, philosopher))) = self.timers.peek() {
            if due > now {
                return Some(due);
            }
            self.timers.pop();
            self.states[philosopher] = State::Ready;
            self.ready.push(philosopher);
        }
        None
    }
}

/// One worker, until all philosophers have left.
pub(crate) fn work(evening: &Evening, workers: &Workers, lives: &[Mutex<Option<Life>>]) {
    while let Some(philosopher) = workers.next() {
        let faint = Faint { workers, philosopher };
        let mut slot = lives[philosopher].lock();
        let life = slot.as_mut().expect("a philosopher is in one place at a time");
        let next = life.step(evening);
        drop(slot);
        std::mem::forget(faint);
        workers.after(philosopher, next);
    }
}

/// Whoever panics in the middle of a step has left, or the others would wait for that one's leaving.
struct Faint<'a> {
    workers: &'a Workers,
    philosopher: usize,
}

impl Drop for Faint<'_> {
    fn drop(&mut self) {
        self.workers.after(self.philosopher, Next::Gone);
    }
}

/// The diaries of those who have left, by seat.
pub(crate) fn diaries(lives: &[Mutex<Option<Life>>]) -> Vec<Diary> {
    lives.iter().map(|life| life.lock().take().expect("each is collected once").diary).collect()
}
