//! A handful of elements, sorted by counting for each how many go before it.
//!
//! All pairs are compared and every outcome is added, never branched on: about as many nanoseconds as insertion needs
//! comparisons, but no wrong guesses of the processor, which cost insertion most. Nothing moves before the last comparison,
//! so a panic finds everything in place.

use std::cmp::Ordering;
use std::mem::MaybeUninit;

/// So many elements at most.
pub(crate) const FEW: usize = 12;

/// Sorts `v`, at most [`FEW`] elements, stably. If the comparison contradicts itself `v` may stay as it is.
#[inline(always)]
pub(crate) fn sort<T>(v: &mut [T], cmp: &impl Fn(&T, &T) -> Ordering) {
    let len = v.len();
    assert!(len <= FEW);
    let mut ranks = [0_u8; FEW];
    for i in 1..len {
        let mut own = i as u8;
        for (earlier, rank) in v[..i].iter().zip(&mut ranks) {
            let before = u8::from(cmp(&v[i], earlier).is_lt());
            *rank += before;
            own -= before;
        }
        ranks[i] = own;
    }
    let taken = ranks[..len].iter().fold(0_u32, |taken, rank| taken | 1 << rank);
    if taken != (1 << len) - 1 {
        return;
    }
    let mut sorted = [const { MaybeUninit::<T>::uninit() }; FEW];
    let sorted = sorted.as_mut_ptr().cast::<T>();
    for (item, &rank) in v.iter().zip(&ranks) {
        // SAFETY: every rank is below `FEW`. The copy is bitwise, `v` stays the owner.
        unsafe { sorted.add(rank.into()).copy_from_nonoverlapping(item, 1) };
    }
    for &rank in &ranks[..len] {
        // One by one, by the ranks: a copy of so few bytes is cheaper than the call of one.
        // SAFETY: `len` ranks fill the places `0..len` (just checked), so every element is there once; no user code runs between.
        unsafe { v.as_mut_ptr().add(rank.into()).copy_from_nonoverlapping(sorted.add(rank.into()), 1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn all_short_inputs_of_few_values_are_sorted_stably() {
        for len in 0..=FEW {
            for code in 0..3_u64.pow(len.min(7) as u32) {
                let digit =
                    |i: usize| code.wrapping_mul(0x9e37_79b9).rotate_left(i as u32 * 5) / 3_u64.pow(i as u32 % 7) % 3;
                let mut v: Vec<(u64, usize)> = (0..len).map(|i| (digit(i), i)).collect();
                let mut right = v.clone();
                right.sort_by_key(|pair| pair.0);
                sort(&mut v, &|a, b| a.0.cmp(&b.0));
                assert_eq!(v, right);
            }
        }
    }

    #[test]
    fn a_comparison_that_contradicts_itself_loses_nothing() {
        for seed in 0..2000_u64 {
            let state = Cell::new(seed);
            let lie = |_: &usize, _: &usize| {
                state.set(state.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
                if state.get() >> 63 == 0 { Ordering::Less } else { Ordering::Greater }
            };
            let mut v: Vec<usize> = (0..FEW).collect();
            sort(&mut v, &lie);
            v.sort_unstable();
            assert!(v.iter().copied().eq(0..FEW));
        }
    }
}
