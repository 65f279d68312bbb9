//! Which part of a merge is done at a time: rank blocks.
//!
//! The output is cut by rank into blocks that fit the cache together with their scratch, so a tree of merges goes to
//! memory once and not once per level. Blocks are independent of each other, so they are what threads share. A block
//! must not be too small: it takes a cut through all K lists, and gets its elements in K short pieces.

use crate::block::{bring_home, merge_block, scratch_len, suits_tree};
use crate::plain::Sources;
use crate::run::Run;
use crate::split::advance_cuts;
use alloc::vec;
use alloc::vec::Vec;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};

/// Bytes of output in a block.
const BLOCK_BYTES: usize = 4 << 20;
/// Elements that a block should have of each run.
const PIECE: usize = 2048;

/// Elements per block for this many runs.
pub(crate) fn block_len<T>(runs: usize) -> usize {
    (BLOCK_BYTES / size_of::<T>().max(1)).max(runs.saturating_mul(PIECE)).max(1)
}

/// A merge of runs, cut into blocks.
#[derive(Debug)]
pub(crate) struct Plan<'r, T> {
    runs: &'r [Run<T>],
    total: usize,
    /// Elements in each block but the last, which has at least one and at most this many.
    block: usize,
}

impl<'r, T> Plan<'r, T> {
    /// For one thread: blocks only where there is a tree of merges to keep in the cache.
    pub(crate) fn new(runs: &'r [Run<T>], total: usize) -> Self {
        if suits_tree::<T>() && runs.len() > 2 {
            Self::in_blocks(runs, total)
        } else {
            Self::in_blocks_of(runs, total, total)
        }
    }

    /// For one thread, in blocks.
    pub(crate) fn in_blocks(runs: &'r [Run<T>], total: usize) -> Self {
        // Scratch is as long as a block: a quarter of the output is enough of it.
        let block = (total / 4).clamp(runs.len().saturating_mul(PIECE), block_len::<T>(runs.len()));
        Self::in_blocks_of(runs, total, block)
    }

    /// With blocks of at most `block` elements.
    pub(crate) fn in_blocks_of(runs: &'r [Run<T>], total: usize, block: usize) -> Self {
        // Elements without size are in no place, so a block of them is as good as all.
        let block = if size_of::<T>() == 0 { total } else { block };
        // A last block of a few elements would be a waste: spread them over all.
        let blocks = total.div_ceil(block.max(1)).max(1);
        Self { runs, total, block: total.div_ceil(blocks).max(1) }
    }

    pub(crate) fn blocks(&self) -> usize {
        self.total.div_ceil(self.block)
    }

    /// Elements of scratch that a block needs.
    pub(crate) fn scratch_len(&self) -> usize {
        scratch_len::<T>(self.runs.len(), self.block)
    }

    /// Elements of scratch that a block needs whose elements are cloned before they are merged.
    pub(crate) fn clones_len(&self) -> usize {
        self.block + self.scratch_len()
    }

    /// The first output of block `i`.
    pub(crate) fn start(&self, i: usize) -> usize {
        (i * self.block).min(self.total)
    }

    /// All cuts: row `i` is where block `i` starts in each run. Every row is at least the one before, run by run, and
    /// at most the lengths, whatever `less` answers.
    ///
    /// # Safety
    /// The elements of the runs are alive.
    unsafe fn cuts(&self, less: &mut impl FnMut(&T, &T) -> bool) -> Vec<Vec<usize>> {
        let mut row = vec![0; self.runs.len()];
        let mut rows = vec![row.clone()];
        for i in 1..self.blocks() {
            // SAFETY: `row` is the cut of the block before; the start of this one is at most the total.
            unsafe { advance_cuts(self.runs, &mut row, self.start(i - 1), self.start(i), less) };
            rows.push(row.clone());
        }
        rows.push(self.runs.iter().map(|run| run.len).collect());
        rows
    }
}

/// A merge being done, block by block, by one thread or several.
///
/// Dropped without [`finish`](Self::finish), which only a panic does, it brings owned elements home from the blocks that
/// are merged; those of a block under way are home already.
pub(crate) struct Job<'j, T> {
    plan: Plan<'j, T>,
    /// Row `i` is where block `i` starts in each run; ascending, run by run.
    cuts: Vec<Vec<usize>>,
    /// Valid for writes of all elements; block `i` writes from its start on as many as it has.
    out: *mut T,
    sources: Sources,
    own_order: bool,
    /// Which blocks are merged. Each is set by the thread that merged it and read when all are done.
    merged: Vec<AtomicBool>,
}

