//! The unstable sort: partition until the parts are small, then std's unstable sort on each, all parts in parallel.
//!
//! Pivots are medians of samples. What is equal to a pivot that stands for many is set aside at once, so few different
//! values make the sort faster, not slower. A part that was cut badly too often goes to std as it is, whose own bound
//! O(n log n) holds whatever the comparison does. The parts are a list, not a recursion: no stack grows.

use crate::apart::{self, Cut};
use crate::blocks;
use crate::known::is_shareable;
use crate::leaf;
use crate::partition::partition;
use crate::parts::Parts;
use crate::plan::Plan;
use crate::scan::{self, Look};
use std::cmp::Ordering;
use std::ops::Range;

/// Below this length one thread is quicker alone.
const SHORT: usize = 8192;
/// Parts of this length are not cut further.
const LEAF: usize = 1 << 14;
/// Lengths from which on there are more and smaller parts, for more threads than a few.
const LONG: usize = 1 << 22;
/// Elements looked at for the number of values, and so many different ones are few.
const LOOKED_AT: usize = 64;
const FEW: usize = 24;
/// How often a part may be cut badly before it is left to std.
const BAD: u32 = 3;

/// Sorts `v`, not stably, without scratch memory unless the input is nearly sorted.
pub(crate) fn sort<T: Send>(v: &mut [T], cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) {
    if size_of::<T>() == 0 || plan.is_short(v.len(), SHORT) {
        return v.sort_unstable_by(cmp);
    }
    match scan::look(v, cmp) {
        // A merge of the runs costs less than any partition, and is worth the scratch.
        Look::Runs => blocks::sort(v, cmp, plan),
        look if blocks::presorted(v, look, cmp, plan, &|tail| cut(tail, cmp, plan)) => {}
        _ => cut(v, cmp, plan),
    }
}

/// Whether `v` is long and a sample of it has few different values: then partitions that set equals aside beat digits.
pub(crate) fn has_few_values<T>(v: &[T], cmp: &impl Fn(&T, &T) -> Ordering) -> bool {
    if v.len() < LEAF {
        return false;
    }
    // One from each stretch, at a place that looks random but is the same each time.
    let stretch = v.len() / LOOKED_AT;
    let mut sample: [usize; LOOKED_AT] = std::array::from_fn(|i| i * stretch + i.wrapping_mul(0x9e37_79b9) % stretch);
    sample.sort_unstable_by(|&a, &b| cmp(&v[a], &v[b]));
    let changes = sample.windows(2).filter(|pair| cmp(&v[pair[0]], &v[pair[1]]).is_lt()).count();
    changes < FEW
}

/// Cuts `v` into parts and sorts them. The whole is cut first, then in each round all parts that are too long.
fn cut<T: Send>(v: &mut [T], cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) {
    // By the length alone: the result must not depend on the number of threads.
    let leaf = plan.grain(LEAF).max(v.len() / if v.len() < LONG { 16 } else { 64 });
    let mut leaves = Vec::new();
    let mut uncut = Vec::new();
    let mut sort_out = |part: Range<usize>, bad: u32, uncut: &mut Vec<_>| {
        if part.len() <= leaf || bad >= BAD { leaves.push(part) } else { uncut.push((part, bad)) }
    };
    let apart = if is_shareable::<T>() || v.len() <= leaf { None } else { apart::split(v, cmp, plan) };
    match &apart {
        Some(Cut { equal, .. }) => {
            sort_out(0..equal.start, 0, &mut uncut);
            sort_out(equal.end..v.len(), 0, &mut uncut);
        }
        None => sort_out(0..v.len(), 0, &mut uncut),
    }
    while !uncut.is_empty() {
        let equals = split_all(v, &uncut, cmp, plan);
        for ((range, bad), equal) in std::mem::take(&mut uncut).into_iter().zip(equals) {
            for part in [range.start..range.start + equal.start, range.start + equal.end..range.end] {
                let badly = part.len() > range.len() / 8 * 7;
                sort_out(part, bad + u32::from(badly), &mut uncut);
            }
        }
    }
    leaves.sort_by_key(|leaf| std::cmp::Reverse(leaf.len()));
    let parts = Parts::new(v);
    plan.each(leaves.len(), &|i| {
        // SAFETY: the leaves are disjoint.
        leaf::sort_unstable(unsafe { parts.slice(leaves[i].clone()) }, cmp);
    });
    if let Some(Cut { equal, mixed: true }) = apart {
        apart::mend(v, equal.start, cmp);
    }
}

/// Splits every part of `v`: a single one by all threads, several in parallel. Gives the equals of each, counted in the part.
fn split_all<T: Send>(
    v: &mut [T],
    uncut: &[(Range<usize>, u32)],
    cmp: &(impl Fn(&T, &T) -> Ordering + Sync),
    plan: Plan,
) -> Vec<Range<usize>> {
    let mut equals = vec![0..0; uncut.len()];
    if let [(part, _)] = uncut {
        equals[0] = split(&mut v[part.clone()], None, true, cmp, plan);
        return equals;
    }
    let (parts, results) = (Parts::new(v), Parts::new(&mut equals));
    plan.each(uncut.len(), &|i| {
        // SAFETY: parts are disjoint, and part `i` has result `i` for itself.
        let (part, equal) = unsafe { (parts.slice(uncut[i].0.clone()), results.slice(i..i + 1)) };
        equal[0] = split(part, None, false, cmp, plan);
    });
    equals
}

/// Partitions `v` around the element that a sample puts nearest to rank `rank` (`None`: the middle) and gives the places
/// of elements known to be equal to it, at least one: what lies before is not greater, what lies after not less. `shared`
/// asks all threads to take part, which takes elements of a known type.
pub(crate) fn split<T: Send>(
    v: &mut [T],
    rank: Option<usize>,
    shared: bool,
    cmp: &(impl Fn(&T, &T) -> Ordering + Sync),
    plan: Plan,
) -> Range<usize> {
    let (at, frequent) = sample(v, rank, cmp);
    v.swap(0, at);
    let Some((pivot, rest)) = v.split_first_mut() else { return 0..0 };
    let plan = shared.then_some(plan);
    let less = partition(rest, pivot, &|x, pivot| cmp(x, pivot).is_lt(), plan);
    let equal =
        if frequent { partition(&mut rest[less..], pivot, &|x, pivot| !cmp(pivot, x).is_lt(), plan) } else { 0 };
    v.swap(0, less);
    less..less + 1 + equal
}

/// Sorts a sample at the front of `v`; gives the place of the wanted one and whether it is equal to its neighbours.
fn sample<T>(v: &mut [T], rank: Option<usize>, cmp: &impl Fn(&T, &T) -> Ordering) -> (usize, bool) {
    let len = v.len();
    let size = (len / 64).clamp(3, 127).min(len);
    draw(v, size);
    let sample = &mut v[..size];
    sample.sort_unstable_by(cmp);
    let at = rank.map_or(size / 2, |rank| (rank as u128 * size as u128 / len as u128) as usize).min(size - 1);
    let same = |a: usize, b: usize| !cmp(&sample[a], &sample[b]).is_lt();
    let frequent = (at > 0 && same(at - 1, at)) || (at + 1 < size && same(at, at + 1));
    (at, frequent)
}

/// Moves a sample to the front of `v`.
pub(crate) fn draw<T>(v: &mut [T], size: usize) {
    let len = v.len();
    // A fixed sequence: the result depends on the input alone. A bad cut costs time, never more than `BAD` times.
    let mut state = len as u64 | 1;
    for i in 0..size {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let step = ((state >> 32) as usize) % (len - i);
        v.swap(i, i + step);
    }
}
