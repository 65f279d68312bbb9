//! Locks by key.

use dining::{KeyedLocks, TimedOut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

#[test]
fn keys_appear_and_vanish_and_duplicates_are_fine() {
    let locks = KeyedLocks::new();
    for round in 0..3 {
        let guard = locks.lock_many([String::from("a"), String::from("b"), String::from("a")]);
        assert_eq!(locks.len(), 2, "round {round}");
        assert!(locks.try_lock_many([String::from("c"), String::from("b")]).is_none());
        assert_eq!(locks.len(), 2, "whoever did not get in leaves no key behind");
        let other = locks.lock(String::from("c"));
        drop(guard);
        assert_eq!(locks.len(), 1);
        drop(other);
        assert!(locks.is_empty());
    }
    drop(locks.lock_many([]));
}

#[test]
fn a_time_out_takes_nothing() {
    let locks = KeyedLocks::new();
    let held = locks.lock(1);
    assert_eq!(locks.lock_many_timeout([2, 1], Duration::from_millis(5)).map(drop), Err(TimedOut));
    assert!(locks.try_lock_many([2]).is_some());
    drop(held);
    assert!(locks.try_lock_many([1, 2]).is_some() && locks.is_empty());
}

#[test]
fn a_storm_excludes_and_leaves_nothing() {
    let locks = KeyedLocks::new();
    let taken: Vec<AtomicBool> = (0..20).map(|_| AtomicBool::new(false)).collect();
    thread::scope(|scope| {
        for t in 0..6_usize {
            let (locks, taken) = (&locks, &taken);
            scope.spawn(move || {
                for i in 0..500_usize {
                    let mut keys: Vec<usize> = (0..1 + i % 4).map(|j| (t * 7 + i * 3 + j * 11) % 20).collect();
                    let _guard = locks.lock_many(keys.iter().copied());
                    keys.sort_unstable();
                    keys.dedup();
                    keys.iter().for_each(|&k| assert!(!taken[k].swap(true, Ordering::Relaxed)));
                    thread::yield_now();
                    keys.iter().for_each(|&k| taken[k].store(false, Ordering::Relaxed));
                }
            });
        }
    });
    assert!(locks.is_empty());
}
