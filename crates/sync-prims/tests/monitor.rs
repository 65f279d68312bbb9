//! `Monitor`: conditions come true without anybody calling notify; who is woken; panics.

mod common;

use common::{LONG, stress, until, within_a_minute};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::thread;
use std::time::{Duration, Instant};
use sync_prims::{Monitor, WaitPolicy};

#[test]
fn a_condition_that_holds_is_not_waited_for() {
    let mut monitor = Monitor::new(1);
    assert_eq!(monitor.when(|n| *n == 1, |n| std::mem::replace(n, 2)), 1);
    let two = monitor.condition(|n| *n == 2);
    assert_eq!(two.when(|n| *n), 2);
    drop(two);
    assert_eq!(monitor.with(|n| *n + 1), 3);
    *monitor.get_mut() += 5;
    assert_eq!(monitor.into_inner(), 7);
}

#[test]
fn a_waiter_goes_on_when_its_condition_comes_true() {
    within_a_minute(|| {
        let monitor = Monitor::new(0);
        let named = monitor.condition(|n| *n == 3);
        thread::scope(|s| {
            let by_closure = s.spawn(|| monitor.when(|n| *n == 3, |n| *n));
            let by_name = s.spawn(|| named.when(|n| *n));
            let inside = s.spawn(|| {
                let mut guard = monitor.enter();
                guard.wait_until(|n| *n == 3);
                *guard
            });
            until(|| monitor.waiters() == 3);
            for _ in 0..3 {
                monitor.with(|n| *n += 1);
            }
            assert_eq!((by_closure.join().unwrap(), by_name.join().unwrap(), inside.join().unwrap()), (3, 3, 3));
        });
        assert_eq!(monitor.waiters(), 0);
    });
}

#[test]
fn a_change_through_a_shared_reference_counts() {
    within_a_minute(|| {
        let monitor = Monitor::new(Cell::new(0));
        thread::scope(|s| {
            let waiter = s.spawn(|| monitor.when(|n| n.get() == 1, |n| n.get()));
            until(|| monitor.waiters() == 1);
            monitor.enter().set(1);
            assert_eq!(waiter.join().unwrap(), 1);
        });
    });
}

#[test]
fn a_false_named_waiter_is_never_woken() {
    within_a_minute(|| {
        let monitor = Monitor::with_policy(0, WaitPolicy::sleep_at_once());
        let served = AtomicUsize::new(0);
        let evaluated = std::sync::Arc::new(Mutex::new(Vec::new()));
        thread::scope(|s| {
            for i in 1..=8 {
                let (monitor, served, evaluated) = (&monitor, &served, evaluated.clone());
                s.spawn(move || {
                    let own = thread::current().id();
                    let log = evaluated.clone();
                    let condition = monitor.condition(move |n| {
                        if thread::current().id() == own {
                            log.lock().unwrap().push(i);
                        }
                        *n == i
                    });
                    condition.when(|_| served.fetch_add(1, SeqCst));
                });
            }
            until(|| monitor.waiters() == 8);
            evaluated.lock().unwrap().clear();
            for i in (1..=8).rev() {
                monitor.with(|n| *n = i);
                until(|| served.load(SeqCst) == 9 - i);
            }
        });
        // Every thread looked once more by itself: when it was woken, because its condition held.
        let mut looks = evaluated.lock().unwrap().clone();
        looks.sort_unstable();
        assert_eq!(looks, (1..=8).collect::<Vec<_>>());
    });
}

#[test]
fn closures_are_woken_one_after_another_until_one_goes_on() {
    within_a_minute(|| {
        let monitor = Monitor::with_policy(0, WaitPolicy::sleep_at_once());
        let (looks, served) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|s| {
            for i in 1..=8 {
                let (monitor, looks, served) = (&monitor, &looks, &served);
                s.spawn(move || {
                    monitor.when(
                        |n| {
                            looks.fetch_add(1, SeqCst);
                            *n == i
                        },
                        |_| served.fetch_add(1, SeqCst),
                    )
                });
                until(|| monitor.waiters() == i);
            }
            let before = looks.load(SeqCst);
            monitor.with(|n| *n = 8); // the last in line
            until(|| served.load(SeqCst) == 1);
            assert!(looks.load(SeqCst) >= before + 8);
            for i in 1..=7 {
                monitor.with(|n| *n = i);
                until(|| served.load(SeqCst) == 1 + i);
            }
        });
    });
}

#[test]
fn waiters_of_one_condition_are_served_in_order_of_arrival() {
    within_a_minute(|| {
        let monitor = Monitor::new(0);
        let some = monitor.condition(|n| *n > 0);
        let order = Mutex::new(Vec::new());
        thread::scope(|s| {
            for i in 0..6 {
                let (some, order) = (&some, &order);
                s.spawn(move || {
                    some.when(|n| {
                        *n -= 1;
                        order.lock().unwrap().push(i);
                    })
                });
                until(|| monitor.waiters() == i + 1);
            }
            for i in 0..6 {
                monitor.with(|n| *n += 1);
                until(|| order.lock().unwrap().len() == i + 1);
            }
        });
        assert_eq!(order.into_inner().unwrap(), [0, 1, 2, 3, 4, 5]);
    });
}

