//! Sorts of one thread: std's, but for two kinds of elements that it sorts more slowly than it could.
//!
//! *Stable, plain elements* (no destructor, two to eight words): quicksort around pseudo-medians, without a branch on the
//! outcome of a comparison: partitions move every element by arithmetic, and the last dozen are sorted by [`ranks`]. std's sort
//! partitions like that too but ends in insertions, whose mispredicted branches cost such elements a quarter of all the time.
//! What is equal to a pivot that has nothing before it is set aside, so k different values take O(n log k); a part that was
//! cut badly too often goes to std, whose bound holds whatever the comparison does. After O. Peters' "fluxsort".
//!
//! *Unstable, floats*: as integers.

use crate::known;
use crate::ranks;
use crate::scan::{self, Look};
use std::cmp::Ordering;
use std::mem::{ManuallyDrop, MaybeUninit};

/// Elements of other sizes, in bytes, are left to std: it is level for smaller ones, and moving larger ones twice for each
/// comparison costs more than guessing wrong.
const SIZES: std::ops::RangeInclusive<usize> = 9..=64;
/// How often parts may be cut badly before they are left to std.
const BAD: u32 = 8;

/// Whether comparing `T` is likely to be cheap. References to text are no larger than other plain elements, but the memory
/// that they are compared by is far away.
fn is_plain<T>() -> bool {
    let refers = known::is::<T, &'static str>() || known::is::<T, &'static [u8]>();
    !std::mem::needs_drop::<T>() && SIZES.contains(&size_of::<T>()) && !refers
}

/// Sorts `v` stably. `scratch` is as long.
pub(crate) fn sort_stable<T>(v: &mut [T], scratch: &mut [MaybeUninit<T>], cmp: &impl Fn(&T, &T) -> Ordering) {
    assert!(scratch.len() >= v.len());
    if is_plain::<T>() && scan::look(v, cmp) == Look::Mixed {
        stable(v, scratch, cmp, BAD);
    } else {
        v.sort_by(cmp);
    }
}

/// Sorts `v`.
pub(crate) fn sort_unstable<T>(v: &mut [T], cmp: &impl Fn(&T, &T) -> Ordering) {
    /// As integers of the same size, which stay in the registers where they are compared.
    macro_rules! sort_as {
        ($float:ty, $integer:ty) => {
            if known::is::<T, $float>() {
                // SAFETY: `T` is the float, which has the size and alignment of the integer, and both take any bits.
                let v = unsafe { &mut *(std::ptr::from_mut(v) as *mut [$integer]) };
                // SAFETY: as above, back again.
                return v.sort_unstable_by(|a, b| unsafe { cmp(&*(&raw const *a).cast(), &*(&raw const *b).cast()) });
            }
        };
    }
    sort_as!(f64, i64);
    sort_as!(f32, i32);
    v.sort_unstable_by(cmp);
}

fn stable<T>(mut v: &mut [T], scratch: &mut [MaybeUninit<T>], cmp: &impl Fn(&T, &T) -> Ordering, mut bad: u32) {
    while v.len() > ranks::FEW {
        if bad == 0 {
            return v.sort_by(cmp);
        }
        let len = v.len();
        let at = middle(v, cmp);
        let less = divide(v, scratch, at, false, |x, pivot| cmp(x, pivot).is_lt());
        if less == 0 {
            // Nothing moved. Who is not greater than the pivot is equal to it.
            let equal = divide(v, scratch, at, true, |x, pivot| !cmp(pivot, x).is_lt());
            v = &mut v[equal..];
        } else {
            let (left, right) = v.split_at_mut(less);
            let (short, long) = if left.len() < right.len() { (left, right) } else { (right, left) };
            stable(short, scratch, cmp, bad);
            v = long;
        }
        bad -= u32::from(v.len() > len / 8 * 7);
    }
    ranks::sort(v, cmp);
}

/// The place of an element near the median: that of three, each of them of three in turn where there are many.
fn middle<T>(v: &[T], cmp: &impl Fn(&T, &T) -> Ordering) -> usize {
    fn of_three<T>(v: &[T], at: [usize; 3], reach: usize, cmp: &impl Fn(&T, &T) -> Ordering) -> usize {
        let [a, b, c] = if reach < 8 {
            at
        } else {
            at.map(|at| of_three(v, [at, at + reach / 8 * 4, at + reach / 8 * 7], reach / 8, cmp))
        };
        let less = |a: usize, b: usize| cmp(&v[a], &v[b]).is_lt();
        let first = less(a, b);
        if first != less(a, c) {
            a
        } else if first == less(b, c) {
            b
        } else {
            c
        }
    }
    let eighth = v.len() / 8;
    of_three(v, [0, eighth * 4, eighth * 7], if v.len() < 64 { 0 } else { eighth }, cmp)
}

/// Moves the elements for which `left(element, pivot)` holds to the front, stably, and gives their number. The pivot, which
/// stands `at` some place, is not asked: it goes left if `pivot_left`.
fn divide<T>(
    v: &mut [T],
    scratch: &mut [MaybeUninit<T>],
    at: usize,
    pivot_left: bool,
    left: impl Fn(&T, &T) -> bool,
) -> usize {
    assert!(at < v.len() && v.len() <= scratch.len());
    let (len, v) = (v.len(), v.as_mut_ptr());
    // SAFETY: `at` is an index of `v` (just checked). The copy is the pivot from here on, until `Gap` writes it over the
    // original.
    let (home, pivot) = unsafe { (v.add(at), ManuallyDrop::new(v.add(at).read())) };
    let mut gap = Gap { v, scratch: scratch.as_mut_ptr().cast(), left: 0, read: 0, home, pivot };
    for end in [at, len] {
        while gap.read < end {
            // SAFETY: `read` is an index of `v`, of an element that the slice owns; the scratch is as long (just checked).
            unsafe {
                let goes_left = left(&*gap.v.add(gap.read), &gap.pivot);
                gap.put(goes_left);
            }
        }
        if end == at {
            // SAFETY: as above; `home` is where `put` puts the pivot.
            unsafe {
                gap.home = if pivot_left { gap.v.add(gap.left) } else { gap.scratch.add(gap.read - gap.left) };
                gap.put(pivot_left);
            }
        }
    }
    gap.left
}

