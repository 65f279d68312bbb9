//! Taking items out in a loop.

use super::BoundedQueue;
use std::iter::FusedIterator;

/// Items as they come, until the queue is closed and drained; see [`BoundedQueue::iter`].
#[derive(Debug)]
#[must_use = "iterators are lazy: nothing is taken until it is advanced"]
pub struct Iter<'a, T>(&'a BoundedQueue<T>);

/// Items until there is none at the moment; see [`BoundedQueue::try_iter`].
#[derive(Debug)]
#[must_use = "iterators are lazy: nothing is taken until it is advanced"]
pub struct TryIter<'a, T>(&'a BoundedQueue<T>);

/// At most as many items as there were at the start; see [`BoundedQueue::drain`].
#[derive(Debug)]
#[must_use = "iterators are lazy: nothing is taken until it is advanced"]
pub struct Drain<'a, T> {
    queue: &'a BoundedQueue<T>,
    /// How many it may still take.
    left: usize,
}

/// The items of a queue that nobody else has any more.
#[derive(Debug)]
#[must_use = "iterators are lazy: nothing is taken until it is advanced"]
pub struct IntoIter<T>(BoundedQueue<T>);

impl<T> BoundedQueue<T> {
    /// Items as they come, each waited for; ends once the queue is closed and drained.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self)
    }

    /// Items without waiting, until the queue is empty at the moment. With producers at work this may go on for ever; what
    /// is there now gives [`drain`](Self::drain).
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter(self)
    }

    /// What is queued now, without waiting: at most as many items as there are at this moment, so it ends even while
    /// producers are at work. What is not taken stays.
    pub fn drain(&self) -> Drain<'_, T> {
        Drain { queue: self, left: self.len() }
    }
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        self.0.pop()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        self.0.try_pop().ok()
    }
}

impl<T> Iterator for Drain<'_, T> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        let item = self.queue.try_pop().ok();
        if item.is_none() {
            self.left = 0;
        }
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        self.0.pop_mut()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

// Closed is permanent, an emptied drain takes nothing more, and an owner's queue is filled by nobody.
impl<T> FusedIterator for Iter<'_, T> {}
impl<T> FusedIterator for Drain<'_, T> {}
impl<T> FusedIterator for IntoIter<T> {}
impl<T> ExactSizeIterator for IntoIter<T> {}

impl<'a, T> IntoIterator for &'a BoundedQueue<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for BoundedQueue<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;
    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self)
    }
}
