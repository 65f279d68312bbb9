//! The resource table: sets, fairness, time-outs, panics.

use dining::{Policy, ResourceTable, TimedOut, UnknownResource};
use proptest::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const POLICIES: [Policy; 4] = [Policy::Barging, Policy::BoundedBypass(1), Policy::BoundedBypass(16), Policy::Fifo];

#[test]
fn duplicates_order_and_emptiness_do_not_matter() {
    let table = ResourceTable::new(130, Policy::default());
    let claim = table.prepare(&[129, 3, 3, 64, 129]).unwrap();
    assert_eq!(claim.resources().collect::<Vec<_>>(), [3, 64, 129]);
    let hold = table.acquire(&claim);
    assert!(table.try_acquire(&table.prepare(&[64]).unwrap()).is_none());
    let nothing = table.acquire(&table.prepare(&[]).unwrap());
    assert_eq!(nothing.resources().count(), 0);
    // Disjoint sets never wait for one another, on one thread either.
    let disjoint = table.acquire(&table.prepare(&[65, 4]).unwrap());
    drop((hold, nothing, disjoint));
    assert!(table.try_acquire(&claim).is_some());
}

#[test]
fn an_unknown_resource_is_an_error_with_its_number() {
    let table = ResourceTable::new(3, Policy::Fifo);
    let UnknownResource { resource, len, .. } = table.prepare(&[2, 3, 9]).unwrap_err();
    assert_eq!((resource, len), (3, 3));
}

#[test]
#[should_panic(expected = "belongs to another table")]
fn a_claim_of_another_table_is_refused() {
    let (a, b) = (ResourceTable::new(3, Policy::Fifo), ResourceTable::new(3, Policy::Fifo));
    let _ = a.acquire(&b.prepare(&[0]).unwrap());
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "prepare one claim for all of it")]
fn a_nested_wait_is_reported_in_debug_builds() {
    let table = ResourceTable::new(3, Policy::Fifo);
    let _hold = table.acquire(&table.prepare(&[0, 1]).unwrap());
    let _ = table.acquire(&table.prepare(&[1, 2]).unwrap());
}

#[test]
fn a_waiter_that_gives_up_leaves_no_reservation() {
    let table = ResourceTable::new(2, Policy::Fifo);
    let (both, second) = (table.prepare(&[0, 1]).unwrap(), table.prepare(&[1]).unwrap());
    let hold = table.acquire(&table.prepare(&[0]).unwrap());
    thread::scope(|scope| {
        let waiter = scope.spawn(|| table.acquire_timeout(&both, Duration::from_millis(20)).map(drop));
        while table.stats().waiting == 0 && !waiter.is_finished() {
            thread::yield_now();
        }
        // Queues behind the one who is about to give up, and is woken by that.
        drop(table.acquire_timeout(&second, Duration::from_secs(20)).unwrap());
        assert_eq!(waiter.join().unwrap(), Err(TimedOut));
    });
    assert_eq!(table.stats().waiting, 0);
    drop(hold);
    assert!(table.try_acquire(&both).is_some());
}

#[test]
fn a_panic_gives_everything_back() {
    let table = ResourceTable::new(8, Policy::default());
    let claim = table.prepare(&[1, 5]).unwrap();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _hold = table.acquire(&claim);
        panic!("on purpose");
    }));
    assert!(result.is_err());
    assert!(table.try_acquire(&claim).is_some());
}

/// A waiter is overtaken exactly as often as the bound says, although newcomers come without end.
#[test]
fn overtaking_stops_at_the_bound() {
    for bound in [1, 3, 16] {
        let table = ResourceTable::new(3, Policy::BoundedBypass(bound));
        let (wide, left, right) = (table.prepare(&[0, 1]), table.prepare(&[0]), table.prepare(&[1]));
        let (wide, left, right) = (wide.unwrap(), left.unwrap(), right.unwrap());
        let hold = table.acquire(&left);
        thread::scope(|scope| {
            scope.spawn(|| drop(table.acquire(&wide)));
            while table.stats().waiting == 0 {
                thread::yield_now();
            }
            let passed = (0..bound + 10).take_while(|_| table.try_acquire(&right).is_some()).count();
            drop(hold);
            assert_eq!(passed, bound as usize);
        });
        assert_eq!(table.stats().most_overtaken, bound);
    }
}

