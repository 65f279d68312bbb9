//! The contenders of the benchmarks: every pool behind one function that runs two halves of a piece of work.

use chili::{Config, ThreadPool as Chili};
use orx_parallel::{IntoParIter as _, Par as _};
use paralight::prelude::*;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use worker_pool::{Chunk, Pool};

/// Threads of every pool: what the measured machine has.
pub const THREADS: usize = 2;

static RESULTS: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];

/// Two equal halves of work that no compiler can shorten, each a chain of multiplications.
#[derive(Clone, Copy, Debug)]
pub struct Halves {
    steps: u64,
}

impl Halves {
    /// Halves of about `micros` microseconds each on this machine.
    pub fn of(micros: u64) -> Self {
        let trial = 1 << 20;
        let best = (0..9).map(|_| {
            let start = Instant::now();
            black_box(chain(trial, 1));
            start.elapsed().as_nanos() as u64
        });
        let nanos = best.min().unwrap_or(1).max(1);
        Self { steps: micros * 1000 * trial / nanos }
    }

    /// Does half `i`.
    pub fn run(self, i: usize) {
        RESULTS[i].store(chain(black_box(self.steps), i as u64), Ordering::Relaxed);
    }

    /// What both halves must have left behind.
    pub fn answer(self) -> [u64; 2] {
        [chain(self.steps, 0), chain(self.steps, 1)]
    }

    /// What both halves left behind; forgotten by being read.
    pub fn take_results() -> [u64; 2] {
        [RESULTS[0].swap(0, Ordering::Relaxed), RESULTS[1].swap(0, Ordering::Relaxed)]
    }
}

fn chain(steps: u64, seed: u64) -> u64 {
    (0..steps).fold(seed, |x, _| x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
}

/// A pool under test.
pub type Contender = (&'static str, Box<dyn FnMut(Halves)>);

/// Every pool, warmed up by its first use.
pub fn contenders() -> Vec<Contender> {
    let mut all = ours();
    all.extend(peers());
    all.extend(foreign());
    all
}

/// The pool of this workspace, by its verbs.
pub fn ours() -> Vec<Contender> {
    let pool: &'static Pool = Box::leak(Box::new(Pool::new(THREADS).expect("threads start")));
    vec![
        (
            "worker-pool",
            Box::new(move |work| pool.for_each_chunk(2, Chunk::size(1), |range| range.for_each(|i| work.run(i)))),
        ),
        ("worker-pool join", Box::new(move |work| _ = pool.join(|| work.run(0), || work.run(1)))),
        ("worker-pool broadcast", Box::new(move |work| _ = pool.broadcast(|i| work.run(i)))),
    ]
}

fn peers() -> Vec<Contender> {
    let rayon: &'static rayon::ThreadPool =
        Box::leak(Box::new(rayon::ThreadPoolBuilder::new().num_threads(THREADS).build().expect("threads start")));
    let config = Config { thread_count: std::num::NonZero::new(THREADS), ..Config::default() };
    let chili: &'static Chili = Box::leak(Box::new(Chili::with_config(config)));
    let mut paralight = ThreadPoolBuilder {
        num_threads: ThreadCount::try_from(THREADS).expect("not zero"),
        range_strategy: RangeStrategy::Fixed,
        cpu_pinning: CpuPinningPolicy::No,
    }
    .build();
    let mut scoped = scoped_threadpool::Pool::new(THREADS as u32);
    let threads = threadpool::ThreadPool::new(THREADS);
    vec![
        ("rayon join", Box::new(move |work| _ = rayon.join(|| work.run(0), || work.run(1)))),
        (
            "rayon par_iter",
            Box::new(move |work| {
                use rayon::prelude::*;
                rayon.install(|| {
                    rayon::iter::IntoParallelIterator::into_par_iter(0..2_usize)
                        .with_max_len(1)
                        .for_each(|i| work.run(i))
                });
            }),
        ),
        ("rayon broadcast", Box::new(move |work| _ = rayon.broadcast(|context| work.run(context.index())))),
        ("chili join", Box::new(move |work| _ = chili.scope().join(|_| work.run(0), |_| work.run(1)))),
        (
            "paralight",
            Box::new(move |work| {
                [0_usize, 1].par_iter().with_thread_pool(&mut paralight).for_each(|&i| work.run(i));
            }),
        ),
        (
            "orx-parallel",
            Box::new(move |work| (0..2_usize).into_par().num_threads(THREADS).chunk_size(1).for_each(|i| work.run(i))),
        ),
        (
            "scoped_threadpool",
            Box::new(move |work| {
                scoped.scoped(|scope| {
                    scope.execute(|| work.run(0));
                    scope.execute(|| work.run(1));
                });
            }),
        ),
        (
            "threadpool",
            Box::new(move |work| {
                threads.execute(move || work.run(0));
                threads.execute(move || work.run(1));
                threads.join();
            }),
        ),
        (
            "std::thread::scope",
            Box::new(|work| {
                std::thread::scope(|scope| {
                    scope.spawn(|| work.run(1));
                    work.run(0);
                });
            }),
        ),
        (
            "one thread",
            Box::new(|work| {
                work.run(0);
                work.run(1);
            }),
        ),
    ]
}

#[cfg(any(openmp, tbb))]
type Body = unsafe extern "C" fn(*const std::ffi::c_void, usize);

#[cfg(openmp)]
unsafe extern "C" {
    fn openmp_for(n: usize, threads: i32, body: Body, context: *const std::ffi::c_void);
}
#[cfg(tbb)]
unsafe extern "C" {
    fn tbb_for(n: usize, threads: i32, body: Body, context: *const std::ffi::c_void);
}

/// What `shim.cpp` could be built with.
fn foreign() -> Vec<Contender> {
    #[cfg(any(openmp, tbb))]
    unsafe extern "C" fn half(context: *const std::ffi::c_void, i: usize) {
        // SAFETY: both callers below pass a `Halves` that lives until all halves are done.
        unsafe { *context.cast::<Halves>() }.run(i);
    }
    vec![
        #[cfg(openmp)]
        (
            "OpenMP",
            Box::new(|work: Halves| {
                // SAFETY: `half` reads a `Halves`, which lives on this stack until the call is over.
                unsafe { openmp_for(2, THREADS as i32, half, (&raw const work).cast()) }
            }) as Box<dyn FnMut(Halves)>,
        ),
        #[cfg(tbb)]
        (
            "TBB",
            Box::new(|work: Halves| {
                // SAFETY: as for OpenMP.
                unsafe { tbb_for(2, THREADS as i32, half, (&raw const work).cast()) }
            }) as Box<dyn FnMut(Halves)>,
        ),
    ]
}
