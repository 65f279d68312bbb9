//! Partition by all threads of elements that cannot be shared, as a pivot would have to be: every piece has a pivot of its own.
//!
//! ```text
//! 1. Take some neighbours of a large sorted sample, near its middle: one pivot for each piece.
//! 2. Partition every piece around its own pivot, and put together what went left and what went right.
//! 3. What lies between the least and the greatest pivot, about one element in a hundred, may stand on the wrong side. Once
//!    both sides are sorted those few are the last of the left and the first of the right one: sort them (`mend`).
//! ```
//!
//! Where all pivots are equal nothing is on the wrong side, and what is equal to them is set aside.

use crate::leaf;
use crate::partition::{cyclic, exchange};
use crate::parts::Parts;
use crate::plan::{Pieces, Plan};
use crate::quick;
use std::cmp::Ordering;
use std::ops::Range;

/// Elements in a piece, at least.
const GRAIN: usize = 1 << 14;
/// Pieces at most.
const PIECES: usize = 8;
/// Elements in the sample at most.
const SAMPLE: usize = 1024;

/// How a slice was cut.
#[derive(Debug)]
pub(crate) struct Cut {
    /// Places of elements known to be equal, at a cut without mixture; otherwise empty, the border.
    pub(crate) equal: Range<usize>,
    /// Whether the sides are to be mended when they are sorted.
    pub(crate) mixed: bool,
}

/// Cuts `v` about in the middle. `None` if it is too short; it is then untouched.
pub(crate) fn split<T: Send>(v: &mut [T], cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) -> Option<Cut> {
    let size = (v.len() / 4).min(SAMPLE);
    // By the length alone: the result must not depend on the number of threads.
    let count = (v.len() / plan.grain(GRAIN)).min(PIECES).min(size / 4);
    if count < 2 {
        return None;
    }
    quick::draw(v, size);
    leaf::sort_unstable(&mut v[..size], cmp);
    let first = size / 2 - count / 2;
    let mixed = cmp(&v[first], &v[first + count - 1]).is_lt();
    (0..count).for_each(|i| v.swap(i, first + i));
    let (pivots, rest) = v.split_at_mut(count);
    let less = divide(rest, pivots, &|x, pivot| cmp(x, pivot).is_lt(), plan);
    let equal = if mixed { 0 } else { divide(&mut rest[less..], pivots, &|x, pivot| !cmp(pivot, x).is_lt(), plan) };
    // The pivots go between the sides.
    if less < count {
        v[..count + less].rotate_left(count);
    } else {
        pivots.swap_with_slice(&mut rest[less - count..less]);
    }
    Some(Cut { equal: less..if mixed { less } else { less + count + equal }, mixed })
}

/// Moves the elements for which `left(element, pivot)` holds to the front, each piece with its own pivot, and gives their number.
fn divide<T: Send>(v: &mut [T], pivots: &mut [T], left: &(impl Fn(&T, &T) -> bool + Sync), plan: Plan) -> usize {
    let pieces = Pieces::new(v.len(), pivots.len());
    let mut borders = vec![0; pieces.count];
    let (parts, pivots, results) = (Parts::new(v), Parts::new(pivots), Parts::new(&mut borders));
    plan.each(pieces.count, &|i| {
        let (piece, pivot, border) =
            // SAFETY: pieces are disjoint, and piece `i` has pivot and result `i` for itself.
            unsafe { (parts.slice(pieces.range(i)), pivots.slice(i..i + 1), results.slice(i..i + 1)) };
        border[0] = pieces.range(i).start + cyclic(piece, |x| left(x, &pivot[0]));
    });
    exchange(v, pieces, &borders, plan)
}

/// Puts right what stands on the wrong side of `border`, both sides being sorted.
pub(crate) fn mend<T>(v: &mut [T], border: usize, cmp: &impl Fn(&T, &T) -> Ordering) {
    if border == 0 || border == v.len() {
        return;
    }
    let (left, right) = v.split_at(border);
    let from = left.partition_point(|x| !cmp(&right[0], x).is_lt());
    let to = border + right.partition_point(|x| cmp(x, &left[border - 1]).is_lt());
    if from < border {
        leaf::sort_unstable(&mut v[from..to], cmp);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn plan(threads: usize) -> Plan {
        Plan { threads, sequential_below: Some(0) }
    }

    #[test]
    fn sides_that_are_sorted_and_mended_are_sorted() {
        for (len, values) in [(40, 1000), (300, 1), (300, 2), (300, 7), (300, 1_000_000), (5000, 40), (5000, 1_000_000)]
        {
            let all: Vec<u64> = (0..len).map(|i| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20).collect();
            let mut v: Vec<Cell<u64>> = all.iter().map(|x| Cell::new(x % values)).collect();
            let cmp = |a: &Cell<u64>, b: &Cell<u64>| a.get().cmp(&b.get());
            let Cut { equal, mixed } = split(&mut v, &cmp, plan(2)).expect("long enough");
            assert!(v[equal.clone()].is_sorted() && (values > 1 || equal == (0..len)), "{len} {values} {equal:?}");
            let border = equal.start;
            assert!(values < 1000 || len < 1000 || (border > len / 4 && border < len / 4 * 3));
            v[..border].sort_unstable();
            v[equal.end..].sort_unstable();
            if mixed {
                mend(&mut v, border, &cmp);
            }
            let mut right: Vec<u64> = all.iter().map(|x| x % values).collect();
            right.sort_unstable();
            assert!(v.iter().map(Cell::get).eq(right), "{len} {values}");
        }
    }

    #[test]
    fn the_cut_does_not_depend_on_the_number_of_threads() {
        let cut = |threads| {
            let mut v: Vec<Cell<u64>> = (0..2000_u64).map(|i| Cell::new(i * 7919 % 2003)).collect();
            split(&mut v, &|a, b| a.get().cmp(&b.get()), plan(threads)).expect("long enough");
            v
        };
        assert!(cut(1) == cut(2) && cut(1) == cut(7));
    }
}
