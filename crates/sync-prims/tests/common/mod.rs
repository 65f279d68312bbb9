//! What the tests share: waiting for a state, never for a time, and a watchdog that turns a hang into a message.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Gives the core away until `condition` holds. Fails, rather than hangs, after half a minute.
#[track_caller]
pub(crate) fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited too long for a condition");
        thread::yield_now();
    }
}

/// Runs `test` on another thread and fails if it takes longer than a minute: a deadlock becomes a message.
#[track_caller]
pub(crate) fn within_a_minute(test: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel();
    let runner = thread::spawn(move || {
        test();
        // The receiver is gone only if the minute is over.
        let _ = done.send(());
    });
    match finished.recv_timeout(Duration::from_secs(60)) {
        Ok(()) => runner.join().unwrap(),
        Err(mpsc::RecvTimeoutError::Disconnected) => std::panic::resume_unwind(runner.join().unwrap_err()),
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("no progress for a minute: deadlock"),
    }
}

/// A time that nobody waits for.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

/// How much work a stress test does: 1, or `STRESS`.
pub(crate) fn stress() -> usize {
    std::env::var("STRESS").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1)
}
