//! A bounded wait without sleeping: waking a sleeper on another processor costs tens of microseconds, and the next
//! message of a conversation is often sooner there.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

/// How long to spin before sleeping.
const LIMIT: Duration = Duration::from_micros(30);

#[derive(Debug)]
pub(crate) struct Spin {
    /// No spinning where the other side could not run meanwhile.
    alone: bool,
}

impl Spin {
    pub(crate) fn new() -> Self {
        Self { alone: std::thread::available_parallelism().map_or(1, NonZeroUsize::get) == 1 }
    }

    /// Asks again and again; `None` once it has asked for long enough.
    pub(crate) fn until<T>(&self, mut ready: impl FnMut() -> Option<T>) -> Option<T> {
        if self.alone {
            return ready();
        }
        let start = Instant::now();
        loop {
            for _ in 0..8 {
                if let Some(value) = ready() {
                    return Some(value);
                }
                std::hint::spin_loop();
            }
            if start.elapsed() > LIMIT {
                return None;
            }
        }
    }
}
