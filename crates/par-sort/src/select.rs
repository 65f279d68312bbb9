//! Selection and partial sort: the partition again, following one side only.
//!
//! What remains is sorted: std's own selection takes a cubic number of comparisons when the comparison is no order (always
//! less: 6 thousand million of them for 40 000 elements), its sort keeps its bound whatever it is told.

use crate::plan::Plan;
use crate::quick;
use std::cmp::Ordering;

/// Below this length one thread partitions alone.
const SHORT: usize = 1 << 16;
/// So few elements are sorted.
const FEW: usize = 64;
/// How often the rest may shrink by less than an eighth before it is sorted.
const BAD: u32 = 4;

/// Puts the element of rank `k` in its place, nothing greater before it, nothing less after it.
#[track_caller]
pub(crate) fn nth<T: Send>(v: &mut [T], k: usize, cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) {
    assert!(k < v.len(), "there is no element of rank {k} in a slice of length {}; pass a rank below it", v.len());
    let (mut from, mut to, mut bad) = (0, v.len(), 0);
    while size_of::<T>() > 0 && to - from > FEW && bad < BAD {
        let part = &mut v[from..to];
        let before = part.len();
        let equal = quick::split(part, Some(k - from), !plan.is_short(before, SHORT), cmp, plan);
        if equal.contains(&(k - from)) {
            return;
        }
        if k - from < equal.start {
            to = from + equal.start;
        } else {
            from += equal.end;
        }
        bad += u32::from(to - from > before / 8 * 7);
    }
    v[from..to].sort_unstable_by(cmp);
}

/// Sorts the `k` smallest into `v[..k]`, the rest behind them in any order.
#[track_caller]
pub(crate) fn partial_sort<T: Send>(v: &mut [T], k: usize, cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) {
    assert!(k <= v.len(), "there are no {k} elements in a slice of length {}; pass at most its length", v.len());
    if k > 0 {
        // The k-th of them is in place already, behind the others.
        nth(v, k - 1, cmp, plan);
        quick::sort(&mut v[..k - 1], cmp, plan);
    }
}
