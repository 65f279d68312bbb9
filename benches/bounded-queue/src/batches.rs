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

/// The same item by item.
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
