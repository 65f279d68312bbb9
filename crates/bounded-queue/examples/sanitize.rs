//! A small use of everything with unsafe code below it, for the address and thread sanitizers and valgrind. Threads are
//! joined by hand: the sanitizer does not see the end of a scope.
use bounded_queue::{BoundedQueue, TaskQueue, channel};
use std::sync::Arc;
use std::thread;

fn main() {
    // The last has more slots than are made at a time.
    for (capacity, each) in [(1, 500), (2, 500), (3, 500), (64, 500), (5000, 2000)] {
        let queue = Arc::new(BoundedQueue::<Box<usize>>::new(capacity));
        let consumers: Vec<_> = (0..2)
            .map(|_| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || queue.iter().map(|n| *n).sum::<usize>())
            })
            .collect();
        let producers: Vec<_> = (0..2)
            .map(|_| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || (0..each).for_each(|n| queue.push(Box::new(n)).expect("open")))
            })
            .collect();
        producers.into_iter().for_each(|producer| producer.join().expect("a producer"));
        queue.close();
        let sum: usize = consumers.into_iter().map(|consumer| consumer.join().expect("a consumer")).sum();
        assert_eq!(sum, 2 * (0..each).sum::<usize>());
    }
    let (sender, receiver) = channel::<String>(4);
    let thread = thread::spawn(move || (0..100).for_each(|n| sender.send(n.to_string()).expect("open")));
    assert_eq!(receiver.into_iter().count(), 100);
    thread.join().expect("the sender");
    let tasks = Arc::new(TaskQueue::new(8));
    let worker = {
        let tasks = Arc::clone(&tasks);
        thread::spawn(move || while tasks.pop().is_some() {})
    };
    (0..100).for_each(|n| tasks.push(vec![n]).expect("open"));
    tasks.join();
    tasks.close();
    worker.join().expect("the worker");
    // Items left in a queue are dropped with it.
    let left = BoundedQueue::new(5);
    (0..5).for_each(|n| left.push(n.to_string()).expect("open"));
    assert_eq!(left.force_push("new".to_owned()), Ok(Some("0".to_owned())));
}
