//! Dinners under a random scheduler: naive ones deadlock in some schedule, all others in none. Larger than loom can hold.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p dining --release --test shuttle --target-dir target/shuttle`
#![cfg(shuttle)]

use dining::{Dinner, Outcome, Stop, Strategy};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const SCHEDULES: usize = 300;

/// How many of the schedules end in a deadlock; in all others everybody eats.
fn deadlocks(n: usize, strategy: Strategy) -> usize {
    let found = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&found);
    let dine = move || {
        let report = Dinner::new(n).strategy(strategy).stop(Stop::Meals(2)).run().unwrap();
        match report.outcome {
            Outcome::Deadlock(deadlock) => {
                assert_eq!(deadlock.cycle.links.len(), n, "a ring has one circle");
                count.fetch_add(1, Ordering::Relaxed);
            }
            _ => assert_eq!(report.meals, vec![2; n], "{strategy}"),
        }
    };
    shuttle::check_random(dine, SCHEDULES);
    found.load(Ordering::Relaxed)
}

#[test]
fn naive_deadlocks_in_some_schedule() {
    for n in [3, 4] {
        let found = deadlocks(n, Strategy::Naive);
        assert!((1..SCHEDULES).contains(&found), "{found} of {SCHEDULES} with {n}");
    }
}

#[test]
fn every_other_strategy_deadlocks_in_none() {
    let all = Strategy::ALL.into_iter().chain([Strategy::BoundedBypass(1)]);
    for strategy in all.filter(|&strategy| strategy != Strategy::Naive) {
        for n in [3, 4] {
            assert_eq!(deadlocks(n, strategy), 0, "{strategy} with {n}");
        }
    }
}
