//! A small use of every verb, for the address and thread sanitizers and valgrind.
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use worker_pool::{Chunk, Pool, Shutdown};

fn main() {
    for threads in [1, 2, 4] {
        // Workers that poll, and workers that sleep at once.
        for spin in [Duration::from_micros(20), Duration::ZERO] {
            let pool = Pool::builder().threads(threads).spin(spin).build().expect("threads can be had");
            borrowed(&pool);
            owned(&pool);
            panics(&pool);
            pool.shutdown(Shutdown::CancelPending).expect("no hook panics");
        }
    }
}

/// Work on borrowed data.
fn borrowed(pool: &Pool) {
    let mut numbers: Vec<u64> = (0..10_000).collect();
    pool.for_each_chunk_mut(&mut numbers, Chunk::size(100), |_, chunk| chunk.iter_mut().for_each(|n| *n += 1));
    let strings = pool.map(&numbers, |n| n.to_string());
    assert_eq!(strings[41], "42");
    for _ in 0..100 {
        let (a, b) = pool.join(|| strings.len(), || numbers.iter().sum::<u64>());
        assert_eq!((a, b), (10_000, 50_005_000));
    }
    let mut parts = [0; 4];
    pool.scope(|scope| {
        for (part, chunk) in parts.iter_mut().zip(numbers.chunks(2500)) {
            scope.spawn(move || *part = pool.map_chunked(chunk, |n| *n, Chunk::size(500)).iter().sum());
        }
    });
    assert_eq!(parts.iter().sum::<u64>(), 50_005_000);
    assert_eq!(pool.broadcast(|index| index).len(), pool.threads());
}

/// Tasks that own what they work on.
fn owned(pool: &Pool) {
    let handles: Vec<_> = (0..50).map(|n| pool.apply_async(move || vec![n; 10])).collect();
    let sum: usize = handles.into_iter().map(|handle| handle.join().expect("no panic").len()).sum();
    assert_eq!(sum, 500);
    let buffer = NonZeroUsize::new(8).expect("not zero");
    assert_eq!(pool.imap(0..100_u64, buffer, |x| vec![x]).flatten().sum::<u64>(), 4950);
    assert_eq!(pool.imap_unordered(0.., buffer, |x: u64| vec![x]).take(10).count(), 10);
    let lengths = pool.map_async(vec!["one".to_owned(), "three".to_owned()], String::len);
    lengths.wait_timeout(Duration::MAX);
    assert_eq!(lengths.join().expect("no panic"), [3, 5]);
    let _ = pool.apply_async(|| vec![1]).cancel();
}

/// Results of a map that panics are dropped, payloads arrive.
fn panics(pool: &Pool) {
    let numbers: Vec<usize> = (0..1000).collect();
    let fails = |&n: &usize| if n == 700 { std::panic::resume_unwind(Box::new(n)) } else { n.to_string() };
    let outcome = catch_unwind(AssertUnwindSafe(|| pool.map(&numbers, fails)));
    assert_eq!(outcome.map(drop).expect_err("it panics").downcast_ref(), Some(&700_usize));
    let failed: std::thread::Result<()> = pool.apply_async(|| std::panic::resume_unwind(Box::new(1))).join();
    assert!(failed.is_err());
}
