//! What the demos share, so that only the concept is left in a demo: flags, tables, checks, progress, colour,
//! the text of real files, and random numbers.
//!
//! A demo builds a [`Demo`], says things, adds rows whose checks it remembers, and ends with [`Demo::finish`],
//! which is the exit code: 0 when every check held, 1 when one failed. A bad command line ends with 2.
//!
//! ```no_run
//! use demo_kit::{Demo, time};
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     let mut demo = Demo::new("par-sort", "T blocks sorted in parallel, then one T-way merge.")
//!         .size("numbers to sort", 1_000_000)
//!         .option("input", "FILE", "sort the lines of this file; may be given more than once")
//!         .start();
//!     let numbers = demo_kit::random::numbers(demo.size(), demo.seed());
//!     demo.section("Random numbers");
//!     let (sorted, sequential) = time(|| { let mut v = numbers.clone(); v.sort(); v });
//!     let (same, parallel) = time(|| { let mut v = numbers.clone(); v.sort(); v });
//!     demo.compare("all of them", sequential, parallel, sorted == same);
//!     demo.finish()
//! }
//! ```

mod args;
mod cell;
mod demo;
mod paint;
mod progress;
pub mod random;
pub mod text;

pub use args::Builder;
pub use cell::Cell;
pub use demo::Demo;
pub use progress::Progress;

use std::time::{Duration, Instant};

/// Runs `work` once and says how long it took on the clock.
pub fn time<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}
