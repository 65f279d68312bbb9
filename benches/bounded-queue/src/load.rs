//! The busy machine: runnable threads that want a processor all the time, at the priority of everybody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, spawn};

/// Two threads that count until this is dropped.
#[derive(Debug)]
#[must_use = "the load ends when this is dropped"]
pub struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<u64>>,
}

impl Load {
    /// Starts `threads` of them.
    pub fn start(threads: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let count = || {
            let stop = Arc::clone(&stop);
            spawn(move || {
                let mut rounds = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    for _ in 0..1000 {
                        rounds = std::hint::black_box(rounds + 1);
                    }
                }
                rounds
            })
        };
        let threads = (0..threads).map(|_| count()).collect();
        Self { stop, threads }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("counting does not fail");
        }
    }
}
