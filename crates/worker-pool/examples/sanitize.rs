//! A small use of every verb, for the address and thread sanitizers and valgrind.
use worker_pool::{Chunk, Pool};

fn main() {
    for threads in [1, 2, 4] {
        let pool = Pool::new(threads).expect("threads can be had");
        let mut numbers: Vec<u64> = (0..10_000).collect();
        pool.for_each_chunk_mut(&mut numbers, Chunk::size(100), |_, chunk| chunk.iter_mut().for_each(|n| *n += 1));
        let strings = pool.map(&numbers, |n| n.to_string());
        assert_eq!(strings[41], "42");
        let (a, b) = pool.join(|| strings.len(), || numbers.iter().sum::<u64>());
        assert_eq!((a, b), (10_000, 50_005_000));
        let mut parts = [0; 4];
        pool.scope(|scope| {
            for (part, chunk) in parts.iter_mut().zip(numbers.chunks(2500)) {
                scope.spawn(move || *part = chunk.iter().sum());
            }
        });
        assert_eq!(parts.iter().sum::<u64>(), b);
        let handles: Vec<_> = (0..50).map(|n| pool.apply_async(move || vec![n; 10])).collect();
        let sum: usize = handles.into_iter().map(|handle| handle.join().expect("no panic").len()).sum();
        assert_eq!(sum, 500);
        let panicked = pool.apply_async(|| panic!("on purpose")).join();
        assert!(panicked.is_err());
        assert_eq!(pool.broadcast(|index| index).len(), threads);
    }
}
