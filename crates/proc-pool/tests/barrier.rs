//! The barrier between processes.

mod common;

use common::stress;
use proc_pool::shared::{Barrier, Broken};
use proc_pool::{Process, SharedArray, SharedValue};
use std::time::Duration;

/// Runs through the rounds; the result is how often it was the last to arrive.
fn walk((barrier, progress, me, rounds): (Barrier, SharedArray<u64>, usize, u64)) -> u64 {
    let mut led = 0;
    for round in 1..=rounds {
        progress.set(me, round);
        led += u64::from(barrier.wait().unwrap());
        let behind = progress.iter(..).filter(|&other| other < round).count();
        assert_eq!(behind, 0, "{behind} have not arrived in round {round}");
        barrier.wait().unwrap();
    }
    led
}

#[test]
fn nobody_leaves_before_all_have_come_and_one_leads() {
    proc_pool::init();
    for parties in [1, 2, 3] {
        let barrier = Barrier::new(parties).unwrap();
        let progress = SharedArray::zeroed(parties).unwrap();
        let rounds = 200 * stress();
        let walkers: Vec<_> = (0..parties)
            .map(|me| Process::spawn(walk, (barrier.clone(), progress.clone(), me, rounds)).unwrap())
            .collect();
        let led: u64 = walkers.into_iter().map(|walker| walker.join().unwrap()).sum();
        assert_eq!(led, rounds);
        assert_eq!((barrier.parties(), barrier.waiting(), barrier.is_broken()), (parties, 0, false));
    }
}

fn meet(barrier: Barrier) -> Option<bool> {
    barrier.wait().ok()
}

/// Waits until so many parties wait in other processes.
fn await_waiting(barrier: &Barrier, parties: usize) {
    while barrier.waiting() < parties {
        std::thread::yield_now();
    }
}

#[test]
fn who_is_killed_while_it_waits_counts_and_who_never_comes_is_reported_by_abort() {
    proc_pool::init();
    let barrier = Barrier::new(3).unwrap();
    let doomed = Process::spawn(meet, barrier.clone()).unwrap();
    await_waiting(&barrier, 1);
    doomed.kill();
    assert!(doomed.join().is_err());
    let other = Process::spawn(meet, barrier.clone()).unwrap();
    await_waiting(&barrier, 2);
    assert_eq!(barrier.wait(), Ok(true));
    assert_eq!(other.join().unwrap(), Some(false));

    let waiters: Vec<_> = (0..2).map(|_| Process::spawn(meet, barrier.clone()).unwrap()).collect();
    await_waiting(&barrier, 2);
    barrier.abort();
    for waiter in waiters {
        assert_eq!(waiter.join().unwrap(), None);
    }
    assert_eq!(barrier.wait(), Err(Broken));
    assert!(barrier.is_broken());
}

#[test]
fn a_limit_that_runs_out_breaks_it_for_all() {
    proc_pool::init();
    let barrier = Barrier::new(3).unwrap();
    let waiter = Process::spawn(meet, barrier.clone()).unwrap();
    await_waiting(&barrier, 1);
    assert_eq!(barrier.wait_timeout(Duration::from_millis(20)), Err(Broken));
    assert_eq!(waiter.join().unwrap(), None);
    let met = Barrier::new(1).unwrap();
    assert_eq!(met.wait_timeout(Duration::ZERO), Ok(true));
}

#[test]
fn what_was_written_before_is_seen_after() {
    proc_pool::init();
    let (barrier, value) = (Barrier::new(2).unwrap(), SharedValue::new(0_u64).unwrap());
    let write = |(barrier, value): (Barrier, SharedValue<u64>)| {
        for n in 1..=300 {
            value.set(n);
            barrier.wait().unwrap();
            barrier.wait().unwrap();
        }
    };
    let writer = Process::spawn(write, (barrier.clone(), value.clone())).unwrap();
    for n in 1..=300 {
        barrier.wait().unwrap();
        assert_eq!(value.get(), n);
        barrier.wait().unwrap();
    }
    writer.join().unwrap();
}

#[test]
#[should_panic(expected = "1 to 65535 parties")]
fn nobody_is_no_party() {
    proc_pool::init();
    drop(Barrier::new(0));
}
