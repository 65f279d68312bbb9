//! How a merge is shared among threads: the output is cut by exact rank into blocks, and every block is a merge of its
//! own (Varman and others, 1991; the lecture's rounds of pairs are in `rounds.rs`).
//!
//! The cuts are found before the work is shared, on the calling thread. Thus every element belongs to one block and is
//! looked at by one thread only, which is why `Send` is enough where elements move: `T` need not be `Sync`. Where blocks
//! begin depends on the lengths and on how many threads there are; the merged sequence does not.

use crate::block::suits_tree;
use crate::plain::{Sources, is_plain};
use crate::plan::{Job, Plan, block_len, merge_here, room};
use crate::run::Run;
use crate::slices::{self, clone_block, merge_clones};
use crate::stash::Stash;
use alloc::vec::Vec;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use worker_pool::{Chunk, current};

/// Fewer elements than this are merged by the calling thread alone.
const ALONE: usize = 16 * 1024;
/// Blocks for each thread, so that one which is late holds up little.
const SHARES: usize = 4;
/// Elements copied back at a time.
const COPY: NonZeroUsize = NonZeroUsize::new(64 * 1024).unwrap();

/// How many threads may take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threads {
    /// All of the pool.
    All,
    /// At most so many, the calling one included.
    UpTo(usize),
}

impl Threads {
    fn count(self) -> usize {
        let there_are = current().threads();
        match self {
            Self::All => there_are,
            Self::UpTo(most) => there_are.min(most),
        }
    }

    /// How `n` equal pieces of work are dealt out: where not all threads may take part, in as many chunks as may.
    fn chunk(self, n: usize, piece: NonZeroUsize) -> Chunk {
        let threads = self.count().max(1);
        let size = if threads < current().threads() { n.div_ceil(threads) } else { piece.get() };
        Chunk::Size(NonZeroUsize::new(size).unwrap_or(NonZeroUsize::MIN))
    }
}

/// Calls `work` with the number of each block, in parallel.
fn for_each_block<T: Send>(job: &Job<'_, T>, threads: Threads, work: impl Fn(usize) + Sync) {
    let chunk = threads.chunk(job.blocks(), NonZeroUsize::MIN);
    current().for_each_chunk(job.blocks(), chunk, |blocks| blocks.for_each(&work));
}

/// A plan for so many threads; `None` if the work is too little to share.
fn plan<T>(runs: &[Run<T>], total: usize, threads: Threads) -> Option<Plan<'_, T>> {
    let threads = threads.count();
    if threads <= 1 || total < ALONE || size_of::<T>() == 0 {
        return None;
    }
    let even = total.div_ceil(threads.saturating_mul(SHARES));
    Some(Plan::in_blocks_of(runs, total, even.clamp(ALONE / 4, block_len::<T>(runs.len()).max(ALONE / 4))))
}

/// Merges `runs` into `out` on several threads.
///
/// # Safety
/// The elements are alive, stay so and are not used by others, unless `T` is `Sync`; if they are owned, their places may
/// be written. `out` is valid for writes of all of them and apart. With `own_order`, `less` is the order of `T` itself.
pub(crate) unsafe fn merge_to<T: Send>(
    runs: &[Run<T>],
    total: usize,
    out: *mut T,
    sources: Sources,
    threads: Threads,
    own_order: bool,
    less: &(impl Fn(&T, &T) -> bool + Sync),
) {
    let mut here = |a: &T, b: &T| less(a, b);
    let Some(plan) = plan(runs, total, threads) else {
        let plan = Plan::new(runs, total);
        let mut scratch = room(plan.scratch_len());
        // SAFETY: by the caller.
        return unsafe { merge_here(plan, out, &mut scratch, sources, own_order, &mut here) };
    };
    let stash = Stash::new(plan.scratch_len());
    // SAFETY: by the caller.
    let job = unsafe { Job::new(plan, out, sources, own_order, &mut here) };
    for_each_block(&job, threads, |i| stash.with(|scratch| job.merge(i, scratch, &mut |a: &T, b: &T| less(a, b))));
    job.finish();
}

