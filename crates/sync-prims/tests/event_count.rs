//! `EventCount`: who is woken, in which order, and that nothing gets lost.

mod common;

use common::{LONG, stress, until, within_a_minute};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use std::thread;
use std::time::{Duration, Instant};
use sync_prims::{EventCount, WaitPolicy};

#[test]
fn notify_one_wakes_exactly_the_first_in_line() {
    let event = EventCount::new();
    let listeners: Vec<_> = (0..3).map(|_| event.listen()).collect();
    event.notify_one();
    assert_eq!(listeners.iter().map(|l| l.is_notified()).collect::<Vec<_>>(), [true, false, false]);
    event.notify(1);
    assert_eq!(listeners.iter().map(|l| l.is_notified()).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(event.listeners(), 1);
    for listener in listeners.into_iter().take(2) {
        listener.wait();
    }
}

#[test]
fn notify_n_wakes_the_first_n_and_notify_all_everybody() {
    let event = EventCount::new();
    let listeners: Vec<_> = (0..50).map(|_| event.listen()).collect();
    event.notify(20);
    assert_eq!(listeners.iter().take_while(|l| l.is_notified()).count(), 20);
    assert_eq!(event.listeners(), 30);
    event.notify_all();
    assert!(listeners.iter().all(|l| l.is_notified()));
    listeners.into_iter().for_each(|l| l.wait());
}

#[test]
fn a_notification_without_listeners_is_not_remembered() {
    let event = EventCount::new();
    event.notify_all();
    assert!(!event.listen().wait_until(Instant::now()));
    assert_eq!(event.listeners(), 0);
}

#[test]
fn a_listener_that_is_dropped_or_timed_out_leaves_the_line() {
    let event = EventCount::new();
    let (first, second, third) = (event.listen(), event.listen(), event.listen());
    assert!(!first.wait_until(Instant::now()));
    drop(second);
    event.notify_one();
    assert!(third.is_notified());
    third.wait();
}

#[test]
fn a_dropped_listener_passes_its_notification_on() {
    let event = EventCount::new();
    let (first, second) = (event.listen(), event.listen());
    event.notify_one();
    assert!(first.is_notified() && !second.is_notified());
    drop(first);
    second.wait();
}

#[test]
fn a_panic_in_the_condition_passes_the_notification_on() {
    within_a_minute(|| {
        let event = EventCount::with_policy(WaitPolicy::sleep_at_once());
        let changed = AtomicBool::new(false);
        thread::scope(|s| {
            let panicking = s.spawn(|| {
                catch_unwind(AssertUnwindSafe(|| {
                    event.wait_for(None, || changed.load(SeqCst).then(|| panic!("in the condition")))
                }))
                .map(|_: Option<()>| ())
            });
            until(|| event.listeners() == 1);
            let second = event.listen();
            changed.store(true, SeqCst);
            event.notify_one();
            second.wait();
            assert!(panicking.join().unwrap().is_err());
        });
        assert_eq!(event.listeners(), 0);
    });
}

#[test]
fn a_sleeper_sleeps_until_notified() {
    within_a_minute(|| {
        let (event, open) = (EventCount::new(), AtomicBool::new(false));
        thread::scope(|s| {
            let sleeper = s.spawn(|| event.wait_for(None, || open.load(SeqCst).then_some(7)));
            until(|| event.listeners() == 1);
            open.store(true, SeqCst);
            event.notify_one();
            assert_eq!(sleeper.join().unwrap(), Some(7));
        });
    });
}

#[test]
fn deadlines_past_near_and_far() {
    let event = EventCount::new();
    let now = Instant::now();
    assert_eq!(event.wait_for(Some(now), || None::<()>), None);
    assert_eq!(event.wait_for(Some(now), || Some(1)), Some(1));
    let soon = Instant::now() + Duration::from_millis(5);
    assert_eq!(event.wait_for(Some(soon), || None::<()>), None);
    assert!(Instant::now() >= soon);
    assert_eq!(event.wait_for(Some(now + LONG), || Some(2)), Some(2));
    assert_eq!(event.listeners(), 0);
}

#[test]
fn woken_in_order_of_arrival() {
    within_a_minute(|| {
        let (event, turns) = (EventCount::with_policy(WaitPolicy::sleep_at_once()), AtomicUsize::new(0));
        let order = Mutex::new(Vec::new());
        thread::scope(|s| {
            for i in 0..8 {
                let (event, turns, order) = (&event, &turns, &order);
                s.spawn(move || {
                    event.wait_for(None, || {
                        turns
                            .fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1))
                            .ok()
                            .map(|_| order.lock().unwrap().push(i))
                    })
                });
                until(|| event.listeners() == i + 1);
            }
            for i in 0..8 {
                turns.fetch_add(1, SeqCst);
                event.notify_one();
                until(|| order.lock().unwrap().len() == i + 1);
            }
        });
        assert_eq!(order.into_inner().unwrap(), (0..8).collect::<Vec<_>>());
    });
}

#[test]
fn an_overtaken_waiter_keeps_its_place() {
    within_a_minute(|| {
        let (event, served) = (EventCount::with_policy(WaitPolicy::sleep_at_once()), Mutex::new(Vec::new()));
        let (tokens, looks) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|s| {
            for i in 0..2 {
                let (event, served, tokens, looks) = (&event, &served, &tokens, &looks);
                s.spawn(move || {
                    event.wait_for(None, || {
                        looks.fetch_add(1, SeqCst);
                        tokens.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1)).ok()?;
                        served.lock().unwrap().push(i);
                        Some(())
                    })
                });
                // Asleep or about to be: a waiter looks before it registers and after.
                until(|| event.listeners() == i + 1 && looks.load(SeqCst) == 2 * (i + 1));
            }
            let before = looks.load(SeqCst);
            event.notify_one(); // the first looks in vain (as if overtaken) and registers again
            until(|| looks.load(SeqCst) == before + 2 && event.listeners() == 2);
            tokens.fetch_add(1, SeqCst);
            event.notify_one();
            until(|| served.lock().unwrap().len() == 1);
            tokens.fetch_add(1, SeqCst);
            event.notify_one();
        });
        assert_eq!(served.into_inner().unwrap(), [0, 1]);
    });
}

/// Tokens move from producers to consumers under a mix of patient and hurried waits; none is lost.
#[test]
fn stress_every_token_arrives() {
    for threads in [1, 2, 8, 32] {
        within_a_minute(move || {
            let rounds = 20_000 * stress() / threads;
            let (event, tokens, taken) = (EventCount::new(), AtomicUsize::new(0), AtomicUsize::new(0));
            thread::scope(|s| {
                for _ in 0..threads {
                    s.spawn(|| {
                        for _ in 0..rounds {
                            tokens.fetch_add(1, SeqCst);
                            event.notify_one();
                        }
                    });
                    s.spawn(|| {
                        for i in 0..rounds {
                            loop {
                                let deadline =
                                    (i % 3 == 0).then(|| Instant::now() + Duration::from_micros(i as u64 % 7));
                                let take = || tokens.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1)).ok();
                                if event.wait_for(deadline, take).is_some() {
                                    break;
                                }
                            }
                            taken.fetch_add(1, Relaxed);
                        }
                    });
                }
            });
            assert_eq!((tokens.load(SeqCst), taken.load(SeqCst)), (0, threads * rounds));
            assert_eq!(event.listeners(), 0);
        });
    }
}
