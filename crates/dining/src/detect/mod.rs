//! Deadlocks as values: who holds what, who waits for whom, and the cycle.

mod graph;

pub use graph::{Claimed, Cycle, Link, LockLabel, Party, WaitGraph};
