//! What the benchmarks share. A [`Workload`] has one input, one answer and several contenders: every contender, peers
//! included, must give the answer before any of them is timed; they are then timed in many short stretches that take
//! turns, so that a machine that becomes slower becomes so for all alike. CPU time of the whole process is taken beside
//! the wall time, because a contender that spins while it waits looks fast by the clock alone.
//!
//! ```no_run
//! let mut criterion = bench_kit::criterion();
//! let numbers: Vec<u64> = (0..1000).rev().collect();
//! let mut sorted = numbers.clone();
//! sorted.sort();
//! bench_kit::Workload::new("par-sort/reversed", "1000", numbers.len(), || numbers.clone(), sorted)
//!     .contender("std", |mut v| { v.sort(); v })
//!     .contender("std unstable", |mut v| { v.sort_unstable(); v })
//!     .run(&mut criterion);
//! criterion.final_summary();
//! ```

mod cpu;
mod workload;

pub use cpu::{cpu_time, thread_cpu_time};
pub use workload::Workload;

pub use criterion::Criterion;

/// Whether `cargo xtask bench --quick` asked for a short run: smaller sizes, fewer cells.
pub fn quick() -> bool {
    std::env::var_os("BENCH_QUICK").is_some()
}

/// Criterion without plots; it reads the command line, so that `--save-baseline` and filters work. How long is measured is
/// [`Workload`]'s affair.
pub fn criterion() -> Criterion {
    Criterion::default().without_plots().nresamples(1000).configure_from_args()
}
