//! The stable sort: the lecture's structure, T blocks and one T-way merge.
//!
//! ```text
//! 1. Cut the slice into T blocks, one for each thread.
//! 2. Sort every block in its own thread, by std's stable sort: O((n/T) log (n/T)) comparisons each.
//! 3. Where a block ends not above the next one's beginning the two are one run already.
//! 4. Merge the runs: exact cuts by rank give every thread an equal part of the output, O(n log T) comparisons in all.
//! ```
//!
//! The merge is `kmerge`'s: until all user code has run the slice owns every element exactly once, so a panic in the
//! comparison leaves a permutation behind.

use crate::displaced;
use crate::leaf;
use crate::memory;
use crate::parts::Parts;
use crate::plan::{Pieces, Plan};
use crate::scan::{self, Look};
use std::cmp::Ordering;

/// Below this length one thread is quicker alone.
const SHORT: usize = 4096;
/// So many ascending runs, if all are long, are merged as they are.
const RUNS: usize = 64;
/// A run of fewer elements is not long.
const RUN: usize = 256;

/// Sorts `v` stably.
pub(crate) fn sort<T: Send>(v: &mut [T], cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) {
    sort_with_scratch(v, cmp, plan, &mut Vec::new());
}

/// Sorts `v` stably and merges through the spare capacity of `scratch`.
pub(crate) fn sort_with_scratch<T: Send>(
    v: &mut [T],
    cmp: &(impl Fn(&T, &T) -> Ordering + Sync),
    plan: Plan,
    scratch: &mut Vec<T>,
) {
    if size_of::<T>() == 0 || plan.is_short(v.len(), SHORT) {
        return v.sort_by(cmp);
    }
    if !presorted(v, scan::look(v, cmp), cmp, plan, &|tail| sort_blocks(tail, cmp, plan, &mut Vec::new())) {
        sort_blocks(v, cmp, plan, scratch);
    }
}

/// Deals with input that has order already, as `look` promises: sorted, reversed, nearly sorted, a sorted prefix with a tail. `false` if
/// there is nothing to gain; `v` is a permutation of what it was. `sort_tail` must be stable if the whole is to be.
pub(crate) fn presorted<T: Send>(
    v: &mut [T],
    look: Look,
    cmp: &(impl Fn(&T, &T) -> Ordering + Sync),
    plan: Plan,
    sort_tail: &dyn Fn(&mut [T]),
) -> bool {
    match look {
        Look::Descending => {
            let reversed = scan::is_descending(v, cmp, plan);
            if reversed {
                scan::reverse(v, plan);
            }
            reversed
        }
        Look::Ascending => {
            let order = scan::order(v, cmp, plan, v.len() / 16);
            if order.descents == 0 {
                return true;
            }
            if order.prefix >= v.len() / 4 * 3 {
                sort_tail(&mut v[order.prefix..]);
                merge_tail(v, order.prefix, cmp, plan);
                return true;
            }
            if order.descents < RUNS
                && let Some(ends) = scan::long_runs(v, cmp, plan.grain(RUN))
            {
                merge(v, &ends, cmp, plan, &mut Vec::new());
                return true;
            }
            order.descents <= v.len() / 24 && displaced::sort(v, cmp, plan)
        }
        Look::Runs | Look::Mixed => false,
    }
}

/// Merges two sorted runs, of which the second is the shorter.
fn merge_tail<T: Send>(v: &mut [T], middle: usize, cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) {
    merge(v, &[middle, v.len()], cmp, plan, &mut Vec::new());
}

fn sort_blocks<T: Send>(v: &mut [T], cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan, scratch: &mut Vec<T>) {
    let blocks = Pieces::new(v.len(), if plan.is_short(v.len(), SHORT) { 1 } else { plan.threads });
    scratch.reserve(v.len());
    memory::large_pages(scratch.spare_capacity_mut());
    let (parts, free) = (Parts::new(v), Parts::new(scratch.spare_capacity_mut()));
    plan.each(blocks.count, &|i| {
        // SAFETY: blocks are disjoint, in both.
        let (block, free) = unsafe { (parts.slice(blocks.range(i)), free.slice(blocks.range(i))) };
        leaf::sort_stable(block, free, cmp);
    });
    let ends: Vec<usize> = (0..blocks.count)
        .map(|i| blocks.range(i).end)
        .filter(|&end| end == v.len() || cmp(&v[end], &v[end - 1]).is_lt())
        .collect();
    merge(v, &ends, cmp, plan, scratch);
}

fn merge<T: Send>(
    v: &mut [T],
    ends: &[usize],
    cmp: &(impl Fn(&T, &T) -> Ordering + Sync),
    plan: Plan,
    scratch: &mut Vec<T>,
) {
    if ends.len() < 2 {
        return;
    }
    scratch.reserve(v.len());
    memory::large_pages(scratch.spare_capacity_mut());
    if plan.threads > 1 {
        kmerge::par_merge_runs_by_with_limit(v, ends, scratch, plan.threads, cmp);
    } else {
        kmerge::merge_runs_by_with_scratch(v, ends, scratch, cmp);
    }
}
