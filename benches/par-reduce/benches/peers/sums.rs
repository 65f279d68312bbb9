//! Sums, exact and compensated sums, extrema, scans.

use accurate::sum::{Neumaier, OnlineExactSum, Sum2};
use accurate::traits::*;
use bench_kit::Workload;
use criterion::Criterion;
use par_reduce::{Isa, Nan, Reducer};
use rayon::prelude::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator, ParallelSlice};
use std::cell::RefCell;

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

fn orx_sum(x: &[f64]) -> f64 {
    use orx_parallel::*;
    x.par().sum()
}

/// Apart, because its traits have the names of rayon's.
mod paralight_peer {
    use paralight::prelude::*;

    pub(super) fn pool() -> ThreadPool {
        ThreadPoolBuilder {
            num_threads: ThreadCount::AvailableParallelism,
            range_strategy: RangeStrategy::WorkStealing,
            cpu_pinning: CpuPinningPolicy::No,
        }
        .build()
    }

    pub(super) fn sum(pool: &mut ThreadPool, x: &[f64]) -> f64 {
        x.par_iter().with_thread_pool(pool).sum::<f64>()
    }
}

pub(crate) fn plain(criterion: &mut Criterion, x: &[f64]) {
    let answer = x.iter().sum::<f64>();
    let chili = chili::ThreadPool::new();
    let mut paralight = paralight_peer::pool();
    let work = Workload::new("par-reduce/sum", &x.len().to_string(), x.len(), || x, answer)
        .contender("par-reduce", par_reduce::sum)
        .contender("par-reduce, AVX2 at most", |x| Reducer::new().isa(Isa::Avx2).sum(x))
        .contender("rayon", |x| x.par_iter().sum())
        .contender("rayon chunks + lanes", |x| x.par_chunks(1 << 16).map(lanes).sum())
        .contender("chili + lanes", |x| chili_sum(&mut chili.scope(), x))
        .contender("orx-parallel", orx_sum)
        .contender("paralight", |x| paralight_peer::sum(&mut paralight, x));
    #[cfg(openmp)]
    let work = work.contender("OpenMP", par_reduce_bench::openmp::sum);
    let work = work.contender("iter().sum()", |x| x.iter().sum());
    #[cfg(tbb)]
    let work = work.contender("TBB", par_reduce_bench::tbb::sum);
    let work = work.contender("lanes", lanes);
    #[cfg(stdpar)]
    let work = work.contender("std::reduce(par)", par_reduce_bench::stdpar::sum);
    let work = work.contender("one thread of par-reduce", |x| Reducer::new().sequential_below(usize::MAX).sum(x));
    work.run(criterion);
}

/// The narrow floats, which are added in `f64`.
pub(crate) fn narrow(criterion: &mut Criterion, x: &[f64]) {
    let mut narrow = crate::huge(x.len(), 0.0_f32);
    narrow.iter_mut().zip(x).for_each(|(narrow, v)| *narrow = *v as f32);
    let (x, answer) = (&narrow[..], x.iter().sum::<f64>());
    Workload::new("par-reduce/sum-f32", &x.len().to_string(), x.len(), || x, answer)
        .contender("par-reduce", par_reduce::sum)
        .contender("rayon", |x| x.par_iter().map(|v| f64::from(*v)).sum())
        .contender("iterators", |x| x.iter().map(|v| f64::from(*v)).sum())
        .run(criterion);
}

pub(crate) fn accurate(criterion: &mut Criterion, x: &[f64]) {
    let (answer, size) = (x.iter().sum::<f64>(), x.len().to_string());
    let work = Workload::new("par-reduce/exact-sum", &size, x.len(), || x, answer)
        .contender("par-reduce", par_reduce::sum_exact)
        .contender("limit: par-reduce, plain", par_reduce::sum);
    // The others take seconds beyond.
    let work = if x.len() > 1_000_000 {
        work
    } else {
        work.contender("accurate OnlineExact", |x| x.iter().copied().sum_with_accumulator::<OnlineExactSum<f64>>())
            .contender("fsum", |x| fsum::FSum::with_all(x.iter().copied()).value())
    };
    work.run(criterion);
    Workload::new("par-reduce/compensated-sum", &size, x.len(), || x, answer)
        .contender("par-reduce", par_reduce::sum_compensated)
        .contender("limit: par-reduce, plain", par_reduce::sum)
        .contender("accurate Sum2", |x| x.iter().copied().sum_with_accumulator::<Sum2<f64>>())
        .contender("accurate Neumaier", |x| x.iter().copied().sum_with_accumulator::<Neumaier<f64>>())
        .run(criterion);
}

