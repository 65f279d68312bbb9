//! How much parallelism a sort may use, and from which length on.

use std::num::NonZeroUsize;
use std::ops::Range;
use worker_pool::Chunk;

/// What the caller asked for. The result of a sort never depends on it, only the way there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// How many threads may take part, at least 1: a ceiling, never a demand.
    pub(crate) threads: usize,
    /// Below this length one thread sorts alone; `None` leaves the choice to each algorithm.
    pub(crate) sequential_below: Option<usize>,
}

impl Plan {
    /// The pool that is installed here, every algorithm's own choice of lengths.
    pub(crate) fn current() -> Self {
        Self { threads: worker_pool::current().threads(), sequential_below: None }
    }

    /// Whether `len` elements are too few for the parallel path; `usual` is the algorithm's own bound.
    pub(crate) fn is_short(&self, len: usize, usual: usize) -> bool {
        len < self.sequential_below.unwrap_or(usual).max(2)
    }

    /// A length below which an algorithm does not cut further: `usual`, or smaller when the caller forces it.
    pub(crate) fn grain(&self, usual: usize) -> usize {
        self.sequential_below.map_or(usual, |below| below.clamp(8, usual.max(8)))
    }

    /// Calls `task` with every index below `tasks`, each once, on at most `threads` threads. After a panic some tasks
    /// may not have run. Not generic, so that the loop over the pool is compiled once: a task is long, and calling it through
    /// a pointer costs nothing beside it.
    pub(crate) fn each(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        let pool = worker_pool::current();
        let one = Chunk::Size(NonZeroUsize::MIN);
        if self.threads <= 1 || tasks <= 1 {
            (0..tasks).for_each(task);
        } else if self.threads >= pool.threads() {
            pool.for_each_chunk(tasks, one, |range| range.for_each(task));
        } else {
            // A ceiling below the pool's size: as many strands, each with every `threads`-th task.
            pool.for_each_chunk(self.threads, one, |range| {
                range.for_each(|strand| (strand..tasks).step_by(self.threads).for_each(task));
            });
        }
    }

    /// Calls `task` with the pieces of `0..len`, none longer than `grain`.
    pub(crate) fn each_piece(&self, len: usize, grain: usize, task: &(dyn Fn(Range<usize>) + Sync)) {
        let pieces = Pieces::at_most(len, grain);
        self.each(pieces.count, &|i| task(pieces.range(i)));
    }
}

/// `0..len` cut into `count` ranges whose lengths differ by at most one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pieces {
    pub(crate) len: usize,
    pub(crate) count: usize,
}

impl Pieces {
    /// As many pieces as it takes for none to be longer than `grain`.
    pub(crate) fn at_most(len: usize, grain: usize) -> Self {
        Self { len, count: len.div_ceil(grain.max(1)) }
    }

    /// `count` pieces, or as many as there are elements.
    pub(crate) fn new(len: usize, count: usize) -> Self {
        Self { len, count: count.clamp(1, len.max(1)) }
    }

    pub(crate) fn range(self, i: usize) -> Range<usize> {
        self.start(i)..self.start(i + 1)
    }

    fn start(self, i: usize) -> usize {
        let (each, longer) = (self.len / self.count, self.len % self.count);
        i * each + i.min(longer)
    }
}
