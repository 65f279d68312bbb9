//! The halves of a channel.

use bounded_queue::{Closed, Receiver, TryPopError, TryPushError, channel};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn the_last_sender_closes_and_the_receivers_drain() {
    let (sender, receiver) = channel(4);
    let second = sender.clone();
    sender.send(1).unwrap();
    drop(sender);
    assert!(!receiver.is_closed());
    second.send(2).unwrap();
    drop(second);
    assert!(receiver.is_closed());
    assert_eq!((receiver.recv(), receiver.try_recv(), receiver.recv()), (Some(1), Ok(2), None));
    assert_eq!(receiver.try_recv(), Err(TryPopError::Closed));
}

#[test]
fn the_last_receiver_closes_and_drops_what_is_queued_at_once() {
    let (sender, receiver) = channel(4);
    let item = Arc::new(());
    sender.send(Arc::clone(&item)).unwrap();
    sender.send(Arc::clone(&item)).unwrap();
    let second = receiver.clone();
    drop(receiver);
    assert_eq!(Arc::strong_count(&item), 3);
    drop(second);
    assert_eq!(Arc::strong_count(&item), 1);
    assert_eq!(sender.send(item).unwrap_err().into_inner().as_ref(), &());
}

#[test]
fn a_sender_that_waits_for_room_gets_its_value_back_when_the_last_receiver_goes() {
    let (sender, receiver) = channel(1);
    sender.send(1).unwrap();
    let waiting = thread::spawn(move || sender.send(2));
    drop(receiver);
    assert_eq!(waiting.join().unwrap(), Err(Closed(2)));
}

#[test]
fn a_queued_value_may_own_a_sender_of_the_same_channel() {
    struct Envelope(
        #[allow(dead_code, reason = "held, to be dropped with the value")] Option<bounded_queue::Sender<Self>>,
    );
    let (sender, receiver) = channel(2);
    sender.send(Envelope(Some(sender.clone()))).unwrap_or_else(|_| unreachable!());
    drop(sender);
    drop(receiver);
}

struct Panics(Arc<AtomicUsize>, bool);

impl Drop for Panics {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        assert!(!self.1, "planned");
    }
}

#[test]
fn a_value_that_panics_when_dropped_takes_no_other_with_it() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = channel(3);
    (0..3).for_each(|n| sender.send(Panics(Arc::clone(&drops), n == 0)).unwrap_or_else(|_| unreachable!()));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(receiver))).is_err());
    assert_eq!(drops.load(Ordering::SeqCst), 3);
    drop(sender);
    assert_eq!(drops.load(Ordering::SeqCst), 3);
}

#[test]
fn a_weak_sender_keeps_nothing_open() {
    let (sender, receiver) = channel(1);
    let weak = sender.downgrade();
    weak.upgrade().unwrap().send(1).unwrap();
    drop(sender);
    assert!(weak.upgrade().is_none());
    assert_eq!((receiver.recv(), receiver.recv()), (Some(1), None));
    let (sender, _receiver) = channel::<u8>(1);
    sender.close();
    assert!(sender.downgrade().upgrade().is_none());
}

#[test]
fn the_halves_have_all_the_verbs() {
    let (sender, receiver) = channel(2);
    let soon = || Instant::now() + Duration::from_millis(1);
    sender.try_send(1).unwrap();
    sender.send_timeout(2, Duration::ZERO).unwrap();
    assert_eq!(sender.try_send(3), Err(TryPushError::Full(3)));
    assert_eq!(sender.send_until(3, soon()).unwrap_err().into_inner(), 3);
    assert_eq!(sender.force_send(3), Ok(Some(1)));
    assert_eq!((receiver.recv_timeout(Duration::ZERO), receiver.recv_until(soon())), (Ok(2), Ok(3)));
    assert!(receiver.recv_until(soon()).is_err());
    assert_eq!(sender.send_many([4, 5]).unwrap(), 2);
    let mut out = Vec::new();
    assert_eq!((receiver.recv_many(&mut out, 1), receiver.try_recv_many(&mut out, 9)), (1, 1));
    assert_eq!(sender.try_send_many(&mut out), 2);
    assert!(sender.is_full() && sender.len() == 2 && receiver.capacity() == 2 && !receiver.is_empty());
    assert_eq!(receiver.drain().next(), Some(4));
    assert_eq!(receiver.try_iter().count(), 1);
    assert!(sender.same_channel(&sender.clone()) && receiver.same_channel(&receiver.clone()));
    sender.send(6).unwrap();
    assert_eq!(receiver.close_and_take(), [6]);
}

#[test]
fn a_receiver_is_iterated_by_reference_and_by_value() {
    let (sender, receiver) = channel(4);
    sender.send_many(0..4).unwrap();
    drop(sender);
    assert_eq!((&receiver).into_iter().take(2).sum::<i32>(), 1);
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn a_try_recv_that_meets_the_last_senders_drop_loses_nothing() {
    for _ in 0..2000 {
        let (sender, receiver): (_, Receiver<u32>) = channel(1);
        let consumer = thread::spawn(move || {
            loop {
                match receiver.try_recv() {
                    Ok(value) => return value,
                    Err(TryPopError::Empty) => thread::yield_now(),
                    Err(TryPopError::Closed) => panic!("closed before the item was received"),
                }
            }
        });
        sender.send(7).unwrap();
        drop(sender);
        assert_eq!(consumer.join().unwrap(), 7);
    }
}