// SAFETY: a job is shared to call `merge` with different numbers. Each element is part of one block, so it is looked at
// by the one thread that works on it, for which `T: Send` suffices; likewise each place of `out` is written by one
// thread.
unsafe impl<T: Send> Sync for Job<'_, T> {}

impl<'j, T> Job<'j, T> {
    /// # Safety
    /// The elements of the runs are alive, stay so and are not used by others. If they are owned, their places may be
    /// written. `out` is valid for writes of all of them and apart. With `own_order`, `less` is the order of `T` itself.
    pub(crate) unsafe fn new(
        plan: Plan<'j, T>,
        out: *mut T,
        sources: Sources,
        own_order: bool,
        less: &mut impl FnMut(&T, &T) -> bool,
    ) -> Self {
        // SAFETY: the elements are alive.
        let cuts = unsafe { plan.cuts(less) };
        let merged = (0..plan.blocks()).map(|_| AtomicBool::new(false)).collect();
        Self { plan, cuts, out, sources, own_order, merged }
    }

    pub(crate) fn blocks(&self) -> usize {
        self.merged.len()
    }

    /// The pieces of block `i` and where they go.
    pub(crate) fn block(&self, i: usize) -> (Vec<Run<T>>, *mut T) {
        let cuts = self.cuts[i].iter().zip(&self.cuts[i + 1]);
        // SAFETY: the rows of `cuts` ascend and end at the lengths.
        let piece = |(run, (&from, &to)): (&Run<T>, (&usize, &usize))| unsafe { run.skip(from).first(to - from) };
        // SAFETY: `out` has room for all blocks.
        (self.plan.runs.iter().zip(cuts).map(piece).collect(), unsafe { self.out.add(self.plan.start(i)) })
    }

    /// Merges block `i`, which nobody else does. `less` is what the job was made with.
    pub(crate) fn merge(&self, i: usize, scratch: &mut [MaybeUninit<T>], less: &mut impl FnMut(&T, &T) -> bool) {
        let (mut pieces, out) = self.block(i);
        // SAFETY: by the caller of `new`; the pieces are this block's, and `out` is its place.
        unsafe { merge_block(&mut pieces, out, scratch, self.sources, self.own_order, less) };
        // Joining the threads orders this before the drop that reads it.
        self.merged[i].store(true, Ordering::Relaxed);
    }

    /// Everything is merged: the elements are in `out`.
    pub(crate) fn finish(mut self) {
        // Nothing goes home.
        self.sources = Sources::Copied;
    }
}

impl<T> Drop for Job<'_, T> {
    fn drop(&mut self) {
        if self.sources != Sources::Owned {
            return;
        }
        for i in 0..self.merged.len() {
            if self.merged[i].load(Ordering::Relaxed) {
                let (pieces, out) = self.block(i);
                // SAFETY: the block's elements are in `out`, and the places they came from may be written.
                unsafe { bring_home(out, &pieces) };
            }
        }
    }
}

/// Merges `runs` into `out` on this thread.
///
/// # Safety
/// As [`Job::new`], and `scratch` as long as the plan says.
pub(crate) unsafe fn merge_here<T>(
    plan: Plan<'_, T>,
    out: *mut T,
    scratch: &mut [MaybeUninit<T>],
    sources: Sources,
    own_order: bool,
    less: &mut impl FnMut(&T, &T) -> bool,
) {
    // SAFETY: by the caller.
    let job = unsafe { Job::new(plan, out, sources, own_order, less) };
    for i in 0..job.blocks() {
        job.merge(i, scratch, less);
    }
    job.finish();
}

/// Room for `n` elements.
pub(crate) fn room<T>(n: usize) -> Vec<MaybeUninit<T>> {
    let mut room = Vec::with_capacity(n);
    // SAFETY: the capacity suffices, and `MaybeUninit` needs no initialisation.
    unsafe { room.set_len(n) };
    room
}
