//! `Latch` and `WaitGroup`.

use crate::{model, some_day};
use loom::thread;
use std::sync::Arc;
use sync_prims::{Latch, WaitGroup};

#[test]
fn a_latch_opens_for_who_waits() {
    model(3, || {
        let latch = Arc::new(Latch::new(2));
        let threads = [0, 1].map(|_| {
            let latch = Arc::clone(&latch);
            thread::spawn(move || latch.count_down())
        });
        latch.wait();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(latch.wait_until(some_day()));
    });
}

#[test]
fn a_wait_group_sees_the_last_token_go() {
    model(3, || {
        let group = WaitGroup::new();
        let threads = [0, 1].map(|_| {
            let token = group.add();
            thread::spawn(move || drop(token))
        });
        group.wait();
        assert_eq!(group.tokens(), 0);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}
