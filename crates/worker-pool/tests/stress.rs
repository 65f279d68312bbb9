//! Many threads on few processors, all verbs at once, every callback panicking, everything nested.
//!
//! `STRESS=1` runs all of it longer.
#![cfg(not(any(loom, shuttle)))]

use proptest::prelude::*;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;
use worker_pool::{Chunk, Pool, Shutdown, current};

fn rounds(usual: usize) -> usize {
    if std::env::var_os("STRESS").is_some() { usual * 50 } else { usual }
}

fn buffer(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

/// One of everything, checked.
fn every_verb(pool: &Pool, round: usize) {
    let xs: Vec<usize> = (0..100).collect();
    let doubled: Vec<usize> = xs.iter().map(|x| 2 * x).collect();
    let total = AtomicUsize::new(0);
    pool.for_each_chunk(xs.len(), Chunk::size(1 + round % 9), |range| _ = total.fetch_add(range.sum(), Relaxed));
    assert_eq!(total.into_inner(), 4950);
    assert_eq!(pool.map_chunked(&xs, |x| 2 * x, Chunk::size(1 + round % 7)), doubled);
    assert_eq!(pool.join(|| xs.len(), || xs.iter().sum::<usize>()), (100, 4950));
    let handle = pool.apply_async(move || round);
    let sums = pool.scope(|s| {
        [0, 50].map(|i| {
            s.spawn({
                let xs = &xs;
                move || xs[i..i + 50].iter().sum::<usize>()
            })
            .join()
            .unwrap()
        })
    });
    assert_eq!(sums, [1225, 3725]);
    assert_eq!(pool.imap(0..10, buffer(1 + round % 5), |x| x).sum::<i32>(), 45);
    assert_eq!(pool.imap_unordered(0.., buffer(3), |x: u32| x).take(5).count(), 5);
    assert_eq!(handle.join().unwrap(), round);
    if round.is_multiple_of(8) {
        assert!(pool.broadcast(|i| i).into_iter().eq(0..pool.threads()));
    }
}

/// Pools of many sizes under several callers each.
fn crowd(sizes: &[usize]) {
    for &threads in sizes {
        for spin in [Duration::ZERO, Duration::from_micros(20)] {
            let pool = Pool::builder().threads(threads).spin(spin).build().unwrap();
            thread::scope(|s| {
                for caller in 0..3 {
                    let pool = &pool;
                    s.spawn(move || (0..rounds(12)).for_each(|round| every_verb(pool, round + caller)));
                }
            });
            pool.shutdown(Shutdown::Drain).unwrap();
        }
    }
}

#[test]
fn pools_of_one_to_sixty_four_threads_serve_several_callers() {
    crowd(&[1, 2, 3, 4, 5, 8, 13, 16, 32, 64]);
}

/// Everything on one processor: whoever spins for somebody who cannot run would be seen as a hang.
#[cfg(target_os = "linux")]
#[test]
fn a_single_processor_is_enough_for_all_of_them() {
    let pinned = thread::spawn(|| {
        // SAFETY: zeroes are a valid set, processor numbers are checked against its size by the call itself, and the kernel
        // reads and writes no more than its size.
        unsafe {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            assert_eq!(libc::sched_getaffinity(0, size_of_val(&set), &mut set), 0);
            let first = (0..8 * size_of_val(&set)).find(|&cpu| libc::CPU_ISSET(cpu, &set)).unwrap();
            libc::CPU_ZERO(&mut set);
            libc::CPU_SET(first, &mut set);
            assert_eq!(libc::sched_setaffinity(0, size_of_val(&set), &set), 0);
        }
        // Threads inherit it.
        crowd(&[1, 2, 4, 16, 64]);
    });
    pinned.join().unwrap();
}

/// What `f` panicked with.
fn payload<R>(f: impl FnOnce() -> R) -> Option<usize> {
    catch_unwind(AssertUnwindSafe(f)).map(drop).err().and_then(|payload| payload.downcast_ref().copied())
}

/// A panic without its message on the screen.
fn fail(n: usize) -> ! {
    resume_unwind(Box::new(n))
}

#[test]
fn a_panic_in_any_callback_arrives_and_the_pool_works_on() {
    for threads in [1, 2, 8] {
        let pool = Pool::new(threads).unwrap();
        let xs = [0_usize, 1, 2, 3];
        for round in 0..rounds(20) {
            assert_eq!(payload(|| pool.for_each_chunk(4, Chunk::size(1), |range| fail(range.start))), Some(0));
            assert_eq!(payload(|| pool.for_each_mut(&mut xs.clone(), |i, _| fail(i))), Some(0));
            assert_eq!(payload(|| pool.for_each_chunk_mut(&mut xs.clone(), Chunk::size(2), |i, _| fail(i))), Some(0));
            assert_eq!(payload(|| pool.map(&xs, |&x| if x == 2 { fail(x) } else { vec![x] })), Some(2));
            assert_eq!(payload(|| pool.starmap(&[(1_usize, 2_usize)], |a, b| -> usize { fail(a + b) })), Some(3));
            assert_eq!(payload(|| pool.starmap3(&[(1_usize, 2, 3)], |a, b, c| -> usize { fail(a + b + c) })), Some(6));
            assert_eq!(payload(|| pool.join(|| fail(1), || ())), Some(1));
            assert_eq!(payload(|| pool.join(|| (), || fail(2))), Some(2));
            assert_eq!(payload(|| pool.scope(|s| drop(s.spawn(|| fail(3))))), Some(3));
            assert_eq!(payload(|| pool.scope(|_| fail(4))), Some(4));
            assert_eq!(payload(|| pool.apply(|| fail(5))), Some(5));
            assert_eq!(payload(|| pool.install(|| fail(6))), Some(6));
            assert_eq!(
                payload(|| pool.broadcast(|i| if i == 0 {
                    fail(7)
                })),
                Some(7)
            );
            let mut lazy = pool.imap([8_usize, 9], buffer(2), |x| -> usize { fail(x) });
            assert_eq!(payload(|| lazy.next()), Some(8));
            assert_eq!(payload(|| pool.imap_unordered([8_usize], buffer(2), |x| -> usize { fail(x) }).next()), Some(8));
            let source = std::iter::from_fn(|| -> Option<usize> { fail(9) });
            assert_eq!(payload(|| pool.imap(source, buffer(2), |x| x).next()), Some(9), "the items panic");
            let failed: thread::Result<()> = pool.apply_async(|| fail(10)).join();
            for error in [
                failed.unwrap_err(),
                pool.map_async([1], |_| -> usize { fail(10) }).join().map(drop).unwrap_err(),
                pool.starmap_async([(1, 2)], |_, _| -> usize { fail(10) }).join().map(drop).unwrap_err(),
            ] {
                assert_eq!(error.downcast_ref(), Some(&10_usize));
            }
            every_verb(&pool, round);
        }
    }
}

/// A scope of maps of maps of joins of loops of scopes: six levels, each on whoever is idle.
fn six_deep() -> usize {
    let counted = AtomicUsize::new(0);
    worker_pool::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                worker_pool::map(&[1, 2, 3], |_| {
                    worker_pool::map(&[1, 2, 3], |_| {
                        let level = || {
                            worker_pool::for_each_chunk(3, Chunk::size(1), |_| {
                                worker_pool::scope(|s| {
                                    s.spawn(|| counted.fetch_add(1, Relaxed));
                                    s.spawn(|| counted.fetch_add(1, Relaxed)).join().unwrap();
                                });
                            });
                        };
                        worker_pool::join(level, level);
                    });
                });
            });
        }
    });
    counted.into_inner()
}

