//! Cutting a merge by rank: where does each list have to be cut so that the first `rank` elements of the merged
//! sequence are exactly what lies before the cuts?
//!
//! Elements are ordered by (value, list, position), so they are all different, every rank has exactly one cut, and a
//! merge of the pieces between two cuts is stable without a look at its neighbours.
//!
//! Two lists: bisection on how many come from the first (the co-rank of Siebert and Träff, *Perfectly load-balanced,
//! optimal, stable, parallel merge*, 2013). K lists: quickselect over K shrinking windows. A pivot is taken from the widest
//! window at the place where the wanted rank would be if the window were typical; its own rank is counted by bisection
//! in all windows, and everything on the wrong side of it leaves. Every other pivot is the middle of the widest window,
//! so lists that are not alike cannot stall it (Varman and others, *Merging multiple lists on hierarchical-memory
//! multiprocessors*, 1991, ask the same question).

use crate::run::{Run, bisect};
use alloc::vec;
use alloc::vec::Vec;

/// How many elements each of two sorted slices gives to the first `k` of their stable merge.
///
/// The counts add up to `k`; equal elements come from `a` first.
///
/// ```
/// assert_eq!(kmerge::co_rank(3, &[1, 4, 4], &[2, 4]), (2, 1)); // 1 2 4 | 4 4
/// ```
///
/// # Panics
/// If `k` is more than both lengths together.
///
/// # Complexity
/// O(log min(k, a.len(), b.len())) comparisons.
#[track_caller]
pub fn co_rank<T: Ord>(k: usize, a: &[T], b: &[T]) -> (usize, usize) {
    assert!(k - k.min(a.len()) <= b.len(), "rank {k} is beyond the {} + {} elements", a.len(), b.len());
    // SAFETY: both slices are borrowed for the call, and `k` is in range by the assertion.
    let i = unsafe { cut_two(k, Run::new(a), Run::new(b), &mut |x: &T, y: &T| x < y) };
    (i, k - i)
}

/// Where to cut each sorted list so that what lies before the cuts is exactly the first `rank` elements of the stable
/// merge of all lists.
///
/// ```
/// assert_eq!(kmerge::split_by_rank(&[&[1, 5, 9], &[2, 5], &[5]], 4), [2, 2, 0]); // 1 2 5 5 | 5 9
/// ```
///
/// # Panics
/// If `rank` is more than all lengths together.
///
/// # Complexity
/// O(K log² N) comparisons expected for K lists with N elements.
#[track_caller]
pub fn split_by_rank<T: Ord>(lists: &[&[T]], rank: usize) -> Vec<usize> {
    let total = total_len(lists.iter().map(|list| list.len()));
    assert!(rank <= total, "rank {rank} is beyond the {total} elements");
    let runs: Vec<Run<T>> = lists.iter().map(|list| Run::new(list)).collect();
    let mut cuts = vec![0; runs.len()];
    // SAFETY: the lists are borrowed for the call, the cuts are zero and `rank` is in range.
    unsafe { advance_cuts(&runs, &mut cuts, 0, rank, &mut |x: &T, y: &T| x < y) };
    cuts
}

/// The cuts that part the stable merge of all lists into `parts` pieces whose lengths differ by at most one:
/// `parts + 1` rows, from all zeros to all lengths, each row as by [`split_by_rank`].
///
/// ```
/// let cuts = kmerge::split_evenly(&[&[1, 2, 3, 4], &[3, 3]], 2);
/// assert_eq!(cuts, [[0, 0], [3, 0], [4, 2]]);
/// ```
///
/// # Panics
/// If `parts` is zero.
#[track_caller]
pub fn split_evenly<T: Ord>(lists: &[&[T]], parts: usize) -> Vec<Vec<usize>> {
    assert!(parts > 0, "parts must be at least 1");
    let runs: Vec<Run<T>> = lists.iter().map(|list| Run::new(list)).collect();
    let total = total_len(lists.iter().map(|list| list.len()));
    let mut cuts = vec![0; runs.len()];
    let mut rows = vec![cuts.clone()];
    let (share, longer) = (total / parts, total % parts);
    let mut rank = 0;
    for part in 0..parts {
        let next = rank + share + usize::from(part < longer);
        // SAFETY: the lists are borrowed for the call; `cuts` is the cut of `rank`, and `next` is at most `total`.
        unsafe { advance_cuts(&runs, &mut cuts, rank, next, &mut |x: &T, y: &T| x < y) };
        rows.push(cuts.clone());
        rank = next;
    }
    rows
}

