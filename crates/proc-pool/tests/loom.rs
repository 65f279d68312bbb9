//! Model checking: every interleaving, up to a bound on preemptions, of small uses of what processes share.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p proc-pool --release --test loom --target-dir target/loom`
//!
//! Threads stand for processes, and one that stops in the middle and is declared dead for one that is killed. Outside,
//! every sleep ends after a heartbeat; most models do without, so that a lost wake-up is a deadlock. A model that cannot
//! fail proves nothing, so the library knows some faults by name (`planted` in `src/sync.rs`), and the last test runs a model
//! against each.
#![cfg(loom)]

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use proc_pool::model::{Barrier, Citizen, Guarded, Queue, Semaphore, with_heartbeat};

fn model(preemptions: usize, run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(run);
}

fn model_with_heartbeat(preemptions: usize, run: impl Fn() + Sync + Send + 'static) {
    with_heartbeat(true);
    // A waiter goes round while the owner lives, which takes branches.
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.check(run);
    with_heartbeat(false);
}

#[test]
fn three_who_add_under_the_lock_miss_nothing() {
    model(2, || {
        let [a, b, c] = Citizen::all();
        let counter = Arc::new(Guarded::default());
        let others = [a, b].map(|me| {
            let counter = Arc::clone(&counter);
            thread::spawn(move || assert!(!counter.add(&me, true)))
        });
        assert!(!counter.add(&c, true));
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(counter.try_get(&c), Some((3, false)));
    });
}

#[test]
fn one_of_two_inherits_from_a_dead_owner() {
    model_with_heartbeat(2, || {
        let [a, b, c] = Citizen::all();
        let counter = Arc::new(Guarded::default());
        counter.add_and_die(a);
        let other = Arc::clone(&counter);
        let other = thread::spawn(move || other.add(&b, true));
        let told = counter.add(&c, true);
        let other_told = other.join().unwrap();
        let (value, told_at_last) = counter.try_get(&c).expect("nobody alive has it");
        assert_eq!(u32::from(told) + u32::from(other_told) + u32::from(told_at_last), 1);
        assert_eq!(value, 3);
    });
}

#[test]
fn until_somebody_vouches_all_are_told() {
    model_with_heartbeat(2, || {
        let [a, b, c] = Citizen::all();
        let counter = Arc::new(Guarded::default());
        counter.add_and_die(a);
        let other = Arc::clone(&counter);
        let other = thread::spawn(move || other.add(&b, false));
        assert!(counter.add(&c, false));
        assert!(other.join().unwrap());
        assert_eq!(counter.try_get(&c), Some((3, true)));
        assert_eq!(counter.try_get(&c), Some((3, false)));
    });
}

#[test]
fn items_go_through_a_full_queue_in_order() {
    model(2, || {
        let [a, b] = Citizen::all();
        let queue = Arc::new(Queue::new(1));
        let producer = Arc::clone(&queue);
        let producer = thread::spawn(move || (1..=3).for_each(|n| assert!(producer.push(&a, n))));
        (1..=3).for_each(|n| assert_eq!(queue.pop(&b), Some(n)));
        producer.join().unwrap();
    });
}

#[test]
fn two_producers_lose_nothing() {
    model(2, || {
        let [a, b, c] = Citizen::all();
        let queue = Arc::new(Queue::new(2));
        let producers = [(a, 1), (b, 2)].map(|(me, n)| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || assert!(queue.push(&me, n)))
        });
        assert_eq!(queue.pop(&c).unwrap() + queue.pop(&c).unwrap(), 3);
        producers.into_iter().for_each(|producer| producer.join().unwrap());
    });
}

#[test]
fn two_consumers_share_the_items_and_a_close_wakes_who_gets_none() {
    model(2, || {
        let [a, b, c] = Citizen::all();
        let queue = Arc::new(Queue::new(2));
        let consumers = [a, b].map(|me| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.pop(&me))
        });
        assert!(queue.push(&c, 7));
        queue.close(&c);
        let mut popped = consumers.map(|consumer| consumer.join().unwrap());
        popped.sort();
        assert_eq!(popped, [None, Some(7)]);
        assert!(!queue.push(&c, 8));
    });
}

#[test]
fn an_item_is_in_before_the_close_or_refused() {
    model(3, || {
        let [a, b] = Citizen::all();
        let queue = Arc::new(Queue::new(2));
        let producer = Arc::clone(&queue);
        let producer = thread::spawn(move || producer.push(&a, 5));
        queue.close(&b);
        let popped = queue.pop(&b);
        assert_eq!(popped, producer.join().unwrap().then_some(5));
    });
}