/// Moves the elements from `from` to `to` on several threads. Runs no user code.
///
/// # Safety
/// `from` is valid for reads and `to` for writes of `n` elements, they are apart, and nobody else uses them.
pub(crate) unsafe fn copy_back<T: Send>(from: *const T, to: *mut T, n: usize, threads: Threads) {
    struct Ends<T>(*const T, *mut T);
    // SAFETY: every element is moved by one thread, so `T: Send` is enough.
    unsafe impl<T: Send> Sync for Ends<T> {}
    impl<T> Ends<T> {
        /// # Safety
        /// The range is within both ends.
        unsafe fn copy(&self, range: core::ops::Range<usize>) {
            // SAFETY: by the caller.
            unsafe { core::ptr::copy_nonoverlapping(self.0.add(range.start), self.1.add(range.start), range.len()) }
        }
    }
    let ends = Ends(from, to);
    // SAFETY: the chunks are within `n`.
    current().for_each_chunk(n, threads.chunk(n, COPY), |range| unsafe { ends.copy(range) });
}

/// The merge of `runs` with every element cloned, on all threads.
///
/// # Safety
/// The elements are alive and stay so. With `own_order`, `less` is the order of `T` itself.
pub(crate) unsafe fn clone_to_vec<T: Clone + Send + Sync>(
    runs: &[Run<T>],
    total: usize,
    own_order: bool,
    less: &(impl Fn(&T, &T) -> bool + Sync),
) -> Vec<T> {
    let mut here = |a: &T, b: &T| less(a, b);
    let mut out = Vec::with_capacity(total);
    if is_plain::<T>() {
        // SAFETY: by the caller; the bits of a `Copy` type are a clone, and all of them are written.
        unsafe {
            merge_to(runs, total, out.as_mut_ptr(), Sources::Copied, Threads::All, own_order, less);
            out.set_len(total);
        }
        return out;
    }
    let Some(plan) = plan(runs, total, Threads::All) else {
        // SAFETY: by the caller.
        return unsafe { slices::clone_to_vec(runs.to_vec(), total, own_order, &mut here) };
    };
    let stash = Stash::new(plan.clones_len());
    // SAFETY: by the caller.
    let job = unsafe { Job::new(plan, out.as_mut_ptr(), Sources::Copied, own_order, &mut here) };
    let mut written = Written { job: &job, done: (0..job.blocks()).map(|_| AtomicUsize::new(0)).collect() };
    for_each_block(&job, Threads::All, |i| {
        let (mut pieces, out) = job.block(i);
        let (mut less, mut n) = (|a: &T, b: &T| less(a, b), 0);
        if suits_tree::<T>() {
            // SAFETY: by the caller; the block has as many places as elements.
            n = stash.with(|room| unsafe { merge_clones(pieces, out, room, own_order, &mut less) });
            return written.done[i].store(n, Ordering::Relaxed);
        }
        // SAFETY: by the caller; the block has as many places as elements.
        unsafe {
            clone_block(&mut pieces, own_order, &mut less, &mut |clone| {
                out.add(n).write(clone);
                n += 1;
                // Joining the threads orders this before the drop that reads it.
                written.done[i].store(n, Ordering::Relaxed);
            });
        }
    });
    written.done.clear();
    // SAFETY: every block wrote all its places.
    unsafe { out.set_len(total) };
    out
}

/// Drops the clones written so far, if a thread panicked.
struct Written<'j, 'p, T> {
    job: &'j Job<'p, T>,
    /// How many places each block has written; empty when `out` has taken over.
    done: Vec<AtomicUsize>,
}

impl<T> Drop for Written<'_, '_, T> {
    fn drop(&mut self) {
        for (i, done) in self.done.iter().enumerate() {
            let (_, out) = self.job.block(i);
            // SAFETY: the block wrote so many clones; no thread works any more, and nobody else drops them.
            unsafe { core::ptr::slice_from_raw_parts_mut(out, done.load(Ordering::Relaxed)).drop_in_place() };
        }
    }
}
