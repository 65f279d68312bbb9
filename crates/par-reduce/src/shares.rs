//! Which thread visits which chunk: neighbours together, and the same ones at every call.
//!
//! ```text
//! chunks     0 1 2 3 4 | 5 6 7 8 9        cut into one share for each thread
//! thread 0   ──▶ own share from its front ......... then from the back of another's
//! thread 1               ──▶ ...
//! ```
//!
//! Long runs of neighbours are what the prefetcher likes, and an input that is summed again finds its parts in the caches
//! where they were the last time. A thread that comes late, or not at all, delays nobody: the others take what is left of
//! its share, from the end that it would reach last. Who visits a chunk changes no result, because partial results are
//! kept by chunk. (Static shares with stealing are the affinity scheduling of Markatos and LeBlanc, Using Processor
//! Affinity in Loop Scheduling, IEEE TPDS 5, 1994.)

use crate::sync::{AtomicU64, Ordering};
use std::ops::Range;

/// A run of chunks of which the owner takes the first and thieves the last.
#[repr(align(128))]
pub struct Share {
    /// What nobody has taken: the first one in the lower half, the end in the upper half.
    left: AtomicU64,
}

const HALF: u32 = u32::BITS;

/// Shares that need no memory of their own: asking for it delays all threads.
const FEW: usize = 4;

impl Share {
    /// All of `chunks`.
    pub fn new(chunks: Range<u32>) -> Self {
        Self { left: AtomicU64::new(u64::from(chunks.end) << HALF | u64::from(chunks.start)) }
    }

    /// Takes the first chunk, or the last one.
    pub fn take(&self, first: bool) -> Option<u32> {
        // Relaxed: the word only has to give each chunk once; what the chunks wrote is published by the end of the join.
        let mut left = self.left.load(Ordering::Relaxed);
        loop {
            let (start, end) = (left as u32, (left >> HALF) as u32);
            if start >= end {
                return None;
            }
            let rest = if first { left + 1 } else { left - (1 << HALF) };
            match self.left.compare_exchange_weak(left, rest, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some(if first { start } else { end - 1 }),
                Err(now) => left = now,
            }
        }
    }
}

/// Visits each of `0..chunks` once, on the threads of the current pool.
pub(crate) fn share_out(chunks: usize, visit: impl Fn(usize) + Sync) {
    // Almost always 1: chunks that are taken together, so that their count fits into half a word.
    let run = chunks.div_ceil(u32::MAX as usize).max(1);
    let runs = chunks.div_ceil(run);
    let threads = worker_pool::current().threads().min(runs).max(1);
    let bound = |i: usize| (runs as u128 * i as u128 / threads as u128) as u32;
    let share = |i: usize| Share::new(bound(i.min(threads))..bound((i + 1).min(threads)));
    let (few, many): ([Share; FEW], Vec<Share>);
    let shares = if threads <= FEW {
        few = std::array::from_fn(share);
        &few[..threads]
    } else {
        many = (0..threads).map(share).collect();
        &many[..]
    };
    let visit_run = move |i: u32| {
        let start = i as usize * run;
        (start..chunks.min(start + run)).for_each(&visit);
    };
    let work = move |mine: usize| {
        let (before, from) = shares.split_at(mine);
        for (i, share) in from.iter().chain(before).enumerate() {
            while let Some(chunk) = share.take(i == 0) {
                visit_run(chunk);
            }
        }
    };
    on_each(0..threads, &work);
}

/// Calls `work` with every share, the first one here. Where nobody comes for the others they are called here too, and
/// find nothing left.
fn on_each(shares: Range<usize>, work: &(impl Fn(usize) + Sync)) {
    if shares.len() <= 1 {
        return shares.for_each(work);
    }
    let middle = shares.start + shares.len().div_ceil(2);
    worker_pool::join(|| on_each(shares.start..middle, work), || on_each(middle..shares.end, work));
}
