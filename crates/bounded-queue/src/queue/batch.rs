//! Many items at one stroke: one claim, one round of notifications.

use super::BoundedQueue;
use crate::PushManyError;
use crate::ring::Refused;
use sync_prims::Look;

/// Items that [`BoundedQueue::push_many`] collects before it claims places for them: enough to make the claim cheap.
const CHUNK: usize = 32;
/// Items larger than this are moved one by one: collecting them first would only copy them once more.
const LARGEST_COLLECTED: usize = 64;

impl<T> BoundedQueue<T> {
    /// Appends all `items`, waiting for room, and says how many there were. They go in in order; items of other producers
    /// may come in between.
    ///
    /// ```
    /// let queue = bounded_queue::BoundedQueue::new(100);
    /// assert_eq!(queue.push_many(0..10).unwrap(), 10);
    /// queue.close();
    /// let error = queue.push_many([1, 2]).unwrap_err();
    /// assert_eq!((error.pushed(), error.into_iter().collect()), (0, vec![1, 2]));
    /// ```
    ///
    /// # Errors
    /// [`PushManyError`] if the queue is closed before or meanwhile: it has the items that did not go in.
    ///
    /// # Blocking
    /// Like [`push`](Self::push). `items` is advanced outside of the queue's operations and may itself wait.
    pub fn push_many<I: IntoIterator<Item = T>>(&self, items: I) -> Result<usize, PushManyError<I::IntoIter>> {
        let mut items = items.into_iter();
        if size_of::<T>() > LARGEST_COLLECTED {
            return self.push_each(items);
        }
        let mut pushed = 0;
        loop {
            let mut chunk = [const { None }; CHUNK];
            let collected = collect(&mut items, &mut chunk);
            if collected == 0 {
                return Ok(pushed);
            }
            let gone_in = self.push_all(chunk.iter_mut().filter_map(Option::take), collected);
            pushed += gone_in;
            if gone_in < collected {
                return Err(PushManyError::new(pushed, chunk.into_iter().flatten().collect(), items));
            }
        }
    }

    /// [`push_many`](Self::push_many) one by one.
    fn push_each<I: Iterator<Item = T>>(&self, mut items: I) -> Result<usize, PushManyError<I>> {
        let mut pushed = 0;
        while let Some(item) = items.next() {
            if let Err(closed) = self.push(item) {
                return Err(PushManyError::new(pushed, vec![closed.into_inner()], items));
            }
            pushed += 1;
        }
        Ok(pushed)
    }

    /// Appends the `count` items that `ready` has at hand, waiting for room, and says how many a closed queue let in.
    fn push_all(&self, mut ready: impl Iterator<Item = T>, count: usize) -> usize {
        let mut pushed = 0;
        while pushed < count {
            let wanted = count - pushed;
            self.ring.let_room_gather();
            let outcome = match self.ring.vacancies(wanted, Look::Glance) {
                Ok(places) => Some(Ok(places)),
                Err(_) => self.wait_for_room(None, |look| self.ring.vacancies(wanted, look)),
            };
            let Some(Ok(places)) = outcome else { break };
            let stroke = places.len();
            places.fill(ready.by_ref());
            self.tell_consumers();
            pushed += stroke;
        }
        pushed
    }

    /// Appends as many of the first `items` as there is room for now, takes them out of the vector, and says how many. The
    /// rest stays, in order. None go in if the queue is full or closed.
    ///
    /// # Complexity
    /// O(length of the vector): the rest moves to its front.
    pub fn try_push_many(&self, items: &mut Vec<T>) -> usize {
        let mut pushed = 0;
        // Somebody may make more room meanwhile.
        while !items.is_empty() {
            let Ok(places) = Self::settled(|| self.ring.vacancies(items.len(), Look::Thorough)) else { break };
            let stroke = places.len();
            places.fill(items.drain(..stroke));
            self.tell_consumers();
            pushed += stroke;
        }
        pushed
    }

    /// Takes up to `max` of the oldest items at one stroke, waiting for at least one, appends them to `out` and says how
    /// many; 0 once the queue is closed and drained, or if `max` is 0.
    ///
    /// # Blocking
    /// Like [`pop`](Self::pop), until there is one item.
    pub fn pop_many(&self, out: &mut Vec<T>, max: usize) -> usize {
        // A consumer that takes many at a stroke soon catches up with its producers.
        self.ring.let_values_gather();
        let outcome = match self.ring.pop_some(out, max, Look::Glance) {
            Ok(count) => Some(Ok(count)),
            Err(_) => self.wait_for_items(None, |look| self.ring.pop_some(out, max, look)),
        };
        self.popped(outcome)
    }

    /// Takes up to `max` of the oldest items that are there now, appends them to `out` and says how many.
    pub fn try_pop_many(&self, out: &mut Vec<T>, max: usize) -> usize {
        self.popped(Some(Self::settled(|| self.ring.pop_some(out, max, Look::Thorough))))
    }

    /// Tells those who wait for room how much there is.
    fn popped(&self, outcome: Option<Result<usize, Refused>>) -> usize {
        match outcome {
            Some(Ok(count)) => {
                self.tell_producers();
                count
            }
            _ => 0,
        }
    }
}

/// Fills `chunk` from the front and says how many there were.
fn collect<T>(items: &mut impl Iterator<Item = T>, chunk: &mut [Option<T>]) -> usize {
    let mut count = 0;
    // No more than the iterator promises: one that waits for each item must not keep back those it has given.
    let most = items.size_hint().0.clamp(1, CHUNK);
    for place in &mut chunk[..most] {
        let Some(item) = items.next() else { break };
        *place = Some(item);
        count += 1;
    }
    count
}
