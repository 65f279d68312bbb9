//! The lecture's bounded buffer: two semaphores count what is free and what is filled, a lock guards the deque.
//!
//! ```text
//! producer:  wait(free)    lock  append  unlock   signal(filled)
//! consumer:  wait(filled)  lock  remove  unlock   signal(free)
//! ```

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};

/// A counter that one waits to lower.
struct Semaphore {
    permits: Mutex<usize>,
    more: Condvar,
}

/// The textbook's queue. It cannot be closed: the end is an item of its own (`None`), one for each consumer.
pub(crate) struct Queue<T> {
    free: Semaphore,
    filled: Semaphore,
    items: Mutex<VecDeque<Option<T>>>,
}

impl<T> Queue<T> {
    /// Empty, with `capacity` places.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { free: Semaphore::new(capacity), filled: Semaphore::new(0), items: Mutex::new(VecDeque::new()) }
    }

    /// Waits for a free place.
    pub(crate) fn push(&self, item: T) {
        self.put(Some(item));
    }

    /// Waits for an item; `None` at the end.
    pub(crate) fn pop(&self) -> Option<T> {
        self.filled.wait();
        let item = self.items.lock().expect("nobody panics").pop_front().expect("`filled` counted it");
        self.free.signal();
        item
    }

    /// Tells so many consumers that nothing follows.
    pub(crate) fn end(&self, consumers: usize) {
        (0..consumers).for_each(|_| self.put(None));
    }

    fn put(&self, item: Option<T>) {
        self.free.wait();
        self.items.lock().expect("nobody panics").push_back(item);
        self.filled.signal();
    }
}

impl Semaphore {
    fn new(permits: usize) -> Self {
        Self { permits: Mutex::new(permits), more: Condvar::new() }
    }

    fn wait(&self) {
        let mut permits = self.permits.lock().expect("nobody panics");
        while *permits == 0 {
            permits = self.more.wait(permits).expect("nobody panics");
        }
        *permits -= 1;
    }

    fn signal(&self) {
        *self.permits.lock().expect("nobody panics") += 1;
        self.more.notify_one();
    }
}
