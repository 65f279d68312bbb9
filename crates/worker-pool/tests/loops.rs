//! Loops: every index once, whatever the pool, the cut and the nesting.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use worker_pool::{Chunk, Pool, current, for_each_chunk};

fn pools() -> impl Iterator<Item = Pool> {
    [1, 2, 3, 8, 64].into_iter().map(|threads| Pool::new(threads).unwrap())
}

fn cuts() -> [Chunk; 4] {
    [Chunk::Auto, Chunk::size(1), Chunk::size(7), Chunk::Size(NonZeroUsize::MAX)]
}

/// How often each index was seen.
fn counts(pool: &Pool, len: usize, chunk: Chunk) -> Vec<usize> {
    let seen: Vec<AtomicUsize> = (0..len).map(|_| AtomicUsize::new(0)).collect();
    pool.for_each_chunk(len, chunk, |range| {
        seen[range].iter().for_each(|count| {
            count.fetch_add(1, Relaxed);
        });
    });
    seen.into_iter().map(AtomicUsize::into_inner).collect()
}

#[test]
fn every_index_is_run_once() {
    for pool in pools() {
        for len in [0, 1, 2, 3, 31, 127, 128, 129, 1000, 10_007] {
            for chunk in cuts() {
                assert_eq!(counts(&pool, len, chunk), vec![1; len], "{pool:?} {len} {chunk:?}");
            }
        }
    }
}

#[test]
fn the_cut_does_not_depend_on_the_pool() {
    for chunk in cuts() {
        for len in [1, 100, 1000, 12_345] {
            let cut = |pool: &Pool| {
                let ranges = Mutex::new(Vec::new());
                pool.for_each_chunk(len, chunk, |range| ranges.lock().unwrap().push((range.start, range.end)));
                let mut ranges = ranges.into_inner().unwrap();
                ranges.sort_unstable();
                ranges
            };
            let one = cut(&Pool::new(1).unwrap());
            assert!(one.iter().all(|(start, end)| start < end));
            assert!(pools().all(|pool| cut(&pool) == one));
        }
    }
}

#[test]
fn the_last_chunk_may_end_at_the_largest_index() {
    let calls = AtomicUsize::new(0);
    let half = NonZeroUsize::new(usize::MAX / 2 + 1).unwrap();
    Pool::new(2).unwrap().for_each_chunk(usize::MAX, Chunk::Size(half), |range| {
        assert!(range.end == usize::MAX || range.end == half.get());
        calls.fetch_add(1, Relaxed);
    });
    assert_eq!(calls.into_inner(), 2);
}

#[test]
fn mutable_elements_and_chunks_are_disjoint_and_in_place() {
    for pool in pools() {
        let mut xs = vec![0; 1000];
        pool.for_each_mut(&mut xs, |i, x| *x += i);
        pool.for_each_chunk_mut(&mut xs, Chunk::size(13), |offset, xs| {
            assert_eq!(offset % 13, 0);
            xs.iter_mut().for_each(|x| *x += 1);
        });
        assert!(xs.iter().enumerate().all(|(i, x)| *x == i + 1));
        let mut nothing = vec![(); 1000];
        let calls = AtomicUsize::new(0);
        pool.for_each_mut(&mut nothing, |_, ()| {
            calls.fetch_add(1, Relaxed);
        });
        assert_eq!(calls.into_inner(), 1000);
    }
}

#[test]
fn a_loop_is_current_to_its_pool_on_every_thread() {
    for pool in pools() {
        let threads = pool.threads();
        pool.for_each_chunk(1000, Chunk::size(1), |_| assert_eq!(current().threads(), threads));
        assert_eq!(pool.install(|| current().threads()), threads);
        pool.install(|| for_each_chunk(100, Chunk::Auto, |_| assert_eq!(current().threads(), threads)));
    }
}

#[test]
fn install_nests_and_ends_with_a_panic_too() {
    let (two, three) = (Pool::new(2).unwrap(), Pool::new(3).unwrap());
    two.install(|| {
        three.install(|| assert_eq!(current().threads(), 3));
        assert_eq!(current().threads(), 2);
        let panicked = catch_unwind(AssertUnwindSafe(|| three.install(|| panic!("inside"))));
        assert!(panicked.is_err());
        assert_eq!(current().threads(), 2);
    });
}

