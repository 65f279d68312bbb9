//! A small use of everything, for the address and thread sanitizers and valgrind. Threads are joined by hand: what a scope does at its
//! end is hidden from the thread sanitizer.
use dining::detect::{self, Config};
use dining::{Dinner, KeyedLocks, Lock, Outcome, Policy, ResourceTable, Stop, Strategy, lock_all, transaction};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

const THREADS: usize = 3;
const ROUNDS: usize = 200;

fn all(work: impl Fn(usize) + Send + Sync + 'static) {
    let work = Arc::new(work);
    let threads: Vec<_> = (0..THREADS)
        .map(|t| {
            let work = Arc::clone(&work);
            thread::spawn(move || work(t))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
}

fn main() {
    let handle = detect::install(Config::new().on_potential(|_| ()));
    let locks: Arc<Vec<Lock<Vec<usize>>>> = Arc::new((0..4).map(|_| Lock::new(Vec::new())).collect());
    let shared = Arc::clone(&locks);
    all(move |t| {
        for i in 0..ROUNDS {
            let (a, b) = (&shared[(t + i) % 4], &shared[(t + i + 1 + t % 3) % 4]);
            match i % 3 {
                0 => lock_all([a, b])[0].push(i),
                1 => a.lock().push(i),
                _ => transaction(|tx| {
                    let (mut a, _b) = (tx.lock(a)?, tx.lock(b)?);
                    a.push(i);
                    Ok(())
                }),
            }
        }
    });
    assert_eq!(locks.iter().map(|lock| lock.lock().len()).sum::<usize>(), THREADS * ROUNDS);
    assert!(handle.deadlocks().is_empty());

    let table = Arc::new(ResourceTable::new(200, Policy::BoundedBypass(2)));
    let keyed = Arc::new(KeyedLocks::new());
    let (some, other) = (Arc::clone(&table), Arc::clone(&keyed));
    all(move |t| {
        for i in 0..ROUNDS {
            let claim = some.prepare(&[(t * 7 + i) % 200, i % 200, 199]).expect("all below 200");
            drop(some.acquire(&claim));
            drop(some.acquire_timeout(&claim, Duration::from_micros(20)));
            drop(other.lock_many([format!("{}", i % 5), format!("{}", (i + t) % 5)]));
        }
    });
    assert!(table.stats().most_overtaken <= 2 && keyed.is_empty());

    for strategy in Strategy::ALL {
        let naive = strategy == Strategy::Naive;
        let report =
            Dinner::new(4).strategy(strategy).begin_together(naive).stop(Stop::Meals(5)).run().expect("a table");
        assert_eq!(naive, report.outcome != Outcome::Done, "{strategy}");
    }
}
