//! Histories of real threads: nothing lost, nothing doubled, order kept, and no false "empty" or "full".

use bounded_queue::BoundedQueue;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Items per producer; `STRESS` multiplies it.
fn items(base: usize) -> usize {
    base * std::env::var("STRESS").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

const CAPACITIES: [usize; 7] = [1, 2, 3, 4, 63, 64, 1000];
const SHAPES: [(usize, usize); 5] = [(1, 1), (4, 1), (1, 4), (2, 2), (4, 4)];

/// A push or a pop that succeeded: when it began, when it had ended, and what it moved.
#[derive(Clone, Copy)]
struct Event {
    began: u64,
    ended: u64,
    item: (usize, usize),
}

/// `way` varies the operation, so that all kinds meet.
fn push(queue: &BoundedQueue<(usize, usize)>, item: (usize, usize), way: usize) {
    match way % 4 {
        0 => queue.push(item).unwrap(),
        1 => {
            let mut item = item;
            while let Err(error) = queue.try_push(item) {
                item = error.into_inner();
                thread::yield_now();
            }
        }
        2 => {
            let mut item = item;
            while let Err(error) = queue.push_timeout(item, Duration::from_micros(30)) {
                item = error.into_inner();
            }
        }
        _ => drop(queue.push_many([item]).unwrap()),
    }
}

fn pop(queue: &BoundedQueue<(usize, usize)>, way: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    match way % 4 {
        0 => out.extend(queue.pop()),
        1 => out.extend(queue.try_pop().ok()),
        2 => out.extend(queue.pop_timeout(Duration::from_micros(30)).ok()),
        _ => drop(queue.pop_many(&mut out, 3)),
    }
    out
}

/// Runs the threads and gives all successful pushes and pops with their times on one logical clock.
fn run(capacity: usize, (producers, consumers): (usize, usize), each: usize) -> (Vec<Event>, Vec<Event>) {
    let queue = &BoundedQueue::before_overflow(capacity, 2);
    let clock = &AtomicU64::new(0);
    let now = || clock.fetch_add(1, Ordering::SeqCst);
    thread::scope(|s| {
        let pushes: Vec<_> = (0..producers)
            .map(|id| {
                s.spawn(move || {
                    let event = |n| {
                        let began = now();
                        push(queue, (id, n), n + id);
                        Event { began, ended: now(), item: (id, n) }
                    };
                    (0..each).map(event).collect::<Vec<_>>()
                })
            })
            .collect();
        let pops: Vec<_> = (0..consumers)
            .map(|id| {
                s.spawn(move || {
                    let mut events = Vec::new();
                    for way in id.. {
                        let began = now();
                        let items = pop(queue, way);
                        let ended = now();
                        if items.is_empty() && queue.is_closed() && queue.is_empty() {
                            return events;
                        }
                        events.extend(items.into_iter().map(|item| Event { began, ended, item }));
                    }
                    unreachable!("the ways do not end")
                })
            })
            .collect();
        let pushed = pushes.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        queue.close();
        (pushed, pops.into_iter().flat_map(|thread| thread.join().unwrap()).collect())
    })
}

/// Each item once; and if the push of `a` ended before that of `b` began, then `a` was not popped after `b`: the pop of `b`
/// must not have ended before that of `a` began. For a queue these two are all that linearizability asks of pairs.
fn check(capacity: usize, shape: (usize, usize), mut pushed: Vec<Event>, popped: &[Event]) {
    let title = format!("capacity {capacity}, {}x{}", shape.0, shape.1);
    let items: HashSet<_> = popped.iter().map(|event| event.item).collect();
    assert_eq!(items.len(), popped.len(), "{title}: an item was popped twice");
    assert_eq!(popped.len(), pushed.len(), "{title}: an item was lost");
    let pops: std::collections::HashMap<_, _> = popped.iter().map(|event| (event.item, event)).collect();
    // By the end of their push; `late` is the latest begin of a pop among those pushed before.
    pushed.sort_by_key(|event| event.ended);
    let mut by_begin: Vec<&Event> = pushed.iter().collect();
    by_begin.sort_by_key(|event| event.began);
    let (mut finished, mut late) = (0, (0, (0, 0)));
    for push in by_begin {
        while finished < pushed.len() && pushed[finished].ended < push.began {
            let pop = pops[&pushed[finished].item];
            late = late.max((pop.began, pop.item));
            finished += 1;
        }
        let pop = pops[&push.item];
        assert!(pop.ended > late.0, "{title}: {:?} overtook {:?}", push.item, late.1);
        assert!(pop.ended > push.began, "{title}: {:?} was popped before it was pushed", push.item);
    }
}

#[test]
fn all_shapes_and_capacities_are_first_in_first_out() {
    for capacity in CAPACITIES {
        for shape in SHAPES {
            let (pushed, popped) = run(capacity, shape, items(400));
            check(capacity, shape, pushed, &popped);
        }
    }
}

#[test]
fn sixteen_by_sixteen_does_not_collapse() {
    for capacity in [1, 3, 64] {
        let (pushed, popped) = run(capacity, (16, 16), items(200));
        check(capacity, (16, 16), pushed, &popped);
    }
}

#[test]
fn empty_and_full_are_never_claimed_falsely() {
    // The one producer keeps the number of items between 1 and capacity - 1 as far as it and the one consumer can tell, so
    // neither may ever hear "empty" or "full".
    let capacity = 4;
    let queue = BoundedQueue::new(capacity);
    let (pushed, popped) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let total = items(20_000);
    queue.push(0).unwrap();
    pushed.store(1, Ordering::SeqCst);
    thread::scope(|s| {
        s.spawn(|| {
            for n in 1..total {
                // `popped` is raised after a pop: at most this many are inside.
                while pushed.load(Ordering::SeqCst) - popped.load(Ordering::SeqCst) > capacity - 1 {
                    thread::yield_now();
                }
                queue.try_push(n).expect("there was room before the call");
                pushed.fetch_add(1, Ordering::SeqCst);
            }
        });
        for n in 0..total {
            while pushed.load(Ordering::SeqCst) == n {
                thread::yield_now();
            }
            assert_eq!(queue.try_pop(), Ok(n), "there was an item before the call");
            popped.fetch_add(1, Ordering::SeqCst);
        }
    });
}

#[test]
fn forced_pushes_lose_nothing() {
    for capacity in [1, 2, 3, 64] {
        let queue = BoundedQueue::before_overflow(capacity, 2);
        let each = items(2000);
        let all = thread::scope(|s| {
            let pushers: Vec<_> = (0..3)
                .map(|id| {
                    let queue = &queue;
                    s.spawn(move || {
                        let push = |n| queue.force_push((id, n)).unwrap();
                        (0..each).filter_map(push).collect::<Vec<_>>()
                    })
                })
                .collect();
            let popper = s.spawn(|| queue.iter().collect::<Vec<_>>());
            let displaced: Vec<_> = pushers.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
            queue.close();
            let popped = popper.join().unwrap();
            for id in 0..3 {
                assert!(popped.iter().filter(|item| item.0 == id).is_sorted(), "order of a producer");
            }
            [displaced, popped].concat()
        });
        assert_eq!(all.len(), 3 * each);
        assert_eq!(all.into_iter().collect::<HashSet<_>>().len(), 3 * each);
    }
}

#[test]
fn a_push_that_races_with_close_is_either_in_or_refused() {
    for round in 0..items(300) {
        let queue = BoundedQueue::new(1 + round % 3);
        thread::scope(|s| {
            let pushers: Vec<_> = (0..3)
                .map(|id| {
                    let queue = &queue;
                    s.spawn(move || (0..4).filter(|n| queue.push((id, *n)).is_ok()).count())
                })
                .collect();
            let popper = s.spawn(|| queue.iter().take(3).count());
            let before = popper.join().unwrap();
            queue.close();
            let went_in: usize = pushers.into_iter().map(|thread| thread.join().unwrap()).sum();
            assert_eq!(went_in, before + queue.iter().count());
        });
    }
}