/// A slice in the middle of [`divide`]: `v[..left]` went left, as many as `v[left..read]` has places went right and are in the
/// scratch, the rest was not looked at. When dropped, early or at the end, those in the scratch return to the gap.
struct Gap<T> {
    v: *mut T,
    scratch: *mut T,
    left: usize,
    read: usize,
    /// The copy that is compared.
    pivot: ManuallyDrop<T>,
    /// Where the pivot's original is now, in the slice or in the scratch.
    home: *mut T,
}

impl<T> Gap<T> {
    /// Moves the next element.
    ///
    /// # Safety
    /// `read` is an index of the slice, and the scratch is as long.
    #[inline(always)]
    unsafe fn put(&mut self, goes_left: bool) {
        // SAFETY: `left <= read`, both indices of the slice. One of the two copies counts; the other lies in the gap, or is
        // the element itself, or beyond those of the scratch that count.
        unsafe {
            let item = self.v.add(self.read);
            self.scratch.add(self.read - self.left).copy_from_nonoverlapping(item, 1);
            self.v.add(self.left).copy_from(item, 1);
        }
        self.left += usize::from(goes_left);
        self.read += 1;
    }
}

impl<T> Drop for Gap<T> {
    fn drop(&mut self) {
        // SAFETY: `home` holds the bits of the pivot as it was, so comparing may have changed the copy alone; then the gap
        // has a place for each element of the scratch.
        unsafe {
            self.home.copy_from_nonoverlapping(&raw const *self.pivot, 1);
            self.v.add(self.left).copy_from_nonoverlapping(self.scratch, self.read - self.left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn shuffled(len: usize, values: u64) -> Vec<(u64, usize)> {
        (0..len)
            .map(|i| ((i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20, i))
            .map(|(x, i)| (x % values, i))
            .collect()
    }

    fn sort<T>(v: &mut [T], cmp: impl Fn(&T, &T) -> Ordering) {
        let mut scratch: Vec<T> = Vec::with_capacity(v.len());
        stable(v, &mut scratch.spare_capacity_mut()[..v.len()], &cmp, BAD);
    }

    #[test]
    fn many_lengths_and_few_values_are_sorted_stably() {
        for len in (0..200).chain([1000, 5000]) {
            for values in [1, 2, 16, u64::MAX] {
                let mut v = shuffled(len, values);
                let mut right = v.clone();
                right.sort_by_key(|pair| pair.0);
                sort(&mut v, |a, b| a.0.cmp(&b.0));
                assert_eq!(v, right);
            }
        }
    }

    #[test]
    fn few_values_take_few_comparisons() {
        let count = Cell::new(0_usize);
        let mut v = shuffled(10_000, 4);
        sort(&mut v, |a, b| {
            count.set(count.get() + 1);
            a.0.cmp(&b.0)
        });
        assert!(count.get() < 7 * v.len(), "{}", count.get());
    }

    #[test]
    fn a_panic_at_any_comparison_leaves_a_permutation() {
        for at in 0..900 {
            let left = Cell::new(at);
            let mut v = shuffled(100, 50);
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                sort(&mut v, |a, b| {
                    left.set(left.get() - 1);
                    assert!(left.get() >= 0, "planned");
                    a.0.cmp(&b.0)
                });
            }));
            assert_eq!(outcome.is_err(), left.get() < 0);
            v.sort_unstable_by_key(|pair| pair.1);
            assert_eq!(v, shuffled(100, 50));
        }
    }

    #[test]
    fn what_a_comparison_changes_inside_of_the_elements_is_kept() {
        let count = Cell::new(0);
        let mut v: Vec<(u64, Cell<usize>)> = shuffled(3000, 700).iter().map(|pair| (pair.0, Cell::new(0))).collect();
        sort(&mut v, |a, b| {
            count.set(count.get() + 1);
            a.1.set(a.1.get() + 1);
            b.1.set(b.1.get() + 1);
            a.0.cmp(&b.0)
        });
        assert_eq!(v.iter().map(|pair| pair.1.get()).sum::<usize>(), 2 * count.get());
    }

    #[test]
    fn comparisons_that_contradict_themselves_lose_nothing_and_end() {
        let state = Cell::new(1_u64);
        let random = || {
            state.set(state.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
            (state.get() >> 33).cmp(&(1 << 30))
        };
        type Lie<'l> = &'l dyn Fn(&(u64, usize), &(u64, usize)) -> Ordering;
        let lies: [Lie<'_>; 4] =
            [&|_, _| Ordering::Less, &|_, _| Ordering::Greater, &|a, b| (a.0 % 3).cmp(&(b.0 % 5)), &|_, _| random()];
        for lie in lies {
            let count = Cell::new(0_usize);
            let mut v = shuffled(3000, 900);
            // std, which gets what was cut badly, may panic.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                sort(&mut v, |a, b| {
                    count.set(count.get() + 1);
                    lie(a, b)
                });
            }));
            assert!(count.get() < 3000 * 12 * 6, "{}", count.get());
            v.sort_unstable_by_key(|pair| pair.1);
            assert_eq!(v, shuffled(3000, 900));
        }
    }
}
