//! How much of the machine's read bandwidth the sum gets.

use std::hint::black_box;
use std::time::Instant;

/// The most that all processors read in a second, against what `sum` reads.
pub(crate) fn bandwidth(x: &[f64]) {
    let limit = read_limit(x);
    let ours = (0..9).map(|_| {
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

/// Seconds to read `x` by one thread for each processor: parts fixed, threads running already, integer additions in
/// the widest registers. The best of 9 rounds and of one or four streams in each part; waking is not counted.
fn read_limit(x: &[f64]) -> f64 {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let barrier = &std::sync::Barrier::new(threads);
    let round = |streams: usize| {
        let once = |part: &[f64]| {
            barrier.wait();
            let start = Instant::now();
            part.chunks(part.len().div_ceil(64)).for_each(|block| _ = black_box(read(block, streams)));
            start.elapsed().as_secs_f64()
        };
        std::thread::scope(|scope| {
            let parts = x.chunks(x.len().div_ceil(threads));
            let readers: Vec<_> =
                parts.map(|part| scope.spawn(move || (0..9).map(|_| once(part)).collect::<Vec<_>>())).collect();
            let times: Vec<_> = readers.into_iter().map(|reader| reader.join().unwrap()).collect();
            let rounds = (0..9).map(|i| times.iter().map(|times| times[i]).fold(0.0, f64::max));
            rounds.fold(f64::INFINITY, f64::min)
        })
    };
    round(1).min(round(4))
}

/// Adds up the bits of a block that is read in one or four streams.
fn read(block: &[f64], streams: usize) -> u64 {
    #[inline(always)]
    fn add(block: &[f64], streams: usize) -> u64 {
        let mut sums = [0_u64; 32];
        let mut add = |row: &[f64; 32]| {
            for i in 0..32 {
                sums[i] = sums[i].wrapping_add(row[i].to_bits());
            }
        };
        if streams == 4 {
            let quarter = block.len() / 4;
            let [a, b, c, d] = [0, 1, 2, 3].map(|i| block[i * quarter..(i + 1) * quarter].as_chunks::<32>().0);
            for (((a, b), c), d) in a.iter().zip(b).zip(c).zip(d) {
                [a, b, c, d].into_iter().for_each(&mut add);
            }
        } else {
            block.as_chunks::<32>().0.iter().for_each(&mut add);
        }
        sums.iter().fold(0, |all, sum| all.wrapping_add(*sum))
    }
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f")]
        fn avx512(block: &[f64], streams: usize) -> u64 {
            add(block, streams)
        }
        #[target_feature(enable = "avx2")]
        fn avx2(block: &[f64], streams: usize) -> u64 {
            add(block, streams)
        }
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor was just found to have it.
            return unsafe { avx512(block, streams) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            return unsafe { avx2(block, streams) };
        }
    }
    add(block, streams)
}
