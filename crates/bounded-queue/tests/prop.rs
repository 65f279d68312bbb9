//! Any sequence of operations by one thread does what a deque with a limit does.

use bounded_queue::{BoundedQueue, TryPopError, TryPushError};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use std::collections::VecDeque;
use std::rc::Rc;

#[derive(Clone, Debug)]
enum Op {
    Push,
    Force,
    PushMany(usize),
    Pop,
    PopMany(usize),
    Drain(usize),
    PushMut,
    PopMut,
    Close,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => Just(Op::Push),
        2 => Just(Op::Force),
        2 => (0..9_usize).prop_map(Op::PushMany),
        6 => Just(Op::Pop),
        2 => (0..9_usize).prop_map(Op::PopMany),
        1 => (0..4_usize).prop_map(Op::Drain),
        1 => Just(Op::PushMut),
        1 => Just(Op::PopMut),
        1 => Just(Op::Close),
    ]
}

/// The queue that nobody doubts.
struct Oracle {
    items: VecDeque<Rc<u32>>,
    capacity: usize,
    closed: bool,
}

impl Oracle {
    fn push(&mut self, item: Rc<u32>) -> Result<(), TryPushError<Rc<u32>>> {
        match (self.closed, self.items.len() < self.capacity) {
            (true, _) => Err(TryPushError::Closed(item)),
            (false, false) => Err(TryPushError::Full(item)),
            (false, true) => {
                self.items.push_back(item);
                Ok(())
            }
        }
    }

    fn pop(&mut self) -> Result<Rc<u32>, TryPopError> {
        self.items.pop_front().ok_or(if self.closed { TryPopError::Closed } else { TryPopError::Empty })
    }

    fn pop_many(&mut self, max: usize) -> Vec<Rc<u32>> {
        self.items.drain(..max.min(self.items.len())).collect()
    }
}

fn step(queue: &mut BoundedQueue<Rc<u32>>, oracle: &mut Oracle, op: &Op, number: u32) {
    let item = || Rc::new(number);
    match *op {
        Op::Push => assert_eq!(queue.try_push(item()), oracle.push(item())),
        Op::PushMut => assert_eq!(queue.push_mut(item()), oracle.push(item())),
        Op::Force => {
            let displaced =
                if oracle.items.len() == oracle.capacity && !oracle.closed { oracle.pop().ok() } else { None };
            let pushed = oracle.push(item());
            assert_eq!(
                queue.force_push(item()).map_err(|error| TryPushError::Closed(error.0)),
                pushed.map(|()| displaced)
            );
        }
        Op::PushMany(count) => {
            let mut items: Vec<_> = (0..count).map(|_| item()).collect();
            let pushed = (0..count).take_while(|_| oracle.push(item()).is_ok()).count();
            assert_eq!((queue.try_push_many(&mut items), items.len()), (pushed, count - pushed));
        }
        Op::Pop => assert_eq!(queue.try_pop(), oracle.pop()),
        Op::PopMut => assert_eq!(queue.pop_mut(), oracle.pop().ok()),
        Op::PopMany(max) => {
            let (mut out, expected) = (Vec::new(), oracle.pop_many(max));
            assert_eq!(queue.try_pop_many(&mut out, max), expected.len());
            assert_eq!(out, expected);
        }
        Op::Drain(max) => assert_eq!(queue.drain().take(max).collect::<Vec<_>>(), oracle.pop_many(max)),
        Op::Close => assert_eq!(queue.close(), !std::mem::replace(&mut oracle.closed, true)),
    }
    let len = queue.len();
    assert_eq!((len, queue.is_closed()), (oracle.items.len(), oracle.closed));
    assert_eq!((queue.is_empty(), queue.is_full()), (len == 0, len == oracle.capacity));
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_queue_is_a_deque_with_a_limit(capacity in 1..9_usize, laps in 1..4_usize, ops in prop::collection::vec(op(), 0..200)) {
        let mut queue = BoundedQueue::before_overflow(capacity, laps);
        let mut oracle = Oracle { items: VecDeque::new(), capacity, closed: false };
        for (op, number) in ops.iter().zip(0..) {
            step(&mut queue, &mut oracle, op, number);
        }
        assert_eq!(queue.into_iter().collect::<VecDeque<_>>(), oracle.items);
    }
}