#[test]
fn one_change_that_suits_many_serves_them_all() {
    within_a_minute(|| {
        let monitor = Monitor::new(false);
        let open = monitor.condition(|open| *open);
        thread::scope(|s| {
            for i in 0..20 {
                let (monitor, open) = (&monitor, &open);
                s.spawn(move || if i % 2 == 0 { open.when(|_| ()) } else { monitor.when(|open| *open, |_| ()) });
            }
            until(|| monitor.waiters() == 20);
            monitor.with(|open| *open = true);
        });
    });
}

#[test]
fn timeouts() {
    let monitor = Monitor::new(0);
    let one = monitor.condition(|n| *n == 1);
    assert_eq!(monitor.when_timeout(Duration::ZERO, |n| *n == 1, |n| *n), None);
    assert_eq!(monitor.when_timeout(Duration::from_millis(2), |n| *n == 1, |n| *n), None);
    assert_eq!(monitor.when_until(Instant::now(), |n| *n == 1, |n| *n), None);
    assert_eq!(one.when_timeout(Duration::from_millis(2), |n| *n), None);
    assert_eq!(one.when_until(Instant::now(), |n| *n), None);
    let mut guard = monitor.enter();
    assert!(!guard.wait_until_timeout(Duration::from_millis(1), |n| *n == 1));
    assert!(!one.wait_timeout(&mut guard, Duration::from_millis(1)));
    *guard = 1;
    one.wait(&mut guard);
    drop(guard);
    assert_eq!(monitor.when_timeout(Duration::MAX, |n| *n == 1, |n| *n), Some(1));
    assert_eq!(monitor.when_until(Instant::now() + LONG, |n| *n == 1, |n| *n), Some(1));
    assert_eq!(monitor.waiters(), 0);
}

#[test]
fn a_panic_leaves_the_monitor_usable() {
    within_a_minute(|| {
        let monitor = Monitor::new(0);
        let touchy = monitor.condition(|n| if *n == 1 { panic!("in a named predicate") } else { *n == 2 });
        thread::scope(|s| {
            let waiter = s.spawn(|| catch_unwind(AssertUnwindSafe(|| touchy.when(|n| *n))).is_err());
            until(|| monitor.waiters() == 1);
            // The predicate panics in the one who leaves, but the panic belongs to the one who waits.
            monitor.with(|n| *n = 1);
            assert!(waiter.join().unwrap());
            let waiter = s.spawn(|| {
                catch_unwind(AssertUnwindSafe(|| {
                    monitor.when(|n| if *n == 0 { false } else { panic!("in a closure") }, |_| ())
                }))
                .is_err()
            });
            monitor.with(|n| *n = 0);
            let other = s.spawn(|| monitor.when(|n| *n == 5, |n| *n));
            until(|| monitor.waiters() == 2 || waiter.is_finished());
            assert!(
                catch_unwind(AssertUnwindSafe(|| monitor.with(|n| {
                    *n = 5;
                    panic!("inside")
                })))
                .is_err()
            );
            assert_eq!(other.join().unwrap(), 5);
            assert!(waiter.join().unwrap());
        });
        assert_eq!(monitor.with(|n| *n), 5);
    });
}

#[test]
fn a_condition_of_another_monitor_is_refused() {
    let (one, two) = (Monitor::new(0), Monitor::new(0));
    let condition = one.condition(|_| true);
    assert!(catch_unwind(AssertUnwindSafe(|| condition.wait(&mut two.enter()))).is_err());
    assert!(format!("{:?} {:?}", one, condition).contains("Monitor"));
}

#[test]
fn debug_does_not_wait_for_whoever_is_inside() {
    let monitor = Monitor::new(7);
    let guard = monitor.enter();
    assert!(format!("{monitor:?}").contains("somebody is inside"));
    assert!(format!("{guard:?}").contains('7'));
}

/// A bounded buffer of one, four kinds of waiting mixed: every item arrives once.
#[test]
fn stress_a_bounded_buffer() {
    for threads in [1, 4, 16] {
        within_a_minute(move || {
            let rounds = 4000 * stress() / threads;
            let buffer = Monitor::new(Vec::new());
            let (empty, full) = (buffer.condition(Vec::is_empty), buffer.condition(|b: &Vec<usize>| !b.is_empty()));
            let sum = AtomicUsize::new(0);
            thread::scope(|s| {
                for _ in 0..threads {
                    s.spawn(|| {
                        for i in 0..rounds {
                            if i % 2 == 0 {
                                empty.when(|b| b.push(i))
                            } else {
                                buffer.when(|b| b.is_empty(), |b| b.push(i))
                            }
                        }
                    });
                    s.spawn(|| {
                        for i in 0..rounds {
                            let item = match i % 3 {
                                0 => full.when(|b| b.pop()),
                                1 => buffer.when(|b| !b.is_empty(), |b| b.pop()),
                                _ => loop {
                                    if let Some(item) =
                                        full.when_timeout(Duration::from_micros(i as u64 % 9), |b| b.pop())
                                    {
                                        break item;
                                    }
                                },
                            };
                            sum.fetch_add(item.unwrap(), Relaxed);
                        }
                    });
                }
            });
            assert_eq!(sum.into_inner(), threads * rounds * (rounds - 1) / 2);
            assert_eq!(buffer.waiters(), 0);
        });
    }
}
