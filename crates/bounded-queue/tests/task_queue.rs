//! Task accounting.

use bounded_queue::{TaskQueue, TryPushError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_task_counts_until_its_guard_is_gone() {
    let queue = TaskQueue::new(2);
    assert!(queue.join_timeout(Duration::ZERO));
    queue.push(1).unwrap();
    queue.push(2).unwrap();
    assert_eq!((queue.unfinished(), queue.len()), (2, 2));
    let task = queue.pop().unwrap();
    assert_eq!((*task, queue.unfinished(), queue.len()), (1, 2, 1));
    drop(task);
    assert_eq!(queue.unfinished(), 1);
    assert!(!queue.join_timeout(Duration::from_millis(1)));
    let mut task = queue.try_pop().unwrap();
    *task += 1;
    assert_eq!(task.finish(), 3);
    queue.join();
    assert!(queue.join_until(Instant::now()));
}

#[test]
fn a_panicking_worker_finishes_its_task() {
    let queue = TaskQueue::new(1);
    queue.push(()).unwrap();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _task = queue.pop().unwrap();
        panic!("planned");
    }));
    assert!(result.is_err());
    queue.join();
}

#[test]
fn a_refused_push_does_not_count() {
    let queue = TaskQueue::new(1);
    queue.push(1).unwrap();
    assert_eq!(queue.try_push(2), Err(TryPushError::Full(2)));
    assert!(queue.push_timeout(2, Duration::ZERO).is_err());
    assert_eq!(queue.unfinished(), 1);
    assert_eq!(queue.force_push(3), Ok(Some(1)));
    assert_eq!(queue.unfinished(), 1);
    assert_eq!(queue.close_and_take(), [3]);
    assert!(queue.push(4).is_err());
    queue.join();
}

#[test]
fn join_waits_for_work_not_for_hand_out() {
    let (queue, done) = (TaskQueue::new(3), AtomicUsize::new(0));
    thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| {
                while let Some(task) = queue.pop() {
                    thread::yield_now();
                    done.fetch_add(*task, Ordering::SeqCst);
                }
            });
        }
        for round in 1..=50 {
            (0..10).for_each(|_| queue.push(1).unwrap());
            queue.join();
            assert_eq!(done.load(Ordering::SeqCst), round * 10);
        }
        queue.close();
    });
}
