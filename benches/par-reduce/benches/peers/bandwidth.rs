//! How much of the machine's read bandwidth the sum gets.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Times that everything is read; the best one counts.
const ROUNDS: usize = 25;

/// The most that all processors read in a second, against what `sum` reads.
pub(crate) fn bandwidth(x: &[f64]) {
    let limit = STREAMS.map(|streams| read_limit(x, streams)).into_iter().fold(f64::INFINITY, f64::min);
    let ours = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        black_box(par_reduce::sum(x));
        start.elapsed().as_secs_f64()
    });
    let gigabytes = size_of_val(x) as f64 / 1e9;
    let (limit, ours) = (gigabytes / limit, gigabytes / ours.fold(f64::INFINITY, f64::min));
    println!(
        "par-reduce/bandwidth/{}: limit: read {limit:.1} GB/s, par-reduce sum {ours:.1} GB/s: {:.0} % of it",
        x.len(),
        100.0 * ours / limit
    );
}

/// How many streams are read side by side in each part: the most depends on the machine and the cache.
const STREAMS: [usize; 3] = [1, 2, 4];

/// Seconds to read `x` by one thread for each processor: parts fixed, threads running already, integer additions in
/// the widest registers. Waking is not counted.
fn read_limit(x: &[f64], streams: usize) -> f64 {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let arrived = &AtomicUsize::new(0);
    let once = |round: usize, part: &[f64]| {
        // They wait awake: a sleeper finds the clock of its processor low and its caches used by others.
        arrived.fetch_add(1, Ordering::AcqRel);
        while arrived.load(Ordering::Acquire) < (round + 1) * threads {
            std::hint::spin_loop();
        }
        let start = Instant::now();
        black_box(read(black_box(part), streams));
        start.elapsed().as_secs_f64()
    };
    std::thread::scope(|scope| {
        let parts = x.chunks(x.len().div_ceil(threads));
        let readers: Vec<_> = parts
            .map(|part| scope.spawn(move || (0..ROUNDS).map(|round| once(round, part)).collect::<Vec<_>>()))
            .collect();
        let times: Vec<_> = readers.into_iter().map(|reader| reader.join().unwrap()).collect();
        let rounds = (0..ROUNDS).map(|i| times.iter().map(|times| times[i]).fold(0.0, f64::max));
        rounds.fold(f64::INFINITY, f64::min)
    })
}

/// Adds up the bits of a part that is read in one or more streams.
fn read(part: &[f64], streams: usize) -> u64 {
    #[inline(always)]
    fn add(part: &[f64], streams: usize) -> u64 {
        match streams {
            1 => add_streams::<1>(part),
            2 => add_streams::<2>(part),
            _ => add_streams::<4>(part),
        }
    }
    #[inline(always)]
    fn add_streams<const N: usize>(part: &[f64]) -> u64 {
        let mut sums = [0_u64; 64];
        let length = part.len() / N;
        let streams: [_; N] = std::array::from_fn(|i| part[i * length..(i + 1) * length].as_chunks::<64>().0);
        for i in 0..length / 64 {
            for stream in streams {
                for j in 0..64 {
                    sums[j] = sums[j].wrapping_add(stream[i][j].to_bits());
                }
            }
        }
        sums.iter().fold(0, |all, sum| all.wrapping_add(*sum))
    }
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f")]
        fn avx512(part: &[f64], streams: usize) -> u64 {
            add(part, streams)
        }
        #[target_feature(enable = "avx2")]
        fn avx2(part: &[f64], streams: usize) -> u64 {
            add(part, streams)
        }
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor was just found to have it.
            return unsafe { avx512(part, streams) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            return unsafe { avx2(part, streams) };
        }
    }
    add(part, streams)
}
