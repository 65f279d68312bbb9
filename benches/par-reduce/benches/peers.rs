//! `par-reduce` against its peers: sums, exact sums, extrema, scans, matrices, fills.
//!
//! The inputs are whole numbers below 2^20, so that every contender's float sum is exact and can be asserted.

use accurate::sum::{OnlineExactSum, Sum2};
use accurate::traits::*;
use bench_kit::{Workload, quick};
use par_reduce::{Matrix, Reducer};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use rayon::prelude::*;
use std::hint::black_box;
use std::time::Instant;

const THREADS_NOTE: &str = "threads of every contender: all processors";

fn numbers(n: usize) -> Vec<f64> {
    let mut x = vec![0_i32; n];
    par_reduce::fill_random(&mut x, 7, 0..1 << 20);
    x.into_iter().map(f64::from).collect()
}

/// 64 lanes, as a user of rayon or chili would write them by hand, without a choice of instructions.
fn lanes(x: &[f64]) -> f64 {
    let mut lanes = [0.0; 64];
    let (rows, tail) = x.as_chunks::<64>();
    for row in rows {
        for i in 0..64 {
            lanes[i] += row[i];
        }
    }
    lanes.iter().sum::<f64>() + tail.iter().sum::<f64>()
}

fn chili_sum(scope: &mut chili::Scope<'_>, x: &[f64]) -> f64 {
    if x.len() <= 1 << 16 {
        return lanes(x);
    }
    let (left, right) = x.split_at(x.len() / 2);
    let (a, b) = scope.join(|s| chili_sum(s, left), |s| chili_sum(s, right));
    a + b
}

fn sizes() -> &'static [usize] {
    if quick() { &[1_000, 1_000_000] } else { &[1_000, 100_000, 1_000_000, 10_000_000, 100_000_000] }
}

fn main() {
    let mut criterion = bench_kit::criterion();
    println!("{THREADS_NOTE}");
    #[cfg(not(openmp))]
    println!("skipped: OpenMP (no C++ compiler with OpenMP was found)");
    println!("skipped: NumPy (run beside this in its own process)");
    for &n in sizes() {
        let x = numbers(n);
        sums(&mut criterion, &x);
        extrema(&mut criterion, &x);
        if n >= 1_000_000 {
            bandwidth(&x);
        }
        if n <= 10_000_000 {
            accurate_sums(&mut criterion, &x);
        }
        if n == 1_000_000 || n == 100_000_000 {
            scans(&mut criterion, n);
            fills(&mut criterion, n);
        }
    }
    matrices(&mut criterion);
    criterion.final_summary();
}

fn sums(criterion: &mut criterion::Criterion, x: &[f64]) {
    let answer = x.iter().sum::<f64>();
    let chili = chili::ThreadPool::new();
    let mut work = Workload::new("par-reduce/sum", &x.len().to_string(), x.len(), || x, answer)
        .contender("par-reduce", par_reduce::sum)
        .contender("par-reduce, one thread", |x| Reducer::new().sequential_below(usize::MAX).sum(x))
        .contender("iter().sum()", |x| x.iter().sum())
        .contender("rayon", |x| x.par_iter().sum())
        .contender("rayon chunks + lanes", |x| x.par_chunks(1 << 16).map(lanes).sum())
        .contender("chili + lanes", |x| chili_sum(&mut chili.scope(), x));
    #[cfg(openmp)]
    {
        work = work.contender("OpenMP", par_reduce_bench::openmp::sum);
    }
    #[cfg(not(openmp))]
    {
        work = work.contender("lanes", lanes);
    }
    work.run(criterion);
}

fn accurate_sums(criterion: &mut criterion::Criterion, x: &[f64]) {
    let answer = x.iter().sum::<f64>();
    Workload::new("par-reduce/accurate-sum", &x.len().to_string(), x.len(), || x, answer)
        .contender("par-reduce", par_reduce::sum_exact)
        .contender("par-reduce, compensated", par_reduce::sum_compensated)
        .contender("par-reduce, plain", par_reduce::sum)
        .contender("accurate Sum2", |x| x.iter().copied().sum_with_accumulator::<Sum2<f64>>())
        .contender("accurate OnlineExact", |x| x.iter().copied().sum_with_accumulator::<OnlineExactSum<f64>>())
        .run(criterion);
}

fn extrema(criterion: &mut criterion::Criterion, x: &[f64]) {
    let best = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut work = Workload::new("par-reduce/max", &x.len().to_string(), x.len(), || x, best)
        .contender("par-reduce", |x| par_reduce::max_float(x, par_reduce::Nan::Ignore).unwrap())
        .contender("fold", |x| x.iter().copied().fold(f64::NEG_INFINITY, f64::max))
        .contender("rayon", |x| x.par_iter().copied().reduce(|| f64::NEG_INFINITY, f64::max));
    #[cfg(openmp)]
    {
        work = work.contender("OpenMP", par_reduce_bench::openmp::max);
    }
    #[cfg(not(openmp))]
    {
        work = work.contender("max_by", |x| x.iter().copied().max_by(f64::total_cmp).unwrap());
    }
    work.run(criterion);
    let place = x.iter().position(|v| *v == best).unwrap();
    let first = |a: (usize, f64), b: (usize, f64)| if b.1 > a.1 || (b.1 == a.1 && b.0 < a.0) { b } else { a };
    Workload::new("par-reduce/argmax", &x.len().to_string(), x.len(), || x, place)
        .contender("par-reduce", |x| par_reduce::argmax(x).unwrap())
        .contender("fold", |x| x.iter().copied().enumerate().reduce(first).unwrap().0)
        .contender("rayon", |x| x.par_iter().copied().enumerate().reduce_with(first).unwrap().0)
        .run(criterion);
}

