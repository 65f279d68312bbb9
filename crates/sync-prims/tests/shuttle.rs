//! Random schedules of uses that are too large for loom: more threads, more rounds, everything at once.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p sync-prims --release --test shuttle --target-dir target/shuttle`
//!
//! The checker takes every atomic access for `SeqCst`, so orderings are loom's business; timed waits may end at any moment.
#![cfg(shuttle)]

use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use shuttle::thread;
use std::sync::Arc;
use std::time::{Duration, Instant};
use sync_prims::{Barrier, EventCount, Fairness, Latch, Monitor, Semaphore, WaitGroup};

/// Random schedules, and as many in which few switches are placed with care.
fn check(run: fn()) {
    shuttle::check_random(run, 2000);
    shuttle::check_pct(run, 2000, 3);
}

fn some_day() -> Instant {
    Instant::now() + Duration::from_secs(1000)
}

fn all(threads: usize, work: impl Fn(usize) + Send + Sync + 'static) {
    let work = Arc::new(work);
    let running: Vec<_> = (0..threads)
        .map(|i| {
            let work = Arc::clone(&work);
            thread::spawn(move || work(i))
        })
        .collect();
    running.into_iter().for_each(|thread| thread.join().unwrap());
}

fn a_crowd_at_a_gate(fairness: Fairness) {
    let semaphore = Arc::new(Semaphore::with_fairness(3, fairness));
    let inside = Arc::new(AtomicUsize::new(0));
    let (gate, counter) = (Arc::clone(&semaphore), inside);
    all(5, move |i| {
        for round in 0..3 {
            let n = (i + round) % 3 + 1;
            let permit = match i % 2 {
                0 => gate.acquire_many_until(n, some_day()).ok(),
                _ => gate.acquire_many(n).ok(),
            };
            if permit.is_some() {
                assert!(counter.fetch_add(n, SeqCst) + n <= 3);
                thread::yield_now();
                counter.fetch_sub(n, SeqCst);
            }
        }
    });
    assert_eq!((semaphore.available_permits(), semaphore.waiters()), (3, 0));
}

#[test]
fn a_fifo_semaphore_keeps_its_limit_and_its_permits() {
    check(|| a_crowd_at_a_gate(Fairness::Fifo));
}

#[test]
fn a_barging_semaphore_keeps_its_limit_and_its_permits() {
    check(|| a_crowd_at_a_gate(Fairness::Barging));
}

#[test]
fn supply_and_close_reach_everybody() {
    check(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let (gate, served) = (Arc::clone(&semaphore), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&served);
        all(6, move |i| match i {
            0 => (0..3).for_each(|_| gate.add_permits(1)),
            1 => gate.close(),
            _ => {
                if let Ok(permit) = gate.acquire() {
                    permit.forget();
                    counter.fetch_add(1, SeqCst);
                }
            }
        });
        assert_eq!(served.load(SeqCst) + semaphore.available_permits(), 3);
        assert_eq!(semaphore.waiters(), 0);
    });
}

#[test]
fn rounds_of_a_barrier_with_parties_that_leave() {
    check(|| {
        let (barrier, runs) = (Arc::new(Barrier::new(4)), Arc::new(AtomicUsize::new(0)));
        let (walls, counter) = (Arc::clone(&barrier), runs);
        all(4, move |i| {
            for round in 0..=i as u64 {
                let result = if i % 2 == 0 { walls.wait() } else { walls.arrive().and_then(|token| token.wait()) };
                assert_eq!(result.unwrap().generation(), round);
                counter.fetch_add(1, SeqCst);
            }
            walls.arrive_and_drop().unwrap();
        });
        assert_eq!(barrier.parties(), 0);
    });
}

#[test]
fn members_of_a_generation_agree_through_timeouts_aborts_and_resets() {
    check(|| {
        const PARTIES: usize = 3;
        let passed = Arc::new(std::array::from_fn::<_, 24, _>(|_| AtomicUsize::new(0)));
        let (counts, actions) = (Arc::clone(&passed), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&actions);
        let some_through = Monitor::new(false);
        let barrier = Barrier::builder(PARTIES).action(move || _ = counter.fetch_add(1, SeqCst)).build();
        all(PARTIES, move |i| {
            for round in 0..3 {
                let result = if (i + round) % 3 == 0 { barrier.wait_until(some_day()) } else { barrier.wait() };
                match result {
                    Ok(round) => _ = counts[round.generation() as usize].fetch_add(1, SeqCst),
                    Err(_) => some_through.with(|through| {
                        if !*through {
                            barrier.reset()
                        }
                    }),
                }
            }
            // So that nobody is left waiting for those who are through.
            some_through.with(|through| {
                *through = true;
                barrier.abort();
            });
        });
        let members: Vec<usize> = passed.iter().map(|count| count.load(SeqCst)).collect();
        assert!(members.iter().all(|&members| members == 0 || members == PARTIES), "{members:?}");
        assert_eq!(members.iter().sum::<usize>(), PARTIES * actions.load(SeqCst));
    });
}

