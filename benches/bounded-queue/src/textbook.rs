//! What one would write from the book.

use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;

/// A lock and two condition variables around a deque.
#[derive(Debug)]
pub struct TwoCondvars<T> {
    items: Mutex<VecDeque<T>>,
    capacity: usize,
    not_full: Condvar,
    not_empty: Condvar,
}

impl<T> TwoCondvars<T> {
    /// Empty.
    pub fn new(capacity: usize) -> Self {
        let items = Mutex::new(VecDeque::with_capacity(capacity));
        Self { items, capacity, not_full: Condvar::new(), not_empty: Condvar::new() }
    }

    /// Waits for room.
    pub fn push(&self, item: T) {
        let mut items = self.items.lock();
        while items.len() == self.capacity {
            self.not_full.wait(&mut items);
        }
        items.push_back(item);
        self.not_empty.notify_one();
    }

    /// Waits for an item.
    pub fn pop(&self) -> T {
        let mut items = self.items.lock();
        loop {
            if let Some(item) = items.pop_front() {
                self.not_full.notify_one();
                return item;
            }
            self.not_empty.wait(&mut items);
        }
    }
}
