//! The order of a slice as indices, the slice untouched.

use crate::blocks;
use crate::plan::Plan;
use std::cmp::Ordering;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

/// Elements looked at by the caller alone, and then by each task.
const HEAD: usize = 1 << 14;

/// The indices of `v` in the stable order of `cmp`.
pub(crate) fn argsort<T: Sync>(v: &[T], cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..v.len()).collect();
    blocks::sort(&mut indices, &|&a: &usize, &b: &usize| cmp(&v[a], &v[b]), plan);
    indices
}

/// Whether `v` is sorted, by one parallel pass that stops soon where it is not.
pub(crate) fn is_sorted<T: Sync>(v: &[T], cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) -> bool {
    let rises = |v: &[T]| v.is_sorted_by(|a, b| !cmp(b, a).is_lt());
    let head = v.len().min(plan.grain(HEAD));
    if head == v.len() || !rises(&v[..head]) {
        return rises(v);
    }
    // A hint for tasks that have not begun; what counts is only that somebody found a fall.
    let falls = AtomicBool::new(false);
    plan.each_piece(v.len() - head, plan.grain(HEAD), &|range| {
        // One element more on the left, so that each pair of neighbours is in some piece.
        if !falls.load(Relaxed) && !rises(&v[head + range.start - 1..head + range.end]) {
            falls.store(true, Relaxed);
        }
    });
    !falls.into_inner()
}