/// The sum of the lengths.
#[track_caller]
pub(crate) fn total_len(mut lens: impl Iterator<Item = usize>) -> usize {
    lens.try_fold(0_usize, usize::checked_add).expect("the lists together have more elements than usize can count")
}

/// How many of the first `k` elements of the merge come from `a`. Whatever `less` answers, the result `i` fits:
/// `i <= a.len` and `k - i <= b.len`.
///
/// # Safety
/// The elements of both runs are alive, and `k <= a.len + b.len`.
#[inline]
pub(crate) unsafe fn cut_two<T>(k: usize, a: Run<T>, b: Run<T>, less: &mut impl FnMut(&T, &T) -> bool) -> usize {
    let low = k.saturating_sub(b.len);
    let high = k.min(a.len);
    // `a[i]` is among the first k unless `b[k - 1 - i]`, and with it k - i elements of b, come before it.
    low + bisect(high - low, |at| {
        let i = low + at;
        // SAFETY: `low <= i < high`, so `i < a.len`, `i < k`, and `k - 1 - i < k - low <= b.len`.
        unsafe { !less(b.get(k - 1 - i), a.get(i)) }
    })
}

/// Moves `cuts` from the cut of rank `from` to that of rank `to`. Whatever `less` answers, every cut stays between where
/// it was and its run's length, and the cuts add up to `to`.
///
/// # Safety
/// The elements of all runs are alive; `cuts` has one entry for each run, at most its length, adding up to `from`;
/// `from <= to <=` the sum of the lengths.
pub(crate) unsafe fn advance_cuts<T>(
    runs: &[Run<T>],
    cuts: &mut [usize],
    from: usize,
    to: usize,
    less: &mut impl FnMut(&T, &T) -> bool,
) {
    let mut low: Vec<usize> = cuts.to_vec();
    let mut high: Vec<usize> = runs.iter().map(|run| run.len).collect();
    // Invariant: cuts are sought in `low ..= high`, list by list; `below` = sum of low <= to <= sum of high.
    let mut below = from;
    let mut open: usize = low.iter().zip(&high).map(|(low, high)| high - low).sum();
    let mut middle = false;
    while below < to && open > to - below {
        let widest = (0..runs.len()).max_by_key(|&i| high[i] - low[i]).expect("an open window");
        let width = high[widest] - low[widest];
        let place = if middle { width / 2 } else { scaled(width, to - below, open) };
        middle = !middle;
        let pivot_at = low[widest] + place.min(width - 1);
        // SAFETY: `pivot_at < high <= len` of the widest run, whose window is not empty since `open > 0`.
        let pivot = unsafe { runs[widest].get(pivot_at) };
        let mut rank = 0;
        for (i, run) in runs.iter().enumerate() {
            // SAFETY: `low <= high <= len`.
            let window = unsafe { run.skip(low[i]).first(high[i] - low[i]) };
            // SAFETY: the elements are alive.
            let count = unsafe {
                match i.cmp(&widest) {
                    core::cmp::Ordering::Less => window.count_before(|x| !less(pivot, x)),
                    core::cmp::Ordering::Equal => pivot_at - low[i],
                    core::cmp::Ordering::Greater => window.count_before(|x| less(x, pivot)),
                }
            };
            cuts[i] = low[i] + count;
            rank += cuts[i];
        }
        if rank < to {
            // The pivot itself is before the cut.
            low.copy_from_slice(cuts);
            low[widest] = pivot_at + 1;
            below = rank + 1;
        } else {
            high.copy_from_slice(cuts);
        }
        open = low.iter().zip(&high).map(|(low, high)| high - low).sum();
    }
    // Either nothing more belongs before the cut, or all that is still open does.
    cuts.copy_from_slice(if below == to { &low } else { &high });
}

/// `width * part / whole` without overflow.
fn scaled(width: usize, part: usize, whole: usize) -> usize {
    (width as u128 * part as u128 / whole.max(1) as u128) as usize
}
