//! `Monitor`: no wake-up is lost, whoever evaluates the condition.

use crate::{model, some_day};
use loom::thread;
use std::sync::Arc;
use sync_prims::Monitor;

#[test]
fn a_named_condition_comes_true() {
    model(3, || {
        let monitor = Arc::new(Monitor::new(0));
        let other = Arc::clone(&monitor);
        let waiter = thread::spawn(move || other.condition(|n| *n == 2).when(|n| *n));
        monitor.with(|n| *n = 1);
        monitor.with(|n| *n = 2);
        assert_eq!(waiter.join().unwrap(), 2);
    });
}

#[test]
fn a_closure_comes_true() {
    model(3, || {
        let monitor = Arc::new(Monitor::new(0));
        let other = Arc::clone(&monitor);
        let waiter = thread::spawn(move || other.when(|n| *n == 2, |n| *n));
        monitor.with(|n| *n += 1);
        monitor.with(|n| *n += 1);
        assert_eq!(waiter.join().unwrap(), 2);
    });
}

#[test]
fn a_closure_woken_in_vain_passes_it_on() {
    model(2, || {
        let monitor = Arc::new(Monitor::new(0));
        let waiters = [2, 1].map(|wanted| {
            let monitor = Arc::clone(&monitor);
            thread::spawn(move || monitor.when(|n| *n == wanted, |n| *n += 1))
        });
        monitor.with(|n| *n = 1); // suits the one that wants 1, who then suits the one that wants 2
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        assert_eq!(monitor.with(|n| *n), 3);
    });
}

#[test]
fn a_wake_up_that_meets_a_timeout_is_not_lost() {
    model(2, || {
        let monitor = Arc::new(Monitor::new(0));
        let (hurried, patient) = (Arc::clone(&monitor), Arc::clone(&monitor));
        let hurried = thread::spawn(move || hurried.when_until(some_day(), |n| *n > 0, |n| *n -= 1).is_some());
        let patient = thread::spawn(move || patient.condition(|n| *n > 0).when(|n| *n -= 1));
        monitor.with(|n| *n = 2);
        patient.join().unwrap();
        let served = hurried.join().unwrap();
        assert_eq!((monitor.with(|n| *n), monitor.waiters()), (2 - 1 - i32::from(served), 0));
    });
}
