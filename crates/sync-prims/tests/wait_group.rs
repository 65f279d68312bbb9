//! `WaitGroup`: waits for every token, however it ends.

mod common;

use common::{until, within_a_minute};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;
use sync_prims::WaitGroup;

#[test]
fn waits_for_all_and_can_be_used_again() {
    within_a_minute(|| {
        let group = WaitGroup::new();
        group.wait();
        let done = Arc::new(AtomicUsize::new(0));
        for round in 1..=3 {
            for _ in 0..8 {
                let (token, done) = (group.add(), Arc::clone(&done));
                thread::spawn(move || {
                    done.fetch_add(1, Relaxed);
                    drop(token);
                });
            }
            group.wait();
            assert_eq!(done.load(Relaxed), 8 * round);
        }
    });
}

#[test]
fn a_panicking_helper_counts_as_done() {
    within_a_minute(|| {
        let group = WaitGroup::new();
        let token = group.add();
        let helper = thread::spawn(move || {
            let _token = token;
            panic!("in the helper");
        });
        group.wait();
        assert!(helper.join().is_err());
    });
}

#[test]
fn a_clone_is_one_more() {
    let group = WaitGroup::new();
    let token = group.add();
    let clone = token.clone();
    assert_eq!(group.clone().tokens(), 2);
    drop(token);
    assert!(!group.wait_timeout(Duration::from_millis(1)));
    drop(clone);
    assert!(group.wait_timeout(Duration::ZERO));
}

#[test]
fn a_zero_that_is_over_still_ends_the_wait() {
    within_a_minute(|| {
        for _ in 0..200 {
            let group = WaitGroup::new();
            let first = group.add();
            let waiting = Arc::new(AtomicUsize::new(0));
            let (waiter, flag) = (group.clone(), Arc::clone(&waiting));
            let thread = thread::spawn(move || {
                flag.store(1, Relaxed);
                waiter.wait();
            });
            until(|| waiting.load(Relaxed) == 1);
            drop(first);
            // From here on it must end only if it had begun to wait; give it the last token in any case.
            let second = group.add();
            drop(second);
            thread.join().unwrap();
        }
    });
}