#[test]
fn the_lowest_chunk_that_panics_is_raised_and_all_below_it_have_run() {
    for pool in pools() {
        for chunk in [Chunk::Auto, Chunk::size(1), Chunk::size(3)] {
            for _ in 0..20 {
                let seen: Vec<AtomicUsize> = (0..300).map(|_| AtomicUsize::new(0)).collect();
                let panicked = catch_unwind(AssertUnwindSafe(|| {
                    pool.for_each_chunk(300, chunk, |range| {
                        for i in range {
                            if i >= 99 && i % 3 == 0 {
                                std::panic::panic_any(i);
                            }
                            seen[i].fetch_add(1, Relaxed);
                        }
                    });
                }));
                assert_eq!(panicked.unwrap_err().downcast_ref::<usize>(), Some(&99), "{pool:?} {chunk:?}");
                assert!(seen[..99].iter().all(|count| count.load(Relaxed) == 1));
            }
        }
        assert_eq!(counts(&pool, 100, Chunk::size(1)), vec![1; 100], "the pool works on after a panic");
    }
}

#[test]
fn a_payload_whose_drop_panics_takes_nobody_down() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !thread::panicking() {
                panic!("a payload went off");
            }
        }
    }
    let pool = Pool::new(4).unwrap();
    for _ in 0..50 {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            pool.for_each_chunk(64, Chunk::size(1), |_| std::panic::panic_any(Bomb));
        }));
        std::mem::forget(panicked.unwrap_err());
    }
    assert_eq!(counts(&pool, 100, Chunk::size(1)), vec![1; 100]);
}

#[test]
fn two_threads_meet_inside_one_loop() {
    // Each of two chunks waits for the other, so both must be running at once: the worker came, woken from its sleep.
    let pool = Pool::new(2).unwrap();
    for _ in 0..200 {
        let barrier = std::sync::Barrier::new(2);
        let ids = Mutex::new(HashSet::new());
        pool.for_each_chunk(2, Chunk::size(1), |_| {
            ids.lock().unwrap().insert(thread::current().id());
            barrier.wait();
        });
        assert_eq!(ids.into_inner().unwrap().len(), 2);
    }
}

#[test]
fn all_threads_of_a_larger_pool_meet_inside_one_loop() {
    // The caller wakes one worker, that one the next, until all eight are there.
    let pool = Pool::new(8).unwrap();
    for _ in 0..50 {
        let barrier = std::sync::Barrier::new(8);
        pool.for_each_chunk(8, Chunk::size(1), |_| {
            barrier.wait();
        });
    }
}

#[test]
fn loops_nest_six_deep() {
    fn nest(depth: usize, count: &AtomicUsize) {
        if depth == 0 {
            count.fetch_add(1, Relaxed);
        } else {
            for_each_chunk(3, Chunk::size(1), |_| nest(depth - 1, count));
        }
    }
    for pool in pools() {
        let count = AtomicUsize::new(0);
        pool.install(|| nest(6, &count));
        assert_eq!(count.into_inner(), 3_usize.pow(6));
    }
}

#[test]
fn many_threads_share_one_pool_while_holding_a_lock() {
    // rayon#592: a thread that waits inside its loop must not pick up another one that wants the same lock.
    let pool = Pool::new(2).unwrap();
    let lock = Mutex::new(0);
    thread::scope(|s| {
        for _ in 0..64 {
            s.spawn(|| {
                for _ in 0..20 {
                    let mut total = lock.lock().unwrap();
                    let sum = AtomicUsize::new(0);
                    pool.for_each_chunk(100, Chunk::size(5), |range| {
                        sum.fetch_add(range.len(), Relaxed);
                    });
                    *total += sum.into_inner();
                }
            });
        }
    });
    assert_eq!(lock.into_inner().unwrap(), 64 * 20 * 100);
}
