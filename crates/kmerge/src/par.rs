//! Merging slices and vectors on several threads: the public forms. How the work is shared is in `share.rs`.

use crate::plain::Sources;
use crate::runs::adjacent_runs;
use crate::share::{Threads, clone_to_vec, copy_back, merge_to};
use crate::slices::{assert_fits, runs_of, runs_to_move};
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::mem::MaybeUninit;

/// [`merge`](crate::merge) on the threads of [`worker_pool::current`].
///
/// ```
/// assert_eq!(kmerge::par_merge(&[&[1, 4], &[2, 3, 5]]), [1, 2, 3, 4, 5]);
/// ```
pub fn par_merge<T: Ord + Clone + Send + Sync>(lists: &[&[T]]) -> Vec<T> {
    clone_merge(lists, true, &|a: &T, b: &T| a < b)
}

/// [`par_merge`] by a comparator, by which the slices are sorted.
pub fn par_merge_by<T: Clone + Send + Sync>(lists: &[&[T]], cmp: impl Fn(&T, &T) -> Ordering + Sync) -> Vec<T> {
    clone_merge(lists, false, &|a: &T, b: &T| cmp(a, b) == Ordering::Less)
}

/// [`par_merge`] by a key, by which the slices are sorted. The key is asked for at every comparison.
pub fn par_merge_by_key<T: Clone + Send + Sync, K: Ord>(lists: &[&[T]], key: impl Fn(&T) -> K + Sync) -> Vec<T> {
    clone_merge(lists, false, &|a: &T, b: &T| key(a) < key(b))
}

/// [`merge_into`](crate::merge_into) on the threads of [`worker_pool::current`].
///
/// # Panics
/// If `out` is not exactly as long as all slices together.
#[track_caller]
pub fn par_merge_into<'o, T: Ord + Copy + Send + Sync>(lists: &[&[T]], out: &'o mut [MaybeUninit<T>]) -> &'o mut [T] {
    copy_merge(lists, out, true, &|a: &T, b: &T| a < b)
}

/// [`par_merge_into`] by a comparator, by which the slices are sorted.
///
/// # Panics
/// If `out` is not exactly as long as all slices together.
#[track_caller]
pub fn par_merge_into_by<'o, T: Copy + Send + Sync>(
    lists: &[&[T]],
    out: &'o mut [MaybeUninit<T>],
    cmp: impl Fn(&T, &T) -> Ordering + Sync,
) -> &'o mut [T] {
    copy_merge(lists, out, false, &|a: &T, b: &T| cmp(a, b) == Ordering::Less)
}

/// [`par_merge_into`] by a key, by which the slices are sorted. The key is asked for at every comparison.
///
/// # Panics
/// If `out` is not exactly as long as all slices together.
#[track_caller]
pub fn par_merge_into_by_key<'o, T: Copy + Send + Sync, K: Ord>(
    lists: &[&[T]],
    out: &'o mut [MaybeUninit<T>],
    key: impl Fn(&T) -> K + Sync,
) -> &'o mut [T] {
    copy_merge(lists, out, false, &|a: &T, b: &T| key(a) < key(b))
}

/// [`merge_vecs`](crate::merge_vecs) on the threads of [`worker_pool::current`].
pub fn par_merge_vecs<T: Ord + Send>(lists: Vec<Vec<T>>) -> Vec<T> {
    move_merge(lists, true, &|a: &T, b: &T| a < b)
}

/// [`par_merge_vecs`] by a comparator, by which the vectors are sorted.
pub fn par_merge_vecs_by<T: Send>(lists: Vec<Vec<T>>, cmp: impl Fn(&T, &T) -> Ordering + Sync) -> Vec<T> {
    move_merge(lists, false, &|a: &T, b: &T| cmp(a, b) == Ordering::Less)
}

/// [`par_merge_vecs`] by a key, by which the vectors are sorted. The key is asked for at every comparison.
pub fn par_merge_vecs_by_key<T: Send, K: Ord>(lists: Vec<Vec<T>>, key: impl Fn(&T) -> K + Sync) -> Vec<T> {
    move_merge(lists, false, &|a: &T, b: &T| key(a) < key(b))
}

/// [`merge_runs`](crate::merge_runs) on the threads of [`worker_pool::current`].
///
/// # Panics
/// If the ends are not ascending or one is beyond `v`.
#[track_caller]
pub fn par_merge_runs<T: Ord + Send>(v: &mut [T], run_ends: &[usize]) {
    merge_in_place(v, run_ends, &mut Vec::new(), Threads::All, true, &|a: &T, b: &T| a < b);
}

/// [`par_merge_runs`] by a comparator, by which the runs are sorted.
///
/// # Panics
/// If the ends are not ascending or one is beyond `v`.
#[track_caller]
pub fn par_merge_runs_by<T: Send>(v: &mut [T], run_ends: &[usize], cmp: impl Fn(&T, &T) -> Ordering + Sync) {
    par_merge_runs_by_with_scratch(v, run_ends, &mut Vec::new(), cmp);
}

