//! A small use of every type, for the address and thread sanitizers and valgrind: threads are joined by hand, and what they
//! share is plain data that only the primitives keep in order.

use std::sync::Arc;
use std::thread::{JoinHandle, spawn};
use std::time::Duration;
use sync_prims::{Barrier, BarrierError, EventCount, Fairness, Latch, Monitor, Semaphore, WaitGroup};

const THREADS: usize = 4;
const ROUNDS: usize = 200;

fn main() {
    semaphores();
    barriers();
    broken_barriers();
    monitors();
    gates();
    event_counts();
}

fn each_joins<R: Send + 'static>(threads: usize, work: impl Fn(usize) -> R + Send + Sync + 'static) -> Vec<R> {
    let work = Arc::new(work);
    let running: Vec<JoinHandle<R>> = (0..threads)
        .map(|i| {
            let work = Arc::clone(&work);
            spawn(move || work(i))
        })
        .collect();
    running.into_iter().map(|thread| thread.join().expect("no panic")).collect()
}

/// Strings behind a semaphore, which owns their allocation only by permits; waits that end by time, by close, by a grant.
fn semaphores() {
    for fairness in [Fairness::Fifo, Fairness::Barging] {
        let semaphore = Arc::new(Semaphore::with_fairness(2, fairness));
        let shared = Arc::clone(&semaphore);
        let held = each_joins(THREADS, move |i| {
            let mut held = 0;
            for round in 0..ROUNDS {
                match (i + round) % 4 {
                    0 => held += shared.acquire_many(2).map_or(0, |permit| permit.permits()),
                    1 => held += shared.acquire_timeout(Duration::from_micros(50)).map_or(0, |permit| permit.permits()),
                    2 => held += shared.try_acquire().map_or(0, |permit| permit.permits()),
                    _ => held += shared.acquire_owned().map_or(0, |permit| permit.permits()),
                }
            }
            held
        });
        assert!(held.iter().sum::<usize>() >= THREADS * ROUNDS / 4 * 3);
        assert_eq!((semaphore.available_permits(), semaphore.waiters()), (2, 0));
        let all = Arc::clone(&semaphore).acquire_many_owned(2).expect("nobody has closed it");
        let waiter = {
            let semaphore = Arc::clone(&semaphore);
            spawn(move || semaphore.acquire().is_err())
        };
        semaphore.close();
        drop(all);
        assert!(waiter.join().expect("no panic"));
    }
}

/// Each thread writes its own cell before the barrier and reads all cells after it.
fn barriers() {
    let cells: Arc<Vec<Monitor<usize>>> = Arc::new((0..THREADS).map(|_| Monitor::new(0)).collect());
    let barrier = Arc::new(Barrier::new(THREADS));
    let (shared, walled) = (Arc::clone(&cells), Arc::clone(&barrier));
    each_joins(THREADS, move |i| {
        for round in 1..=ROUNDS {
            shared[i].with(|cell| *cell = round);
            walled.wait().expect("nobody breaks it");
            assert!(shared.iter().all(|cell| cell.with(|cell| *cell == round)));
            let token = walled.arrive().expect("nobody breaks it");
            token.wait().expect("nobody breaks it");
        }
        walled.arrive_and_drop().expect("nobody breaks it");
    });
    assert_eq!(barrier.parties(), 0);
}

/// Timeouts and resets from all sides, with an action.
fn broken_barriers() {
    let rounds = Arc::new(Monitor::new(0));
    let counter = Arc::clone(&rounds);
    let barrier = Arc::new(Barrier::builder(3).action(move || counter.with(|n| *n += 1)).build());
    let shared = Arc::clone(&barrier);
    let passed = each_joins(3, move |i| {
        let mut passed = 0;
        for round in 0..ROUNDS {
            let patience = Duration::from_micros(if (i + round) % 7 == 0 { 1 } else { 2000 });
            match shared.wait_timeout(patience) {
                Ok(_) => passed += 1,
                Err(BarrierError::Broken | BarrierError::TimedOut) => shared.reset(),
            }
        }
        passed
    });
    assert_eq!(passed.iter().sum::<usize>(), 3 * rounds.with(|n| *n));
}

/// A bounded buffer of boxes, with a named condition on one side and closures on the other.
fn monitors() {
    let buffer = Arc::new(Monitor::new(Vec::<Box<usize>>::new()));
    let shared = Arc::clone(&buffer);
    let sums = each_joins(THREADS, move |i| {
        if i % 2 == 0 {
            let room = shared.condition(|buffer: &Vec<Box<usize>>| buffer.len() < 3);
            (0..ROUNDS).for_each(|n| room.when(|buffer| buffer.push(Box::new(n))));
            0
        } else {
            (0..ROUNDS).map(|_| *shared.when(|b| !b.is_empty(), |b| b.pop().expect("it is not empty"))).sum()
        }
    });
    assert_eq!(sums.iter().sum::<usize>(), THREADS / 2 * (0..ROUNDS).sum::<usize>());
    assert!(buffer.when_timeout(Duration::from_micros(100), |buffer| !buffer.is_empty(), |_| ()).is_none());
}

/// Latch and wait group.
fn gates() {
    for _ in 0..ROUNDS / 4 {
        let (latch, group) = (Arc::new(Latch::new(THREADS)), WaitGroup::new());
        let tokens = Monitor::new((0..THREADS).map(|_| group.add()).collect::<Vec<_>>());
        let shared = Arc::clone(&latch);
        each_joins(THREADS, move |_| {
            let token = tokens.with(Vec::pop);
            shared.arrive_and_wait();
            drop(token);
        });
        group.wait();
        assert!(latch.is_open());
    }
}

/// A counter that threads take from, asleep while it is empty.
fn event_counts() {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    let shared = Arc::new((AtomicUsize::new(0), EventCount::new()));
    let both = Arc::clone(&shared);
    each_joins(THREADS, move |i| {
        let (items, event) = &*both;
        for _ in 0..ROUNDS {
            if i % 2 == 0 {
                items.fetch_add(1, SeqCst);
                event.notify_one();
            } else {
                let take = || items.try_update(SeqCst, SeqCst, |n| n.checked_sub(1)).ok();
                assert!(event.wait_for(None, take).is_some());
            }
        }
    });
    assert_eq!(shared.0.load(SeqCst), 0);
}
