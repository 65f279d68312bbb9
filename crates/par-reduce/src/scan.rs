//! Prefix sums, for any associative operation.
//!
//! The output is defined chunk by chunk: the prefix of chunk `k + 1` is `op(prefix of k, reduction of k)`, and within a
//! chunk the elements are added to its prefix one by one. So the bits do not depend on who computes which chunk.
//!
//! On several threads this is a single pass over memory, chained (the chained scan of Yan, Long and Zhang, StreamScan,
//! PPoPP 2013):
//!
//! ```text
//! claim the next chunk k                  in increasing order
//! total  = reduce chunk k                 from memory; the chunk is now in the L2 cache
//! prefix = wait for the prefix of k
//! publish op(prefix, total) for k + 1     the next thread goes on while this one writes
//! write the outputs of chunk k            from the cache
//! ```
//!
//! Chunks are claimed in order, so the thread that a waiter waits for is running: nobody waits for work that nobody does.
//! A panic publishes itself along the chain.
//!
//! Each element is combined twice, so two threads gain little over one: with fewer than [`THREADS`] threads the
//! calling thread does it alone, in the same steps. Integers have no rounding that could tell the steps apart, so for
//! them it is one loop.

use crate::chain::Chain;
use crate::disjoint::Disjoint;
use crate::number::is_integer;
use crate::reducer::Reducer;
use std::num::NonZeroUsize;
use std::ops::Range;
use worker_pool::Chunk;

/// Threads from which on the chain is worth its second pass over the cache.
const THREADS: usize = 3;

/// Bytes below which one thread is enough in any case.
const PARALLEL_BYTES: usize = 4 << 20;

/// What is scanned: where the elements come from and what the output at an index includes.
struct Job<'a, T, Op> {
    /// `None`: in place.
    input: Option<&'a [T]>,
    inclusive: bool,
    op: &'a Op,
}

impl<T: Clone, Op: Fn(T, T) -> T> Job<'_, T, Op> {
    /// The reduction of a chunk that is not empty.
    fn total(&self, range: Range<usize>, out: &[T]) -> T {
        let x = self.input.map_or(out, |input| &input[range]);
        let mut total = x[0].clone();
        for value in &x[1..] {
            total = (self.op)(total, value.clone());
        }
        total
    }

    /// The outputs of a chunk from its prefix.
    fn write(&self, range: Range<usize>, out: &mut [T], prefix: Option<T>) {
        match self.input {
            Some(input) => self.write_items(out.iter_mut().zip(input[range].iter().cloned()), prefix),
            None => self.write_items(items(out), prefix),
        }
    }

    fn write_items<'o>(&self, mut items: impl Iterator<Item = (&'o mut T, T)>, prefix: Option<T>)
    where
        T: 'o,
    {
        let op = self.op;
        let Some((slot, x)) = items.next() else { return };
        let mut running = match (self.inclusive, prefix) {
            (true, None) => x,
            (true, Some(prefix)) => op(prefix, x),
            (false, prefix) => {
                let Some(mut running) = prefix else { return };
                *slot = running.clone();
                let mut before = x;
                for (slot, x) in items {
                    running = op(running, before);
                    *slot = running.clone();
                    before = x;
                }
                return;
            }
        };
        *slot = running.clone();
        for (slot, x) in items {
            running = op(running, x);
            *slot = running.clone();
        }
    }
}

/// Each element of a slice as both output and input.
fn items<T: Clone>(out: &mut [T]) -> impl Iterator<Item = (&mut T, T)> {
    out.iter_mut().map(|slot| {
        let x = slot.clone();
        (slot, x)
    })
}

impl Reducer {
    fn scan<T: Clone + Send + Sync, Op: Fn(T, T) -> T + Sync>(
        &self,
        job: &Job<'_, T, Op>,
        out: &mut [T],
        init: Option<T>,
    ) {
        let (len, bytes) = (out.len(), size_of::<T>());
        // The largest chunk for any length, so that an output does not depend on what comes behind it.
        let chunk = self.chunk_by_bytes(usize::MAX, bytes);
        let range = |k: usize| k * chunk..len.min((k * chunk).saturating_add(chunk));
        let alone = match self.sequential_bound() {
            Some(bound) => len < bound,
            None => len.saturating_mul(bytes) < PARALLEL_BYTES || worker_pool::current().threads() < THREADS,
        };
        let append = |prefix: Option<T>, total: T| match prefix {
            Some(prefix) => (job.op)(prefix, total),
            None => total,
        };
        let chunks = len.div_ceil(chunk);
        if alone && is_integer::<T>() {
            // An associative operation on integers gives the same in whatever order its parts are combined.
            return job.write(0..len, out, init);
        }
        if alone || chunks <= 1 {
            let mut prefix = init;
            for k in 0..chunks {
                let part = &mut out[range(k)];
                if k + 1 == chunks {
                    return job.write(range(k), part, prefix);
                }
                let total = job.total(range(k), part);
                job.write(range(k), part, prefix.clone());
                prefix = Some(append(prefix, total));
            }
            return;
        }
        let chain = Chain::new(init);
        let cells = Disjoint::new(out);
        worker_pool::for_each_chunk(chunks, Chunk::Size(NonZeroUsize::MIN), |claims| {
            for _ in claims {
                let claim = chain.claim();
                let range = range(claim.chunk());
                // SAFETY: `claim` gives each chunk once, and chunks do not overlap.
                let part = unsafe { cells.part(range.clone()) };
                // Nobody waits for what the last chunk leaves, and in an exclusive scan its last element has no part.
                let total = (range.end < len).then(|| job.total(range.clone(), part));
                let next = |prefix: &Option<T>| total.map(|total| append(prefix.clone(), total));
                if let Some(prefix) = claim.pass(next) {
                    job.write(range, part, prefix);
                }
            }
        });
    }

