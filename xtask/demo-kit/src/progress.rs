//! Progress of long work, on standard error and only when a person sees it.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counts steps from any thread and shows them at most ten times a second. The line goes when this is dropped.
#[derive(Debug)]
#[must_use = "the line disappears when this is dropped"]
pub struct Progress {
    label: String,
    total: u64,
    done: AtomicU64,
    /// Tenths of a second since `start` at which the line was last shown.
    shown: AtomicU64,
    start: Instant,
    visible: bool,
}

impl Progress {
    /// Work of `total` steps called `label`.
    pub fn new(label: &str, total: u64) -> Self {
        let visible = std::io::stderr().is_terminal();
        Self {
            label: label.to_owned(),
            total,
            done: AtomicU64::new(0),
            shown: AtomicU64::new(0),
            start: Instant::now(),
            visible,
        }
    }

    /// `steps` more are done.
    pub fn add(&self, steps: u64) {
        let done = self.done.fetch_add(steps, Ordering::Relaxed) + steps;
        if !self.visible {
            return;
        }
        let now = (self.start.elapsed().as_millis() / 100) as u64;
        if self.shown.swap(now, Ordering::Relaxed) < now {
            let percent = done.saturating_mul(100).checked_div(self.total).unwrap_or(100).min(100);
            eprint!("\r{}: {percent} %", self.label);
            // Progress is a courtesy: a closed standard error must not end the demo.
            let _ = std::io::stderr().flush();
        }
    }

    /// Time since the work began.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.visible && self.shown.load(Ordering::Relaxed) > 0 {
            eprint!("\r\x1b[K");
        }
    }
}
