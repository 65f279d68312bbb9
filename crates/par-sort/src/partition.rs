//! Partition in place, in parallel.
//!
//! ```text
//! 1. Every piece is partitioned by its own task: first what goes left, then the rest.
//! 2. The sizes say where the border lies in the whole; what stands on the wrong side of it are a few stretches, as many
//!    elements on the left as on the right.
//! 3. Those stretches are swapped, in parallel. No user code runs any more.
//! ```
//!
//! Pieces depend on the length alone, so the result does not depend on the number of threads. The slice owns every
//! element throughout, except for the one that `cyclic` holds, which its guard puts back.

use crate::known::Shared;
use crate::parts::Parts;
use crate::plan::{Pieces, Plan};
use std::mem::ManuallyDrop;

/// Elements in a piece, at least.
const GRAIN: usize = 1 << 14;
/// Elements swapped by one task, at most.
const SWAP: usize = 1 << 15;

/// Moves the elements for which `left(element, pivot)` holds to the front and gives their number. With a plan its threads
/// share the work if elements are of a type that is known to be `Sync`: they all look at the pivot.
pub(crate) fn partition<T: Send>(
    v: &mut [T],
    pivot: &T,
    left: &(impl Fn(&T, &T) -> bool + Sync),
    plan: Option<Plan>,
) -> usize {
    let Some((plan, pivot)) = plan.zip(Shared::new(pivot)) else { return cyclic(v, |x| left(x, pivot)) };
    let cut = Pieces::new(v.len(), (v.len() / plan.grain(GRAIN)).min(64));
    let mut borders = vec![0; cut.count];
    let (parts, results) = (Parts::new(v), Parts::new(&mut borders));
    plan.each(cut.count, &|i| {
        // SAFETY: pieces are disjoint, and piece `i` has result `i` for itself.
        let (piece, border) = unsafe { (parts.slice(cut.range(i)), results.slice(i..i + 1)) };
        border[0] = cut.range(i).start + cyclic(piece, |x| left(x, &pivot));
    });
    exchange(v, cut, &borders, plan)
}

/// Swaps what stands on the wrong side after piece `i` was partitioned at `borders[i]`.
pub(crate) fn exchange<T: Send>(v: &mut [T], cut: Pieces, borders: &[usize], plan: Plan) -> usize {
    let border: usize = borders.iter().enumerate().map(|(i, &at)| at - cut.range(i).start).sum();
    // Stretches that belong right but stand left of the border, and the reverse; both lists hold as many elements.
    let mut high = (0..cut.count).map(|i| borders[i].min(border)..cut.range(i).end.min(border));
    let mut low = (0..cut.count).map(|i| cut.range(i).start.max(border)..borders[i].max(border));
    let mut swaps = Vec::new();
    let (mut a, mut b) = (0..0, 0..0);
    loop {
        if a.is_empty() {
            let Some(next) = high.next() else { break };
            a = next;
        } else if b.is_empty() {
            let Some(next) = low.next() else { break };
            b = next;
        } else {
            let len = a.len().min(b.len()).min(SWAP);
            swaps.push((a.start, b.start, len));
            a.start += len;
            b.start += len;
        }
    }
    let parts = Parts::new(v);
    plan.each(swaps.len(), &|i| {
        let (a, b, len) = swaps[i];
        // SAFETY: stretches left of the border are disjoint from those right of it, and from each other.
        let (a, b) = unsafe { (parts.slice(a..a + len), parts.slice(b..b + len)) };
        a.swap_with_slice(b);
    });
    border
}

/// Partition on one thread without a branch on the outcome of a comparison (Lomuto's scheme with a cyclic permutation,
/// after L. Bergdoll and O. Peters, "ipnsort").
pub(crate) fn cyclic<T>(v: &mut [T], left: impl Fn(&T) -> bool) -> usize {
    /// Puts the element in hand into the one place that is free.
    struct Hand<T> {
        value: ManuallyDrop<T>,
        free: *mut T,
    }
    impl<T> Drop for Hand<T> {
        fn drop(&mut self) {
            // SAFETY: `free` is the one place of the slice whose bits are a copy, and `value` is not used again.
            unsafe { std::ptr::copy_nonoverlapping(&raw const *self.value, self.free, 1) };
        }
    }

    let Some(end) = v.len().checked_sub(1) else { return 0 };
    let start = v.as_mut_ptr();
    let mut border = 0;
    // SAFETY: `v` has a first element; it lives in the hand from now on, and its place is free.
    let mut hand = Hand { value: ManuallyDrop::new(unsafe { start.read() }), free: start };
    for i in 1..=end {
        // SAFETY: `border < i <= end`. The free place is `i - 1`. The element at `i` is looked at where it stands, which
        // the processor can begin before it knows the border; if `left` panics the hand goes to place `i - 1`. Then the
        // element at the border moves to the free place, the one at `i` to the border, and `i` is free.
        unsafe {
            let goes_left = left(&*start.add(i));
            std::ptr::copy(start.add(border), hand.free, 1);
            std::ptr::copy_nonoverlapping(start.add(i), start.add(border), 1);
            hand.free = start.add(i);
            border += usize::from(goes_left);
        }
    }
    // The one in the hand is looked at last: back in the slice, so that a panic finds everything in place.
    // SAFETY: as in the loop, with the hand in the place of element `i`.
    unsafe {
        std::ptr::copy(start.add(border), hand.free, 1);
        hand.free = start.add(border);
    }
    drop(hand);
    border + usize::from(left(&v[border]))
}
