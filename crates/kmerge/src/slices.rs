//! Merging slices and vectors on the calling thread.

use crate::block::{merge_block, suits_tree};
use crate::plain::{Sources, is_plain};
use crate::plan::{Job, Plan, merge_here, room};
use crate::run::Run;
use crate::split::total_len;
use crate::stretch::{Pace, StretchMerge};
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::mem::MaybeUninit;

/// Merges sorted slices into `out`, stably: equal elements come in the order of the slices.
///
/// ```
/// use core::mem::MaybeUninit;
/// let mut out = [MaybeUninit::uninit(); 5];
/// assert_eq!(kmerge::merge_into(&[&[1, 4], &[2, 3, 5]], &mut out), [1, 2, 3, 4, 5]);
/// ```
///
/// # Panics
/// If `out` is not exactly as long as all slices together.
///
/// # Complexity
/// O(N log K) for K slices with N elements, and at most 4 MiB or 2048 K elements of scratch, whichever is more.
#[track_caller]
pub fn merge_into<'o, T: Ord + Copy>(lists: &[&[T]], out: &'o mut [MaybeUninit<T>]) -> &'o mut [T] {
    copy_merge(lists, out, true, &mut |a: &T, b: &T| a < b)
}

/// [`merge_into`] by a comparator, by which the slices are sorted.
///
/// # Panics
/// If `out` is not exactly as long as all slices together.
#[track_caller]
pub fn merge_into_by<'o, T: Copy>(
    lists: &[&[T]],
    out: &'o mut [MaybeUninit<T>],
    mut cmp: impl FnMut(&T, &T) -> Ordering,
) -> &'o mut [T] {
    copy_merge(lists, out, false, &mut |a: &T, b: &T| cmp(a, b) == Ordering::Less)
}

/// [`merge_into`] by a key, by which the slices are sorted. The key is asked for at every comparison.
///
/// # Panics
/// If `out` is not exactly as long as all slices together.
#[track_caller]
pub fn merge_into_by_key<'o, T: Copy, K: Ord>(
    lists: &[&[T]],
    out: &'o mut [MaybeUninit<T>],
    mut key: impl FnMut(&T) -> K,
) -> &'o mut [T] {
    copy_merge(lists, out, false, &mut |a: &T, b: &T| key(a) < key(b))
}

/// Merges sorted slices into a new vector, stably.
///
/// ```
/// assert_eq!(kmerge::merge(&[&["b", "d"], &["a", "c"]]), ["a", "b", "c", "d"]);
/// ```
///
/// # Complexity
/// O(N log K) for K slices with N elements; each element is cloned once.
pub fn merge<T: Ord + Clone>(lists: &[&[T]]) -> Vec<T> {
    clone_merge(lists, true, &mut |a: &T, b: &T| a < b)
}

/// [`merge`] by a comparator, by which the slices are sorted.
pub fn merge_by<T: Clone>(lists: &[&[T]], mut cmp: impl FnMut(&T, &T) -> Ordering) -> Vec<T> {
    clone_merge(lists, false, &mut |a: &T, b: &T| cmp(a, b) == Ordering::Less)
}

/// [`merge`] by a key, by which the slices are sorted. The key is asked for at every comparison.
pub fn merge_by_key<T: Clone, K: Ord>(lists: &[&[T]], mut key: impl FnMut(&T) -> K) -> Vec<T> {
    clone_merge(lists, false, &mut |a: &T, b: &T| key(a) < key(b))
}

/// Merges sorted vectors into one by moving the elements, stably. If a comparison panics, the elements are dropped with
/// their vectors.
///
/// ```
/// let lists = vec![vec!["ab".to_string()], vec!["aa".to_string(), "b".to_string()]];
/// assert_eq!(kmerge::merge_vecs(lists), ["aa", "ab", "b"]);
/// ```
///
/// # Complexity
/// O(N log K) for K vectors with N elements.
pub fn merge_vecs<T: Ord>(lists: Vec<Vec<T>>) -> Vec<T> {
    move_merge(lists, true, &mut |a: &T, b: &T| a < b)
}

