//! Wound-wait: sets that nobody knew beforehand.

use dining::detect::{self, Config};
use dining::{Lock, lock_all, transaction};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Duration;

#[test]
fn locks_in_any_order_and_all_are_given_back() {
    let (a, b) = (Lock::new(1), Lock::new(String::from("x")));
    let got = transaction(|tx| {
        let mut n = tx.lock(&a)?;
        let mut s = tx.lock(&b)?;
        *n += 1;
        s.push('y');
        assert!(a.try_lock().is_none() && b.try_lock().is_none());
        Ok((*n, s.clone(), tx.attempts()))
    });
    assert_eq!(got, (2, "xy".into(), 1));
    assert!(a.try_lock().is_some() && b.try_lock().is_some());
}

/// The older holds `a`, the younger `b`, both want the other's: the younger lets go, once, and the older never does.
#[test]
fn the_younger_is_wounded_and_the_older_gets_through() {
    let (a, b) = (Lock::new(0), Lock::new(0));
    let (first, second) = (Barrier::new(2), Barrier::new(2));
    let (mut older, mut younger) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            transaction(|tx| {
                older = tx.attempts();
                let _a = tx.lock(&a)?;
                if older == 1 {
                    first.wait();
                    second.wait();
                }
                let _b = tx.lock(&b)?;
                Ok(())
            });
        });
        scope.spawn(|| {
            first.wait();
            transaction(|tx| {
                younger = tx.attempts();
                let _b = tx.lock(&b)?;
                if younger == 1 {
                    second.wait();
                }
                let _a = tx.lock(&a)?;
                Ok(())
            });
        });
    });
    assert_eq!((older, younger), (1, 2));
}

/// All transactions want all locks, each in an order of its own, and the sum tells of lost updates. `ages` shows that nobody
/// waits for ever: everybody finishes.
#[test]
fn everybody_gets_through_under_contention() {
    let locks: Vec<Lock<u64>> = (0..5).map(|_| Lock::new(0)).collect();
    let retries = AtomicU64::new(0);
    let (threads, rounds) = (6_u64, 200_u64);
    thread::scope(|scope| {
        for t in 0..threads {
            let (locks, retries) = (&locks, &retries);
            scope.spawn(move || {
                for i in 0..rounds {
                    let order = |k: u64| ((t + 1) * k + i) as usize % 5;
                    let attempts = transaction(|tx| {
                        let mut guards = Vec::new();
                        for k in 0..5 {
                            // With (t + 1) a multiple of five all are the same lock: take it once.
                            if (0..k).all(|before| order(before) != order(k)) {
                                guards.push(tx.lock(&locks[order(k)])?);
                                thread::yield_now();
                            }
                        }
                        guards.iter_mut().for_each(|guard| **guard += 1);
                        Ok(tx.attempts())
                    });
                    retries.fetch_add(attempts - 1, Ordering::Relaxed);
                }
            });
        }
    });
    let singles = rounds;
    let sum: u64 = locks.into_iter().map(Lock::into_inner).sum();
    assert_eq!(sum, (threads - 1) * rounds * 5 + singles);
    assert!(retries.into_inner() > 0, "opposite orders with a yield between must meet");
}

#[test]
fn a_panic_gives_everything_back_and_the_next_goes_on() {
    let (a, b) = (Lock::new(()), Lock::new(()));
    let result = catch_unwind(AssertUnwindSafe(|| {
        transaction(|tx| {
            let _a = tx.lock(&a)?;
            let _b = tx.lock(&b)?;
            if tx.attempts() > 0 {
                panic!("on purpose");
            }
            Ok(())
        })
    }));
    assert!(result.is_err());
    assert!(a.try_lock().is_some() && b.try_lock().is_some());
    transaction(|tx| Ok((*tx.lock(&b)?, *tx.lock(&a)?)));
}

