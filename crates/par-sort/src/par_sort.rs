//! The methods that slices get.

use crate::plan::Plan;
use crate::radix::{Float, RadixKey};
use crate::{Sorter, argsort, blocks, cached, natural, quick, radix, select};
use std::cmp::Ordering;

/// Parallel sorts on slices, on the pool that is [current](worker_pool::current).
///
/// All of them keep this promise: whatever a comparison or a key function does (contradict itself, panic), every element
/// is in the slice exactly once afterwards, in some order. They may panic when std notices that an order is not total;
/// they never abort and never overflow a stack. The result does not depend on the number of threads.
///
/// It is sealed: slices alone have it, and methods may be added.
pub trait ParSort<T>: sealed::Slice {
    /// Sorts stably by the elements' order.
    ///
    /// Integers, `bool` and `char` are sorted by digits, text and bytes by eight bytes at a time. Other types: one block for
    /// each thread, sorted by std's stable sort, then one merge.
    ///
    /// ```
    /// use par_sort::ParSort;
    /// let mut v = vec![3, 1, 2];
    /// v.par_sort();
    /// assert_eq!(v, [1, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// If the comparison does, or if std notices that it is no total order.
    ///
    /// # Complexity
    /// O(n log n) comparisons, O(n) if the slice is sorted, reversed or nearly sorted. Scratch for n elements, and for text and
    /// bytes twice n pairs of word and index.
    fn par_sort(&mut self)
    where
        T: Ord + Send;

    /// Sorts stably by a comparison. See [`par_sort`](Self::par_sort).
    ///
    /// `f64::total_cmp` and its like, passed as such and not inside a closure, are recognised and sorted by digits.
    fn par_sort_by<F>(&mut self, cmp: F)
    where
        T: Send,
        F: Fn(&T, &T) -> Ordering + Sync;

    /// Sorts stably by a key, made anew for each comparison; integer keys are sorted by digits, with a handful of calls
    /// for each element. See [`par_sort`](Self::par_sort).
    fn par_sort_by_key<K, F>(&mut self, key: F)
    where
        T: Send,
        K: Ord,
        F: Fn(&T) -> K + Sync;

    /// Sorts stably by a key that is dear to make: it is made once for each element, in parallel.
    ///
    /// ```
    /// use par_sort::ParSort;
    /// let mut v = vec!["b", "C", "a"];
    /// v.par_sort_by_cached_key(|s| s.to_lowercase());
    /// assert_eq!(v, ["a", "b", "C"]);
    /// ```
    ///
    /// # Panics
    /// As [`par_sort`](Self::par_sort); the slice is then untouched.
    ///
    /// # Complexity
    /// Scratch for n elements, n keys with their indices, and what sorting those takes.
    fn par_sort_by_cached_key<K, F>(&mut self, key: F)
    where
        T: Send,
        K: Ord + Send,
        F: Fn(&T) -> K + Sync;

    /// Sorts by the elements' order; equal ones may change places.
    ///
    /// Integers, `bool`, `char`, text and bytes are sorted as [`par_sort`](Self::par_sort) does, with its scratch, unless a sample
    /// has few different values. Those and other types: partition, then std's unstable sort on each part in parallel, without
    /// scratch unless the input is nearly sorted or made of runs.
    ///
    /// # Panics
    /// As [`par_sort`](Self::par_sort).
    ///
    /// # Complexity
    /// O(n log n) comparisons whatever the input, O(n) if it is sorted, reversed or nearly sorted, O(n log k) for k
    /// different values.
    fn par_sort_unstable(&mut self)
    where
        T: Ord + Send;

    /// Sorts by a comparison; equal elements may change places. See [`par_sort_unstable`](Self::par_sort_unstable).
    fn par_sort_unstable_by<F>(&mut self, cmp: F)
    where
        T: Send,
        F: Fn(&T, &T) -> Ordering + Sync;

    /// Sorts by a key; equal elements may change places. See [`par_sort_by_key`](Self::par_sort_by_key).
    fn par_sort_unstable_by_key<K, F>(&mut self, key: F)
    where
        T: Send,
        K: Ord,
        F: Fn(&T) -> K + Sync;

    /// Sorts stably by the bits of the elements.
    ///
    /// ```
    /// use par_sort::ParSort;
    /// let mut v = vec![(2_u8, 1.5_f32), (1, f32::NAN), (1, -0.0), (1, 0.0)];
    /// v.par_sort_radix();
    /// assert_eq!(v[0].1.to_bits(), (-0.0_f32).to_bits());
    /// ```
    ///
    /// # Panics
    /// If a [`RadixKey`] of your own does.
    ///
    /// # Complexity
    /// O(n) for keys that are spread evenly; each 11 bits that differ cost one more pass where they are not.
    /// Scratch for n elements.
    fn par_sort_radix(&mut self)
    where
        T: RadixKey + Send;

