//! Detection: every deadlock, once; potential ones apart; nothing else.

use dining::detect::{self, Config, Handle};
use dining::{Lock, lock_all, lock_all_timeout, transaction, try_lock_all};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Barrier, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// Detection is the process's: one test at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn quietly() -> Config {
    Config::new().on_deadlock(|_| ()).on_potential(|_| ())
}

fn installed(config: Config) -> (MutexGuard<'static, ()>, Handle) {
    let alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    (alone, detect::install(config))
}

/// Each of `n` threads holds one lock and asks for the next, all at once. Gives how many were told of a deadlock by a panic.
fn ring(n: usize) -> usize {
    let locks: Vec<Lock<usize>> = (0..n).map(Lock::new).collect();
    let all_hold = Barrier::new(n);
    let broken = |i: usize| {
        catch_unwind(AssertUnwindSafe(|| {
            let _mine = locks[i].lock();
            all_hold.wait();
            let _next = locks[(i + 1) % n].lock();
        }))
        .is_err()
    };
    let broken = &broken;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..n)
            .map(|i| {
                let builder = thread::Builder::new().name(format!("t{i}")).stack_size(256 << 10);
                builder.spawn_scoped(scope, move || broken(i)).unwrap()
            })
            .collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
    })
}

#[test]
fn a_ring_is_found_once_with_everybody_in_it() {
    for n in [2, 3, 16, 128] {
        let (_alone, handle) = installed(quietly().order(false).break_deadlocks(true));
        assert_eq!(ring(n), 1, "one thread steps back");
        let reports = handle.deadlocks();
        assert_eq!(reports.len(), 1);
        let cycle = &reports[0].cycle;
        assert_eq!(cycle.links.len(), n);
        for (i, link) in cycle.links.iter().enumerate() {
            let next = &cycle.links[(i + 1) % n];
            assert_eq!(link.wants.lock, next.holds.lock);
            assert!(link.name.starts_with('t') && link.holds.at.file().ends_with("detect.rs"), "{link:?}");
            assert!(link.holds.at.line() < link.wants.at.line());
        }
        assert!(detect::snapshot().parties.is_empty(), "nobody waits any more");
    }
}

#[test]
fn a_lock_that_its_own_thread_holds_is_a_circle_of_one() {
    // Debug builds refuse before detection sees it.
    let (_alone, handle) = installed(quietly().break_deadlocks(true));
    let a = Lock::named("a", ());
    let held = a.lock();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(a.lock()))).is_err());
    assert_eq!(handle.deadlocks().len(), usize::from(!cfg!(debug_assertions)));
    drop(held);
    drop(a.lock());
}

#[test]
fn a_snapshot_shows_who_waits_and_what_they_hold() {
    let (_alone, _handle) = installed(quietly());
    let (a, b) = (Lock::named("a", ()), Lock::named("b", ()));
    let held = a.lock();
    thread::scope(|scope| {
        thread::Builder::new()
            .name("waiter".into())
            .spawn_scoped(scope, || {
                let _b = b.lock();
                let _a = a.lock();
            })
            .unwrap();
        let graph = loop {
            let graph = detect::snapshot();
            if !graph.parties.is_empty() {
                break graph;
            }
            thread::yield_now();
        };
        let party = &graph.parties[0];
        assert_eq!((party.name.as_str(), party.gives_up), ("waiter", false));
        assert_eq!((party.holds[0].lock.name.as_str(), party.wants[0].lock.name.as_str()), ("b", "a"));
        assert!(graph.cycles().is_empty() && !graph.is_deadlocked());
        assert!(graph.to_dot().contains("waiter") && graph.to_json().contains("\"name\":\"waiter\""));
        drop(held);
    });
    assert!(detect::snapshot().parties.is_empty());
}

#[test]
fn contradicting_orders_are_potential_and_reported_once() {
    let (_alone, handle) = installed(quietly());
    let locks: Vec<Lock<()>> = (0..5).map(|_| Lock::new(())).collect();
    for _ in 0..3 {
        for i in 0..5 {
            let _mine = locks[i].lock();
            let _next = locks[(i + 1) % 5].lock();
        }
    }
    let potentials = handle.potentials();
    assert_eq!(potentials.len(), 1, "{potentials:?}");
    let steps = &potentials[0].steps;
    assert_eq!(steps.len(), 5);
    for (i, step) in steps.iter().enumerate() {
        assert_eq!(step.asked.lock, steps[(i + 1) % 5].held.lock);
    }
    assert!(handle.deadlocks().is_empty());
    assert!(potentials[0].to_string().contains("detect.rs"));
}