#[test]
fn a_bounded_buffer_in_a_monitor() {
    check(|| {
        let buffer = Arc::new(Monitor::new(Vec::new()));
        let shared = Arc::clone(&buffer);
        let sum = Arc::new(AtomicUsize::new(0));
        let total = Arc::clone(&sum);
        all(5, move |i| match i {
            0 | 1 => {
                let room = shared.condition(|buffer: &Vec<usize>| buffer.len() < 2);
                (0..4).for_each(|n| room.when(|buffer| buffer.push(n)));
            }
            2 | 3 => (0..4).for_each(|_| {
                let n = shared.when(|buffer| !buffer.is_empty(), |buffer| buffer.remove(0));
                total.fetch_add(n, SeqCst);
            }),
            // Somebody who comes and goes, and must not take a wake-up away with it.
            _ => _ = shared.when_until(some_day(), |buffer| buffer.len() == 1, |_| ()),
        });
        assert_eq!((sum.load(SeqCst), buffer.waiters()), (12, 0));
    });
}

#[test]
fn tokens_of_an_event_count_serve_all_waiters() {
    check(|| {
        let shared = Arc::new((AtomicUsize::new(0), EventCount::new()));
        let both = Arc::clone(&shared);
        all(7, move |i| {
            let (tokens, event) = &*both;
            let take = || tokens.try_update(SeqCst, SeqCst, |n| n.checked_sub(1)).ok();
            match i {
                0..3 => (0..2).for_each(|_| assert!(event.wait_for(None, take).is_some())),
                3 => _ = event.wait_for(Some(some_day()), take).is_none_or(|_| put(tokens, event)),
                _ => (0..2).for_each(|_| _ = put(tokens, event)),
            }
        });
        assert_eq!((shared.0.load(SeqCst), shared.1.listeners()), (0, 0));
    });
}

fn put(tokens: &AtomicUsize, event: &EventCount) -> bool {
    tokens.fetch_add(1, SeqCst);
    event.notify_one();
    true
}

#[test]
fn gates_open_for_all() {
    check(|| {
        let (latch, group) = (Arc::new(Latch::new(4)), WaitGroup::new());
        let tokens = Monitor::new((0..4).map(|_| group.add()).collect::<Vec<_>>());
        let gate = Arc::clone(&latch);
        all(6, move |i| match i {
            0..4 => {
                let token = tokens.with(Vec::pop);
                gate.arrive_and_wait();
                drop(token);
            }
            4 => gate.wait(),
            _ => group.wait(),
        });
        assert!(latch.is_open());
    });
}

/// Faults that need more than a small model, or that a random schedule finds as well.
const MUTANTS: &[(&str, &str)] = &[
    ("ring without passing the mutex", "a_fifo_semaphore_keeps_its_limit_and_its_permits"),
    ("release without serving the line", "a_fifo_semaphore_keeps_its_limit_and_its_permits"),
    ("time out although served", "a_fifo_semaphore_keeps_its_limit_and_its_permits"),
    ("queue up without looking again", "a_fifo_semaphore_keeps_its_limit_and_its_permits"),
    ("sleep on a free word", "rounds_of_a_barrier_with_parties_that_leave"),
    ("free the word before the parties are counted", "rounds_of_a_barrier_with_parties_that_leave"),
    ("break a generation without a note", "members_of_a_generation_agree_through_timeouts_aborts_and_resets"),
    ("leave without asking", "members_of_a_generation_agree_through_timeouts_aborts_and_resets"),
    ("time out without looking at the generation", "members_of_a_generation_agree_through_timeouts_aborts_and_resets"),
    ("sleep again without passing the wake-up on", "a_bounded_buffer_in_a_monitor"),
    ("believe the clock", "tokens_of_an_event_count_serve_all_waiters"),
];

#[test]
fn every_planted_fault_is_noticed() {
    model_kit::every_fault_is_noticed("SYNC_PRIMS_MUTANT", MUTANTS);
}
