//! Random schedules of uses that are too large for loom: several callers, nested verbs, ends and panics in between.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p worker-pool --release --test shuttle --target-dir target/shuttle`
//!
//! The checker takes every atomic access for `SeqCst`, so orderings are loom's business. A hang is a deadlock to it.
#![cfg(shuttle)]

use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use shuttle::thread;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;
use worker_pool::{Cancelled, Chunk, Pool, Shutdown, current};

/// Random schedules, and as many in which few switches are placed with care.
fn check(run: fn()) {
    shuttle::check_random(run, 1000);
    shuttle::check_pct(run, 1000, 3);
}

/// A pool whose workers poll before they sleep (one look each, to the checker).
fn pool(threads: usize) -> Pool {
    Pool::builder().threads(threads).spin(Duration::from_micros(1)).build().unwrap()
}

/// Runs `work` on this thread and on a second one.
fn twice(pool: &Arc<Pool>, work: fn(&Pool)) {
    let other = {
        let pool = Arc::clone(pool);
        thread::spawn(move || work(&pool))
    };
    work(pool);
    other.join().unwrap();
}

#[test]
fn joins_nest() {
    fn fib(n: u32) -> u32 {
        if n < 2 {
            return n;
        }
        let (a, b) = worker_pool::join(|| fib(n - 1), || fib(n - 2));
        a + b
    }
    check(|| twice(&Arc::new(pool(3)), |pool| assert_eq!(pool.install(|| fib(4)), 3)));
}

#[test]
fn a_scope_ends_after_its_tasks() {
    check(|| {
        let pool = pool(3);
        let (ran, mut parts) = (AtomicUsize::new(0), [0; 3]);
        let sum = pool.scope(|s| {
            for (i, part) in parts.iter_mut().enumerate() {
                let ran = &ran;
                s.spawn(move || {
                    thread::yield_now();
                    *part = i;
                    s.spawn(move || {
                        thread::yield_now();
                        ran.fetch_add(i, SeqCst)
                    });
                });
            }
            s.spawn(|| 20).join().unwrap() + 1
        });
        assert_eq!((sum, ran.into_inner(), parts), (21, 3, [0, 1, 2]));
    });
}

/// A task is queued by another task while the caller already waits, and must find the caller.
#[test]
fn a_caller_that_waits_runs_what_is_queued_meanwhile() {
    check(|| {
        let pool = pool(2);
        let inner = AtomicUsize::new(0);
        pool.scope(|s| {
            let inner = &inner;
            s.spawn(move || {
                // Whoever runs this is busy until the other one has run the second task: the worker or the caller.
                s.spawn(move || inner.store(1, SeqCst));
                while inner.load(SeqCst) == 0 {
                    thread::yield_now();
                }
            });
        });
        assert_eq!(inner.into_inner(), 1);
    });
}

#[test]
fn the_first_panic_of_a_scope_is_raised_after_all_tasks() {
    check(|| {
        let (pool, ran) = (pool(3), AtomicUsize::new(0));
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            pool.scope(|s| {
                for i in 0..3 {
                    let ran = &ran;
                    s.spawn(move || {
                        ran.fetch_add(1, SeqCst);
                        if i > 0 {
                            resume_unwind(Box::new(i));
                        }
                    });
                }
            });
        }));
        assert_eq!(outcome.unwrap_err().downcast_ref(), Some(&1));
        assert_eq!(ran.into_inner(), 3);
    });
}

#[test]
fn maps_in_maps_in_scopes_from_two_threads() {
    check(|| {
        twice(&Arc::new(pool(2)), |pool| {
            let sums = pool.scope(|s| {
                let outer = || {
                    worker_pool::map(&[1, 2], |x| worker_pool::map_chunked(&[1, 2, 3], |y| x * y, Chunk::size(1)).len())
                };
                s.spawn(outer).join().unwrap()
            });
            assert_eq!(sums, [3, 3]);
        });
    });
}

#[test]
fn a_loop_raises_the_panic_of_its_lowest_chunk() {
    check(|| {
        let pool = pool(3);
        let (ran, inside) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            pool.for_each_chunk(5, Chunk::size(1), |range| {
                inside.fetch_add(1, SeqCst);
                thread::yield_now();
                inside.fetch_sub(1, SeqCst);
                ran.fetch_add(1, SeqCst);
                if range.start > 1 {
                    resume_unwind(Box::new(range.start));
                }
            });
        }));
        assert_eq!(outcome.unwrap_err().downcast_ref(), Some(&2_usize));
        assert_eq!(inside.into_inner(), 0, "all borrowers have left");
        assert!(ran.into_inner() >= 3, "all chunks below it have run");
    });
}

