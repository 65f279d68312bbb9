//! The one place that names where locks and atomics come from.

pub(crate) use parking_lot::{Condvar, Mutex};
pub(crate) use std::sync::atomic::{AtomicUsize, Ordering};
