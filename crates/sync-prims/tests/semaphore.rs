//! `Semaphore`: limits, order, timeouts, close, permits as values.

mod common;

use common::{LONG, stress, until, within_a_minute};
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use sync_prims::{AcquireTimeoutError, Fairness, Semaphore, TryAcquireError, WaitPolicy};

const BOTH: [Fairness; 2] = [Fairness::Fifo, Fairness::Barging];

#[test]
fn permits_are_taken_and_given_back() {
    for fairness in BOTH {
        let semaphore = Semaphore::with_fairness(2, fairness);
        let first = semaphore.acquire().unwrap();
        let second = semaphore.try_acquire().unwrap();
        assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
        drop(first);
        assert_eq!(semaphore.available_permits(), 1);
        drop(second);
        assert_eq!(semaphore.available_permits(), 2);
        assert_eq!(semaphore.acquire_many(2).unwrap().permits(), 2);
    }
}

#[test]
fn a_waiter_gets_the_permit_that_is_given_back() {
    for fairness in BOTH {
        within_a_minute(move || {
            let semaphore = Semaphore::with_fairness(1, fairness);
            let held = semaphore.acquire().unwrap();
            thread::scope(|s| {
                let waiter = s.spawn(|| semaphore.acquire().unwrap().permits());
                until(|| semaphore.waiters() == 1);
                drop(held);
                assert_eq!(waiter.join().unwrap(), 1);
            });
            assert_eq!((semaphore.available_permits(), semaphore.waiters()), (1, 0));
        });
    }
}

#[test]
fn fifo_serves_in_order_of_arrival() {
    within_a_minute(|| {
        let semaphore = Semaphore::new(0);
        let order = Mutex::new(Vec::new());
        thread::scope(|s| {
            for i in 0..8 {
                let (semaphore, order) = (&semaphore, &order);
                s.spawn(move || {
                    let permit = semaphore.acquire().unwrap();
                    order.lock().unwrap().push(i);
                    permit.forget();
                });
                until(|| semaphore.waiters() == i + 1);
            }
            for i in 0..8 {
                semaphore.add_permits(1);
                until(|| order.lock().unwrap().len() == i + 1);
            }
        });
        assert_eq!(order.into_inner().unwrap(), (0..8).collect::<Vec<_>>());
    });
}

#[test]
fn a_large_request_at_the_head_holds_up_smaller_ones_and_tries() {
    within_a_minute(|| {
        let semaphore = Semaphore::new(2);
        thread::scope(|s| {
            let large = s.spawn(|| semaphore.acquire_many(3).unwrap().forget());
            until(|| semaphore.waiters() == 1);
            let small = s.spawn(|| semaphore.acquire().unwrap().forget());
            until(|| semaphore.waiters() == 2);
            assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
            assert_eq!(semaphore.available_permits(), 2);
            semaphore.add_permits(1);
            large.join().unwrap();
            assert_eq!(semaphore.waiters(), 1);
            semaphore.add_permits(1);
            small.join().unwrap();
        });
    });
}

#[test]
fn barging_lets_small_requests_and_tries_pass_a_large_one() {
    within_a_minute(|| {
        let semaphore = Semaphore::with_fairness(2, Fairness::Barging);
        thread::scope(|s| {
            let large = s.spawn(|| semaphore.acquire_many(4).unwrap().forget());
            until(|| semaphore.waiters() == 1);
            drop(semaphore.try_acquire().unwrap());
            let two = s.spawn(|| semaphore.acquire_many(3).unwrap().forget());
            until(|| semaphore.waiters() == 2);
            semaphore.add_permits(1);
            two.join().unwrap();
            assert_eq!(semaphore.waiters(), 1);
            semaphore.add_permits(4);
            large.join().unwrap();
        });
        assert_eq!(semaphore.available_permits(), 0);
    });
}

#[test]
fn one_release_of_many_serves_many_waiters() {
    for fairness in BOTH {
        within_a_minute(move || {
            let semaphore = Semaphore::with_fairness(0, fairness);
            thread::scope(|s| {
                for _ in 0..40 {
                    s.spawn(|| semaphore.acquire().unwrap().forget());
                }
                until(|| semaphore.waiters() == 40);
                semaphore.add_permits(40);
            });
            assert_eq!((semaphore.available_permits(), semaphore.waiters()), (0, 0));
        });
    }
}