/// Chunks for which the caller first looks at the clock: awake helpers may have done them all by then, once the first chunk
/// that it ran was one past the end.
#[test]
fn helpers_may_leave_nothing_for_the_caller() {
    check(|| {
        let pool = pool(3);
        for _ in 0..2 {
            let ran = AtomicUsize::new(0);
            pool.for_each_chunk(4, Chunk::size(1), |range| {
                assert!(range.start < 4 && range.len() == 1, "{range:?}");
                ran.fetch_add(1 << (8 * range.start), SeqCst);
            });
            assert_eq!(ran.into_inner(), 0x0101_0101);
        }
    });
}

/// rayon#592: who waits inside a call runs nothing that wants the lock it holds.
#[test]
fn a_lock_may_be_held_across_a_call() {
    check(|| {
        let (pool, lock) = (Arc::new(pool(2)), Arc::new(Mutex::new(0)));
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let (pool, lock) = (Arc::clone(&pool), Arc::clone(&lock));
                thread::spawn(move || {
                    let mut total = lock.lock().unwrap();
                    *total += pool.map_chunked(&[1, 2], |x| *x, Chunk::size(1)).iter().sum::<i32>();
                    *total += pool.join(|| 1, || 2).1;
                })
            })
            .collect();
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        assert_eq!(*lock.lock().unwrap(), 15);
    });
}

#[test]
fn every_handle_ends_though_the_pool_does() {
    fn race(how: Shutdown) {
        let pool = pool(2);
        let reference = pool.install(current);
        let submitting = thread::spawn(move || (0..3).map(|i| reference.apply_async(move || i)).collect::<Vec<_>>());
        pool.shutdown(how).unwrap();
        for (i, handle) in submitting.join().unwrap().into_iter().enumerate() {
            // One by waiting only: whoever joins runs what nobody has begun.
            if i == 0 {
                assert!(handle.wait_timeout(Duration::MAX));
            }
            match handle.join() {
                Ok(result) => assert_eq!(result, i),
                Err(payload) => assert!(payload.is::<Cancelled>()),
            }
        }
    }
    check(|| race(Shutdown::Drain));
    check(|| race(Shutdown::CancelPending));
}

/// Somebody else waits while the worker runs the task, and is told.
#[test]
fn a_handle_hears_of_its_task() {
    check(|| {
        let pool = pool(2);
        let handle = pool.apply_async(|| 7);
        assert!(handle.wait_timeout(Duration::MAX));
        assert_eq!(handle.join().unwrap(), 7);
    });
}

#[test]
fn broadcasts_from_two_threads_both_end() {
    check(|| twice(&Arc::new(pool(3)), |pool| assert_eq!(pool.broadcast(|i| i), [0, 1, 2])));
}

#[test]
fn lazy_maps_keep_their_order_and_may_be_dropped() {
    check(|| {
        let (pool, buffer) = (pool(2), NonZeroUsize::new(2).unwrap());
        assert!(pool.imap(0..3, buffer, |x| x * 2).eq([0, 2, 4]));
        assert_eq!(pool.imap_unordered(0..3, buffer, |x| x).sum::<i32>(), 3);
        assert_eq!(pool.imap(0.., buffer, |x| x).nth(1), Some(1));
    });
}

/// Faults that a random schedule finds.
const MUTANTS: &[(&str, &str)] = &[
    ("do not wait for a helper inside", "a_loop_raises_the_panic_of_its_lowest_chunk"),
    ("leave without a word", "a_loop_raises_the_panic_of_its_lowest_chunk"),
    ("believe the claim", "helpers_may_leave_nothing_for_the_caller"),
    ("keep the last panic", "a_loop_raises_the_panic_of_its_lowest_chunk"),
    ("end a scope with its queue", "a_scope_ends_after_its_tasks"),
    ("end the last task without a word", "a_scope_ends_after_its_tasks"),
    ("queue without a word", "a_caller_that_waits_runs_what_is_queued_meanwhile"),
    ("finish a task without a word", "a_handle_hears_of_its_task"),
    ("accept tasks after the end", "every_handle_ends_though_the_pool_does"),
    ("sleep through the end", "every_handle_ends_though_the_pool_does"),
    ("sleep without another look", "broadcasts_from_two_threads_both_end"),
    ("come last without a word", "broadcasts_from_two_threads_both_end"),
];

#[test]
fn every_planted_fault_is_noticed() {
    model_kit::every_fault_is_noticed("WORKER_POOL_MUTANT", MUTANTS);
}
