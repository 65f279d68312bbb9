#![doc = include_str!("../README.md")]
// Allowed in `lock/cell.rs` and, to call it, where a grant becomes a guard.
#![deny(unsafe_code)]

mod arbiter;
pub mod detect;
mod dinner;
mod gate;
mod held;
mod json;
mod keyed_locks;
mod lanes;
mod lock;
mod lock_all;
mod policy;
mod resource_table;
mod rng;
mod set;
mod sync;
mod transaction;

pub use detect::DeadlockReport;
pub use dinner::{
    Activity, Dinner, DinnerError, Outcome, Report, Running, Snapshot, Span, SpanKind, Stop, Strategy, Threads,
    Topology, Waits, Work,
};
pub use gate::TimedOut;
pub use keyed_locks::{KeyedGuard, KeyedLocks};
pub use lock::{Guard, Lock};
pub use lock_all::{LockGroup, lock_all, lock_all_timeout, try_lock_all};
pub use policy::Policy;
pub use resource_table::{Claim, Hold, ResourceTable, TableStats, UnknownResource};
pub use transaction::{Tx, Wounded, transaction};
