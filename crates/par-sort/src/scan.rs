//! What order there is already: a look at a few windows, then, if they promise something, one parallel pass.
//!
//! A sort of random input must not pay for patterns it does not have, so [`look`] compares some two hundred neighbours,
//! spread over the slice, and only their verdict decides whether a whole pass follows.

use crate::parts::Parts;
use crate::plan::{Pieces, Plan};
use std::cmp::Ordering;

/// What the windows promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Mostly ascending: sorted, nearly sorted, sorted with a tail, or long ascending runs.
    Ascending,
    /// Strictly descending as far as seen.
    Descending,
    /// Runs up and down.
    Runs,
    /// No order worth a pass.
    Mixed,
}

/// What a whole pass found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    /// Length of the ascending run at the front.
    pub(crate) prefix: usize,
    /// Places where an element is smaller than the one before it.
    pub(crate) descents: usize,
}

const WINDOWS: usize = 32;
/// Elements in a window.
const WINDOW: usize = 8;
/// Elements compared without a branch in between, so that plain numbers are compared by vector instructions.
const STRETCH: usize = 64;
/// What one task of a parallel scan looks at, at least: what is shorter lies in the cache of the caller's processor, from where
/// another one gets it more slowly than the caller looks through it.
const GRAIN: usize = 1 << 17;

/// Compares neighbours in a few windows spread over `v`.
pub(crate) fn look<T>(v: &[T], cmp: &impl Fn(&T, &T) -> Ordering) -> Look {
    let windows = WINDOWS.min(v.len() / WINDOW);
    let (mut up, mut down) = (0, 0);
    for i in 0..windows {
        let start = (v.len() - WINDOW) / windows.max(2).saturating_sub(1) * i;
        let start = start.min(v.len() - WINDOW);
        let falls = v[start..start + WINDOW].windows(2).filter(|pair| cmp(&pair[1], &pair[0]).is_lt()).count();
        up += usize::from(falls == 0);
        down += usize::from(falls == WINDOW - 1);
        if i >= 7 && up + down == 0 {
            return Look::Mixed;
        }
    }
    if up * 4 >= windows * 3 {
        Look::Ascending
    } else if down == windows {
        Look::Descending
    } else if (up + down) * 8 >= windows * 7 {
        Look::Runs
    } else {
        Look::Mixed
    }
}

/// Whether `v` is ascending. Stops early where it is not.
pub(crate) fn is_sorted<T: Send>(v: &mut [T], cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) -> bool {
    order(v, cmp, plan, 0).descents == 0
}

/// The order of `v` by one pass, in parallel where it is long. Counting stops in each piece that has more than
/// `patience` descents of its own, so `descents` is exact only up to there.
pub(crate) fn order<T: Send>(
    v: &mut [T],
    cmp: &(impl Fn(&T, &T) -> Ordering + Sync),
    plan: Plan,
    patience: usize,
) -> Order {
    let falls = |a: &T, b: &T| cmp(b, a).is_lt();
    let pieces = pieces(v.len(), plan);
    let mut found = vec![Order { prefix: 0, descents: 0 }; pieces.count];
    let (parts, results) = (Parts::new(v), Parts::new(&mut found));
    plan.each(pieces.count, &|i| {
        // SAFETY: pieces are disjoint, and piece `i` has result `i` for itself.
        let (piece, result) = unsafe { (parts.slice(pieces.range(i)), results.slice(i..i + 1)) };
        result[0] = count(piece, &falls, patience);
    });
    // Between two pieces: on this thread, so that no two tasks look at the same element.
    let mut whole = found[0];
    for (i, piece) in found.iter().enumerate().skip(1) {
        let cut = pieces.range(i).start;
        let fall = falls(&v[cut - 1], &v[cut]);
        if whole.descents == 0 {
            whole.prefix = if fall { cut } else { cut + piece.prefix };
        }
        whole.descents += piece.descents + usize::from(fall);
    }
    whole
}

/// The ends of the ascending runs of `v`; `None` if any but the last is shorter than `least`, which looks more like an
/// element out of place.
pub(crate) fn long_runs<T>(v: &[T], cmp: &impl Fn(&T, &T) -> Ordering, least: usize) -> Option<Vec<usize>> {
    let mut ends = Vec::new();
    let mut start = 0;
    while start < v.len() {
        let len = count(&v[start..], &|a: &T, b: &T| cmp(b, a).is_lt(), 0).prefix;
        start += len;
        if len < least && start < v.len() {
            return None;
        }
        ends.push(start);
    }
    Some(ends)
}

/// Whether every element is smaller than the one before it.
pub(crate) fn is_descending<T: Send>(v: &mut [T], cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) -> bool {
    let backwards = |a: &T, b: &T| if cmp(b, a).is_lt() { Ordering::Equal } else { Ordering::Greater };
    // `order` asks `cmp(later, earlier).is_lt()`: a fall is a pair that does not descend.
    is_sorted(v, &|later: &T, earlier: &T| backwards(earlier, later).reverse(), plan)
}

/// Turns `v` round, in parallel where it is long.
pub(crate) fn reverse<T: Send>(v: &mut [T], plan: Plan) {
    let half = v.len() / 2;
    let (front, back) = v.split_at_mut(half);
    let back_len = back.len();
    let (front, back) = (Parts::new(front), Parts::new(back));
    plan.each_piece(half, plan.grain(GRAIN), &|range| {
        let (front, back) =
            // SAFETY: pieces of the front are disjoint, and so are their mirror images in the back.
            unsafe { (front.slice(range.clone()), back.slice(back_len - range.end..back_len - range.start)) };
        for (a, b) in front.iter_mut().zip(back.iter_mut().rev()) {
            std::mem::swap(a, b);
        }
    });
}

fn pieces(len: usize, plan: Plan) -> Pieces {
    let count = len.div_ceil(plan.grain(GRAIN)).min(plan.threads.saturating_mul(4));
    Pieces::new(len, if plan.threads == 1 { 1 } else { count })
}

fn count<T>(v: &[T], falls: &impl Fn(&T, &T) -> bool, patience: usize) -> Order {
    let mut order = Order { prefix: v.len(), descents: 0 };
    let mut start = 0;
    while start + 1 < v.len() {
        let end = v.len().min(start + STRETCH + 1);
        let stretch = &v[start..end];
        let here = stretch.iter().zip(&stretch[1..]).fold(0, |sum, (a, b)| sum + usize::from(falls(a, b)));
        if here > 0 && order.descents == 0 {
            order.prefix = start + 1 + stretch.windows(2).position(|pair| falls(&pair[0], &pair[1])).unwrap_or(0);
        }
        order.descents += here;
        if order.descents > patience {
            break;
        }
        start = end - 1;
    }
    order
}
