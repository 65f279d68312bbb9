//! The pool: join, map and its kin, broadcast, the end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;
use worker_pool::{BuildError, Cancelled, Chunk, Pool, Shutdown, current};

fn pools() -> impl Iterator<Item = Pool> {
    [1, 2, 3, 16].into_iter().map(|threads| Pool::new(threads).unwrap())
}

#[test]
fn join_gives_both_results() {
    fn fib(n: u32) -> u64 {
        if n < 2 {
            return n.into();
        }
        let (a, b) = worker_pool::join(|| fib(n - 1), || fib(n - 2));
        a + b
    }
    for pool in pools() {
        assert_eq!(pool.join(|| 1, || "b"), (1, "b"));
        assert_eq!(pool.install(|| fib(20)), 6765);
    }
}

/// The drop of the second closure panics too, while the first panic is under way.
#[test]
fn join_survives_a_second_closure_that_cannot_be_dropped() {
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            panic!("drop");
        }
    }
    for pool in pools() {
        let loud = Loud;
        let second = move || std::mem::forget(loud);
        let panic = catch_unwind(AssertUnwindSafe(|| pool.join(|| panic!("first"), second))).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"first"));
    }
}

#[test]
fn join_raises_the_first_panic_after_both_have_ended() {
    for pool in pools() {
        let both =
            catch_unwind(AssertUnwindSafe(|| pool.join(|| std::panic::panic_any(1), || std::panic::panic_any(2))));
        assert_eq!(both.map(|((), ())| ()).unwrap_err().downcast_ref(), Some(&1));
        let second = catch_unwind(AssertUnwindSafe(|| pool.join(|| 0, || std::panic::panic_any(2))));
        assert_eq!(second.map(|(_, ())| ()).unwrap_err().downcast_ref(), Some(&2));
        assert_eq!(pool.join(|| 1, || 2), (1, 2));
    }
}

#[test]
fn map_keeps_the_order() {
    for pool in pools() {
        for len in [0, 1, 2, 127, 128, 1000, 5003] {
            let xs: Vec<usize> = (0..len).collect();
            let expected: Vec<String> = xs.iter().map(usize::to_string).collect();
            assert_eq!(pool.map(&xs, usize::to_string), expected);
            assert_eq!(pool.map_chunked(&xs, usize::to_string, Chunk::size(3)), expected);
            assert_eq!(pool.map(&xs, |_| ()).len(), len);
        }
        assert_eq!(pool.starmap(&[(1, 2), (3, 4)], |a, b| a * b), [2, 12]);
        assert_eq!(pool.starmap3(&[(1, 2, 3)], |a, b, c| a + b + c), [6]);
        assert_eq!(pool.apply(|| 5), 5);
    }
}

/// Counts itself out when dropped.
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[test]
fn a_map_that_panics_drops_every_result_once() {
    for pool in pools() {
        for bad in [0, 1, 57, 499, 999] {
            for chunk in [Chunk::Auto, Chunk::size(1), Chunk::size(100)] {
                let alive = AtomicUsize::new(0);
                let xs: Vec<usize> = (0..1000).collect();
                let result = catch_unwind(AssertUnwindSafe(|| {
                    let make = |&i: &usize| {
                        if i >= bad {
                            std::panic::panic_any(i);
                        }
                        alive.fetch_add(1, Relaxed);
                        Counted(&alive)
                    };
                    pool.map_chunked(&xs, make, chunk)
                }));
                let payload = result.map(drop).unwrap_err();
                assert_eq!(payload.downcast_ref(), Some(&bad));
                assert_eq!(alive.load(Relaxed), 0);
            }
        }
    }
}

#[test]
fn maps_nest_inside_maps_inside_scopes() {
    for pool in pools() {
        let sums: Vec<u64> = pool.install(|| {
            worker_pool::scope(|s| {
                let outer = s.spawn(|| {
                    worker_pool::map(&[1_u64, 2, 3, 4], |x| {
                        let inner: Vec<u64> = (0..50).collect();
                        worker_pool::map(&inner, |y| worker_pool::join(|| x * y, || 1).0).iter().sum()
                    })
                });
                outer.join().unwrap()
            })
        });
        assert_eq!(sums, [1225, 2450, 3675, 4900]);
    }
}

#[test]
fn broadcast_runs_once_on_every_thread() {
    for pool in pools() {
        for _ in 0..20 {
            let ids = pool.broadcast(|index| (index, thread::current().id()));
            assert!(ids.iter().enumerate().all(|(i, (index, _))| i == *index));
            let distinct: std::collections::HashSet<_> = ids.iter().map(|(_, id)| id).collect();
            assert_eq!(distinct.len(), pool.threads());
        }
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            pool.broadcast(|index| if index == 0 { std::panic::panic_any(index) } else { index })
        }));
        assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&0_usize));
        let nested = pool.apply_async(|| current().broadcast(|index| index)).join().unwrap();
        assert_eq!(nested, (0..pool.threads()).collect::<Vec<_>>());
    }
}

#[test]
fn broadcasts_from_many_threads_all_end() {
    let pool = Pool::new(4).unwrap();
    thread::scope(|s| {
        for _ in 0..8 {
            s.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(pool.broadcast(|i| i), [0, 1, 2, 3]);
                }
            });
        }
    });
}

