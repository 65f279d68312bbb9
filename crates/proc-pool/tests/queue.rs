//! The queue between processes: order, nothing lost, nothing twice, and the deaths of those who use it.

mod common;

use common::stress;
use proc_pool::shared::{Closed, Queue, TryPopError, TryPushError};
use proc_pool::{ProcPool, Process, SharedValue};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::time::Duration;

fn produce((queue, producer, items): (Queue<[u64; 2]>, u64, u64)) {
    for n in 0..items {
        queue.push([producer, n]).unwrap();
    }
}

fn consume(queue: Queue<[u64; 2]>) -> Vec<[u64; 2]> {
    std::iter::from_fn(|| queue.pop()).collect()
}

/// Every item once, and those of one producer in order within each consumer.
fn check(taken: Vec<Vec<[u64; 2]>>, producers: u64, items: u64) {
    for taken in &taken {
        for producer in 0..producers {
            assert!(taken.iter().filter(|item| item[0] == producer).is_sorted(), "items overtook each other");
        }
    }
    let mut all = taken.concat();
    all.sort_unstable();
    let expected = (0..producers).flat_map(|producer| (0..items).map(move |n| [producer, n]));
    assert!(all.into_iter().eq(expected), "an item was lost or taken twice");
}

#[test]
fn every_item_arrives_once_and_in_order() {
    proc_pool::init();
    for (producers, consumers, capacity) in [(1, 1, 1), (1, 1, 100), (2, 2, 1), (2, 3, 7), (3, 1, 64)] {
        let queue = Queue::new(capacity).unwrap();
        let items = 1000 * stress();
        let consuming: Vec<_> = (0..consumers).map(|_| Process::spawn(consume, queue.clone()).unwrap()).collect();
        let producing: Vec<_> =
            (0..producers).map(|n| Process::spawn(produce, (queue.clone(), n, items)).unwrap()).collect();
        producing.into_iter().for_each(|process| process.join().unwrap());
        assert!(queue.close());
        let taken = consuming.into_iter().map(|process| process.join().unwrap()).collect();
        check(taken, producers, items);
    }
}

/// Pushes until it is killed.
fn push_for_ever((queue, pushed): (Queue<u64>, SharedValue<u64>)) {
    for n in 0.. {
        queue.push(n).unwrap();
        pushed.set(n + 1);
    }
}

#[test]
fn a_producer_killed_at_any_moment_has_pushed_a_prefix_and_holds_up_nobody() {
    proc_pool::init();
    for round in 0..10 * stress() {
        let queue = Queue::new(32).unwrap();
        let pushed = SharedValue::new(0).unwrap();
        let producer = Process::spawn(push_for_ever, (queue.clone(), pushed.clone())).unwrap();
        let before = 200 + round * 13;
        for n in 0..before {
            assert_eq!(queue.pop(), Some(n));
        }
        producer.kill();
        let mut next = before;
        while let Some(n) = queue.pop_while(|| producer.is_alive()) {
            assert_eq!(n, next);
            next += 1;
        }
        assert!(next >= pushed.get(), "{next} of {} items that were pushed came out", pushed.get());
        assert!(producer.join().is_err());
        // The end of the dead is taken over.
        queue.push(1).unwrap();
        assert_eq!(queue.pop(), Some(1));
    }
}

/// Pops until it is killed, saying how many it has got.
fn pop_for_ever((queue, popped): (Queue<u64>, SharedValue<u64>)) {
    while queue.pop().is_some() {
        popped.update(|n| n + 1);
    }
}

#[test]
fn a_consumer_killed_at_any_moment_takes_one_item_along_at_most() {
    proc_pool::init();
    for _ in 0..10 * stress() {
        let queue = Queue::new(16).unwrap();
        let popped = SharedValue::new(0_u64).unwrap();
        let consumer = Process::spawn(pop_for_ever, (queue.clone(), popped.clone())).unwrap();
        for n in 0..=300 {
            queue.push_timeout(n, Duration::from_secs(60)).expect("the queue is stuck");
        }
        consumer.kill();
        assert!(consumer.join().is_err());
        let mut left = 0;
        while queue.try_pop().is_ok() {
            left += 1;
        }
        let missing = 301 - popped.get() - left;
        assert!(missing <= 1, "{missing} items are missing");
        queue.push(5).unwrap();
        assert_eq!(queue.pop(), Some(5));
    }
}

