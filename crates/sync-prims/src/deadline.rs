//! Timeouts become one absolute deadline per call.

use std::time::{Duration, Instant};

/// When `timeout` from now is over; `None` if that is beyond all time, as with `Duration::MAX`: no limit.
pub(crate) fn after(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}
