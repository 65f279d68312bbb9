//! K sorted runs into one, chosen by what the data turn out to be.
//!
//! First whole stretches are tried (`stretch.rs`); data whose sources change rarely never leave that way. When the
//! stretches are short, what is left goes through a tree of merges of two neighbours each (`kernel.rs`), split where half
//! of the *elements* lie, so that a long run goes through few levels. Each level reads one buffer and writes the other,
//! output and scratch in turn, and runs at the leaves are read where they are; the parity works out from the root down:
//!
//! ```text
//! merge(runs, to, other):  one run: copy it to `to`;   two: merge them into `to`
//!                          more: merge(first half, other, to);  merge(second half, other, to);  merge both into `to`
//! ```
//!
//! The tree compares elements in the buffers (`plain.rs` says what that means). Whatever level they have reached when a
//! comparison panics, elements that are owned are taken back from there to the places they came from.
//! Elements that are dear to move, and text, whose words a loser tree keeps at hand, take stretches to the end.

use crate::kernel::merge_two;
use crate::plain::Sources;
use crate::run::Run;
use crate::stretch::{Pace, StretchMerge};
use crate::word::is_text;
use alloc::vec::Vec;
use core::mem::MaybeUninit;

/// A change of the source costs as much as this many elements in the tree of merges.
const WORTH_A_CHANGE: usize = 24;

/// Whether the tree of merges suits: moving elements log2 K times is cheap.
#[inline(always)]
pub(crate) fn suits_tree<T>() -> bool {
    size_of::<T>() <= 32 && !is_text::<T>()
}

/// Elements of scratch that [`merge_block`] needs for `n` elements from `runs` runs.
#[inline]
pub(crate) fn scratch_len<T>(runs: usize, n: usize) -> usize {
    if suits_tree::<T>() && runs > 2 { n } else { 0 }
}

/// Merges `runs` into `out`, stably, and leaves them empty or in any state.
///
/// # Safety
/// The elements are alive and stay so; if they are owned, their places may be written. `out` is valid for writes of all
/// of them and apart; `scratch` has at least [`scratch_len`] elements. With `own_order`, `less` is the order of `T`
/// itself.
pub(crate) unsafe fn merge_block<T>(
    runs: &mut Vec<Run<T>>,
    out: *mut T,
    scratch: &mut [MaybeUninit<T>],
    sources: Sources,
    own_order: bool,
    less: &mut impl FnMut(&T, &T) -> bool,
) {
    if size_of::<T>() == 0 {
        return;
    }
    runs.retain(|run| run.len > 0);
    let mut out = out;
    if runs.len() > 2 || (own_order && is_text::<T>()) {
        let pace = if suits_tree::<T>() { Pace::AllStretches { at_least: WORTH_A_CHANGE } } else { Pace::LongOnes };
        // SAFETY: the elements stay alive, and `out` has room for all stretches one after the other.
        unsafe {
            StretchMerge::new(runs).go(pace, own_order, less, &mut |stretch: Run<T>| {
                stretch.copy_to(out);
                out = out.add(stretch.len);
            });
        }
        runs.retain(|run| run.len > 0);
    }
    debug_assert!(runs.len() <= 2 || scratch.len() >= runs.iter().map(|run| run.len).sum());
    // SAFETY: the room that is left in `out` is that of the runs left; so is that in `scratch`, which is needed for
    // more than two runs only, and those are left only where the tree suits.
    unsafe { merge_tree(runs, out, scratch.as_mut_ptr().cast(), sources, less) }
}

/// # Safety
/// As [`merge_block`], with `to` and `other` both valid for writes of all elements and apart.
unsafe fn merge_tree<T>(
    runs: &[Run<T>],
    to: *mut T,
    other: *mut T,
    sources: Sources,
    less: &mut impl FnMut(&T, &T) -> bool,
) {
    match runs {
        [] => {}
        // SAFETY: by the caller.
        [run] => unsafe { run.copy_to(to) },
        // SAFETY: by the caller.
        [left, right] => unsafe { merge_two(*left, *right, to, less) },
        _ => {
            let (left, right) = runs.split_at(middle(runs));
            // SAFETY: each half gets its part of both buffers, and what it leaves in `other` is merged into `to`.
            unsafe {
                let left = Half::settle(left, other, to, sources, less);
                let n = left.merged.len;
                let right = Half::settle(right, other.add(n), to.add(n), sources, less);
                merge_two(left.merged, right.merged, to, less);
                core::mem::forget((left, right));
            }
        }
    }
}

/// One side of a node of the tree, merged. Dropped, which only a panic does, it brings the elements home.
struct Half<'r, T> {
    /// Where the elements came from.
    from: &'r [Run<T>],
    /// Where they are now.
    merged: Run<T>,
    sources: Sources,
}

impl<'r, T> Half<'r, T> {
    /// The merge of `from` in `to`, or where it is if it is one run.
    ///
    /// # Safety
    /// As [`merge_tree`].
    unsafe fn settle(
        from: &'r [Run<T>],
        to: *mut T,
        other: *mut T,
        sources: Sources,
        less: &mut impl FnMut(&T, &T) -> bool,
    ) -> Self {
        if let &[merged] = from {
            // Its place in the buffers stays unused, and it is at home.
            return Self { from: &[], merged, sources };
        }
        // SAFETY: by the caller.
        unsafe { merge_tree(from, to, other, sources, less) };
        Self { from, merged: Run { at: to, len: from.iter().map(|run| run.len).sum() }, sources }
    }
}

impl<T> Drop for Half<'_, T> {
    #[cold]
    fn drop(&mut self) {
        if self.sources == Sources::Owned {
            // SAFETY: the merged elements are those of `from`, whose places we may write.
            unsafe { bring_home(self.merged.at, self.from) };
        }
    }
}

/// Puts elements back into the runs they came from, in any order.
///
/// # Safety
/// `from` has as many elements as `runs` together, apart from them, and the runs may be written.
pub(crate) unsafe fn bring_home<T>(mut from: *const T, runs: &[Run<T>]) {
    for run in runs {
        // SAFETY: by the caller.
        unsafe {
            core::ptr::copy_nonoverlapping(from, run.at.cast_mut(), run.len);
            from = from.add(run.len);
        }
    }
}

/// Where to split so that both sides have about as many elements; neither is empty.
fn middle<T>(runs: &[Run<T>]) -> usize {
    let total: usize = runs.iter().map(|run| run.len).sum();
    let mut before = 0;
    for (i, run) in runs.iter().enumerate() {
        // The run in which the middle lies goes to the side that has more of it.
        if before + run.len / 2 >= total / 2 {
            return i.clamp(1, runs.len() - 1);
        }
        before += run.len;
    }
    runs.len() - 1
}
