//! Selection and partial sort: the partition again, following one side only.

use crate::plan::Plan;
use crate::quick;
use std::cmp::Ordering;

/// Below this length std's selection is quicker.
const SHORT: usize = 1 << 16;
/// How often the rest may shrink by less than an eighth before it is left to std.
const BAD: u32 = 4;

/// Puts the element of rank `k` in its place, nothing greater before it, nothing less after it.
#[track_caller]
pub(crate) fn nth<T: Send>(v: &mut [T], k: usize, cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) {
    assert!(k < v.len(), "there is no element of rank {k} in a slice of length {}; pass a rank below it", v.len());
    let (mut from, mut to, mut bad) = (0, v.len(), 0);
    while size_of::<T>() > 0 && !plan.is_short(to - from, SHORT) && bad < BAD {
        let part = &mut v[from..to];
        let before = part.len();
        let equal = quick::split(part, Some(k - from), true, cmp, plan);
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
    v[from..to].select_nth_unstable_by(k - from, cmp);
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
