#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod detect;
mod dinner;
mod json;
mod rng;
mod sync;

pub use dinner::{
    Activity, DeadlockReport, Dinner, DinnerError, Outcome, Report, Running, Snapshot, Span, SpanKind, Stop, Strategy,
    Threads, Topology, Waits, Work,
};
