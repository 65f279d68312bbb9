//! A lazy map over an iterator: items are taken when results are asked for, at most `buffer` of them ahead.

use crate::panics::catch;
use crate::patience;
use crate::pool::Pool;
use crate::sync::{Arc, Mutex, Ordering, fence};
use crate::task::{Outcome, Task};
use std::collections::VecDeque;
use std::fmt;
use std::iter::FusedIterator;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::thread;
use sync_prims::EventCount;

/// Results in the order of the items; made by [`Pool::imap`].
///
/// An item whose function panicked raises that panic from the `next` that would have given its result; the next call goes
/// on with the item after it. Dropping the iterator cancels what has not begun and takes no further items.
///
/// It outlives its pool: after [`shutdown`](crate::Pool::shutdown) the caller of `next` runs what is left. The items whose
/// tasks were cancelled by [`CancelPending`](crate::Shutdown::CancelPending) are lost; their `next` raises
/// [`Cancelled`](crate::Cancelled) as a panic.
#[must_use = "iterators are lazy: nothing runs before the first `next`"]
pub struct IMap<I, R, F> {
    source: Source<I, F>,
    /// In order of the items, at most `source.buffer`.
    tasks: VecDeque<Arc<dyn Outcome<R>>>,
}

/// Results in order of arrival; made by [`Pool::imap_unordered`].
///
/// Panics and dropping are as for [`IMap`].
#[must_use = "iterators are lazy: nothing runs before the first `next`"]
pub struct IMapUnordered<I, R, F> {
    source: Source<I, F>,
    arrivals: Arc<Arrivals<R>>,
    /// Tasks that nobody had begun at the last look, among others; at most `source.buffer`.
    tasks: VecDeque<Arc<dyn Outcome<()>>>,
    /// Results not yet taken, arrived or not; at most `source.buffer`.
    due: usize,
}

/// Where the items come from and what is done with them.
struct Source<I, F> {
    pool: Pool,
    /// `None` once exhausted.
    items: Option<I>,
    f: Arc<F>,
    buffer: usize,
}

struct Arrivals<R> {
    results: Mutex<VecDeque<thread::Result<R>>>,
    event: EventCount,
}

impl<I: Iterator, F> Source<I, F> {
    fn new(pool: Pool, items: I, buffer: NonZeroUsize, f: F) -> Self {
        Self { pool, items: Some(items), f: Arc::new(f), buffer: buffer.get() }
    }

    fn next(&mut self) -> Option<I::Item> {
        let item = self.items.as_mut()?.next();
        if item.is_none() {
            self.items = None;
        }
        item
    }

    /// Gives the workers a task. If there are none (any more), whoever waits for the result will run it.
    fn submit<R, G>(&self, work: G) -> Arc<dyn Outcome<R>>
    where
        R: Send + 'static,
        G: FnOnce() -> R + Send + 'static,
    {
        let pool = self.pool.share();
        let task = Task::new(move || pool.install(work));
        self.pool.core().submit(task.clone());
        task
    }

    fn size_hint(&self, due: usize) -> (usize, Option<usize>) {
        let (low, high) = self.items.as_ref().map_or((0, Some(0)), Iterator::size_hint);
        (low.saturating_add(due), high.and_then(|high| high.checked_add(due)))
    }
}

impl<I: Iterator, R, F> IMap<I, R, F> {
    pub(crate) fn new(pool: Pool, items: I, buffer: NonZeroUsize, f: F) -> Self {
        Self { source: Source::new(pool, items, buffer, f), tasks: VecDeque::new() }
    }
}

