//! `Barrier`: rounds, and every way to break one.

use crate::{model, some_day};
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread;
use std::sync::Arc;
use sync_prims::{Barrier, BarrierError};

#[test]
fn two_rounds() {
    model(2, || {
        let shared = Arc::new((Barrier::new(2), [AtomicUsize::new(0), AtomicUsize::new(0)]));
        let pass = |(barrier, arrived): &(Barrier, [AtomicUsize; 2])| {
            for (round, arrived) in arrived.iter().enumerate() {
                arrived.fetch_add(1, Relaxed);
                assert_eq!(barrier.wait().unwrap().generation(), round as u64);
                assert_eq!(arrived.load(Relaxed), 2);
            }
        };
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || pass(&other));
        pass(&shared);
        thread.join().unwrap();
    });
}

#[test]
fn a_timeout_breaks_it_for_both_or_for_none() {
    model(3, || {
        let barrier = Arc::new(Barrier::new(2));
        let other = Arc::clone(&barrier);
        let patient = thread::spawn(move || other.wait());
        let hurried = barrier.wait_until(some_day());
        let patient = patient.join().unwrap();
        match hurried {
            Ok(_) => assert!(patient.is_ok() && !barrier.is_broken()),
            Err(error) => {
                assert_eq!((error, patient), (BarrierError::TimedOut, Err(BarrierError::Broken)));
                assert!(barrier.is_broken());
            }
        }
    });
}

#[test]
fn an_abort_meets_the_last_to_arrive() {
    model(3, || {
        let barrier = Arc::new(Barrier::new(2));
        let other = Arc::clone(&barrier);
        let aborter = Arc::clone(&barrier);
        let waiter = thread::spawn(move || other.wait().is_ok());
        let abort = thread::spawn(move || aborter.abort());
        let ok = barrier.wait().is_ok();
        assert_eq!(waiter.join().unwrap(), ok);
        abort.join().unwrap();
        assert!(barrier.is_broken());
    });
}

#[test]
fn a_reset_meets_an_arrival() {
    model(3, || {
        let barrier = Arc::new(Barrier::new(2));
        let token = barrier.arrive().unwrap();
        let other = Arc::clone(&barrier);
        let thread = thread::spawn(move || other.arrive().map(drop).is_ok());
        barrier.reset();
        assert!(thread.join().unwrap());
        // Its generation was either complete before the reset or broken by it.
        let complete = barrier.waiting() == 0;
        assert_eq!(token.wait().is_ok(), complete);
    });
}