pub(crate) fn extrema(criterion: &mut Criterion, x: &[f64]) {
    let best = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let work = Workload::new("par-reduce/max", &x.len().to_string(), x.len(), || x, best)
        .contender("par-reduce", |x| par_reduce::max_float(x, Nan::Ignore).unwrap())
        .contender("rayon", |x| x.par_iter().copied().reduce(|| f64::NEG_INFINITY, f64::max));
    #[cfg(openmp)]
    let work = work.contender("OpenMP", par_reduce_bench::openmp::max);
    let work = work.contender("fold", |x| x.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    work.run(criterion);
    let place = x.iter().position(|v| *v == best).unwrap();
    let first = |a: (usize, f64), b: (usize, f64)| if b.1 > a.1 || (b.1 == a.1 && b.0 < a.0) { b } else { a };
    let work = Workload::new("par-reduce/argmax", &x.len().to_string(), x.len(), || x, place)
        .contender("par-reduce", |x| par_reduce::argmax(x).unwrap())
        .contender("rayon", |x| x.par_iter().copied().enumerate().reduce_with(first).unwrap().0);
    #[cfg(stdpar)]
    let work = work.contender("std::max_element(par)", par_reduce_bench::stdpar::argmax);
    let work = work.contender("fold", |x| x.iter().copied().enumerate().reduce(first).unwrap().0);
    work.run(criterion);
}

/// Integers: each width has instructions of its own.
pub(crate) fn integer_extrema(criterion: &mut Criterion, n: usize) {
    let mut x = crate::huge(n, 0_i64);
    par_reduce::fill_random(&mut x, 7, i64::MIN..i64::MAX);
    let (x, least, greatest) = (&x[..], *x.iter().min().unwrap(), *x.iter().max().unwrap());
    Workload::new("par-reduce/min-max-i64", &n.to_string(), n, || x, (least, greatest))
        .contender("par-reduce", |x| par_reduce::min_max(x).map(|(a, b)| (*a, *b)).unwrap())
        .contender("rayon", |x| (*x.par_iter().min().unwrap(), *x.par_iter().max().unwrap()))
        .contender("iterators", |x| (*x.iter().min().unwrap(), *x.iter().max().unwrap()))
        .run(criterion);
}

pub(crate) fn scans(criterion: &mut Criterion, n: usize) {
    let mut x = crate::huge(n, 0_u64);
    par_reduce::fill_with(&mut x, |i| i as u64);
    let last = x.iter().sum::<u64>();
    let out = RefCell::new(crate::huge(n, 0_u64));
    let with = |scan: &dyn Fn(&[u64], &mut [u64])| {
        let mut out = out.borrow_mut();
        scan(&x, &mut out);
        out[n - 1]
    };
    let work = Workload::new("par-reduce/scan", &n.to_string(), n, || (), last)
        .contender("par-reduce", |()| with(&|x, out| par_reduce::inclusive_scan_into(x, out, |a, b| a + b)));
    #[cfg(tbb)]
    let work = work.contender("TBB", |()| with(&par_reduce_bench::tbb::scan));
    #[cfg(stdpar)]
    let work = work.contender("std::inclusive_scan(par)", |()| with(&par_reduce_bench::stdpar::scan));
    let work = work.contender("loop", |()| {
        with(&|x, out| {
            let mut sum = 0;
            out.iter_mut().zip(x).for_each(|(slot, v)| {
                sum += v;
                *slot = sum;
            });
        })
    });
    work.run(criterion);
}