/// [`par_merge_runs`] by a key, by which the runs are sorted. The key is asked for at every comparison.
///
/// # Panics
/// If the ends are not ascending or one is beyond `v`.
#[track_caller]
pub fn par_merge_runs_by_key<T: Send, K: Ord>(v: &mut [T], run_ends: &[usize], key: impl Fn(&T) -> K + Sync) {
    merge_in_place(v, run_ends, &mut Vec::new(), Threads::All, false, &|a: &T, b: &T| key(a) < key(b));
}

/// [`par_merge_runs`] with the caller's scratch: the spare capacity of `scratch` is used and grown if it is too small,
/// its elements are left alone.
///
/// # Panics
/// If the ends are not ascending or one is beyond `v`.
#[track_caller]
pub fn par_merge_runs_with_scratch<T: Ord + Send>(v: &mut [T], run_ends: &[usize], scratch: &mut Vec<T>) {
    merge_in_place(v, run_ends, scratch, Threads::All, true, &|a: &T, b: &T| a < b);
}

/// [`par_merge_runs_with_scratch`] by a comparator, by which the runs are sorted.
///
/// # Panics
/// If the ends are not ascending or one is beyond `v`.
#[track_caller]
pub fn par_merge_runs_by_with_scratch<T: Send>(
    v: &mut [T],
    run_ends: &[usize],
    scratch: &mut Vec<T>,
    cmp: impl Fn(&T, &T) -> Ordering + Sync,
) {
    merge_in_place(v, run_ends, scratch, Threads::All, false, &|a: &T, b: &T| cmp(a, b) == Ordering::Less);
}

/// [`par_merge_runs_by_with_scratch`] on at most `threads` threads, the calling one included; 0 counts as 1. Threads
/// that are done early take nothing over from the others then.
///
/// # Panics
/// If the ends are not ascending or one is beyond `v`.
#[track_caller]
pub fn par_merge_runs_by_with_limit<T: Send>(
    v: &mut [T],
    run_ends: &[usize],
    scratch: &mut Vec<T>,
    threads: usize,
    cmp: impl Fn(&T, &T) -> Ordering + Sync,
) {
    let less = |a: &T, b: &T| cmp(a, b) == Ordering::Less;
    merge_in_place(v, run_ends, scratch, Threads::UpTo(threads), false, &less);
}

#[track_caller]
fn copy_merge<'o, T: Copy + Send + Sync>(
    lists: &[&[T]],
    out: &'o mut [MaybeUninit<T>],
    own_order: bool,
    less: &(impl Fn(&T, &T) -> bool + Sync),
) -> &'o mut [T] {
    let (runs, total) = runs_of(lists.iter().copied());
    assert_fits(total, out.len());
    // SAFETY: the lists are borrowed for the call and may be shared; `out` is as long as all of them, and as an exclusive
    // borrow apart. When the merge is done all of it is written.
    unsafe {
        merge_to(&runs, total, out.as_mut_ptr().cast(), Sources::Copied, Threads::All, own_order, less);
        out.assume_init_mut()
    }
}

fn clone_merge<T: Clone + Send + Sync>(
    lists: &[&[T]],
    own_order: bool,
    less: &(impl Fn(&T, &T) -> bool + Sync),
) -> Vec<T> {
    let (runs, total) = runs_of(lists.iter().copied());
    // SAFETY: the lists are borrowed for the call and may be shared.
    unsafe { clone_to_vec(&runs, total, own_order, less) }
}

fn move_merge<T: Send>(mut lists: Vec<Vec<T>>, own_order: bool, less: &(impl Fn(&T, &T) -> bool + Sync)) -> Vec<T> {
    if lists.iter().filter(|list| !list.is_empty()).count() <= 1 {
        return lists.into_iter().find(|list| !list.is_empty()).unwrap_or_default();
    }
    let (runs, total) = runs_to_move(&mut lists);
    let mut out = Vec::with_capacity(total);
    // SAFETY: the vectors are ours and keep their elements until every comparison is done. Then, with nothing in between
    // that could panic, `out` takes over the bits and the vectors forget them.
    unsafe {
        merge_to(&runs, total, out.as_mut_ptr(), Sources::Owned, Threads::All, own_order, less);
        lists.iter_mut().for_each(|list| list.set_len(0));
        out.set_len(total);
    }
    out
}

#[track_caller]
fn merge_in_place<T: Send>(
    v: &mut [T],
    run_ends: &[usize],
    scratch: &mut Vec<T>,
    threads: Threads,
    own_order: bool,
    less: &(impl Fn(&T, &T) -> bool + Sync),
) {
    let n = v.len();
    let runs = adjacent_runs(v, run_ends, &mut |a: &T, b: &T| less(a, b));
    if runs.len() <= 1 || size_of::<T>() == 0 {
        return;
    }
    scratch.reserve(n);
    let out = scratch.spare_capacity_mut()[..n].as_mut_ptr().cast::<T>();
    let to = runs[0].at.cast_mut();
    // SAFETY: `v` is borrowed exclusively for the call and not used but through the runs, the first of which begins where
    // `v` does; it holds its elements until every comparison is done, and `out` has room for them. Then, with nothing in
    // between that could panic, the same elements come back in order.
    unsafe {
        merge_to(&runs, n, out, Sources::Owned, threads, own_order, less);
        copy_back(out, to, n, threads);
    }
}