    /// See [`inclusive_scan_into`].
    #[track_caller]
    pub fn inclusive_scan_into<T: Clone + Send + Sync>(&self, x: &[T], out: &mut [T], op: impl Fn(T, T) -> T + Sync) {
        assert_room(x, out);
        self.scan(&Job { input: Some(x), inclusive: true, op: &op }, out, None);
    }

    /// See [`exclusive_scan_into`].
    #[track_caller]
    pub fn exclusive_scan_into<T: Clone + Send + Sync>(
        &self,
        x: &[T],
        out: &mut [T],
        init: T,
        op: impl Fn(T, T) -> T + Sync,
    ) {
        assert_room(x, out);
        self.scan(&Job { input: Some(x), inclusive: false, op: &op }, out, Some(init));
    }

    /// See [`inclusive_scan_in_place`].
    pub fn inclusive_scan_in_place<T: Clone + Send + Sync>(&self, x: &mut [T], op: impl Fn(T, T) -> T + Sync) {
        self.scan(&Job { input: None, inclusive: true, op: &op }, x, None);
    }

    /// See [`exclusive_scan_in_place`].
    pub fn exclusive_scan_in_place<T: Clone + Send + Sync>(&self, x: &mut [T], init: T, op: impl Fn(T, T) -> T + Sync) {
        self.scan(&Job { input: None, inclusive: false, op: &op }, x, Some(init));
    }
}

#[track_caller]
fn assert_room<T>(x: &[T], out: &[T]) {
    let (x, out) = (x.len(), out.len());
    assert!(x == out, "a scan of {x} elements needs an output of {x}, got {out}");
}

/// Sets `out[i]` to `x[0] op x[1] op … op x[i]`.
///
/// `op` must be associative; it need not commute. On several threads it is also applied to runs of elements without what
/// lies before them, so a checked addition may overflow where the loop's would not. Where it is only nearly associative, as for floats, the answer still
/// depends on the input alone.
///
/// ```
/// let mut out = [0; 4];
/// par_reduce::inclusive_scan_into(&[1, 2, 3, 4], &mut out, |a, b| a + b);
/// assert_eq!(out, [1, 3, 6, 10]);
/// ```
///
/// # Panics
/// If the lengths differ, or `op` panics: then each output is either done or as it was.
///
/// # Complexity
/// One pass over memory, at most 2n calls of `op`, n for integers on one thread. Runs on the calling thread unless the
/// pool has at least three: memory alone limits two.
#[track_caller]
pub fn inclusive_scan_into<T: Clone + Send + Sync>(x: &[T], out: &mut [T], op: impl Fn(T, T) -> T + Sync) {
    Reducer::new().inclusive_scan_into(x, out, op);
}

/// Sets `out[i]` to `init op x[0] op … op x[i - 1]`, so `out[0]` is `init`; see [`inclusive_scan_into`]. The last element
/// has no part in it, and `op` never sees it.
///
/// ```
/// let mut starts = [0; 3];
/// par_reduce::exclusive_scan_into(&[5, 2, 4], &mut starts, 0, |a, b| a + b);
/// assert_eq!(starts, [0, 5, 7]);
/// ```
///
/// # Panics
/// As [`inclusive_scan_into`].
#[track_caller]
pub fn exclusive_scan_into<T: Clone + Send + Sync>(x: &[T], out: &mut [T], init: T, op: impl Fn(T, T) -> T + Sync) {
    Reducer::new().exclusive_scan_into(x, out, init, op);
}

/// [`inclusive_scan_into`] onto the input itself.
///
/// ```
/// let mut x = [1, 2, 3];
/// par_reduce::inclusive_scan_in_place(&mut x, |a, b| a + b);
/// assert_eq!(x, [1, 3, 6]);
/// ```
pub fn inclusive_scan_in_place<T: Clone + Send + Sync>(x: &mut [T], op: impl Fn(T, T) -> T + Sync) {
    Reducer::new().inclusive_scan_in_place(x, op);
}

/// [`exclusive_scan_into`] onto the input itself.
///
/// ```
/// let mut x = [5, 2, 4];
/// par_reduce::exclusive_scan_in_place(&mut x, 0, |a, b| a + b);
/// assert_eq!(x, [0, 5, 7]);
/// ```
pub fn exclusive_scan_in_place<T: Clone + Send + Sync>(x: &mut [T], init: T, op: impl Fn(T, T) -> T + Sync) {
    Reducer::new().exclusive_scan_in_place(x, init, op);
}