    /// Sorts stably by the bits of a key, which is made a handful of times for each element. See
    /// [`par_sort_radix`](Self::par_sort_radix). Elements of more than 40 bytes are moved once; their keys and indices
    /// are sorted instead.
    fn par_sort_radix_by_key<K, F>(&mut self, key: F)
    where
        T: Send,
        K: RadixKey,
        F: Fn(&T) -> K + Sync;

    /// Sorts floats in the order of [`f64::total_cmp`]: -NaN, -∞, …, -0.0, +0.0, …, ∞, NaN.
    ///
    /// ```
    /// use par_sort::ParSort;
    /// let mut v = [f64::NAN, 1.0, -0.0, 0.0, f64::NEG_INFINITY];
    /// v.par_sort_floats();
    /// assert_eq!(format!("{v:?}"), "[-inf, -0.0, 0.0, 1.0, NaN]");
    /// ```
    fn par_sort_floats(&mut self)
    where
        T: Float;

    /// Puts the element of rank `k` in its place, nothing greater before it and nothing less after it, and gives the
    /// three parts.
    ///
    /// ```
    /// use par_sort::ParSort;
    /// let mut v = [5, 1, 4, 2, 3];
    /// let (less, median, greater) = v.par_select_nth_unstable(2);
    /// assert_eq!((less.len(), *median, greater.len()), (2, 3, 2));
    /// ```
    ///
    /// # Panics
    /// If `k` is not below the length, or if the comparison does.
    ///
    /// # Complexity
    /// O(n), in place; O(n log n) comparisons at worst. All threads partition numbers and text; elements of other types, which might not be `Sync`, one
    /// thread.
    #[track_caller]
    fn par_select_nth_unstable(&mut self, k: usize) -> (&mut [T], &mut T, &mut [T])
    where
        T: Ord + Send;

    /// [`par_select_nth_unstable`](Self::par_select_nth_unstable) by a comparison.
    #[track_caller]
    fn par_select_nth_unstable_by<F>(&mut self, k: usize, cmp: F) -> (&mut [T], &mut T, &mut [T])
    where
        T: Send,
        F: Fn(&T, &T) -> Ordering + Sync;

    /// [`par_select_nth_unstable`](Self::par_select_nth_unstable) by a key.
    #[track_caller]
    fn par_select_nth_unstable_by_key<K, F>(&mut self, k: usize, key: F) -> (&mut [T], &mut T, &mut [T])
    where
        T: Send,
        K: Ord,
        F: Fn(&T) -> K + Sync;

    /// Sorts the `k` smallest elements into the first `k` places, not stably; the rest follows in any order.
    ///
    /// ```
    /// use par_sort::ParSort;
    /// let mut v = [5, 1, 4, 2, 3];
    /// v.par_partial_sort(2);
    /// assert_eq!(v[..2], [1, 2]);
    /// ```
    ///
    /// # Panics
    /// If `k` is above the length, or if the comparison does.
    ///
    /// # Complexity
    /// O(n + k log k). In place but for what [`par_sort_unstable_by`](Self::par_sort_unstable_by) of k elements takes.
    #[track_caller]
    fn par_partial_sort(&mut self, k: usize)
    where
        T: Ord + Send;

    /// [`par_partial_sort`](Self::par_partial_sort) by a comparison.
    #[track_caller]
    fn par_partial_sort_by<F>(&mut self, k: usize, cmp: F)
    where
        T: Send,
        F: Fn(&T, &T) -> Ordering + Sync;

    /// The indices of the elements in stable order; the slice stays as it is.
    ///
    /// ```
    /// use par_sort::ParSort;
    /// assert_eq!(["b", "c", "a"].par_argsort(), [2, 0, 1]);
    /// ```
    ///
    /// # Complexity
    /// As [`par_sort`](Self::par_sort) of n indices.
    fn par_argsort(&self) -> Vec<usize>
    where
        T: Ord + Sync;

    /// [`par_argsort`](Self::par_argsort) by a comparison.
    fn par_argsort_by<F>(&self, cmp: F) -> Vec<usize>
    where
        T: Sync,
        F: Fn(&T, &T) -> Ordering + Sync;

    /// [`par_argsort`](Self::par_argsort) by a key.
    fn par_argsort_by_key<K, F>(&self, key: F) -> Vec<usize>
    where
        T: Sync,
        K: Ord,
        F: Fn(&T) -> K + Sync;

    /// Whether every element is at least as great as the one before it.
    ///
    /// # Complexity
    /// One pass, which stops soon after the first element out of order.
    fn par_is_sorted(&self) -> bool
    where
        T: Ord + Sync;

    /// [`par_is_sorted`](Self::par_is_sorted) by a comparison.
    fn par_is_sorted_by<F>(&self, cmp: F) -> bool
    where
        T: Sync,
        F: Fn(&T, &T) -> Ordering + Sync;
}

mod sealed {
    #[expect(unnameable_types, reason = "seals `ParSort`")]
    pub trait Slice {}
    impl<T> Slice for [T] {}
}

impl<T> ParSort<T> for [T] {
    fn par_sort(&mut self)
    where
        T: Ord + Send,
    {
        let plan = Plan::current();
        if !natural::sort(self, plan) {
            blocks::sort(self, &T::cmp, plan);
        }
    }

