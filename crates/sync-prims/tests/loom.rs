//! Model checking: every interleaving, up to a bound on preemptions, of small uses of the public API.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p sync-prims --release --test loom --target-dir target/loom`
//!
//! A model that cannot fail proves nothing, so the library knows a few faults by name (`planted` in `src/sync.rs`), and
//! [`mutants`] runs a model of this file against each in a process of its own, which must come to grief.
#![cfg(loom)]

#[path = "loom/barrier.rs"]
mod barrier;
#[path = "loom/event_count.rs"]
mod event_count;
#[path = "loom/exchange.rs"]
mod exchange;
#[path = "loom/latch.rs"]
mod latch;
#[path = "loom/monitor.rs"]
mod monitor;
#[path = "loom/mutants.rs"]
mod mutants;
#[path = "loom/semaphore.rs"]
mod semaphore;

/// All interleavings with at most `preemptions` involuntary switches.
fn model(preemptions: usize, run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(run);
}

/// A deadline that no model reaches: under the model checker a timed wait ends at any moment anyway.
fn some_day() -> std::time::Instant {
    std::time::Instant::now() + std::time::Duration::from_secs(1000)
}