#[test]
fn dropping_or_draining_a_pool_runs_what_is_queued() {
    for how in [None, Some(Shutdown::Drain)] {
        for pool in pools() {
            let count = Arc::new(AtomicUsize::new(0));
            for _ in 0..1000 {
                let count = Arc::clone(&count);
                drop(pool.apply_async(move || count.fetch_add(1, Relaxed)));
            }
            match how {
                None => drop(pool),
                Some(how) => pool.shutdown(how).unwrap(),
            }
            assert_eq!(count.load(Relaxed), 1000);
        }
    }
}

#[test]
fn cancelling_what_is_pending_lets_what_runs_end() {
    let pool = Pool::new(2).unwrap();
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let begun = Arc::new(Barrier::new(2));
    let running = pool.apply_async({
        let begun = Arc::clone(&begun);
        move || {
            begun.wait();
            gate.recv().unwrap();
            1
        }
    });
    begun.wait();
    let waiting = pool.apply_async(|| 2);
    thread::scope(|s| {
        let ending = s.spawn(|| pool.shutdown(Shutdown::CancelPending));
        assert!(waiting.wait_timeout(Duration::MAX));
        go.send(()).unwrap();
        ending.join().unwrap().unwrap();
    });
    assert!(waiting.join().is_err());
    assert_eq!(running.join().unwrap(), 1);
}

#[test]
fn a_reference_outlives_its_pool() {
    for pool in pools() {
        let reference = pool.install(current);
        let threads = pool.threads();
        drop(pool);
        assert_eq!(reference.map(&[1, 2, 3], |x| x * 2), [2, 4, 6]);
        assert_eq!(reference.broadcast(|i| i).len(), threads);
        assert_eq!(reference.join(|| 1, || 2), (1, 2));
        assert_eq!(reference.scope(|s| s.spawn(|| 3).join().unwrap()), 3);
        let late = reference.apply_async(|| 4).join();
        assert_eq!(late.is_ok(), threads == 1);
    }
}

#[test]
fn a_pool_may_be_dropped_on_its_own_worker() {
    let pool = Arc::new(Pool::new(3).unwrap());
    let (sender, receiver) = std::sync::mpsc::channel();
    let (last, gate) = std::sync::mpsc::channel::<()>();
    drop(pool.apply_async({
        let pool = Arc::clone(&pool);
        move || {
            gate.recv().unwrap();
            let only = Arc::into_inner(pool).unwrap();
            sender.send(only.shutdown(Shutdown::Drain).is_err()).unwrap();
        }
    }));
    drop(pool);
    last.send(()).unwrap();
    assert_eq!(receiver.recv(), Ok(true));
}

#[test]
fn a_thousand_pools_come_and_go() {
    for i in 0..1000 {
        let pool = Pool::new(1 + i % 4).unwrap();
        if i % 2 == 0 {
            assert_eq!(pool.map(&[1, 2, 3], |x| x + i), [1 + i, 2 + i, 3 + i]);
        }
    }
}

#[test]
fn hooks_run_on_the_workers_and_their_panics_are_reported() {
    let (started, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (starts, ends) = (Arc::clone(&started), Arc::clone(&ended));
    let builder = Pool::builder().threads(4).spin(Duration::from_micros(20));
    let builder = builder.on_start(move |index| _ = starts.fetch_add(index, Relaxed));
    let pool = builder.on_exit(move |index| _ = ends.fetch_add(index, Relaxed)).build().unwrap();
    assert_eq!(pool.broadcast(|i| i), [0, 1, 2, 3]);
    pool.shutdown(Shutdown::Drain).unwrap();
    assert_eq!((started.load(Relaxed), ended.load(Relaxed)), (6, 6));

    let pool = Pool::builder().threads(3).on_start(|index| assert_eq!(index, 1)).build().unwrap();
    assert_eq!(pool.broadcast(|i| i), [0, 1, 2], "a worker whose hook panicked works");
    let error = pool.shutdown(Shutdown::Drain).unwrap_err();
    assert_eq!(error.to_string(), "a hook panicked on worker 2");
}

#[test]
fn what_is_given_to_a_worker_that_has_gone_home_is_cancelled() {
    let (sender, receiver) = mpsc::channel();
    let pool = Pool::builder().threads(2).on_exit(move |_| sender.send(worker_pool::apply_async(|| ())).unwrap());
    drop(pool.build().unwrap());
    let task = receiver.recv().unwrap();
    assert!(task.is_done(), "nobody would ever run it");
    assert!(task.join().unwrap_err().is::<Cancelled>());
}

#[test]
fn impossible_pools_are_refused() {
    assert!(matches!(Pool::builder().name("a\0b").build(), Err(BuildError::NameHasNul)));
    assert!(matches!(Pool::new(0), Err(BuildError::NoThreads)));
    assert!(matches!(Pool::new(usize::MAX), Err(BuildError::TooManyThreads { asked: usize::MAX, .. })));
    let error = Pool::builder().threads(2).stack_size(usize::MAX / 2).build();
    assert!(matches!(error, Err(BuildError::Spawn(_))));
}
