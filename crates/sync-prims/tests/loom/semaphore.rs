//! `Semaphore`: data behind a permit, hand-off, timeouts, close.

use crate::{model, some_day};
use loom::cell::UnsafeCell;
use loom::thread;
use std::sync::Arc;
use sync_prims::{Fairness, Semaphore};

/// Data that only the holder of the one permit touches; loom reports any other access.
struct Guarded {
    semaphore: Semaphore,
    data: UnsafeCell<u32>,
}

impl Guarded {
    fn new(fairness: Fairness) -> Arc<Self> {
        Arc::new(Self { semaphore: Semaphore::with_fairness(1, fairness), data: UnsafeCell::new(0) })
    }

    fn add(&self) {
        let permit = self.semaphore.acquire().unwrap();
        self.touch();
        drop(permit);
    }

    #[expect(unsafe_code, reason = "the model checker's cell is how it sees accesses that are not ordered")]
    fn touch(&self) {
        // SAFETY: the cell is only touched with the only permit held, and loom checks that this excludes all others.
        self.data.with_mut(|data| unsafe { *data += 1 });
    }
}

// SAFETY: `data` is only touched with the only permit held.
#[expect(unsafe_code, reason = "a cell shared on purpose, which the model checker watches")]
unsafe impl Sync for Guarded {}

fn one_at_a_time(fairness: Fairness) {
    let guarded = Guarded::new(fairness);
    let threads = [0, 1].map(|_| {
        let guarded = Arc::clone(&guarded);
        thread::spawn(move || guarded.add())
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!((guarded.semaphore.available_permits(), guarded.semaphore.waiters()), (1, 0));
    guarded.add();
}

#[test]
fn fifo_hands_a_permit_over() {
    model(3, || one_at_a_time(Fairness::Fifo));
}

#[test]
fn barging_wakes_who_can_go_on() {
    model(3, || one_at_a_time(Fairness::Barging));
}

#[test]
fn three_threads_share_two_permits() {
    for fairness in [Fairness::Fifo, Fairness::Barging] {
        model(2, move || {
            let semaphore = Arc::new(Semaphore::with_fairness(2, fairness));
            let threads = [2, 1].map(|n| {
                let semaphore = Arc::clone(&semaphore);
                thread::spawn(move || drop(semaphore.acquire_many(n).unwrap()))
            });
            drop(semaphore.acquire().unwrap());
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!((semaphore.available_permits(), semaphore.waiters()), (2, 0));
        });
    }
}

#[test]
fn a_grant_that_meets_a_timeout_is_not_lost() {
    for fairness in [Fairness::Fifo, Fairness::Barging] {
        model(3, move || {
            let semaphore = Arc::new(Semaphore::with_fairness(0, fairness));
            let other = Arc::clone(&semaphore);
            let giver = thread::spawn(move || other.add_permits(1));
            let got = semaphore.acquire_until(some_day()).map(|permit| permit.forget()).is_ok();
            giver.join().unwrap();
            assert_eq!((semaphore.available_permits(), semaphore.waiters()), (usize::from(!got), 0));
        });
    }
}

#[test]
fn a_timed_out_head_lets_those_behind_move_up() {
    for fairness in [Fairness::Fifo, Fairness::Barging] {
        model(2, move || {
            let semaphore = Arc::new(Semaphore::with_fairness(1, fairness));
            let other = Arc::clone(&semaphore);
            let small = thread::spawn(move || drop(other.acquire().unwrap()));
            assert!(semaphore.acquire_many_until(2, some_day()).is_err());
            small.join().unwrap();
        });
    }
}

#[test]
fn close_reaches_who_queues_up_in_that_moment() {
    for fairness in [Fairness::Fifo, Fairness::Barging] {
        model(3, move || {
            let semaphore = Arc::new(Semaphore::with_fairness(0, fairness));
            let other = Arc::clone(&semaphore);
            let waiter = thread::spawn(move || other.acquire().is_err());
            semaphore.close();
            assert!(waiter.join().unwrap());
            assert_eq!(semaphore.waiters(), 0);
        });
    }
}
