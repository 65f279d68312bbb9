//! `Latch`: opens once, at zero, for all.

mod common;

use common::{LONG, within_a_minute};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};
use sync_prims::Latch;

#[test]
fn opens_at_zero_for_all_and_stays_open() {
    within_a_minute(|| {
        let (latch, done) = (Latch::new(4), AtomicUsize::new(0));
        thread::scope(|s| {
            for _ in 0..3 {
                s.spawn(|| {
                    latch.wait();
                    assert_eq!(done.load(Relaxed), 4);
                });
            }
            for _ in 0..4 {
                s.spawn(|| {
                    done.fetch_add(1, Relaxed);
                    latch.count_down();
                });
            }
        });
        assert!(latch.is_open());
        latch.wait();
    });
}

#[test]
fn counting_stops_at_zero() {
    let latch = Latch::new(3);
    latch.count_down_by(0);
    assert_eq!(latch.count(), 3);
    latch.count_down_by(2);
    latch.count_down_by(usize::MAX);
    latch.count_down();
    assert_eq!(latch.count(), 0);
    assert!(Latch::new(0).is_open());
}

#[test]
fn timeouts() {
    let latch = Latch::new(1);
    assert!(!latch.wait_timeout(Duration::ZERO));
    assert!(!latch.wait_timeout(Duration::from_millis(2)));
    assert!(!latch.wait_until(Instant::now()));
    latch.count_down();
    assert!(latch.wait_timeout(Duration::ZERO));
    assert!(latch.wait_timeout(Duration::MAX));
    assert!(latch.wait_until(Instant::now() + LONG));
}

#[test]
fn the_last_to_arrive_lets_all_go() {
    within_a_minute(|| {
        for threads in [1, 2, 16] {
            let latch = Latch::new(threads);
            thread::scope(|s| (0..threads).for_each(|_| drop(s.spawn(|| latch.arrive_and_wait()))));
        }
    });
}
