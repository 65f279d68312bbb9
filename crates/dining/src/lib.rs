#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod arbiter;
pub mod detect;
mod dinner;
mod json;
mod policy;
mod resource_table;
mod rng;
mod set;
mod sync;

pub use dinner::{
    Activity, DeadlockReport, Dinner, DinnerError, Outcome, Report, Running, Snapshot, Span, SpanKind, Stop, Strategy,
    Threads, Topology, Waits, Work,
};
pub use policy::Policy;
pub use resource_table::{Claim, Hold, ResourceTable, TableStats, TimedOut, UnknownResource};
