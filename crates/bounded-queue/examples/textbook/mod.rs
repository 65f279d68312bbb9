//! The lecture's bounded buffer: two semaphores count what is free and what is filled, a lock guards the deque.
//!
//! ```text
//! producer:  wait(free)    lock  append  unlock   signal(filled)
//! consumer:  wait(filled)  lock  remove  unlock   signal(free)
//! ```

use std::collections::VecDeque;
use sync_prims::{Monitor, Semaphore};

/// The textbook's queue. It cannot be closed: the end is an item of its own (`None`), one for each consumer.
pub(crate) struct Queue<T> {
    free: Semaphore,
    filled: Semaphore,
    items: Monitor<VecDeque<Option<T>>>,
}

impl<T> Queue<T> {
    /// Empty, with `capacity` places.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { free: Semaphore::new(capacity), filled: Semaphore::new(0), items: Monitor::new(VecDeque::new()) }
    }

    /// Waits for a free place.
    pub(crate) fn push(&self, item: T) {
        self.put(Some(item));
    }

    /// Waits for an item; `None` at the end.
    pub(crate) fn pop(&self) -> Option<T> {
        wait(&self.filled);
        let item = self.items.with(VecDeque::pop_front).expect("`filled` counted it");
        self.free.add_permits(1);
        item
    }

    /// Tells so many consumers that nothing follows.
    pub(crate) fn end(&self, consumers: usize) {
        (0..consumers).for_each(|_| self.put(None));
    }

    fn put(&self, item: Option<T>) {
        wait(&self.free);
        self.items.with(|items| items.push_back(item));
        self.filled.add_permits(1);
    }
}

/// Takes a permit for good: the other side gives one back.
fn wait(semaphore: &Semaphore) {
    semaphore.acquire().expect("nobody closes it").forget();
}
