//! `Barrier`: rounds, and every way to break one.

use crate::{model, some_day};
use loom::cell::UnsafeCell;
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

/// What each party writes before the barrier, the other reads after it.
struct Exchange {
    barrier: Barrier,
    halves: [UnsafeCell<u32>; 2],
}

// SAFETY: a half is written by one party before the barrier and only read after it.
#[expect(unsafe_code, reason = "cells shared on purpose, which the model checker watches")]
unsafe impl Sync for Exchange {}

impl Exchange {
    #[expect(unsafe_code, reason = "the model checker's cell is how it sees accesses that are not ordered")]
    fn write_and_read(&self, mine: usize) {
        // SAFETY: nobody else touches this half before the barrier, and loom checks that.
        self.halves[mine].with_mut(|half| unsafe { *half = 7 });
        self.barrier.wait().unwrap();
        // SAFETY: nobody writes after the barrier.
        self.halves[1 - mine].with(|half| assert_eq!(unsafe { *half }, 7));
    }
}

#[test]
fn what_was_written_before_can_be_read_after() {
    for barrier in [|| Barrier::new(2), || Barrier::builder(2).action(|| ()).build()] {
        model(3, move || {
            let exchange = Arc::new(Exchange { barrier: barrier(), halves: [UnsafeCell::new(0), UnsafeCell::new(0)] });
            let other = Arc::clone(&exchange);
            let thread = thread::spawn(move || other.write_and_read(1));
            exchange.write_and_read(0);
            thread.join().unwrap();
        });
    }
}

#[test]
fn one_party_fewer_after_one_has_left() {
    model(3, || {
        let barrier = Arc::new(Barrier::new(2));
        let other = Arc::clone(&barrier);
        let leaver = thread::spawn(move || other.arrive_and_drop().unwrap());
        assert!(barrier.wait().is_ok());
        assert!(barrier.wait().unwrap().is_leader());
        leaver.join().unwrap();
    });
}

#[test]
fn a_dropped_token_meets_the_last_to_arrive_and_an_abort() {
    model(2, || {
        let barrier = Arc::new(Barrier::new(2));
        let (last, aborter) = (Arc::clone(&barrier), Arc::clone(&barrier));
        let threads = [thread::spawn(move || drop(last.arrive())), thread::spawn(move || aborter.abort())];
        drop(barrier.arrive());
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(barrier.is_broken());
        barrier.reset();
        // Nobody is left who would ask, so nothing is left to be asked: both pass in the new generation.
        let token = barrier.arrive().unwrap();
        assert!(barrier.wait().unwrap().is_leader());
        assert!(token.wait().is_ok());
    });
}

#[test]
fn the_action_meets_an_abort() {
    model(2, || {
        let runs = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&runs);
        let barrier = Arc::new(Barrier::builder(2).action(move || _ = counter.fetch_add(1, Relaxed)).build());
        let (other, aborter) = (Arc::clone(&barrier), Arc::clone(&barrier));
        let waiter = thread::spawn(move || other.wait().is_ok());
        let abort = thread::spawn(move || aborter.abort());
        let ok = barrier.wait().is_ok();
        assert_eq!((waiter.join().unwrap(), runs.load(Relaxed)), (ok, usize::from(ok)));
        abort.join().unwrap();
        assert!(barrier.is_broken());
    });
}