#[test]
fn transactions_sets_and_single_locks_exclude_each_other() {
    let locks: Vec<Lock<()>> = (0..6).map(|_| Lock::new(())).collect();
    let taken: Vec<AtomicBool> = (0..6).map(|_| AtomicBool::new(false)).collect();
    let enter = |i: usize| assert!(!taken[i].swap(true, Ordering::Relaxed), "lock {i} was taken twice");
    let exit = |i: usize| taken[i].store(false, Ordering::Relaxed);
    thread::scope(|scope| {
        for t in 0..6_usize {
            let (locks, enter, exit) = (&locks, &enter, &exit);
            scope.spawn(move || {
                for i in 0..400_usize {
                    let (x, mut y) = ((t + i) % 6, (t * 5 + i * 3 + 1) % 6);
                    y = if x == y { (y + 1) % 6 } else { y };
                    match i % 3 {
                        0 => transaction(|tx| {
                            let _x = tx.lock(&locks[x])?;
                            enter(x);
                            thread::yield_now();
                            // Leaving is not undone by a wound: the guard goes with the attempt.
                            let second = tx.lock(&locks[y]);
                            exit(x);
                            let _y = second?;
                            enter(y);
                            exit(y);
                            Ok(())
                        }),
                        1 => {
                            let _both = dining::lock_all([&locks[x], &locks[y]]);
                            [x, y].into_iter().for_each(enter);
                            thread::yield_now();
                            [x, y].into_iter().for_each(exit);
                        }
                        _ => {
                            let _one = locks[x].lock();
                            enter(x);
                            exit(x);
                        }
                    }
                }
            });
        }
    });
    assert!(dining::try_lock_all(locks.iter().collect::<Vec<_>>()).is_some());
}

/// What a younger waiter has reserved and nobody holds is free for an older transaction, at once.
#[test]
fn a_reservation_of_somebody_younger_does_not_hold_up_an_older_transaction() {
    let _handle = detect::install(Config::new().order(false));
    let (a, b) = (Lock::new(()), Lock::new(()));
    let held = Barrier::new(2);
    let (held, b) = (&held, &b);
    thread::scope(|scope| {
        transaction(|tx| {
            let (served, is_served) = mpsc::channel();
            let holder = scope.spawn(move || {
                let _b = b.lock();
                held.wait();
                is_served.recv_timeout(Duration::from_secs(20)).is_ok()
            });
            held.wait();
            scope.spawn(|| drop(lock_all((&a, b))));
            while detect::snapshot().parties.is_empty() {
                thread::yield_now();
            }
            (0..16).for_each(|_| drop(a.try_lock().expect("a waiter is overtaken sixteen times")));
            assert!(a.try_lock().is_none(), "and then its set is reserved");
            drop(tx.lock(&a)?);
            served.send(()).unwrap();
            assert!(holder.join().unwrap(), "the older one waited for the younger");
            Ok(())
        });
    });
}

#[test]
#[should_panic(expected = "use the outer one's `Tx`")]
fn a_transaction_inside_a_transaction_is_refused() {
    transaction(|_| Ok(transaction(|_| Ok(1))));
}

#[test]
#[should_panic(expected = "holds this lock already")]
fn taking_a_lock_twice_is_refused() {
    let a = Lock::new(());
    transaction(|tx| {
        let _once = tx.lock(&a)?;
        let _twice = tx.lock(&a)?;
        Ok(())
    });
}

/// A wounded transaction that never asks again simply finishes.
#[test]
fn whoever_is_wounded_and_asks_no_more_finishes() {
    let a = Lock::new(0);
    let (older_began, younger_holds) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            transaction(|tx| {
                older_began.wait();
                younger_holds.wait();
                *tx.lock(&a)? += 1;
                Ok(())
            });
        });
        older_began.wait();
        let attempts = transaction(|tx| {
            let mut a = tx.lock(&a)?;
            younger_holds.wait();
            *a += 1;
            Ok(tx.attempts())
        });
        assert_eq!(attempts, 1);
    });
    assert_eq!(a.into_inner(), 2);
}
