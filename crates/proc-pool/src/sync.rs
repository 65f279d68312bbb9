//! The one place that names where locks come from.

pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard};
