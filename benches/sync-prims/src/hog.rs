//! One thread that never leaves the gate for long, and one that wants in now and then.

use crate::Permits;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long the hog stays inside, and how long the victim thinks between two visits.
const STAY: Duration = Duration::from_micros(100);
const THINK: Duration = Duration::from_micros(20);

/// A hog holds the only permit again and again, without a pause; the victim makes so many visits. Says how many it made
/// and that the hog was never inside at the same time.
pub fn hog_and_victim<S: Permits>(new: impl Fn(usize) -> S, visits: usize) -> (usize, bool) {
    let (gate, done, hog_inside) = (new(1), AtomicBool::new(false), AtomicBool::new(false));
    let mut alone = true;
    thread::scope(|scope| {
        let hog = scope.spawn(|| {
            // It gives up in the end: some contenders would keep the victim out for seconds.
            for _ in 0..visits * 500 {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                gate.hold(|| {
                    hog_inside.store(true, Ordering::Relaxed);
                    spin(STAY);
                    hog_inside.store(false, Ordering::Relaxed);
                });
            }
        });
        for _ in 0..visits {
            gate.hold(|| alone &= !hog_inside.load(Ordering::Relaxed));
            spin(THINK);
        }
        done.store(true, Ordering::Relaxed);
        hog.join().expect("no panic");
    });
    (visits, alone)
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}
