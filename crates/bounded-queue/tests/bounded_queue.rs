//! The queue keeps its word, one sentence per test.

use bounded_queue::{
    BoundedQueue, CapacityError, Closed, PopTimeoutError, PushTimeoutError, TryPopError, TryPushError,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(2);

#[test]
fn items_come_out_in_the_order_in_which_they_went_in_at_any_capacity() {
    for capacity in [1, 2, 3, 4, 5, 7, 8, 63, 64, 1000] {
        let queue = BoundedQueue::new(capacity);
        for lap in 0..5 {
            let first = lap * capacity;
            (first..first + capacity).for_each(|n| queue.push(n).unwrap());
            assert!(queue.is_full() && queue.len() == capacity);
            assert_eq!(queue.try_push(0), Err(TryPushError::Full(0)));
            (first..first + capacity).for_each(|n| assert_eq!(queue.pop(), Some(n)));
            assert!(queue.is_empty());
            assert_eq!(queue.try_pop(), Err(TryPopError::Empty));
        }
    }
}

#[test]
fn positions_may_overflow() {
    for capacity in [1, 2, 3, 4, 5, 8] {
        for laps in 1..4 {
            let queue = BoundedQueue::before_overflow(capacity, laps);
            for n in 0..capacity * 8 {
                assert_eq!(queue.len(), 0);
                queue.try_push(n).unwrap();
                if capacity > 1 {
                    queue.try_push(n).unwrap();
                    assert_eq!((queue.len(), queue.try_pop()), (2, Ok(n)));
                }
                assert_eq!((queue.len(), queue.try_pop()), (1, Ok(n)));
                let all: Vec<usize> = (0..capacity).collect();
                assert_eq!(queue.push_many(all.clone()).unwrap(), capacity);
                assert!(queue.is_full() && queue.try_push(0).is_err());
                assert_eq!(queue.force_push(capacity), Ok(Some(0)));
                let mut out = Vec::new();
                assert_eq!(queue.pop_many(&mut out, capacity), capacity);
                assert_eq!(out, (1..=capacity).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn slots_are_made_by_whoever_needs_them_first() {
    const EACH: usize = 12_000;
    // Large items, so that slots are made many times.
    let item = |id, n| [id, n, 0, 0, 0, 0, 0, 0];
    for _ in 0..8 {
        let queue = BoundedQueue::new(4 * EACH);
        thread::scope(|s| {
            for id in 0..4 {
                let queue = &queue;
                s.spawn(move || {
                    for n in (0..EACH).step_by(3) {
                        queue.try_push(item(id, n)).expect("there is room");
                        queue.push(item(id, n + 1)).expect("open");
                        assert_eq!(queue.push_many([item(id, n + 2)]).expect("open"), 1);
                    }
                });
            }
        });
        assert!(queue.is_full());
        let mut seen = [0; 4];
        for item in queue {
            assert_eq!(item[1], seen[item[0]]);
            seen[item[0]] += 1;
        }
        assert_eq!(seen, [EACH; 4]);
    }
}

#[test]
fn a_capacity_that_cannot_be_is_an_error_or_a_panic() {
    assert_eq!(BoundedQueue::<u8>::try_new(0).unwrap_err(), CapacityError::Zero);
    assert_eq!(BoundedQueue::<u8>::try_new(usize::MAX).unwrap_err(), CapacityError::TooLarge);
    assert_eq!(BoundedQueue::<u64>::try_new(usize::MAX / 16).unwrap_err(), CapacityError::TooLarge);
    let panic = catch_unwind(|| BoundedQueue::<u8>::new(0)).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains("at least 1") && message.contains("Rendezvous"), "{message}");
}

#[test]
fn a_closed_queue_gives_pushes_their_value_back_and_lets_pops_drain() {
    let queue = BoundedQueue::new(4);
    queue.push_many([1, 2]).unwrap();
    assert!(queue.close());
    assert!(!queue.close());
    assert!(queue.is_closed());
    assert_eq!(queue.push(3), Err(Closed(3)));
    assert_eq!(queue.try_push(3), Err(TryPushError::Closed(3)));
    assert_eq!(queue.push_timeout(3, SHORT), Err(PushTimeoutError::Closed(3)));
    assert_eq!(queue.force_push(3), Err(Closed(3)));
    assert_eq!(queue.try_push_many(&mut vec![3]), 0);
    assert_eq!(queue.push_many([3]).unwrap_err().into_iter().collect::<Vec<_>>(), [3]);
    assert_eq!((queue.pop(), queue.try_pop()), (Some(1), Ok(2)));
    assert_eq!((queue.pop(), queue.try_pop()), (None, Err(TryPopError::Closed)));
    assert_eq!(queue.pop_timeout(SHORT), Err(PopTimeoutError::Closed));
    assert_eq!(queue.pop_many(&mut Vec::new(), 3), 0);
}

#[test]
fn close_and_take_gives_what_was_queued() {
    let queue = BoundedQueue::new(4);
    queue.push_many([1, 2, 3]).unwrap();
    assert_eq!(queue.close_and_take(), [1, 2, 3]);
    assert!(queue.is_closed() && queue.pop().is_none());
}

/// Looks until `condition` holds.
fn until(condition: impl Fn() -> bool) {
    while !condition() {
        thread::yield_now();
    }
}

#[test]
fn close_wakes_all_who_wait_on_either_side() {
    let (full, empty) = (BoundedQueue::new(1), BoundedQueue::<u32>::new(1));
    full.push(0).unwrap();
    let started = AtomicUsize::new(0);
    thread::scope(|s| {
        for n in 1..=3 {
            let (full, empty, started) = (&full, &empty, &started);
            s.spawn(move || {
                started.fetch_add(1, Ordering::SeqCst);
                assert_eq!(full.push(n), Err(Closed(n)));
            });
            s.spawn(move || {
                started.fetch_add(1, Ordering::SeqCst);
                assert_eq!(empty.pop(), None);
            });
        }
        until(|| started.load(Ordering::SeqCst) == 6);
        full.close();
        empty.close();
    });
    assert_eq!(full.pop(), Some(0));
}

#[test]
fn a_time_limit_of_zero_or_in_the_past_is_a_single_try_and_the_longest_is_none() {
    let queue = BoundedQueue::new(1);
    let past = Instant::now();
    assert_eq!(queue.pop_timeout(Duration::ZERO), Err(PopTimeoutError::TimedOut));
    assert_eq!(queue.pop_until(past), Err(PopTimeoutError::TimedOut));
    queue.push_until(1, past).unwrap();
    assert_eq!(queue.push_timeout(2, Duration::ZERO), Err(PushTimeoutError::TimedOut(2)));
    assert_eq!(queue.push_until(2, past), Err(PushTimeoutError::TimedOut(2)));
    assert_eq!(queue.pop_timeout(Duration::MAX), Ok(1));
    queue.push_timeout(3, Duration::MAX).unwrap();
    thread::scope(|s| {
        s.spawn(|| queue.push_timeout(4, Duration::MAX).unwrap());
        assert_eq!((queue.pop_timeout(Duration::MAX), queue.pop_timeout(Duration::MAX)), (Ok(3), Ok(4)));
    });
}

#[test]
fn a_time_limit_ends_a_wait() {
    let queue = BoundedQueue::new(1);
    assert_eq!(queue.pop_timeout(SHORT), Err(PopTimeoutError::TimedOut));
    queue.push(1).unwrap();
    assert_eq!(queue.push_timeout(2, SHORT).unwrap_err().into_inner(), 2);
    assert_eq!(queue.pop(), Some(1));
}

#[test]
fn a_forced_push_displaces_the_oldest_item_of_a_full_queue_only() {
    let queue = BoundedQueue::new(2);
    assert_eq!((queue.force_push(1), queue.force_push(2)), (Ok(None), Ok(None)));
    assert_eq!((queue.force_push(3), queue.force_push(4)), (Ok(Some(1)), Ok(Some(2))));
    assert_eq!(queue.drain().collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn many_are_pushed_and_popped_in_order_and_what_has_no_room_stays() {
    let queue = BoundedQueue::new(5);
    let mut items = vec![1, 2, 3, 4, 5, 6, 7];
    assert_eq!(queue.try_push_many(&mut items), 5);
    assert_eq!(items, [6, 7]);
    assert_eq!(queue.try_push_many(&mut items), 0);
    let mut out = vec![0];
    assert_eq!(queue.try_pop_many(&mut out, 2), 2);
    assert_eq!(queue.try_push_many(&mut items), 2);
    assert!(items.is_empty());
    assert_eq!(queue.pop_many(&mut out, usize::MAX), 5);
    assert_eq!(out, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!((queue.try_pop_many(&mut out, 3), queue.pop_many(&mut out, 0)), (0, 0));
}

#[test]
fn more_items_than_room_go_in_as_consumers_make_room() {
    let queue = BoundedQueue::new(3);
    thread::scope(|s| {
        s.spawn(|| {
            assert_eq!(queue.push_many(0..1000).unwrap(), 1000);
            // A filter promises no number of items: these go one by one.
            assert_eq!(queue.push_many((1000..2000).filter(|n| n % 2 == 0)).unwrap(), 500);
            queue.close();
        });
        let mut out = Vec::new();
        while queue.pop_many(&mut out, 7) > 0 {}
        assert_eq!(out, (0..1000).chain((1000..2000).step_by(2)).collect::<Vec<_>>());
    });
}

#[test]
fn push_many_does_not_keep_back_items_while_its_iterator_waits() {
    let (questions, answers) = (BoundedQueue::new(4), BoundedQueue::new(4));
    thread::scope(|s| {
        s.spawn(|| answers.push_many(questions.iter()).unwrap());
        for n in 0..10 {
            questions.push(n).unwrap();
            assert_eq!(answers.pop(), Some(n));
        }
        questions.close();
    });
}

#[test]
fn a_closed_push_many_gives_back_the_rest_in_order() {
    let queue = BoundedQueue::new(4);
    thread::scope(|s| {
        let pusher = s.spawn(|| queue.push_many(0..100));
        let mut taken: Vec<_> = (0..10).map(|_| queue.pop().unwrap()).collect();
        taken.extend(queue.close_and_take());
        let error = pusher.join().unwrap().unwrap_err();
        assert_eq!(error.pushed(), taken.len());
        assert_eq!(taken.into_iter().chain(error).collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
    });
}

#[test]
fn drain_is_finite_and_leaves_what_it_did_not_take() {
    let queue = BoundedQueue::new(4);
    queue.push_many([1, 2, 3]).unwrap();
    let mut drain = queue.drain();
    assert_eq!(drain.next(), Some(1));
    queue.push(4).unwrap();
    assert_eq!(drain.by_ref().collect::<Vec<_>>(), [2, 3]);
    assert_eq!(drain.next(), None);
    assert_eq!(queue.try_iter().collect::<Vec<_>>(), [4]);
    assert_eq!(queue.into_iter().next(), None::<i32>);
}

#[test]
fn the_only_owner_needs_no_atomics() {
    let mut queue = BoundedQueue::new(2);
    assert_eq!((queue.push_mut(1), queue.push_mut(2)), (Ok(()), Ok(())));
    assert_eq!(queue.push_mut(3), Err(TryPushError::Full(3)));
    assert_eq!((queue.pop_mut(), queue.pop()), (Some(1), Some(2)));
    queue.push(4).unwrap();
    queue.close();
    assert_eq!(queue.push_mut(5), Err(TryPushError::Closed(5)));
    assert_eq!((queue.pop_mut(), queue.pop_mut()), (Some(4), None));
}

#[test]
fn items_of_no_size_of_odd_alignment_and_of_a_page_go_through() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(align(128))]
    struct Aligned(u8);
    fn through<T: Copy + PartialEq + std::fmt::Debug>(items: [T; 3]) {
        let queue = BoundedQueue::new(2);
        for _ in 0..4 {
            queue.push(items[0]).unwrap();
            queue.push(items[1]).unwrap();
            assert_eq!(queue.try_push(items[2]), Err(TryPushError::Full(items[2])));
            assert_eq!(queue.force_push(items[2]), Ok(Some(items[0])));
            assert_eq!((queue.pop(), queue.pop(), queue.len()), (Some(items[1]), Some(items[2]), 0));
        }
    }
    through([(); 3]);
    through([Aligned(1), Aligned(2), Aligned(3)]);
    through([[1_u64; 512], [2; 512], [3; 512]]);
}

/// Counts its drops; panics in the one numbered so.
struct Counted<'a>(&'a AtomicUsize, bool);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        assert!(!self.1, "planned");
    }
}

#[test]
fn what_is_inside_is_dropped_once_even_if_a_drop_panics() {
    for panicking in 0..4 {
        let drops = AtomicUsize::new(0);
        let queue = BoundedQueue::new(5);
        (0..3).for_each(|n| queue.push(Counted(&drops, n == panicking)).unwrap_or_else(|_| unreachable!()));
        let result = catch_unwind(AssertUnwindSafe(|| drop(queue)));
        assert_eq!((result.is_err(), drops.load(Ordering::SeqCst)), (panicking < 3, 3));
    }
}

#[test]
fn errors_say_what_happened_and_need_no_debug_of_the_item() {
    struct Plain;
    let queue = BoundedQueue::new(1);
    assert!(queue.push(Plain).is_ok());
    let full = queue.try_push(Plain).unwrap_err();
    assert_eq!((format!("{full:?}"), full.to_string()), ("Full(..)".to_owned(), "queue is full".to_owned()));
    assert!(full.is_full() && !full.is_closed());
    queue.close();
    let closed = queue.push(Plain).unwrap_err();
    assert_eq!((format!("{closed:?}"), closed.to_string()), ("Closed(..)".to_owned(), "queue is closed".to_owned()));
    assert_eq!(format!("{queue:?}"), "BoundedQueue { len: 1, capacity: 1, closed: true }");
    let error: Box<dyn std::error::Error + Send + Sync> = Box::new(TryPopError::Empty);
    assert_eq!(error.to_string(), "queue is empty");
}

#[test]
fn making_a_large_queue_touches_no_slot() {
    // 64 GiB of address space: only possible if nothing of it is written.
    if let Ok(queue) = BoundedQueue::<[u64; 7]>::try_new(1 << 30) {
        queue.push([1; 7]).unwrap();
        assert_eq!(queue.pop(), Some([1; 7]));
    }
}