/// [`merge_vecs`] by a comparator, by which the vectors are sorted.
pub fn merge_vecs_by<T>(lists: Vec<Vec<T>>, mut cmp: impl FnMut(&T, &T) -> Ordering) -> Vec<T> {
    move_merge(lists, false, &mut |a: &T, b: &T| cmp(a, b) == Ordering::Less)
}

/// [`merge_vecs`] by a key, by which the vectors are sorted. The key is asked for at every comparison.
pub fn merge_vecs_by_key<T, K: Ord>(lists: Vec<Vec<T>>, mut key: impl FnMut(&T) -> K) -> Vec<T> {
    move_merge(lists, false, &mut |a: &T, b: &T| key(a) < key(b))
}

/// The slices that have elements, and how many they have together.
#[track_caller]
pub(crate) fn runs_of<'l, T: 'l>(lists: impl Iterator<Item = &'l [T]> + Clone) -> (Vec<Run<T>>, usize) {
    let total = total_len(lists.clone().map(<[T]>::len));
    (lists.filter(|list| !list.is_empty()).map(Run::new).collect(), total)
}

/// Panics unless `out` has room for exactly `total` elements.
#[track_caller]
pub(crate) fn assert_fits(total: usize, out: usize) {
    assert!(total == out, "the slices have {total} elements and `out` has room for {out}; they must be the same");
}

#[track_caller]
fn copy_merge<'o, T: Copy>(
    lists: &[&[T]],
    out: &'o mut [MaybeUninit<T>],
    own_order: bool,
    less: &mut impl FnMut(&T, &T) -> bool,
) -> &'o mut [T] {
    let (runs, total) = runs_of(lists.iter().copied());
    assert_fits(total, out.len());
    let plan = Plan::new(&runs, total);
    let mut scratch = room(plan.scratch_len());
    // SAFETY: the lists are borrowed for the call; `out` is as long as all of them, and as an exclusive borrow apart. When
    // the merge is done, all of it is written.
    unsafe {
        merge_here(plan, out.as_mut_ptr().cast(), &mut scratch, Sources::Copied, own_order, less);
        out.assume_init_mut()
    }
}

fn clone_merge<T: Clone>(lists: &[&[T]], own_order: bool, less: &mut impl FnMut(&T, &T) -> bool) -> Vec<T> {
    let (runs, total) = runs_of(lists.iter().copied());
    // SAFETY: the lists are borrowed for the call.
    unsafe { clone_to_vec(runs, total, own_order, less) }
}

/// The merge of `runs`, which have `total` elements, with every element cloned.
///
/// # Safety
/// The elements are alive and stay so. With `own_order`, `less` is the order of `T` itself.
pub(crate) unsafe fn clone_to_vec<T: Clone>(
    mut runs: Vec<Run<T>>,
    total: usize,
    own_order: bool,
    less: &mut impl FnMut(&T, &T) -> bool,
) -> Vec<T> {
    let mut out = Vec::with_capacity(total);
    if is_plain::<T>() {
        let plan = Plan::new(&runs, total);
        let mut scratch = room(plan.scratch_len());
        // SAFETY: by the caller; `out` has the capacity, and the bits of a `Copy` type are a clone.
        unsafe {
            merge_here(plan, out.as_mut_ptr(), &mut scratch, Sources::Copied, own_order, less);
            out.set_len(total);
        }
    } else if suits_tree::<T>() {
        let plan = Plan::in_blocks(&runs, total);
        let mut room = room(plan.clones_len());
        // SAFETY: by the caller; `out` has the capacity, and each block writes its part of it.
        unsafe {
            let job = Job::new(plan, out.as_mut_ptr(), Sources::Copied, own_order, less);
            for i in 0..job.blocks() {
                let (pieces, to) = job.block(i);
                out.set_len(out.len() + merge_clones(pieces, to, &mut room, own_order, less));
            }
        }
    } else {
        // SAFETY: by the caller.
        unsafe { clone_block(&mut runs, own_order, less, &mut |clone| out.push(clone)) };
    }
    out
}

