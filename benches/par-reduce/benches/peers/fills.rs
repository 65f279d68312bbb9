//! Random numbers.

use bench_kit::Workload;
use criterion::Criterion;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSliceMut};
use std::cell::RefCell;

pub(crate) fn fills(criterion: &mut Criterion, n: usize) {
    let out = RefCell::new(crate::huge(n, 0_i32));
    let with = |fill: &dyn Fn(&mut [i32])| {
        let mut out = out.borrow_mut();
        fill(&mut out);
        (0..1000).contains(&out[0]) && (0..1000).contains(&out[n - 1])
    };
    Workload::new("par-reduce/fill", &n.to_string(), n, || (), true)
        .contender("par-reduce", |()| with(&|out| par_reduce::fill_random(out, 7, 0..1000)))
        .contender("rayon + SmallRng blocks", |()| {
            with(&|out| {
                out.par_chunks_mut(1 << 16).enumerate().for_each(|(i, part)| {
                    let mut rng = SmallRng::seed_from_u64(i as u64);
                    part.iter_mut().for_each(|slot| *slot = rng.random_range(0..1000));
                })
            })
        })
        .contender("SmallRng", |()| {
            with(&|out| {
                let mut rng = SmallRng::seed_from_u64(7);
                out.iter_mut().for_each(|slot| *slot = rng.random_range(0..1000));
            })
        })
        .run(criterion);
}