#[test]
fn close_refuses_and_drains() {
    proc_pool::init();
    let queue = Queue::new(3).unwrap();
    queue.push_many(&[1_u32, 2, 3]).unwrap();
    assert_eq!(queue.try_push(4), Err(TryPushError::Full(4)));
    assert_eq!(queue.push_timeout(4, Duration::from_millis(20)), Err(TryPushError::Full(4)));
    assert_eq!((queue.len(), queue.capacity(), queue.is_empty(), queue.is_closed()), (3, 3, false, false));
    assert!(queue.close());
    assert!(!queue.close());
    assert_eq!(queue.push(4), Err(Closed(4)));
    assert_eq!(queue.try_push(4).unwrap_err().into_inner(), 4);
    assert_eq!(queue.push_many(&[1, 2]), Err(Closed(0)));
    assert_eq!(queue.pop(), Some(1));
    let mut rest = [0; 5];
    assert_eq!(queue.pop_many(&mut rest), 2);
    assert_eq!(rest, [2, 3, 0, 0, 0]);
    assert_eq!((queue.pop(), queue.try_pop(), queue.pop_many(&mut rest)), (None, Err(TryPopError::Closed), 0));
    let open = Queue::<u32>::new(1).unwrap();
    assert_eq!(open.try_pop(), Err(TryPopError::Empty));
    assert_eq!(open.pop_timeout(Duration::from_millis(20)), Err(TryPopError::Empty));
    assert_eq!(open.pop_while(|| false), None);
}

#[test]
fn close_wakes_who_waits_in_other_processes() {
    proc_pool::init();
    let (full, empty) = (Queue::new(1).unwrap(), Queue::<u64>::new(1).unwrap());
    full.push(0_u64).unwrap();
    let pushing = Process::spawn(|queue: Queue<u64>| queue.push(1).is_err(), full.clone()).unwrap();
    let popping = Process::spawn(|queue: Queue<u64>| queue.pop().is_none(), empty.clone()).unwrap();
    full.close();
    empty.close();
    assert!(pushing.join().unwrap() && popping.join().unwrap());
}

#[test]
fn tasks_of_a_pool_use_it() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(2).build().unwrap();
    let queue = Queue::new(4).unwrap();
    let producing = pool.map_async(|(queue, n): (Queue<u64>, u64)| queue.push(n).unwrap(), {
        let queue = queue.clone();
        (0..1000).map(move |n| (queue.clone(), n))
    });
    let sum: u64 = (0..1000).map(|_| queue.pop().unwrap()).sum();
    producing.try_join().unwrap();
    assert_eq!(sum, 499_500);
}

#[derive(Clone, Debug)]
enum Step {
    Push(Vec<u16>),
    Pop(usize),
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_does_what_a_vecdeque_does(
        capacity in 1_usize..9,
        steps in proptest::collection::vec(prop_oneof![
            proptest::collection::vec(any::<u16>(), 1..6).prop_map(Step::Push),
            (1_usize..6).prop_map(Step::Pop),
        ], 0..80),
    ) {
        let queue = Queue::new(capacity).unwrap();
        let mut oracle = VecDeque::new();
        for step in steps {
            match step {
                Step::Push(items) if items.len() == 1 => {
                    let fits = oracle.len() < capacity;
                    prop_assert_eq!(queue.try_push(items[0]).is_ok(), fits);
                    oracle.extend(items.into_iter().filter(|_| fits));
                }
                Step::Push(mut items) => {
                    items.truncate(capacity - oracle.len());
                    queue.push_many(&items).unwrap();
                    oracle.extend(items);
                }
                Step::Pop(1) => prop_assert_eq!(queue.try_pop().ok(), oracle.pop_front()),
                Step::Pop(_) if oracle.is_empty() => prop_assert!(queue.is_empty()),
                Step::Pop(n) => {
                    let mut out = vec![0; n];
                    let popped = queue.pop_many(&mut out);
                    let expected: Vec<u16> = oracle.drain(..n.min(oracle.len())).collect();
                    prop_assert_eq!(&out[..popped], &expected[..]);
                }
            }
            prop_assert_eq!(queue.len(), oracle.len());
        }
    }
}