impl<I, R, F> Iterator for IMap<I, R, F>
where
    I: Iterator,
    I::Item: Send + 'static,
    R: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
{
    type Item = R;

    fn next(&mut self) -> Option<R> {
        while self.tasks.len() < self.source.buffer {
            let Some(item) = self.source.next() else { break };
            let f = Arc::clone(&self.source.f);
            self.tasks.push_back(self.source.submit(move || f(item)));
        }
        let task = self.tasks.pop_front()?;
        task.run_here();
        task.wait(None);
        let result = task.take().expect("nobody else takes the result");
        Some(result.unwrap_or_else(|payload| resume_unwind(payload)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.source.size_hint(self.tasks.len())
    }
}

impl<I, R, F> FusedIterator for IMap<I, R, F> where Self: Iterator {}

impl<I, R, F> Drop for IMap<I, R, F> {
    fn drop(&mut self) {
        self.tasks.iter().for_each(|task| {
            task.cancel();
        });
    }
}

impl<I, R, F> fmt::Debug for IMap<I, R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IMap")
            .field("due", &self.tasks.len())
            .field("buffer", &self.source.buffer)
            .finish_non_exhaustive()
    }
}

impl<I: Iterator, R, F> IMapUnordered<I, R, F> {
    pub(crate) fn new(pool: Pool, items: I, buffer: NonZeroUsize, f: F) -> Self {
        let arrivals = Arc::new(Arrivals { results: Mutex::new(VecDeque::new()), event: patience::event_count() });
        Self { source: Source::new(pool, items, buffer, f), arrivals, tasks: VecDeque::new(), due: 0 }
    }

    /// A result that has arrived; else runs the oldest task that nobody has begun; else waits.
    fn arrival(&mut self) -> thread::Result<R> {
        loop {
            // Who has begun will put a result; who was cancelled never will.
            while let Some(task) = self.tasks.pop_front_if(|task| task.is_husk()) {
                if let Some(Err(cancelled)) = task.take() {
                    return Err(cancelled);
                }
            }
            if let Some(result) = self.arrivals.take() {
                return result;
            }
            match self.tasks.front() {
                // It is looked at once more, as a husk: somebody may have cancelled it just now.
                Some(task) => task.run_here(),
                None => return self.arrivals.wait(),
            }
        }
    }
}

impl<R> Arrivals<R> {
    fn put(&self, result: thread::Result<R>) {
        self.results.lock().push_back(result);
        fence(Ordering::SeqCst);
        self.event.notify_one();
    }

    fn take(&self) -> Option<thread::Result<R>> {
        self.results.lock().pop_front()
    }

    fn wait(&self) -> thread::Result<R> {
        self.event.wait_for(None, || self.take()).expect("a wait without a limit ends with a value")
    }
}

impl<I, R, F> Iterator for IMapUnordered<I, R, F>
where
    I: Iterator,
    I::Item: Send + 'static,
    R: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
{
    type Item = R;

    fn next(&mut self) -> Option<R> {
        while self.due < self.source.buffer {
            let Some(item) = self.source.next() else { break };
            let (f, arrivals) = (Arc::clone(&self.source.f), Arc::clone(&self.arrivals));
            self.tasks.push_back(self.source.submit(move || arrivals.put(catch(|| f(item)))));
            self.due += 1;
        }
        if self.due == 0 {
            return None;
        }
        let result = self.arrival();
        self.due -= 1;
        Some(result.unwrap_or_else(|payload| resume_unwind(payload)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.source.size_hint(self.due)
    }
}

impl<I, R, F> FusedIterator for IMapUnordered<I, R, F> where Self: Iterator {}

impl<I, R, F> Drop for IMapUnordered<I, R, F> {
    fn drop(&mut self) {
        self.tasks.iter().for_each(|task| {
            task.cancel();
        });
    }
}

impl<I, R, F> fmt::Debug for IMapUnordered<I, R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IMapUnordered")
            .field("due", &self.due)
            .field("buffer", &self.source.buffer)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::NonZeroUsize;
    use crate::Pool;

    /// Workers that are always ahead of the consumer: no task is ever left for it to run.
    #[test]
    fn tasks_whose_results_came_are_forgotten() {
        let pool = Pool::new(2).unwrap();
        let mut results = pool.imap_unordered(0..1000, NonZeroUsize::new(4).unwrap(), |x| x);
        while results.next().is_some() {
            assert!(results.tasks.len() <= 4);
            while results.arrivals.results.lock().len() < results.due {
                std::thread::yield_now();
            }
        }
    }
}