    fn par_sort_by<F>(&mut self, cmp: F)
    where
        T: Send,
        F: Fn(&T, &T) -> Ordering + Sync,
    {
        let plan = Plan::current();
        if !natural::sort_by(self, &cmp, plan) {
            blocks::sort(self, &cmp, plan);
        }
    }

    fn par_sort_by_key<K, F>(&mut self, key: F)
    where
        T: Send,
        K: Ord,
        F: Fn(&T) -> K + Sync,
    {
        let plan = Plan::current();
        if !natural::by_key(self, &key, plan) {
            blocks::sort(self, &|a: &T, b: &T| key(a).cmp(&key(b)), plan);
        }
    }

    fn par_sort_by_cached_key<K, F>(&mut self, key: F)
    where
        T: Send,
        K: Ord + Send,
        F: Fn(&T) -> K + Sync,
    {
        cached::sort(self, &key, Plan::current());
    }

    fn par_sort_unstable(&mut self)
    where
        T: Ord + Send,
    {
        let plan = Plan::current();
        if quick::has_few_values(self, &T::cmp) || !natural::sort(self, plan) {
            quick::sort(self, &T::cmp, plan);
        }
    }

    fn par_sort_unstable_by<F>(&mut self, cmp: F)
    where
        T: Send,
        F: Fn(&T, &T) -> Ordering + Sync,
    {
        let plan = Plan::current();
        if quick::has_few_values(self, &cmp) || !natural::sort_by(self, &cmp, plan) {
            quick::sort(self, &cmp, plan);
        }
    }

    fn par_sort_unstable_by_key<K, F>(&mut self, key: F)
    where
        T: Send,
        K: Ord,
        F: Fn(&T) -> K + Sync,
    {
        let plan = Plan::current();
        let cmp = |a: &T, b: &T| key(a).cmp(&key(b));
        if quick::has_few_values(self, &cmp) || !natural::by_key(self, &key, plan) {
            quick::sort(self, &cmp, plan);
        }
    }

    fn par_sort_radix(&mut self)
    where
        T: RadixKey + Send,
    {
        radix::sort(self, Plan::current());
    }

    fn par_sort_radix_by_key<K, F>(&mut self, key: F)
    where
        T: Send,
        K: RadixKey,
        F: Fn(&T) -> K + Sync,
    {
        radix::sort_by_key(self, key, Plan::current());
    }

    fn par_sort_floats(&mut self)
    where
        T: Float,
    {
        let sorted = natural::sort_floats(self, Plan::current());
        debug_assert!(sorted, "`Float` is sealed: `f32` and `f64`");
    }

    fn par_select_nth_unstable(&mut self, k: usize) -> (&mut [T], &mut T, &mut [T])
    where
        T: Ord + Send,
    {
        self.par_select_nth_unstable_by(k, T::cmp)
    }

    fn par_select_nth_unstable_by<F>(&mut self, k: usize, cmp: F) -> (&mut [T], &mut T, &mut [T])
    where
        T: Send,
        F: Fn(&T, &T) -> Ordering + Sync,
    {
        Sorter::new().select_nth_by(self, k, cmp)
    }

    fn par_select_nth_unstable_by_key<K, F>(&mut self, k: usize, key: F) -> (&mut [T], &mut T, &mut [T])
    where
        T: Send,
        K: Ord,
        F: Fn(&T) -> K + Sync,
    {
        self.par_select_nth_unstable_by(k, |a, b| key(a).cmp(&key(b)))
    }

    fn par_partial_sort(&mut self, k: usize)
    where
        T: Ord + Send,
    {
        self.par_partial_sort_by(k, T::cmp);
    }

    fn par_partial_sort_by<F>(&mut self, k: usize, cmp: F)
    where
        T: Send,
        F: Fn(&T, &T) -> Ordering + Sync,
    {
        select::partial_sort(self, k, &cmp, Plan::current());
    }

    fn par_argsort(&self) -> Vec<usize>
    where
        T: Ord + Sync,
    {
        self.par_argsort_by(T::cmp)
    }

    fn par_argsort_by<F>(&self, cmp: F) -> Vec<usize>
    where
        T: Sync,
        F: Fn(&T, &T) -> Ordering + Sync,
    {
        argsort::argsort(self, &cmp, Plan::current())
    }

    fn par_argsort_by_key<K, F>(&self, key: F) -> Vec<usize>
    where
        T: Sync,
        K: Ord,
        F: Fn(&T) -> K + Sync,
    {
        self.par_argsort_by(|a, b| key(a).cmp(&key(b)))
    }

    fn par_is_sorted(&self) -> bool
    where
        T: Ord + Sync,
    {
        self.par_is_sorted_by(T::cmp)
    }

    fn par_is_sorted_by<F>(&self, cmp: F) -> bool
    where
        T: Sync,
        F: Fn(&T, &T) -> Ordering + Sync,
    {
        argsort::is_sorted(self, &cmp, Plan::current())
    }
}
