//! Larger uses than loom can hold, on many random schedules: `RUSTFLAGS="--cfg shuttle" cargo test -p bounded-queue --release
//! --test shuttle`. A failing schedule prints its seed; `SHUTTLE_RANDOM_SEED` replays it.
#![cfg(shuttle)]

use bounded_queue::{BoundedQueue, Rendezvous, TaskQueue, channel};
use shuttle::thread;
use std::sync::Arc;
use std::time::Duration;

const SCHEDULES: usize = 3000;

/// Random schedules, and then those with few switches at the worst moments.
fn model(run: impl Fn() + Send + Sync + Copy + 'static) {
    shuttle::check_random(run, SCHEDULES);
    shuttle::check_pct(run, SCHEDULES, 3);
}

/// Spawns `count` threads that share `queue`, and gives what they return.
fn crowd<Q: Send + Sync + 'static, R: Send + 'static>(
    queue: &Arc<Q>,
    count: usize,
    run: impl Fn(usize, &Q) -> R + Send + Copy + 'static,
) -> Vec<thread::JoinHandle<R>> {
    let one = |id| {
        let queue = Arc::clone(queue);
        thread::spawn(move || run(id, &queue))
    };
    (0..count).map(one).collect()
}

fn all<R>(threads: Vec<thread::JoinHandle<R>>) -> Vec<R> {
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

/// Every item of every producer is there once, and each consumer saw those of each producer in order.
fn check(consumed: &[Vec<(usize, usize)>], producers: usize, each: usize) {
    for items in consumed {
        for id in 0..producers {
            assert!(items.iter().filter(|item| item.0 == id).is_sorted(), "order of a producer");
        }
    }
    let mut items = consumed.concat();
    items.sort_unstable();
    let expected: Vec<_> = (0..producers).flat_map(|id| (0..each).map(move |n| (id, n))).collect();
    assert_eq!(items, expected);
}

fn through(capacity: usize, producers: usize, consumers: usize, each: usize) {
    let queue = Arc::new(BoundedQueue::before_overflow(capacity, 1));
    let pushers = crowd(&queue, producers, move |id, queue| (0..each).for_each(|n| queue.push((id, n)).unwrap()));
    let poppers = crowd(&queue, consumers, |_, queue| queue.iter().collect::<Vec<_>>());
    all(pushers);
    queue.close();
    check(&all(poppers), producers, each);
}

#[test]
fn three_by_three_through_one_slot() {
    model(|| through(1, 3, 3, 3));
}

#[test]
fn four_by_two_through_three_slots() {
    model(|| through(3, 4, 2, 4));
}

#[test]
fn two_by_four_through_two_slots() {
    model(|| through(2, 2, 4, 5));
}

#[test]
fn batches_meet_single_items() {
    model(|| {
        let queue = Arc::new(BoundedQueue::new(3));
        let pushers = crowd(&queue, 2, |id, queue| match id {
            0 => drop(queue.push_many((0..5).map(|n| (0, n))).unwrap()),
            _ => (0..5).for_each(|n| queue.push((1, n)).unwrap()),
        });
        let poppers = crowd(&queue, 2, |id, queue| {
            let mut items = Vec::new();
            match id {
                0 => while queue.pop_many(&mut items, 2) > 0 {},
                _ => items.extend(queue.iter()),
            }
            items
        });
        all(pushers);
        queue.close();
        check(&all(poppers), 2, 5);
    });
}

#[test]
fn timed_waits_lose_no_wake_up_of_others() {
    model(|| {
        let queue = Arc::new(BoundedQueue::new(1));
        // Under the checker a timed wait may end at any moment, with the item or without.
        let impatient = crowd(&queue, 2, |_, queue| queue.pop_timeout(Duration::from_secs(100)).ok());
        let patient = crowd(&queue, 2, |_, queue| queue.pop());
        let pushers = crowd(&queue, 2, |id, queue| {
            queue.push(2 * id).unwrap();
            let _ = queue.push_timeout(2 * id + 1, Duration::from_secs(100));
        });
        all(pushers);
        queue.close();
        let mut items: Vec<_> =
            all(impatient).into_iter().chain(all(patient)).flatten().chain(queue.try_iter()).collect();
        items.sort_unstable();
        items.dedup();
        assert!(items.len() >= 2 && items.contains(&0) && items.contains(&2), "{items:?}");
    });
}

#[test]
fn close_sends_everybody_home() {
    model(|| {
        let queue = Arc::new(BoundedQueue::new(1));
        let pushers = crowd(&queue, 3, |id, queue| queue.push(id).is_ok());
        let poppers = crowd(&queue, 2, |_, queue| queue.pop());
        let closer = crowd(&queue, 1, |_, queue| queue.close());
        let went_in = all(pushers).into_iter().filter(|&ok| ok).count();
        let came_out = all(poppers).into_iter().flatten().count() + queue.iter().count();
        assert!(all(closer)[0]);
        assert_eq!(went_in, came_out);
    });
}

#[test]
fn forced_pushes_meet_pushes_and_pops() {
    model(|| {
        let queue = Arc::new(BoundedQueue::new(2));
        let forcers =
            crowd(&queue, 2, |id, queue| (0..3).filter_map(|n| queue.force_push((id, n)).unwrap()).collect::<Vec<_>>());
        let pushers = crowd(&queue, 1, |_, queue| (0..3).for_each(|n| queue.push((2, n)).unwrap()));
        let poppers = crowd(&queue, 2, |_, queue| queue.iter().collect::<Vec<_>>());
        let displaced = all(forcers).concat();
        all(pushers);
        queue.close();
        let mut items = [displaced, all(poppers).concat()].concat();
        items.sort_unstable();
        assert_eq!(items, (0..3).flat_map(|id| (0..3).map(move |n| (id, n))).collect::<Vec<_>>());
    });
}

#[test]
fn halves_close_the_channel_when_the_last_goes() {
    model(|| {
        let (sender, receiver) = channel(1);
        let senders: Vec<_> = (0..3)
            .map(|id| {
                let sender = sender.clone();
                thread::spawn(move || sender.send(id).unwrap())
            })
            .collect();
        drop(sender);
        let other = receiver.clone();
        let helper = thread::spawn(move || other.into_iter().sum::<i32>());
        let sum = receiver.iter().sum::<i32>();
        assert_eq!(sum + helper.join().unwrap(), 3);
        all(senders);
    });
}

#[test]
fn join_returns_when_all_tasks_are_done() {
    model(|| {
        let queue = Arc::new(TaskQueue::new(2));
        let workers = crowd(&queue, 2, |_, queue| {
            let mut done = 0;
            while let Some(task) = queue.pop() {
                done += *task;
            }
            done
        });
        (1..=4).for_each(|n| queue.push(n).unwrap());
        queue.join();
        assert_eq!(queue.unfinished(), 0);
        queue.close();
        assert_eq!(all(workers).into_iter().sum::<i32>(), 10);
    });
}

#[test]
fn pairs_meet_in_person() {
    model(|| {
        let meeting = Arc::new(Rendezvous::new());
        let producers = crowd(&meeting, 3, |id, meeting| meeting.push(id).is_ok());
        let consumers = crowd(&meeting, 2, |_, meeting| meeting.pop());
        let mut got: Vec<_> = all(consumers).into_iter().flatten().collect();
        got.extend(meeting.pop());
        got.sort_unstable();
        assert_eq!(got, [0, 1, 2]);
        assert!(all(producers).into_iter().all(|handed| handed));
    });
}
