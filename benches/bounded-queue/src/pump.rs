//! One pump for all: producers push their share of the numbers, consumers pop theirs and add up.

use std::fmt;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// What goes through a queue, made from a number and giving it back.
pub trait Item: Clone + Default + Send + Sync + Unpin + 'static {
    /// Carries `number`.
    fn of(number: u64) -> Self;
    /// The number carried.
    fn number(&self) -> u64;
}

impl Item for u64 {
    fn of(number: u64) -> Self {
        number
    }
    fn number(&self) -> u64 {
        *self
    }
}

impl Item for [u64; 8] {
    fn of(number: u64) -> Self {
        [number; 8]
    }
    fn number(&self) -> u64 {
        self[7]
    }
}

/// How many threads push and pop how much through how many slots.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub producers: u64,
    pub consumers: u64,
    pub capacity: usize,
    /// Divisible by the numbers of threads.
    pub items: u64,
}

impl Shape {
    /// The sum of all numbers that go through.
    pub fn answer(&self) -> u64 {
        self.items * (self.items - 1) / 2
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{} cap {}", self.producers, self.consumers, self.capacity)
    }
}

/// What a run gave and took.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub sum: u64,
    pub wall: Duration,
    /// Of the threads of the pump alone, so that a load beside them does not count.
    pub cpu: Duration,
}

/// Runs the pump; the time is from the first thread's start, all being ready, to the end of the last.
pub fn pump<T: Item>(
    shape: Shape,
    push: impl FnMut(T) + Clone + Send,
    pop: impl FnMut() -> T + Clone + Send,
) -> Sample {
    let Shape { producers, consumers, items, .. } = shape;
    assert_eq!((items % producers, items % consumers), (0, 0), "shares must be equal");
    let ready = &Barrier::new((producers + consumers + 1) as usize);
    thread::scope(|s| {
        let mut threads = Vec::new();
        for id in 0..producers {
            let mut push = push.clone();
            threads.push(s.spawn(move || {
                ready.wait();
                let clock = Clock::start();
                let mut number = id;
                while number < items {
                    push(T::of(number));
                    number += producers;
                }
                (0, clock.stop())
            }));
        }
        for _ in 0..consumers {
            let mut pop = pop.clone();
            threads.push(s.spawn(move || {
                ready.wait();
                let clock = Clock::start();
                let sum = (0..items / consumers).map(|_| pop().number()).sum::<u64>();
                (sum, clock.stop())
            }));
        }
        ready.wait();
        let ended: Vec<(u64, Span)> = threads.into_iter().map(|t| t.join().expect("a pump does not fail")).collect();
        let first = ended.iter().map(|(_, span)| span.from).min().expect("there are threads");
        let last = ended.iter().map(|(_, span)| span.to).max().expect("there are threads");
        Sample {
            sum: ended.iter().map(|(sum, _)| sum).sum(),
            wall: last - first,
            cpu: ended.iter().map(|(_, span)| span.cpu).sum(),
        }
    })
}

struct Clock {
    from: Instant,
    cpu: Duration,
}

/// When a thread worked, and what it took.
struct Span {
    from: Instant,
    to: Instant,
    cpu: Duration,
}

impl Clock {
    fn start() -> Self {
        Self { from: Instant::now(), cpu: bench_kit::thread_cpu_time() }
    }

    fn stop(self) -> Span {
        Span { from: self.from, to: Instant::now(), cpu: bench_kit::thread_cpu_time() - self.cpu }
    }
}
