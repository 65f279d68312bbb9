//! The end of a pool meets its workers at every step of their way to bed.

use std::sync::mpsc;
use std::time::Duration;
use worker_pool::{Chunk, Pool};

/// A worker that looked for work before the pool was closed and set its idle bit afterwards must not sleep through it.
#[test]
fn a_pool_that_ends_while_its_workers_fall_asleep_comes_back() {
    let rounds = if std::env::var_os("STRESS").is_some() { 100_000 } else { 10_000 };
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || {
        for round in 0..rounds {
            let pool = Pool::new(2 + round % 3).expect("threads can be had");
            // The later the end comes after the last loop, the nearer the workers are to sleep.
            pool.for_each_chunk(4, Chunk::size(1), |_| {});
            for _ in 0..round % 200 {
                std::hint::spin_loop();
            }
        }
        done.send(()).expect("somebody waits");
    });
    // A watchdog, not a measurement: a hang becomes a message.
    ended.recv_timeout(Duration::from_secs(100)).expect("a pool did not end");
}
