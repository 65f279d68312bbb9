//! Flat loops: chunks handed out by one counter.
//!
//! ```text
//! every thread:  while (first = next.fetch_add(batch)) < chunks:   for c in first .. first + batch:  f(bounds(c))
//! ```
//!
//! Chunks are claimed in increasing order, so when chunk `c` panics all lower ones have been claimed by somebody who will run
//! them: the lowest chunk that panics is always found, whatever the timing, and only later ones may be skipped.
//!
//! The caller does not ask for help before it knows that help pays. Waking a sleeper takes some microseconds of the caller's
//! own time, so in a loop of many chunks it first does one and looks at the clock. Source of the batches: guided
//! self-scheduling (Polychronopoulos and Kuck, 1987).

use crate::chunk::Cut;
use crate::core::Helpers;
use crate::panics::{Payload, catch, discard};
use crate::pool::Pool;
use crate::sync::{AtomicUsize, MODEL, Mutex, Ordering, planted};
use crossbeam_utils::CachePadded;
use std::ops::Range;
use std::panic::resume_unwind;
use std::time::{Duration, Instant};

/// A loop of fewer chunks asks for help at once: its chunks are meant to be shared, and one of them is much of the work.
const MANY: usize = if MODEL { 3 } else { 32 };

/// What remains to be done must be expected to take this long before a sleeper is woken for it.
const WORTH_WAKING: Duration = Duration::from_micros(4);

/// Batches that each thread would get if all were of the size of the first.
const BATCHES_PER_THREAD: usize = 4;

/// Calls `f` with the bounds of each chunk of `cut`, each once, on the threads of `pool`, and raises the panic of the
/// lowest chunk that had one.
pub(crate) fn for_each(pool: &Pool, cut: Cut, f: impl Fn(Range<usize>) + Sync) {
    let threads = pool.threads();
    if threads == 1 || cut.count <= 1 {
        return pool.install(|| (0..cut.count).for_each(|chunk| f(cut.bounds(chunk))));
    }
    let work = Flat {
        next: CachePadded::new(AtomicUsize::new(0)),
        cut,
        spread: if cut.batched { threads * BATCHES_PER_THREAD } else { usize::MAX },
        failed: AtomicUsize::new(usize::MAX),
        panic: Mutex::new(None),
        f,
    };
    let wanted = (threads - 1).min(cut.count - 1);
    pool.install(|| pool.core().share(wanted, &|| work.take_part(), |helpers| work.lead(helpers)));
    if let Some((_, payload)) = work.panic.into_inner() {
        resume_unwind(payload);
    }
}

struct Flat<F> {
    /// The lowest chunk that nobody has claimed.
    next: CachePadded<AtomicUsize>,
    cut: Cut,
    /// A claim takes the `spread`-th part of what is left, at least one chunk.
    spread: usize,
    /// The lowest chunk that is known to have panicked; later ones need not be run.
    failed: AtomicUsize,
    /// That chunk and its panic.
    panic: Mutex<Option<(usize, Payload)>>,
    f: F,
}

impl<F: Fn(Range<usize>) + Sync> Flat<F> {
    /// Works until nothing is left to claim.
    fn take_part(&self) {
        while let Some(chunks) = self.claim() {
            if !self.run(chunks) {
                return;
            }
        }
    }

    /// The caller's part, who sees to it that helpers come if they are worth it.
    fn lead(&self, helpers: Helpers<'_>) {
        if self.cut.count < MANY {
            helpers.wake();
            return self.take_part();
        }
        let start = Instant::now();
        // Helpers who were awake may have claimed everything by now.
        let Some(mut chunks) = self.claim_at_most(1) else { return };
        let mut done = 0;
        loop {
            done += chunks.len();
            let end = chunks.end;
            if !self.run(chunks) {
                return;
            }
            let left = self.cut.count.saturating_sub(end);
            if start.elapsed().as_nanos() * left as u128 > WORTH_WAKING.as_nanos() * done as u128 {
                helpers.wake();
                return self.take_part();
            }
            match self.claim() {
                Some(next) => chunks = next,
                None => return,
            }
        }
    }

    /// The next chunks that nobody has claimed.
    fn claim(&self) -> Option<Range<usize>> {
        self.claim_at_most(usize::MAX)
    }

    fn claim_at_most(&self, most: usize) -> Option<Range<usize>> {
        let seen = self.next.load(Ordering::Relaxed);
        let left = self.cut.count.checked_sub(seen).filter(|&left| left > 0)?;
        let batch = (left / self.spread).clamp(1, most);
        // Relaxed: the counter hands out numbers; what the chunks wrote is published by leaving the job.
        let first = self.next.fetch_add(batch, Ordering::Relaxed);
        let end = first.saturating_add(batch);
        let end = if planted("believe the claim") { end } else { self.cut.count.min(end) };
        (first < end).then_some(first..end)
    }

    /// Runs these chunks up to the first panic; false if no later chunk needs to be run.
    fn run(&self, chunks: Range<usize>) -> bool {
        let mut current = chunks.start;
        let result = catch(|| {
            for chunk in chunks {
                if chunk > self.failed.load(Ordering::Relaxed) {
                    return false;
                }
                current = chunk;
                (self.f)(self.cut.bounds(chunk));
            }
            true
        });
        result.unwrap_or_else(|payload| {
            self.fail(current, payload);
            false
        })
    }

    /// Keeps the panic of the lowest chunk.
    fn fail(&self, chunk: usize, payload: Payload) {
        let mut kept = self.panic.lock();
        let loser = match &*kept {
            Some((lowest, _)) if *lowest < chunk && !planted("keep the last panic") => Some(payload),
            _ => {
                self.failed.store(chunk, Ordering::Relaxed);
                kept.replace((chunk, payload)).map(|(_, loser)| loser)
            }
        };
        drop(kept);
        discard(loser);
    }
}