#[test]
fn timeouts() {
    for fairness in BOTH {
        let semaphore = Semaphore::with_fairness(1, fairness);
        drop(semaphore.acquire_timeout(Duration::ZERO).unwrap());
        drop(semaphore.acquire_timeout(Duration::MAX).unwrap());
        drop(semaphore.acquire_until(Instant::now()).unwrap());
        let held = semaphore.acquire().unwrap();
        assert_eq!(semaphore.acquire_timeout(Duration::ZERO).unwrap_err(), AcquireTimeoutError::TimedOut);
        let start = Instant::now();
        let timed_out = semaphore.acquire_timeout(Duration::from_millis(3)).unwrap_err();
        assert_eq!(timed_out, AcquireTimeoutError::TimedOut);
        assert!(start.elapsed() >= Duration::from_millis(3));
        assert_eq!(semaphore.acquire_many_until(2, Instant::now()).unwrap_err(), AcquireTimeoutError::TimedOut);
        drop(held);
        assert_eq!((semaphore.available_permits(), semaphore.waiters()), (1, 0));
    }
}

#[test]
fn who_times_out_at_the_head_lets_those_behind_move_up() {
    within_a_minute(|| {
        let semaphore = Semaphore::new(1);
        thread::scope(|s| {
            let large = s.spawn(|| semaphore.acquire_many_timeout(2, Duration::from_millis(200)).map(drop));
            until(|| semaphore.waiters() == 1);
            // Without the head's step aside this would wait for ever.
            let small = s.spawn(|| semaphore.acquire().map(drop));
            assert_eq!(large.join().unwrap(), Err(AcquireTimeoutError::TimedOut));
            assert_eq!(small.join().unwrap(), Ok(()));
        });
    });
}

#[test]
fn close_wakes_everybody_and_held_permits_stay_valid() {
    for fairness in BOTH {
        within_a_minute(move || {
            let semaphore = Semaphore::with_fairness(1, fairness);
            let held = semaphore.acquire().unwrap();
            thread::scope(|s| {
                let patient: Vec<_> = (0..20).map(|_| s.spawn(|| semaphore.acquire().is_err())).collect();
                let hurried = s.spawn(|| semaphore.acquire_timeout(LONG).map(drop));
                until(|| semaphore.waiters() == 21);
                semaphore.close();
                assert!(patient.into_iter().all(|waiter| waiter.join().unwrap()));
                assert_eq!(hurried.join().unwrap(), Err(AcquireTimeoutError::Closed));
            });
            assert!(semaphore.is_closed());
            assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
            assert!(semaphore.acquire_many(0).is_err());
            drop(held);
            assert_eq!(semaphore.available_permits(), 1);
            assert!(semaphore.acquire().is_err());
        });
    }
}