#[test]
fn a_storm_of_overlapping_sets_excludes_bounds_and_ends() {
    for policy in POLICIES {
        let n = 100;
        let table = ResourceTable::new(n, policy);
        let taken: Vec<AtomicBool> = (0..n).map(|_| AtomicBool::new(false)).collect();
        let served = AtomicUsize::new(0);
        thread::scope(|scope| {
            for t in 0..8_usize {
                let (table, taken, served) = (&table, &taken, &served);
                scope.spawn(move || {
                    for i in 0..300_usize {
                        let wanted: Vec<usize> = (0..1 + i % 9).map(|j| (t * 31 + i * 17 + j * 13) % n).collect();
                        let claim = table.prepare(&wanted).unwrap();
                        let hold = match i % 3 {
                            0 => table.acquire_timeout(&claim, Duration::from_micros(50)).ok(),
                            _ => Some(table.acquire(&claim)),
                        };
                        let Some(hold) = hold else { continue };
                        hold.resources().for_each(|r| assert!(!taken[r].swap(true, Ordering::Relaxed)));
                        thread::yield_now();
                        hold.resources().for_each(|r| taken[r].store(false, Ordering::Relaxed));
                        served.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        let stats = table.stats();
        assert!(served.into_inner() >= 8 * 200, "{policy:?}");
        assert_eq!(stats.waiting, 0, "{policy:?}");
        match policy {
            Policy::BoundedBypass(k) => assert!(stats.most_overtaken <= k),
            Policy::Fifo => assert_eq!(stats.most_overtaken, 0),
            _ => {}
        }
    }
}

#[test]
fn sets_that_do_not_touch_never_wait() {
    let table = ResourceTable::new(8 * 40, Policy::Fifo);
    thread::scope(|scope| {
        for t in 0..8_usize {
            let table = &table;
            scope.spawn(move || {
                for i in 0..500_usize {
                    // Words are shared, resources are not.
                    let claim = table.prepare(&[8 * (i % 40) + t, 8 * (i * 7 % 40) + t]).unwrap();
                    drop(table.acquire(&claim));
                }
            });
        }
    });
    assert_eq!(table.stats().waited, 0);
}

/// Sets of up to 64 of 4000 resources from a generator of its own for each thread.
#[test]
fn random_sets_of_thousands_of_resources() {
    const N: usize = 4000;
    let table = ResourceTable::new(N, Policy::BoundedBypass(3));
    let taken: Vec<AtomicBool> = (0..N).map(|_| AtomicBool::new(false)).collect();
    thread::scope(|scope| {
        for t in 0..8_u64 {
            let (table, taken) = (&table, &taken);
            scope.spawn(move || {
                let mut state = t + 1;
                let mut below = |n: usize| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 33) as usize % n
                };
                for _ in 0..200 {
                    let k = 1 + below(64);
                    // Half of them from a small corner, so that they meet.
                    let corner = if below(2) == 0 { 100 } else { N };
                    let wanted: Vec<usize> = (0..k).map(|_| below(corner)).collect();
                    let hold = table.acquire(&table.prepare(&wanted).unwrap());
                    hold.resources().for_each(|r| assert!(!taken[r].swap(true, Ordering::Relaxed)));
                    thread::yield_now();
                    hold.resources().for_each(|r| taken[r].store(false, Ordering::Relaxed));
                }
            });
        }
    });
    let stats = table.stats();
    assert_eq!((stats.granted, stats.waiting), (1600, 0));
    assert!(stats.most_overtaken <= 3, "{stats:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    /// Without waiters the table is a set of numbers: the oracle is a list of flags.
    #[test]
    fn trying_agrees_with_a_list_of_flags(sets in prop::collection::vec(prop::collection::vec(0_usize..200, 0..12), 1..30)) {
        let table = ResourceTable::new(200, Policy::default());
        let mut flags = [false; 200];
        let mut holds = Vec::new();
        for (i, set) in sets.iter().enumerate() {
            let hold = table.try_acquire(&table.prepare(set).unwrap());
            prop_assert_eq!(hold.is_some(), set.iter().all(|&r| !flags[r]));
            if let Some(hold) = hold {
                set.iter().for_each(|&r| flags[r] = true);
                holds.push(hold);
            }
            if i % 3 == 2 && !holds.is_empty() {
                let hold = holds.swap_remove(i % holds.len());
                hold.resources().for_each(|r| flags[r] = false);
            }
        }
    }
}
