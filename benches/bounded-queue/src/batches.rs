//! Many items at a stroke.

use crate::Shape;
use bounded_queue::BoundedQueue;
use std::thread;

/// 64 at a stroke on either side; gives the sum.
pub fn by_64(shape: Shape) -> u64 {
    let queue = BoundedQueue::new(shape.capacity);
    thread::scope(|s| {
        s.spawn(|| {
            let mut number = 0;
            while number < shape.items {
                let end = shape.items.min(number + 64);
                queue.push_many(number..end).expect("open");
                number = end;
            }
            queue.close();
        });
        let (mut sum, mut batch) = (0, Vec::with_capacity(64));
        while queue.pop_many(&mut batch, 64) > 0 {
            sum += batch.drain(..).sum::<u64>();
        }
        sum
    })
}

/// [`by_64`] by a single thread.
pub fn alone_by_64(shape: Shape) -> u64 {
    let queue = BoundedQueue::new(shape.capacity);
    let (mut sum, mut batch) = (0, Vec::with_capacity(64));
    for first in (0..shape.items).step_by(64) {
        queue.push_many(first..shape.items.min(first + 64)).expect("open");
        queue.pop_many(&mut batch, 64);
        sum += batch.drain(..).sum::<u64>();
    }
    sum
}

/// The same, 64 items in and out one by one.
pub fn alone_one_by_one(shape: Shape) -> u64 {
    let queue = BoundedQueue::new(shape.capacity);
    let mut sum = 0;
    for first in (0..shape.items).step_by(64) {
        let batch = first..shape.items.min(first + 64);
        batch.clone().for_each(|number| queue.push(number).expect("open"));
        sum += batch.map(|_| queue.pop().expect("not closed")).sum::<u64>();
    }
    sum
}

/// As [`by_64`], item by item.
pub fn one_by_one(shape: Shape) -> u64 {
    let queue = BoundedQueue::new(shape.capacity);
    thread::scope(|s| {
        s.spawn(|| {
            (0..shape.items).for_each(|number| queue.push(number).expect("open"));
            queue.close();
        });
        queue.iter().sum()
    })
}