#[test]
fn permits_are_values() {
    let semaphore = Arc::new(Semaphore::new(5));
    let mut permit = semaphore.acquire_many(3).unwrap();
    assert!(permit.split(4).is_none());
    let part = permit.split(1).unwrap();
    assert_eq!((permit.permits(), part.permits()), (2, 1));
    permit.merge(part);
    assert_eq!(permit.permits(), 3);
    permit.forget();
    assert_eq!(semaphore.available_permits(), 2);

    let mut owned = semaphore.acquire_owned().unwrap();
    owned.merge(semaphore.try_acquire_owned().unwrap());
    assert!(semaphore.try_acquire_many_owned(1).is_err());
    thread::spawn(move || drop(owned)).join().unwrap();
    drop(semaphore.acquire_many_owned(2).unwrap());
    drop(semaphore.acquire_owned_timeout(Duration::MAX).unwrap());
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
fn permits_of_different_semaphores_do_not_merge_and_nothing_is_lost() {
    let (one, two) = (Semaphore::new(1), Semaphore::new(1));
    let merged = catch_unwind(|| {
        let mut permit = one.acquire().unwrap();
        permit.merge(two.acquire().unwrap());
    });
    assert!(merged.is_err());
    assert_eq!((one.available_permits(), two.available_permits()), (1, 1));
}

#[test]
fn zero_permits_are_always_there() {
    within_a_minute(|| {
        let semaphore = Semaphore::new(0);
        let none = || {
            drop(semaphore.try_acquire_many(0).unwrap());
            drop(semaphore.acquire_many(0).unwrap());
            assert_eq!(semaphore.available_permits(), 0);
        };
        none();
        thread::scope(|s| {
            let waiter = s.spawn(|| semaphore.acquire().is_err());
            until(|| semaphore.waiters() == 1);
            let beside_a_line = std::panic::catch_unwind(std::panic::AssertUnwindSafe(none));
            semaphore.close(); // the waiter goes, whatever came of it
            assert!(waiter.join().unwrap());
            beside_a_line.unwrap();
        });
    });
}

#[test]
fn the_supply_can_grow_and_shrink_within_its_limits() {
    let semaphore = Semaphore::new(3);
    assert_eq!(semaphore.forget_permits(2), 2);
    assert_eq!(semaphore.forget_permits(2), 1);
    assert_eq!(semaphore.forget_permits(2), 0);
    semaphore.add_permits(4);
    assert_eq!(semaphore.drain_permits(), 4);
    semaphore.add_permits(Semaphore::MAX_PERMITS);
    let error = semaphore.try_add_permits(1).unwrap_err();
    assert!(error.to_string().contains("exceed"), "{error}");
    assert!(semaphore.try_add_permits(usize::MAX).is_err());
    assert_eq!(semaphore.available_permits(), Semaphore::MAX_PERMITS);
    assert!(catch_unwind(|| semaphore.add_permits(1)).is_err());
    assert!(catch_unwind(|| semaphore.acquire_many(Semaphore::MAX_PERMITS + 1)).is_err());
    assert!(catch_unwind(|| Semaphore::new(usize::MAX)).is_err());
    drop(semaphore.acquire_many(Semaphore::MAX_PERMITS).unwrap());
}

#[test]
fn giving_back_more_than_a_semaphore_holds_stops_at_the_maximum() {
    let semaphore = Semaphore::new(Semaphore::MAX_PERMITS);
    let all = semaphore.acquire_many(Semaphore::MAX_PERMITS).unwrap();
    semaphore.add_permits(Semaphore::MAX_PERMITS);
    drop(all);
    assert_eq!(semaphore.available_permits(), Semaphore::MAX_PERMITS);
    assert!(!semaphore.is_closed());
    drop(semaphore.acquire().unwrap());
}

#[test]
fn a_panic_gives_the_permit_back() {
    let semaphore = Semaphore::new(1);
    let panicked = catch_unwind(|| {
        let _permit = semaphore.acquire().unwrap();
        panic!("while holding it");
    });
    assert!(panicked.is_err());
    assert_eq!(semaphore.available_permits(), 1);
}

/// No more threads inside than permits, nobody starves, all permits come back; patient, hurried and trying threads mixed.
#[test]
fn stress_the_limit_holds() {
    for fairness in BOTH {
        for (threads, permits) in [(2, 1), (4, 2), (16, 3), (64, 5)] {
            within_a_minute(move || {
                let rounds = 20_000 * stress() / threads;
                let semaphore = Semaphore::with_fairness(permits, fairness);
                let inside = AtomicUsize::new(0);
                thread::scope(|s| {
                    for t in 0..threads {
                        let (semaphore, inside) = (&semaphore, &inside);
                        s.spawn(move || {
                            for i in 0..rounds {
                                let n = 1 + (i + t) % permits;
                                let permit = match (i + t) % 4 {
                                    0 => semaphore.try_acquire_many(n).ok(),
                                    1 => semaphore.acquire_many_timeout(n, Duration::from_micros(i as u64 % 5)).ok(),
                                    _ => Some(semaphore.acquire_many(n).unwrap()),
                                };
                                if permit.is_some() {
                                    assert!(inside.fetch_add(n, SeqCst) + n <= permits);
                                    inside.fetch_sub(n, SeqCst);
                                }
                            }
                        });
                    }
                });
                assert_eq!((semaphore.available_permits(), semaphore.waiters()), (permits, 0));
            });
        }
    }
}

/// JDK-8386085: threads that wait for a microsecond each, while there are no permits, must not keep one another busy.
#[test]
fn a_storm_of_tiny_timeouts_ends() {
    within_a_minute(|| {
        let semaphore = Semaphore::with_policy(0, Fairness::Fifo, WaitPolicy::sleep_at_once());
        thread::scope(|s| {
            for _ in 0..16 {
                s.spawn(|| {
                    for _ in 0..200 {
                        assert!(semaphore.acquire_timeout(Duration::from_micros(1)).is_err());
                    }
                });
            }
        });
        assert_eq!(semaphore.waiters(), 0);
    });
}

/// The one who gave the last permit back must not touch a semaphore that its new holder frees at once.
#[test]
fn it_can_be_freed_right_after_an_acquire() {
    within_a_minute(|| {
        for _ in 0..500 {
            let semaphore = Arc::new(Semaphore::new(0));
            let giver = Arc::clone(&semaphore);
            let thread = thread::spawn(move || giver.add_permits(1));
            semaphore.acquire().unwrap().forget();
            drop(semaphore);
            thread.join().unwrap();
        }
    });
}
