//! Sequences of operations by one thread against a deque: same answers, same contents, every item dropped once (the
//! sanitizer watches the items, which are boxes).
#![no_main]

use arbitrary::Arbitrary;
use bounded_queue::{BoundedQueue, PopTimeoutError, PushTimeoutError, TryPopError, TryPushError};
use libfuzzer_sys::fuzz_target;
use std::collections::VecDeque;
use std::time::Duration;

#[derive(Arbitrary, Debug)]
struct Input {
    capacity: u8,
    /// From where the positions count: laps before they overflow.
    laps: u8,
    operations: Vec<Operation>,
}

#[derive(Arbitrary, Debug)]
enum Operation {
    TryPush(u32),
    PushTimeout(u32),
    ForcePush(u32),
    PushMut(u32),
    PushMany(Vec<u32>),
    TryPushMany(Vec<u32>),
    TryPop,
    PopTimeout,
    PopMut,
    PopMany(u8),
    TryPopMany(u8),
    Drain(u8),
    TryIter(u8),
    Close,
    CloseAndTake,
}

/// What cannot be wrong.
struct Oracle {
    items: VecDeque<Box<u32>>,
    capacity: usize,
    closed: bool,
}

impl Oracle {
    fn push(&mut self, n: u32) -> Result<(), TryPushError<Box<u32>>> {
        match (self.closed, self.items.len() < self.capacity) {
            (true, _) => Err(TryPushError::Closed(Box::new(n))),
            (_, false) => Err(TryPushError::Full(Box::new(n))),
            _ => {
                self.items.push_back(Box::new(n));
                Ok(())
            }
        }
    }

    fn pop(&mut self) -> Result<Box<u32>, TryPopError> {
        self.items.pop_front().ok_or(if self.closed { TryPopError::Closed } else { TryPopError::Empty })
    }

    fn take(&mut self, most: usize) -> Vec<Box<u32>> {
        self.items.drain(..most.min(self.items.len())).collect()
    }

    /// How many of `count` items find room.
    fn room(&self, count: usize) -> usize {
        if self.closed { 0 } else { count.min(self.capacity - self.items.len()) }
    }
}

fuzz_target!(|input: Input| {
    let capacity = 1 + usize::from(input.capacity % 67);
    let mut queue = BoundedQueue::before_overflow(capacity, usize::from(input.laps % 4));
    let mut oracle = Oracle { items: VecDeque::new(), capacity, closed: false };
    for operation in input.operations {
        step(&mut queue, &mut oracle, operation);
        assert_eq!((queue.len(), queue.is_closed()), (oracle.items.len(), oracle.closed));
        assert_eq!((queue.is_empty(), queue.is_full()), (oracle.items.is_empty(), oracle.items.len() == capacity));
    }
    assert_eq!(queue.into_iter().collect::<VecDeque<_>>(), oracle.items);
});

fn step(queue: &mut BoundedQueue<Box<u32>>, oracle: &mut Oracle, operation: Operation) {
    let boxes = |items: &[u32]| items.iter().map(|&n| Box::new(n)).collect::<Vec<_>>();
    match operation {
        Operation::TryPush(n) => assert_eq!(queue.try_push(Box::new(n)), oracle.push(n)),
        Operation::PushMut(n) => assert_eq!(queue.push_mut(Box::new(n)), oracle.push(n)),
        Operation::PushTimeout(n) => {
            let pushed = queue.push_timeout(Box::new(n), Duration::ZERO).map_err(|error| match error {
                PushTimeoutError::Closed(item) => TryPushError::Closed(item),
                PushTimeoutError::TimedOut(item) => TryPushError::Full(item),
            });
            assert_eq!(pushed, oracle.push(n));
        }
        Operation::ForcePush(n) => {
            let full = oracle.items.len() == oracle.capacity && !oracle.closed;
            let displaced = full.then(|| oracle.items.pop_front()).flatten();
            let pushed = oracle.push(n).is_ok();
            assert_eq!(queue.force_push(Box::new(n)).ok(), pushed.then_some(displaced));
        }
        // It would wait for room: only what finds some, or a closed queue.
        Operation::PushMany(items) => {
            let fits = if oracle.closed { items.len() } else { oracle.room(items.len()) };
            let pushed = queue.push_many(boxes(&items[..fits]));
            let expected = items[..fits].iter().take_while(|&&n| oracle.push(n).is_ok()).count();
            match pushed {
                Ok(count) => assert_eq!((count, expected), (fits, fits)),
                Err(error) => {
                    assert_eq!(error.pushed(), expected);
                    assert_eq!(error.into_iter().collect::<Vec<_>>(), boxes(&items[expected..fits]));
                }
            }
        }
        Operation::TryPushMany(items) => {
            let mut left = boxes(&items);
            let room = oracle.room(items.len());
            assert_eq!(queue.try_push_many(&mut left), room);
            assert_eq!(left, boxes(&items[room..]));
            items[..room].iter().for_each(|&n| oracle.push(n).unwrap());
        }
        Operation::TryPop => assert_eq!(queue.try_pop(), oracle.pop()),
        Operation::PopTimeout => {
            let popped = queue.pop_timeout(Duration::ZERO).map_err(|error| match error {
                PopTimeoutError::Closed => TryPopError::Closed,
                PopTimeoutError::TimedOut => TryPopError::Empty,
            });
            assert_eq!(popped, oracle.pop());
        }
        Operation::PopMut => assert_eq!(queue.pop_mut(), oracle.pop().ok()),
        Operation::PopMany(max) | Operation::TryPopMany(max) => {
            let mut out = Vec::new();
            // It would wait for an item: only where there is one, or there will be none.
            let waits = matches!(operation, Operation::PopMany(_)) && (oracle.closed || !oracle.items.is_empty());
            let count =
                if waits { queue.pop_many(&mut out, max.into()) } else { queue.try_pop_many(&mut out, max.into()) };
            let expected = oracle.take(max.into());
            assert_eq!((count, out), (expected.len(), expected));
        }
        Operation::Drain(most) => {
            assert_eq!(queue.drain().take(most.into()).collect::<Vec<_>>(), oracle.take(most.into()));
        }
        Operation::TryIter(most) => {
            assert_eq!(queue.try_iter().take(most.into()).collect::<Vec<_>>(), oracle.take(most.into()));
        }
        Operation::Close => assert_eq!(queue.close(), !std::mem::replace(&mut oracle.closed, true)),
        Operation::CloseAndTake => {
            oracle.closed = true;
            assert_eq!(queue.close_and_take(), oracle.take(usize::MAX));
        }
    }
}