#[test]
fn a_producer_that_dies_with_the_lock_holds_up_nobody() {
    for late in [false, true] {
        model_with_heartbeat(2, move || {
            let [a, b, c] = Citizen::all();
            let queue = Arc::new(Queue::new(2));
            queue.push_and_die(a, 1, late);
            let producer = Arc::clone(&queue);
            let producer = thread::spawn(move || assert!(producer.push(&b, 2)));
            let first = queue.pop(&c).unwrap();
            let all = if late { first + queue.pop(&c).unwrap() } else { first };
            assert_eq!(all, if late { 3 } else { 2 });
            producer.join().unwrap();
        });
    }
}

#[test]
fn permits_added_one_by_one_wake_all_they_are_enough_for() {
    model(2, || {
        let semaphore = Arc::new(Semaphore::default());
        let takers = [(); 2].map(|()| {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.acquire())
        });
        semaphore.add(1);
        semaphore.add(1);
        takers.into_iter().for_each(|taker| taker.join().unwrap());
        assert_eq!(semaphore.available(), 0);
    });
}

#[test]
fn permits_added_at_once_wake_all_they_are_enough_for() {
    model(2, || {
        let semaphore = Arc::new(Semaphore::default());
        let takers = [(); 2].map(|()| {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.acquire())
        });
        semaphore.add(3);
        takers.into_iter().for_each(|taker| taker.join().unwrap());
        assert_eq!(semaphore.available(), 1);
    });
}

#[test]
fn what_was_written_before_the_barrier_is_read_after() {
    model(2, || {
        let barrier = Arc::new(Barrier::default());
        let cells = Arc::new([UnsafeCell::new(0), UnsafeCell::new(0)]);
        let (barrier2, cells2) = (Arc::clone(&barrier), Arc::clone(&cells));
        // SAFETY: loom checks it.
        let write = |cell: &UnsafeCell<i32>| cell.with_mut(|cell| unsafe { *cell = 1 });
        // SAFETY: loom checks it.
        let read = |cell: &UnsafeCell<i32>| cell.with(|cell| unsafe { *cell });
        let other = thread::spawn(move || {
            write(&cells2[1]);
            let led = barrier2.wait(2).unwrap();
            assert_eq!(read(&cells2[0]), 1);
            assert!(barrier2.wait(2).is_some());
            led
        });
        write(&cells[0]);
        let led = barrier.wait(2).unwrap();
        assert_eq!(read(&cells[1]), 1);
        assert!(barrier.wait(2).is_some());
        assert!(led ^ other.join().unwrap());
    });
}

#[test]
fn three_parties_meet_and_an_abort_wakes_two() {
    model(2, || {
        let barrier = Arc::new(Barrier::default());
        let others = [(); 2].map(|()| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || (barrier.wait(3), barrier.wait(3)))
        });
        let mut first = vec![barrier.wait(3)];
        barrier.abort();
        for other in others {
            let (met, broken) = other.join().unwrap();
            first.push(met);
            assert_eq!(broken, None);
        }
        assert_eq!(first.iter().filter(|met| **met == Some(true)).count(), 1);
        assert!(first.iter().all(Option::is_some));
    });
}

#[test]
fn every_planted_fault_is_noticed_by_a_model() {
    model_kit::every_fault_is_noticed(
        "PROC_POOL_MUTANT",
        &[
            ("unlock relaxed", "three_who_add_under_the_lock_miss_nothing"),
            ("sleep unannounced", "three_who_add_under_the_lock_miss_nothing"),
            ("take it as if nobody slept", "three_who_add_under_the_lock_miss_nothing"),
            ("inherit without agreeing", "one_of_two_inherits_from_a_dead_owner"),
            ("read the head relaxed", "items_go_through_a_full_queue_in_order"),
            ("read the tail relaxed", "items_go_through_a_full_queue_in_order"),
            ("count before the item is there", "items_go_through_a_full_queue_in_order"),
            ("wait unannounced", "items_go_through_a_full_queue_in_order"),
            ("sleep without a look", "items_go_through_a_full_queue_in_order"),
            ("close without a ring", "two_consumers_share_the_items_and_a_close_wakes_who_gets_none"),
            ("acquire as if nobody slept", "permits_added_one_by_one_wake_all_they_are_enough_for"),
            ("wake nobody in turn", "permits_added_at_once_wake_all_they_are_enough_for"),
            ("arrive relaxed", "what_was_written_before_the_barrier_is_read_after"),
            ("wake one party", "three_parties_meet_and_an_abort_wakes_two"),
        ],
    );
}