/// Clones the elements of `runs`, one run after the other, and merges the clones, which are then at `out`. Returns how many
/// there are.
///
/// # Safety
/// The elements are alive and stay so. `out` is valid for writes of all of them and apart; `room` is as long as
/// [`Plan::clones_len`] says. With `own_order`, `less` is the order of `T` itself.
pub(crate) unsafe fn merge_clones<T: Clone>(
    mut runs: Vec<Run<T>>,
    out: *mut T,
    room: &mut [MaybeUninit<T>],
    own_order: bool,
    less: &mut impl FnMut(&T, &T) -> bool,
) -> usize {
    let n = runs.iter().map(|run| run.len).sum();
    let (room, scratch) = room.split_at_mut(n);
    let mut clones = Clones { room, len: 0 };
    for run in &mut runs {
        // SAFETY: the elements are alive.
        clones.add(unsafe { core::slice::from_raw_parts(run.at, run.len) });
        run.at = clones.room[clones.len - run.len..].as_mut_ptr().cast();
    }
    // SAFETY: the clones are ours, and alive until every comparison is done. Then `out` takes over their bits.
    unsafe { merge_block(&mut runs, out, scratch, Sources::Owned, own_order, less) };
    core::mem::forget(clones);
    n
}

/// Clones that nobody has taken over. Dropped, which only a panic does, it drops them.
struct Clones<'r, T> {
    room: &'r mut [MaybeUninit<T>],
    /// How many there are, from the front.
    len: usize,
}

impl<T: Clone> Clones<'_, T> {
    /// There is room for them.
    fn add(&mut self, elements: &[T]) {
        let to = self.len + elements.len();
        self.room[self.len..to].write_clone_of_slice(elements);
        self.len = to;
    }
}

impl<T> Drop for Clones<'_, T> {
    #[cold]
    fn drop(&mut self) {
        // SAFETY: so many are initialised, and this drop runs once.
        unsafe { self.room[..self.len].assume_init_drop() };
    }
}

/// Hands clones of the merged elements to `emit`.
///
/// # Safety
/// The elements are alive and stay so. With `own_order`, `less` is the order of `T` itself.
pub(crate) unsafe fn clone_block<T: Clone>(
    runs: &mut [Run<T>],
    own_order: bool,
    less: &mut impl FnMut(&T, &T) -> bool,
    emit: &mut impl FnMut(T),
) {
    // SAFETY: by the caller.
    let mut merge = unsafe { StretchMerge::new(runs) };
    merge.go(Pace::LongOnes, own_order, less, &mut |stretch: Run<T>| {
        for i in 0..stretch.len {
            // SAFETY: `i` is within the stretch, whose elements are alive.
            emit(unsafe { stretch.get(i) }.clone());
        }
    });
}

fn move_merge<T>(mut lists: Vec<Vec<T>>, own_order: bool, less: &mut impl FnMut(&T, &T) -> bool) -> Vec<T> {
    if lists.iter().filter(|list| !list.is_empty()).count() <= 1 {
        return lists.into_iter().find(|list| !list.is_empty()).unwrap_or_default();
    }
    let (runs, total) = runs_to_move(&mut lists);
    let mut out = Vec::with_capacity(total);
    let plan = Plan::new(&runs, total);
    let mut scratch = room(plan.scratch_len());
    // SAFETY: the vectors are ours and hold their elements until every comparison is done. Then, with nothing in between
    // that could panic, `out` takes over the bits and the vectors forget them.
    unsafe {
        merge_here(plan, out.as_mut_ptr(), &mut scratch, Sources::Owned, own_order, less);
        lists.iter_mut().for_each(|list| list.set_len(0));
        out.set_len(total);
    }
    out
}

/// The vectors that have elements, as runs that may be written, and how many they have together.
#[track_caller]
pub(crate) fn runs_to_move<T>(lists: &mut [Vec<T>]) -> (Vec<Run<T>>, usize) {
    let total = total_len(lists.iter().map(Vec::len));
    let run = |list: &mut Vec<T>| Run { at: list.as_mut_ptr().cast_const(), len: list.len() };
    (lists.iter_mut().map(run).filter(|run| run.len > 0).collect(), total)
}
