//! The queue as used, on every interleaving of two or three threads: `RUSTFLAGS="--cfg loom" cargo test -p bounded-queue
//! --release --test loom`.
#![cfg(loom)]

use bounded_queue::{BoundedQueue, Rendezvous, TaskQueue, TryPopError, TryPushError, channel};
use loom::future::block_on;
use loom::model::Builder;
use loom::sync::{Arc, Notify};
use loom::thread;
use std::task::Poll;

fn model(f: impl Fn() + Send + Sync + 'static) {
    bounded(2, f);
}

/// All interleavings with at most `preemptions` involuntary switches.
fn bounded(preemptions: usize, f: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.check(f);
}

#[test]
fn two_pushes_and_two_pops_through_one_slot() {
    model(|| {
        let queue = Arc::new(BoundedQueue::new(1));
        let other = Arc::clone(&queue);
        let pusher = thread::spawn(move || {
            other.push(1).unwrap();
            other.push(2).unwrap();
        });
        assert_eq!((queue.pop(), queue.pop()), (Some(1), Some(2)));
        pusher.join().unwrap();
    });
}

#[test]
fn two_pushers_one_popper() {
    model(|| {
        let queue = Arc::new(BoundedQueue::new(1));
        let pushers: Vec<_> = (1..=2)
            .map(|n| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || queue.push(n).unwrap())
            })
            .collect();
        assert_eq!(queue.pop().unwrap() + queue.pop().unwrap(), 3);
        pushers.into_iter().for_each(|pusher| pusher.join().unwrap());
    });
}

#[test]
fn pops_wake_the_pushers_that_wait_for_room() {
    bounded(1, || {
        let (queue, pushed) = (Arc::new(BoundedQueue::new(1)), Arc::new(Notify::new()));
        queue.push(0).unwrap();
        // One may poll, the other sleeps.
        let pushers = [1, 2].map(|n| {
            let (queue, pushed) = (Arc::clone(&queue), Arc::clone(&pushed));
            thread::spawn(move || {
                queue.push(n).unwrap();
                pushed.notify();
            })
        });
        assert_eq!(queue.pop(), Some(0));
        pushed.wait();
        // This pop does not wait in the queue, which would wake the sleeper as well.
        let second = queue.pop().unwrap();
        pushers.into_iter().for_each(|pusher| pusher.join().unwrap());
        assert_eq!(second + queue.pop().unwrap(), 3);
    });
}

#[test]
fn close_wakes_a_popper_and_a_pusher() {
    model(|| {
        let queue = Arc::new(BoundedQueue::<u8>::new(1));
        let other = Arc::clone(&queue);
        let popper = thread::spawn(move || other.pop());
        queue.close();
        assert_eq!(popper.join().unwrap(), None);
    });
    model(|| {
        let queue = Arc::new(BoundedQueue::new(1));
        queue.push(1).unwrap();
        let other = Arc::clone(&queue);
        let pusher = thread::spawn(move || other.push(2).is_err());
        queue.close();
        assert!(pusher.join().unwrap());
    });
}

#[test]
fn a_push_that_races_with_close_is_in_or_refused() {
    model(|| {
        let queue = Arc::new(BoundedQueue::new(1));
        let other = Arc::clone(&queue);
        let pusher = thread::spawn(move || other.push(7).is_ok());
        queue.close();
        let popped = queue.pop();
        assert_eq!(popped.is_some(), pusher.join().unwrap());
    });
}

#[test]
fn tries_tell_the_truth() {
    model(|| {
        let queue = Arc::new(BoundedQueue::new(1));
        let other = Arc::clone(&queue);
        let pusher = thread::spawn(move || {
            other.try_push(1).unwrap();
            matches!(other.try_push(2), Err(TryPushError::Full(2)))
        });
        let first = queue.try_pop();
        let full = pusher.join().unwrap();
        let left = queue.try_iter().count();
        assert_eq!(usize::from(first.is_ok()) + left, if full { 1 } else { 2 });
        assert_eq!(queue.try_pop(), Err(TryPopError::Empty));
    });
}

#[test]
fn a_forced_push_meets_a_pop() {
    model(|| {
        let queue = Arc::new(BoundedQueue::new(1));
        queue.push(1).unwrap();
        let other = Arc::clone(&queue);
        let forcer = thread::spawn(move || other.force_push(2).unwrap());
        let popped = queue.pop();
        let displaced = forcer.join().unwrap();
        match (popped, displaced, queue.try_pop()) {
            (Some(1), None, Ok(2)) | (Some(2), Some(1), Err(TryPopError::Empty)) => {}
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn the_last_halves_go_at_once() {
    model(|| {
        let (sender, receiver) = channel(1);
        let item = Arc::new(());
        sender.send(Arc::clone(&item)).unwrap();
        let dropper = thread::spawn(move || drop(sender));
        drop(receiver);
        dropper.join().unwrap();
        assert_eq!(Arc::strong_count(&item), 1);
    });
}

#[test]
fn join_waits_for_the_guard() {
    model(|| {
        let queue = Arc::new(TaskQueue::new(1));
        queue.push(1).unwrap();
        let other = Arc::clone(&queue);
        let worker = thread::spawn(move || drop(other.pop()));
        queue.join();
        assert_eq!(queue.unfinished(), 0);
        worker.join().unwrap();
    });
}

#[test]
fn a_task_and_a_thread_take_one_item_each() {
    bounded(1, || {
        let queue = Arc::new(BoundedQueue::new(1));
        let other = Arc::clone(&queue);
        let thread = thread::spawn(move || other.pop().unwrap());
        let other = Arc::clone(&queue);
        let pusher = thread::spawn(move || (1..=2).for_each(|n| other.push(n).unwrap()));
        let popped = block_on(queue.pop_async()).unwrap();
        assert_eq!(popped + thread.join().unwrap(), 3);
        pusher.join().unwrap();
    });
}

#[test]
fn tasks_push_and_pop_through_one_slot() {
    model(|| {
        let queue = Arc::new(BoundedQueue::new(1));
        let other = Arc::clone(&queue);
        let pusher = thread::spawn(move || {
            block_on(async {
                other.push_async(1).await.unwrap();
                other.push_async(2).await.unwrap();
            });
        });
        assert_eq!((block_on(queue.pop_async()), block_on(queue.pop_async())), (Some(1), Some(2)));
        pusher.join().unwrap();
    });
}

#[test]
fn a_cancelled_pop_loses_neither_item_nor_wake_up() {
    model(|| {
        let queue = Arc::new(BoundedQueue::new(1));
        let other = Arc::clone(&queue);
        let popper = thread::spawn(move || other.pop());
        let other = Arc::clone(&queue);
        let pusher = thread::spawn(move || other.push(1).unwrap());
        // Polled once or twice and dropped.
        let mut pop = Box::pin(queue.pop_async());
        let polled = block_on(std::future::poll_fn(|context| Poll::Ready(pop.as_mut().poll(context))));
        drop(pop);
        if let Poll::Ready(item) = polled {
            queue.push(item.unwrap()).unwrap();
        }
        assert_eq!(popper.join().unwrap(), Some(1));
        pusher.join().unwrap();
    });
}

#[test]
fn a_rendezvous_hands_over() {
    model(|| {
        let meeting = Arc::new(Rendezvous::new());
        let other = Arc::clone(&meeting);
        let producer = thread::spawn(move || other.push(1).is_ok());
        assert_eq!(meeting.pop(), Some(1));
        assert!(producer.join().unwrap());
    });
}
