//! Locks by key.

use dining::{KeyedLocks, TimedOut};
use proptest::prelude::*;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
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

#[test]
fn different_keys_never_wait_for_each_other() {
    let locks = KeyedLocks::new();
    let _held = locks.lock_many(["a", "b"]);
    thread::scope(|scope| {
        // Joined while the others are held: it would hang if it waited.
        scope.spawn(|| drop(locks.lock_many(["c", "d"]))).join().unwrap();
    });
}

#[test]
fn a_panic_unlocks_and_the_next_gets_in() {
    let locks = KeyedLocks::new();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _guard = locks.lock_many([1, 2]);
        panic!("on purpose");
    }));
    assert!(panicked.is_err() && locks.is_empty());
    assert!(locks.try_lock_many([2, 1]).is_some());
}

/// A key whose hash panics for 13.
#[derive(PartialEq, Eq, Debug)]
struct Touchy(u32);

impl Hash for Touchy {
    fn hash<H: Hasher>(&self, state: &mut H) {
        assert_ne!(self.0, 13, "on purpose");
        self.0.hash(state);
    }
}

#[test]
fn a_key_that_panics_while_it_is_looked_up_leaves_nothing() {
    let locks = KeyedLocks::new();
    for keys in [[1, 13], [13, 1]] {
        let looked = catch_unwind(AssertUnwindSafe(|| drop(locks.lock_many(keys.map(Touchy)))));
        assert!(looked.is_err());
        assert!(locks.is_empty());
        assert!(locks.try_lock_many([Touchy(1)]).is_some());
    }
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "of keys: lock_many")]
fn waiting_for_more_with_a_key_in_hand_is_reported_in_debug_builds() {
    let locks = KeyedLocks::new();
    let _one = locks.lock(1);
    let _again = locks.lock(1);
}

#[test]
fn a_waiter_is_overtaken_sixteen_times_and_no_more() {
    let locks = KeyedLocks::new();
    let held = locks.lock(1);
    thread::scope(|scope| {
        scope.spawn(|| drop(locks.lock_many([1, 2])));
        // Both keys have names as soon as it asks; what passes before it waits does not count, so the first refusal is what is looked for.
        while locks.len() < 2 {
            thread::yield_now();
        }
        let mut passed = 0;
        while passed < 10_000_000 && locks.try_lock_many([2]).is_some() {
            passed += 1;
            thread::yield_now();
        }
        assert!((16..10_000_000).contains(&passed), "{passed}");
        drop(held);
    });
    assert!(locks.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    /// Without waiters it is a set of keys.
    #[test]
    fn trying_agrees_with_a_set(wanted in prop::collection::vec(prop::collection::vec(0_u8..30, 0..6), 1..40)) {
        let locks = KeyedLocks::new();
        let mut taken: HashSet<u8> = HashSet::new();
        let mut guards = Vec::new();
        for (i, keys) in wanted.iter().enumerate() {
            let guard = locks.try_lock_many(keys.iter().copied());
            prop_assert_eq!(guard.is_some(), keys.iter().all(|key| !taken.contains(key)));
            if let Some(guard) = guard {
                taken.extend(keys);
                guards.push((guard, keys));
            }
            if i % 3 == 2 && !guards.is_empty() {
                let (guard, keys) = guards.swap_remove(i % guards.len());
                drop(guard);
                taken.retain(|key| !keys.contains(key));
            }
            prop_assert_eq!(locks.len(), taken.len());
        }
    }
}