#[test]
fn safe_habits_are_no_deadlock_and_not_even_a_potential_one() {
    let (_alone, handle) = installed(quietly());
    let (a, b, gate) = (Lock::new(()), Lock::new(()), Lock::new(()));
    // Lock, then try: cannot wait.
    drop((a.lock(), b.try_lock()));
    drop((b.lock(), a.try_lock()));
    // A limit of time: does not wait for ever.
    drop((a.lock(), lock_all_timeout((&b,), Duration::from_secs(9))));
    drop((b.lock(), lock_all_timeout((&a,), Duration::from_secs(9))));
    // Both orders under one gate.
    drop((gate.lock(), a.lock(), b.lock()));
    drop((gate.lock(), b.lock(), a.lock()));
    // All or nothing in any order.
    drop(lock_all((&a, &b)));
    drop(lock_all((&b, &a)));
    drop((a.lock(), try_lock_all((&b,))));
    // Transactions step back.
    transaction(|tx| Ok((*tx.lock(&a)?, *tx.lock(&b)?)));
    transaction(|tx| Ok((*tx.lock(&b)?, *tx.lock(&a)?)));
    assert_eq!(handle.potentials(), []);
    // One of the gated orders without its gate: still nobody can meet the other.
    drop((a.lock(), b.lock()));
    assert_eq!(handle.potentials().len(), 1, "but a -> b alone against b -> a under the gate is a real contradiction");
    assert!(handle.deadlocks().is_empty());
}

#[test]
fn an_order_seen_without_its_gate_counts_although_it_was_seen_under_it() {
    let (_alone, handle) = installed(quietly());
    let (a, b, gate) = (Lock::new(()), Lock::new(()), Lock::new(()));
    drop((gate.lock(), a.lock(), b.lock()));
    drop((gate.lock(), b.lock(), a.lock()));
    drop((gate.lock(), b.lock(), a.lock()));
    assert_eq!(handle.potentials(), []);
    drop((b.lock(), a.lock()));
    assert_eq!(handle.potentials().len(), 1);
}

#[test]
fn a_lock_that_is_gone_takes_its_orders_with_it() {
    let (_alone, handle) = installed(quietly());
    let a = Lock::new(());
    for _ in 0..4 {
        let b = Lock::new(());
        drop((a.lock(), b.lock()));
    }
    for _ in 0..4 {
        let b = Lock::new(());
        drop((b.lock(), a.lock()));
    }
    assert_eq!(handle.potentials(), [], "eight locks that were never at the same place");
}

#[test]
fn a_storm_of_ordered_locks_sets_and_tries_is_silent() {
    let (_alone, handle) = installed(quietly());
    let locks: Vec<Lock<u64>> = (0..8).map(|_| Lock::new(0)).collect();
    thread::scope(|scope| {
        for t in 0..6_usize {
            let locks = &locks;
            scope.spawn(move || {
                for i in 0..300_usize {
                    let (x, y) = ((t + i) % 8, (t * 3 + i * 5) % 8);
                    match i % 3 {
                        _ if x == y => *locks[x].lock() += 1,
                        0 => drop((locks[x.min(y)].lock(), locks[x.max(y)].lock())),
                        1 => drop(lock_all([&locks[x], &locks[y]])),
                        _ => drop((locks[x].lock(), locks[y].try_lock())),
                    }
                }
            });
        }
    });
    assert_eq!(handle.potentials(), []);
    assert!(handle.deadlocks().is_empty());
    assert!(detect::snapshot().parties.is_empty());
}

/// A long limit, and when its waiter sleeps for certain a short one that completes the circle.
#[test]
fn waits_with_a_limit_are_seen_but_close_no_circle() {
    let (_alone, handle) = installed(quietly().order(false));
    let (a, b) = (Lock::new(()), Lock::new(()));
    let b_is_held = Barrier::new(2);
    thread::scope(|scope| {
        let patient = scope.spawn(|| {
            let _mine = a.lock();
            b_is_held.wait();
            lock_all_timeout((&b,), Duration::from_secs(1000)).is_ok()
        });
        let mine = b.lock();
        b_is_held.wait();
        let party = loop {
            match detect::snapshot().parties.pop() {
                Some(party) => break party,
                None => thread::yield_now(),
            }
        };
        assert!(party.gives_up && party.holds.len() == 1 && party.wants.len() == 1, "{party:?}");
        assert!(lock_all_timeout((&a,), Duration::from_millis(1)).is_err(), "it is held by who waits for us");
        drop(mine);
        assert!(patient.join().unwrap());
    });
    assert!(handle.deadlocks().is_empty());
}

#[test]
fn a_callback_that_panics_or_locks_harms_nobody() {
    let (_alone, handle) = installed(quietly());
    let log = std::sync::Arc::new(Lock::new(Vec::new()));
    let second = {
        let log = log.clone();
        detect::install(Config::new().on_potential(move |report| {
            log.lock().push(report.to_string());
            panic!("on purpose");
        }))
    };
    let (a, b) = (Lock::new(()), Lock::new(()));
    drop((a.lock(), b.lock()));
    drop((b.lock(), a.lock()));
    assert_eq!((log.lock().len(), handle.potentials().len(), second.potentials().len()), (1, 1, 1));
    drop(second);
    assert!(a.try_lock().is_some() && b.try_lock().is_some());
}

#[test]
fn two_circles_that_share_nobody_are_two_reports() {
    let (_alone, handle) = installed(quietly().order(false).break_deadlocks(true));
    let broken: usize = thread::scope(|scope| {
        let rings: Vec<_> = (0..2).map(|_| scope.spawn(|| ring(3))).collect();
        rings.into_iter().map(|ring| ring.join().unwrap()).sum()
    });
    assert_eq!((broken, handle.deadlocks().len()), (2, 2));
    assert!(handle.deadlocks().iter().all(|report| report.cycle.links.len() == 3));
}
