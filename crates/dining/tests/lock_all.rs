//! Several locks at once.

use dining::{Lock, TimedOut, lock_all, lock_all_timeout, try_lock_all};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

#[test]
fn tuples_arrays_slices_and_vectors_in_any_order() {
    let (a, b, s) = (Lock::new(1), Lock::named("b", 2), Lock::new(String::from("x")));
    {
        let (mut x, mut y, mut z) = lock_all((&b, &a, &s));
        *x += *y;
        z.push('y');
        *y = 0;
    }
    let [x, y] = lock_all([&a, &b]);
    assert_eq!((*x, *y), (0, 3));
    assert!(try_lock_all((&s, &b)).is_none() && s.try_lock().is_some());
    drop((x, y));
    assert_eq!(lock_all(vec![&b, &a]).iter().map(|guard| **guard).sum::<i32>(), 3);
    assert_eq!(lock_all(&[&b, &a][..]).len(), 2);
    assert!(lock_all(Vec::<&Lock<u8>>::new()).is_empty());
    assert_eq!((b.name(), s.into_inner().as_str()), (Some("b"), "xy"));
}

#[test]
fn a_duplicate_is_a_twin_and_does_not_hang() {
    let (a, b) = (Lock::new(1), Lock::new(2));
    let mut guards = lock_all([&a, &b, &a]);
    *guards[0] += 10;
    assert_eq!(guards.iter().map(|guard| guard.is_twin()).collect::<Vec<_>>(), [false, false, true]);
    assert!(catch_unwind(AssertUnwindSafe(|| *guards[2])).is_err());
    drop(guards);
    assert_eq!(*a.lock(), 11);
}

#[test]
fn time_out_and_panic_release_everything() {
    let (a, b) = (Lock::new(()), Lock::new(()));
    let held = a.lock();
    assert_eq!(lock_all_timeout((&b, &a), Duration::from_millis(5)).map(drop), Err(TimedOut));
    assert!(b.try_lock().is_some());
    drop(held);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _both = lock_all((&a, &b));
        panic!("on purpose");
    }));
    assert!(panicked.is_err() && try_lock_all((&a, &b)).is_some());
}

#[test]
#[cfg(debug_assertions)]
fn waiting_for_a_set_with_a_lock_in_hand_is_reported() {
    let (a, b) = (Lock::new(()), Lock::new(()));
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _one = lock_all((&a, &b));
        let _two = lock_all((&b,));
    }));
    assert!(result.unwrap_err().downcast_ref::<&str>().is_some_and(|text| text.contains("one lock_all")));
    assert!(try_lock_all((&a, &b)).is_some(), "the panic left nothing locked");
}

#[test]
fn transfers_in_all_directions_keep_the_sum() {
    let accounts: Vec<Lock<i64>> = (0..10).map(|_| Lock::new(100)).collect();
    thread::scope(|scope| {
        for t in 0..6_usize {
            let accounts = &accounts;
            scope.spawn(move || {
                for i in 0..500_usize {
                    let (from, to) = ((t + i) % 10, (t * 3 + i * 7) % 10);
                    let (mut a, mut b) = lock_all((&accounts[from], &accounts[to]));
                    if from != to {
                        *a -= 1;
                        *b += 1;
                    }
                }
            });
        }
    });
    assert_eq!(accounts.into_iter().map(Lock::into_inner).sum::<i64>(), 1000);
}

#[test]
fn locks_can_be_statics() {
    static COUNT: Lock<u64> = Lock::named("count", 0);
    *COUNT.lock() += 1;
    assert_eq!((*COUNT.lock(), COUNT.name()), (1, Some("count")));
}

#[test]
fn sets_that_do_not_touch_never_wait() {
    let (a, b, c, d) = (Lock::new(()), Lock::new(()), Lock::new(()), Lock::new(()));
    let _held = lock_all((&a, &b));
    thread::scope(|scope| {
        // Joined while the others are held: it would hang if it waited.
        scope.spawn(|| drop(lock_all((&d, &c)))).join().unwrap();
    });
}

/// Whoever waits for a set is overtaken exactly sixteen times, then it is reserved.
#[test]
fn a_waiter_for_a_set_is_overtaken_sixteen_times() {
    let _handle = dining::detect::install(dining::detect::Config::new().on_potential(|_| ()));
    let waits = || dining::detect::snapshot().parties.iter().any(|party| party.name == "patient");
    let (a, b) = (Lock::new(()), Lock::new(()));
    let held = a.lock();
    thread::scope(|scope| {
        let patient = thread::Builder::new().name("patient".into());
        patient.spawn_scoped(scope, || drop(lock_all((&a, &b)))).unwrap();
        while !waits() {
            thread::yield_now();
        }
        // From another thread, which holds nothing.
        let passed = scope.spawn(|| (0..100).take_while(|_| b.try_lock().is_some()).count()).join().unwrap();
        assert_eq!(passed, 16);
        drop(held);
    });
    assert!(try_lock_all((&a, &b)).is_some());
}