#[test]
fn verbs_nest_six_deep_on_one_and_two_threads() {
    for threads in [1, 2] {
        let pool = Pool::new(threads).unwrap();
        for _ in 0..rounds(10) {
            assert_eq!(pool.install(six_deep), 2 * 3 * 3 * 2 * 3 * 2);
            let reference = pool.install(current);
            let inside = pool.apply_async(move || reference.install(six_deep));
            assert_eq!(inside.join().unwrap(), 216);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The plain loop is the oracle.
    #[test]
    fn whatever_the_pool_and_the_cut_it_is_the_plain_loop(
        xs in prop::collection::vec(0_u32..100, 0..300),
        threads in 1_usize..6,
        chunk in prop::option::of(1_usize..400),
        buffer_size in 1_usize..40,
    ) {
        let pool = Pool::new(threads).unwrap();
        let chunk = chunk.map_or(Chunk::Auto, Chunk::size);
        let expected: Vec<String> = xs.iter().map(u32::to_string).collect();
        prop_assert_eq!(&pool.map_chunked(&xs, u32::to_string, chunk), &expected);
        let lazy: Vec<String> = pool.imap(xs.clone(), buffer(buffer_size), |x| x.to_string()).collect();
        prop_assert_eq!(&lazy, &expected);
        let mut chunked = xs.clone();
        pool.for_each_chunk_mut(&mut chunked, chunk, |offset, xs| xs.iter_mut().enumerate().for_each(|(i, x)| *x += (offset + i) as u32));
        prop_assert!(chunked.iter().zip(&xs).enumerate().all(|(i, (new, old))| *new == old + i as u32));
        let spawned: Vec<String> = pool.scope(|s| {
            let handles: Vec<_> = xs.iter().map(|x| s.spawn(move || x.to_string())).collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).collect()
        });
        prop_assert_eq!(&spawned, &expected);
    }
}
