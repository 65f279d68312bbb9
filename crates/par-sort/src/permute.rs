//! Putting elements where a permutation says, in parallel, without user code.

use crate::memory;
use crate::parts::Parts;
use crate::plan::Plan;
use std::mem::MaybeUninit;

/// Elements moved by one task, at least.
const GRAIN: usize = 1 << 14;

/// Moves element `source(i)` to place `i`, for all `i`. `source` must be a permutation of the indices: whoever calls
/// made it by sorting the indices with trusted code, or checks it.
///
/// # Safety
/// `source` gives every index of `v` exactly once for the indices of `v`, and does not panic.
pub(crate) unsafe fn gather<T: Send>(v: &mut [T], source: &(impl Fn(usize) -> usize + Sync), plan: Plan) {
    let mut scratch: Vec<MaybeUninit<T>> = memory::uninit(v.len());
    let (parts, to) = (Parts::new(v), Parts::new(&mut scratch));
    plan.each_piece(v.len(), plan.grain(GRAIN), &|range| {
        for i in range {
            // SAFETY: `source(i)` is an index of `v`, read by this task alone since `source` is a permutation; `i` is
            // written by this task alone. The copy is bitwise; ownership stays with `v` until all is copied.
            unsafe { to.at(i).write(MaybeUninit::new(parts.at(source(i)).read())) };
        }
    });
    // SAFETY: every place of the scratch holds a different element of `v`; no code in between could have panicked.
    unsafe { put_back(v, &scratch, plan) };
}

/// Copies all of `scratch` to `v`, bit by bit.
///
/// # Safety
/// `scratch` holds every element of `v` once, and is not used as elements afterwards.
pub(crate) unsafe fn put_back<T: Send>(v: &mut [T], scratch: &[MaybeUninit<T>], plan: Plan) {
    assert_eq!(v.len(), scratch.len());
    let to = Parts::new(v);
    let from = Source(scratch);
    plan.each_piece(scratch.len(), plan.grain(GRAIN).max(GRAIN), &|range| {
        let from = &from.get()[range.clone()];
        // SAFETY: pieces are disjoint, and both have the same length.
        unsafe {
            let to = to.slice(range);
            std::ptr::copy_nonoverlapping(from.as_ptr().cast::<T>(), to.as_mut_ptr(), to.len());
        }
    });
}

/// Scratch memory that several tasks copy from.
struct Source<'a, T>(&'a [MaybeUninit<T>]);

impl<T> Source<'_, T> {
    fn get(&self) -> &[MaybeUninit<T>] {
        self.0
    }
}

// SAFETY: only bits are copied out of it, each place by one task: that moves elements, so `T: Send` is enough.
unsafe impl<T: Send> Sync for Source<'_, T> {}