/// The most that all processors read in a second, against what `sum` reads.
fn bandwidth(x: &[f64]) {
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

fn scans(criterion: &mut criterion::Criterion, n: usize) {
    let x: Vec<u64> = (0..n as u64).collect();
    let last = x.iter().sum::<u64>();
    let mut out = vec![0; n];
    let out = std::cell::RefCell::new(&mut out);
    Workload::new("par-reduce/scan", &n.to_string(), n, || &x[..], last)
        .contender("par-reduce", |x| {
            let mut out = out.borrow_mut();
            par_reduce::inclusive_scan_into(x, &mut out, |a, b| a + b);
            out[n - 1]
        })
        .contender("loop", |x| {
            let mut out = out.borrow_mut();
            let mut sum = 0;
            out.iter_mut().zip(x).for_each(|(slot, v)| {
                sum += v;
                *slot = sum;
            });
            out[n - 1]
        })
        .run(criterion);
}

fn fills(criterion: &mut criterion::Criterion, n: usize) {
    let mut out = vec![0_i32; n];
    let out = std::cell::RefCell::new(&mut out);
    let check = |out: &[i32]| (0..1000).contains(&out[0]) && (0..1000).contains(&out[n - 1]);
    Workload::new("par-reduce/fill", &n.to_string(), n, || (), true)
        .contender("par-reduce", |()| {
            let mut out = out.borrow_mut();
            par_reduce::fill_random(&mut out, 7, 0..1000);
            check(&out)
        })
        .contender("par-reduce, one thread", |()| {
            let mut out = out.borrow_mut();
            Reducer::new().sequential_below(usize::MAX).fill_random(&mut out, 7, 0..1000);
            check(&out)
        })
        .contender("rayon + SmallRng", |()| {
            let mut out = out.borrow_mut();
            out.par_chunks_mut(1 << 16).enumerate().for_each(|(i, part)| {
                let mut rng = SmallRng::seed_from_u64(i as u64);
                part.iter_mut().for_each(|slot| *slot = rng.random_range(0..1000));
            });
            check(&out)
        })
        .contender("SmallRng", |()| {
            let mut out = out.borrow_mut();
            let mut rng = SmallRng::seed_from_u64(7);
            out.iter_mut().for_each(|slot| *slot = rng.random_range(0..1000));
            check(&out)
        })
        .run(criterion);
}

fn matrices(criterion: &mut criterion::Criterion) {
    let (rows, cols) = (1000, 100);
    let data = numbers(rows * cols);
    let answer = data.iter().sum::<f64>();
    let view = ndarray::ArrayView2::from_shape((rows, cols), &data).unwrap();
    Workload::new("par-reduce/matrix-sum", "1000x100", rows * cols, || &data[..], answer)
        .contender("par-reduce", |data| par_reduce::matrix_sum(Matrix::new(data, rows, cols).unwrap()))
        .contender("iter().sum()", |data| data.iter().sum())
        .contender("rayon", |data| data.par_chunks(cols).map(|row| row.iter().sum::<f64>()).sum())
        .contender("ndarray", |_| view.sum())
        .run(criterion);
    let sides: &[usize] = if quick() { &[200, 1000] } else { &[200, 1000, 4000] };
    for &side in sides {
        let (a, x) = (numbers(side * side), numbers(side));
        let naive = |row: &[f64]| row.iter().zip(&x).map(|(a, x)| a * x).sum::<f64>();
        let answer: Vec<f64> = a.chunks(side).map(naive).collect();
        let (view, vector) =
            (ndarray::ArrayView2::from_shape((side, side), &a).unwrap(), ndarray::ArrayView1::from(&x));
        let work =
            Workload::new("par-reduce/matvec", &format!("{side}x{side}"), side * side, || vec![0.0; side], answer)
                .contender("par-reduce", |mut y| {
                    par_reduce::matvec_into(Matrix::new(&a, side, side).unwrap(), &x, &mut y).unwrap();
                    y
                })
                .contender("iterators", |mut y| {
                    y.iter_mut().zip(a.chunks(side)).for_each(|(y, row)| *y = naive(row));
                    y
                })
                .contender("rayon", |mut y| {
                    y.par_iter_mut().zip(a.par_chunks(side)).for_each(|(y, row)| *y = naive(row));
                    y
                })
                .contender("ndarray", |_| view.dot(&vector).to_vec());
        #[cfg(openmp)]
        let work = work.contender("OpenMP", |mut y| {
            par_reduce_bench::openmp::matvec(&a, &x, &mut y);
            y
        });
        work.run(criterion);
    }
}
