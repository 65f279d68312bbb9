//! The one place that names where locks between threads come from. Locks between processes are in `shared`.

pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard};
