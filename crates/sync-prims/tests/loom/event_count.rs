//! `EventCount`, used as a gate and as the wait queue of a lock-free counter.

use crate::{model, some_day};
use loom::sync::atomic::{AtomicUsize, Ordering::*};
use loom::thread;
use std::sync::Arc;
use sync_prims::EventCount;

#[derive(Default)]
struct Tokens {
    left: AtomicUsize,
    event: EventCount,
}

impl Tokens {
    fn put(&self) {
        self.left.fetch_add(1, SeqCst);
        self.event.notify_one();
    }

    fn take(&self) -> Option<()> {
        let left = self.left.load(Relaxed);
        (left > 0 && self.left.compare_exchange(left, left - 1, SeqCst, Relaxed).is_ok()).then_some(())
    }

    /// As `take`, without giving up because another was faster.
    fn take_any(&self) -> Option<()> {
        loop {
            let left = self.left.load(Relaxed);
            if left == 0 {
                return None;
            }
            if self.left.compare_exchange(left, left - 1, SeqCst, Relaxed).is_ok() {
                return Some(());
            }
        }
    }
}

#[test]
fn a_change_before_the_notification_is_never_missed() {
    model(3, || {
        let tokens = Arc::new(Tokens::default());
        let other = Arc::clone(&tokens);
        let waiter = thread::spawn(move || other.event.wait_for(None, || other.take()).unwrap());
        tokens.put();
        waiter.join().unwrap();
    });
}

#[test]
fn every_listener_is_woken_by_notify_all() {
    model(2, || {
        let tokens = Arc::new(Tokens::default());
        let waiters = [0, 1].map(|_| {
            let tokens = Arc::clone(&tokens);
            thread::spawn(move || {
                tokens.event.wait_for(None, || (tokens.left.load(Relaxed) > 0).then_some(())).unwrap()
            })
        });
        tokens.left.store(1, SeqCst);
        tokens.event.notify_all();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    });
}

#[test]
fn two_tokens_serve_two_waiters() {
    model(2, || {
        let tokens = Arc::new(Tokens::default());
        let waiters = [0, 1].map(|_| {
            let tokens = Arc::clone(&tokens);
            thread::spawn(move || tokens.event.wait_for(None, || tokens.take_any()).unwrap())
        });
        tokens.put();
        tokens.put();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        assert_eq!(tokens.left.load(SeqCst), 0);
    });
}

#[test]
fn a_dropped_listener_passes_its_notification_on() {
    model(3, || {
        let tokens = Arc::new(Tokens::default());
        // First in line, but it finds its token by looking, or leaves without one.
        let first = tokens.event.listen();
        let other = Arc::clone(&tokens);
        let waiter = thread::spawn(move || other.event.wait_for(None, || other.take()).unwrap());
        tokens.put();
        drop(first);
        waiter.join().unwrap();
    });
}

#[test]
fn a_notification_that_meets_a_timeout_is_not_lost() {
    model(3, || {
        let event = Arc::new(EventCount::new());
        let hurried = event.listen();
        let patient = event.listen();
        let other = Arc::clone(&event);
        let notifier = thread::spawn(move || other.notify_one());
        // Either the first in line says that it was notified, or the second is.
        if hurried.wait_until(some_day()) {
            notifier.join().unwrap();
            assert!(!patient.is_notified());
        } else {
            patient.wait();
            notifier.join().unwrap();
        }
    });
}

#[test]
fn a_timed_out_wait_looks_once_more() {
    model(3, || {
        let tokens = Arc::new(Tokens::default());
        let other = Arc::clone(&tokens);
        let waiter = thread::spawn(move || other.event.wait_for(Some(some_day()), || other.take()));
        tokens.put();
        let taken = waiter.join().unwrap().is_some();
        assert_eq!(tokens.left.load(SeqCst), usize::from(!taken));
        assert_eq!(tokens.event.listeners(), 0);
    });
}

#[test]
fn a_parker_used_again_is_not_woken_by_an_old_bell() {
    model(2, || {
        let events = Arc::new([EventCount::new(), EventCount::new()]);
        let step = Arc::new(AtomicUsize::new(0));
        let (event, done) = (Arc::clone(&events), Arc::clone(&step));
        let waiter = thread::spawn(move || {
            for round in 0..2 {
                event[round].wait_for(None, || (done.load(Relaxed) > round).then_some(())).unwrap();
            }
        });
        for round in 0..2 {
            step.store(round + 1, SeqCst);
            events[round].notify_one();
        }
        waiter.join().unwrap();
    });
}
