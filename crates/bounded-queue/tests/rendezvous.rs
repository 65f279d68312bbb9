//! Hand-over in person.

use bounded_queue::{Closed, PopTimeoutError, PushTimeoutError, Rendezvous, TryPopError, TryPushError};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(2);

#[test]
fn nothing_happens_alone() {
    let meeting = Rendezvous::new();
    assert_eq!(meeting.try_push(1), Err(TryPushError::Full(1)));
    assert_eq!(meeting.try_pop(), Err(TryPopError::Empty));
    assert_eq!(meeting.push_timeout(1, SHORT), Err(PushTimeoutError::TimedOut(1)));
    assert_eq!(meeting.pop_timeout(SHORT), Err(PopTimeoutError::TimedOut));
    assert_eq!(meeting.try_push(1), Err(TryPushError::Full(1)), "a consumer that left is not waited for");
    assert!(meeting.close() && !meeting.close() && meeting.is_closed());
    assert_eq!(meeting.push(1), Err(Closed(1)));
    assert_eq!((meeting.pop(), meeting.try_pop()), (None, Err(TryPopError::Closed)));
}

#[test]
fn a_push_returns_when_its_value_is_taken() {
    let (meeting, returned) = (Rendezvous::new(), AtomicUsize::new(0));
    thread::scope(|s| {
        s.spawn(|| {
            for n in 0..500 {
                meeting.push(n).unwrap();
                returned.store(n + 1, Ordering::SeqCst);
            }
        });
        for n in 0..500 {
            assert!(returned.load(Ordering::SeqCst) <= n);
            assert_eq!(meeting.pop(), Some(n));
        }
    });
}

#[test]
fn a_try_push_meets_a_consumer_that_waits() {
    let meeting = Rendezvous::new();
    thread::scope(|s| {
        let consumer = s.spawn(|| meeting.pop());
        while meeting.try_push(5).is_err() {
            thread::yield_now();
        }
        assert_eq!(consumer.join().unwrap(), Some(5));
    });
}

#[test]
fn close_sends_everybody_home() {
    let (full, empty) = (Rendezvous::new(), Rendezvous::<u8>::new());
    thread::scope(|s| {
        let producers: Vec<_> = (0..3)
            .map(|n| {
                s.spawn({
                    let full = &full;
                    move || full.push(n)
                })
            })
            .collect();
        let consumers: Vec<_> = (0..3).map(|_| s.spawn(|| empty.pop())).collect();
        full.close();
        empty.close();
        for (n, producer) in producers.into_iter().enumerate() {
            assert_eq!(producer.join().unwrap(), Err(Closed(n)));
        }
        assert!(consumers.into_iter().all(|consumer| consumer.join().unwrap().is_none()));
    });
}

#[test]
fn no_value_is_lost_or_doubled_when_time_limits_race_with_hand_overs() {
    let meeting = Rendezvous::new();
    let received = thread::scope(|s| {
        let producers: Vec<_> = (0..3)
            .map(|id| {
                let meeting = &meeting;
                s.spawn(move || {
                    let mut sent = Vec::new();
                    for n in 0..400 {
                        let value = id * 1000 + n;
                        let result = match n % 3 {
                            0 => meeting.push_timeout(value, Duration::from_micros(20)).map_err(drop),
                            1 => meeting.try_push(value).map_err(drop),
                            _ => meeting.push(value).map_err(drop),
                        };
                        if result.is_ok() {
                            sent.push(value);
                        }
                    }
                    sent
                })
            })
            .collect();
        let consumers: Vec<_> = (0..3)
            .map(|id| {
                let meeting = &meeting;
                s.spawn(move || {
                    let mut got = Vec::new();
                    loop {
                        let limit = if id == 0 { Duration::MAX } else { Duration::from_micros(20) };
                        match meeting.pop_timeout(limit) {
                            Ok(value) => got.push(value),
                            Err(PopTimeoutError::TimedOut) => {}
                            Err(PopTimeoutError::Closed) => return got,
                        }
                    }
                })
            })
            .collect();
        let sent: Vec<i32> = producers.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        meeting.close();
        let got: Vec<i32> = consumers.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(got.len(), sent.len());
        assert_eq!(got.iter().collect::<HashSet<_>>(), sent.iter().collect());
        got
    });
    assert!(received.len() >= 3 * 133);
}
