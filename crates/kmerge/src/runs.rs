//! Merging adjacent sorted runs of one slice in place.

use crate::plain::Sources;
use crate::plan::{Plan, merge_here};
use crate::run::Run;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Merges the adjacent sorted runs of `v`, stably: the first run ends before `run_ends[0]`, the next one before
/// `run_ends[1]`, and so on; what follows the last end is a run too.
///
/// If a comparison panics, `v` has all its elements, in any order.
///
/// ```
/// let mut v = [1, 4, 7, 2, 5, 3, 6];
/// kmerge::merge_runs(&mut v, &[3, 5, 7]);
/// assert_eq!(v, [1, 2, 3, 4, 5, 6, 7]);
/// ```
///
/// # Panics
/// If the ends are not ascending or one is beyond `v`.
///
/// # Complexity
/// O(N log K), and scratch for N elements plus that of [`merge_into`](crate::merge_into). Runs that follow each other in
/// order already are found with one comparison each.
#[track_caller]
pub fn merge_runs<T: Ord>(v: &mut [T], run_ends: &[usize]) {
    merge_in_place(v, run_ends, &mut Vec::new(), true, &mut |a: &T, b: &T| a < b);
}

/// [`merge_runs`] by a comparator, by which the runs are sorted.
///
/// # Panics
/// If the ends are not ascending or one is beyond `v`.
#[track_caller]
pub fn merge_runs_by<T>(v: &mut [T], run_ends: &[usize], cmp: impl FnMut(&T, &T) -> Ordering) {
    merge_runs_by_with_scratch(v, run_ends, &mut Vec::new(), cmp);
}

/// [`merge_runs`] by a key, by which the runs are sorted. The key is asked for at every comparison.
///
/// # Panics
/// If the ends are not ascending or one is beyond `v`.
#[track_caller]
pub fn merge_runs_by_key<T, K: Ord>(v: &mut [T], run_ends: &[usize], mut key: impl FnMut(&T) -> K) {
    merge_in_place(v, run_ends, &mut Vec::new(), false, &mut |a: &T, b: &T| key(a) < key(b));
}

/// [`merge_runs`] with the caller's scratch: the spare capacity of `scratch` is used and grown if it is too small, its
/// elements are left alone.
///
/// # Panics
/// If the ends are not ascending or one is beyond `v`.
#[track_caller]
pub fn merge_runs_with_scratch<T: Ord>(v: &mut [T], run_ends: &[usize], scratch: &mut Vec<T>) {
    merge_in_place(v, run_ends, scratch, true, &mut |a: &T, b: &T| a < b);
}

/// [`merge_runs_with_scratch`] by a comparator, by which the runs are sorted.
///
/// # Panics
/// If the ends are not ascending or one is beyond `v`.
#[track_caller]
pub fn merge_runs_by_with_scratch<T>(
    v: &mut [T],
    run_ends: &[usize],
    scratch: &mut Vec<T>,
    mut cmp: impl FnMut(&T, &T) -> Ordering,
) {
    merge_in_place(v, run_ends, scratch, false, &mut |a: &T, b: &T| cmp(a, b) == Ordering::Less);
}

/// The runs of `v` that have elements, to be moved; neighbours in order are one run.
#[track_caller]
pub(crate) fn adjacent_runs<T>(v: &mut [T], run_ends: &[usize], less: &mut impl FnMut(&T, &T) -> bool) -> Vec<Run<T>> {
    let mut lens: Vec<usize> = Vec::new();
    let mut from = 0;
    for &to in run_ends.iter().chain([&v.len()]) {
        assert!(to <= v.len(), "run end {to} is beyond the {} elements", v.len());
        assert!(from <= to, "run ends must be ascending: {to} follows {from}");
        if from == to {
            continue;
        }
        match lens.last_mut() {
            Some(last) if !less(&v[from], &v[from - 1]) => *last += to - from,
            _ => lens.push(to - from),
        }
        from = to;
    }
    let mut rest = Run { at: v.as_mut_ptr().cast_const(), len: v.len() };
    // SAFETY: the lengths add up to that of `v`.
    let mut next = |len| unsafe {
        let run = rest.first(len);
        rest = rest.skip(len);
        run
    };
    lens.into_iter().map(&mut next).collect()
}

#[track_caller]
fn merge_in_place<T>(
    v: &mut [T],
    run_ends: &[usize],
    scratch: &mut Vec<T>,
    own_order: bool,
    less: &mut impl FnMut(&T, &T) -> bool,
) {
    let n = v.len();
    let runs = adjacent_runs(v, run_ends, less);
    if runs.len() <= 1 || size_of::<T>() == 0 {
        return;
    }
    let plan = Plan::new(&runs, n);
    scratch.reserve(n + plan.scratch_len());
    let (out, scratch) = scratch.spare_capacity_mut().split_at_mut(n);
    let to = runs[0].at.cast_mut();
    // SAFETY: `v` is borrowed exclusively for the call and not used but through the runs, the first of which begins where
    // `v` does; it holds its elements until every comparison is done, and `out` has room for them. Then, with nothing in
    // between that could panic, the same elements come back in order.
    unsafe {
        merge_here(plan, out.as_mut_ptr().cast(), scratch, Sources::Owned, own_order, less);
        core::ptr::copy_nonoverlapping(out.as_ptr().cast(), to, n);
    }
}
