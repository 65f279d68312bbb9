//! A sort with everything said: threads, when to stay on one, stable or not.

use crate::plan::Plan;
use crate::{RadixKey, argsort, blocks, cached, quick, radix, select};
use std::cmp::Ordering;

/// How to sort, for callers who want to say more than [`ParSort`](crate::ParSort) lets them.
///
/// ```
/// use par_sort::Sorter;
///
/// let mut words = ["cherry", "apple", "Banana"];
/// Sorter::new().threads(2).stable(true).sort_by_key(&mut words, |word| word.to_lowercase());
/// assert_eq!(words, ["apple", "Banana", "cherry"]);
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "a sorter sorts nothing until one of its `sort` methods is called"]
pub struct Sorter {
    /// `None`: as many as the pool has when the sort begins.
    threads: Option<usize>,
    sequential_below: Option<usize>,
    stable: bool,
}

impl Default for Sorter {
    fn default() -> Self {
        Self::new()
    }
}

impl Sorter {
    /// Stable, on all threads of the pool that is current when the sort begins, sequential where that is quicker.
    pub const fn new() -> Self {
        Self { threads: None, sequential_below: None, stable: true }
    }

    /// At most `threads` threads sort at a time, and the slice is cut into that many blocks. It is a ceiling: a pool with fewer threads
    /// works through the blocks with those it has. With 1 nothing leaves the calling thread.
    ///
    /// # Panics
    /// If `threads` is 0.
    #[track_caller]
    pub fn threads(mut self, threads: usize) -> Self {
        assert!(threads > 0, "a sort needs at least 1 thread; pass 1 to stay on the caller's");
        self.threads = Some(threads);
        self
    }

    /// Slices shorter than `len` are sorted by std on the calling thread. 0 takes the parallel path always, also for
    /// a handful of elements, which is for tests. Other work on long slices (keys made once, the check of an order) is
    /// shared nevertheless.
    pub fn sequential_below(mut self, len: usize) -> Self {
        self.sequential_below = Some(len);
        self
    }

    /// Whether equal elements keep their order.
    pub fn stable(mut self, stable: bool) -> Self {
        self.stable = stable;
        self
    }

    /// Sorts by the elements' order.
    pub fn sort<T: Ord + Send>(&self, v: &mut [T]) {
        self.sort_by(v, T::cmp);
    }

    /// Sorts by a comparison.
    ///
    /// # Panics
    /// If `cmp` does, or if std notices that it is no total order. `v` is then a permutation of what it was.
    pub fn sort_by<T: Send>(&self, v: &mut [T], cmp: impl Fn(&T, &T) -> Ordering + Sync) {
        if self.stable {
            blocks::sort(v, &cmp, self.plan());
        } else {
            quick::sort(v, &cmp, self.plan());
        }
    }

    /// Sorts by a key, made anew for each comparison.
    ///
    /// # Panics
    /// As [`sort_by`](Self::sort_by).
    pub fn sort_by_key<T: Send, K: Ord>(&self, v: &mut [T], key: impl Fn(&T) -> K + Sync) {
        self.sort_by(v, |a, b| key(a).cmp(&key(b)));
    }

    /// Sorts by a key that is made once for each element; always stable.
    ///
    /// # Panics
    /// As [`sort_by`](Self::sort_by); `v` is then untouched.
    pub fn sort_by_cached_key<T: Send, K: Ord + Send>(&self, v: &mut [T], key: impl Fn(&T) -> K + Sync) {
        cached::sort(v, &key, self.plan());
    }

    /// Sorts by the bits of the elements; always stable.
    ///
    /// # Panics
    /// If a [`RadixKey`] of your own does. `v` is then a permutation of what it was.
    pub fn sort_radix<T: RadixKey + Send>(&self, v: &mut [T]) {
        radix::sort(v, self.plan());
    }

    /// Sorts by the bits of a key; always stable.
    ///
    /// # Panics
    /// If `key` does. `v` is then a permutation of what it was.
    pub fn sort_radix_by_key<T: Send, K: RadixKey>(&self, v: &mut [T], key: impl Fn(&T) -> K + Sync) {
        radix::sort_by_key(v, key, self.plan());
    }

    /// Puts the element of rank `k` in its place, nothing greater before it and nothing less after it.
    ///
    /// # Panics
    /// If `k` is not below the length, or if the comparison does.
    #[track_caller]
    pub fn select_nth_by<'v, T: Send>(
        &self,
        v: &'v mut [T],
        k: usize,
        cmp: impl Fn(&T, &T) -> Ordering + Sync,
    ) -> (&'v mut [T], &'v mut T, &'v mut [T]) {
        select::nth(v, k, &cmp, self.plan());
        let (before, rest) = v.split_at_mut(k);
        let (nth, after) = rest.split_first_mut().expect("`nth` refuses a `k` that is not below the length");
        (before, nth, after)
    }

    /// Sorts the `k` smallest elements into the first `k` places; the rest follows in any order.
    ///
    /// # Panics
    /// If `k` is above the length, or if the comparison does.
    #[track_caller]
    pub fn partial_sort_by<T: Send>(&self, v: &mut [T], k: usize, cmp: impl Fn(&T, &T) -> Ordering + Sync) {
        select::partial_sort(v, k, &cmp, self.plan());
    }

    /// The indices of the elements in stable order.
    pub fn argsort_by<T: Sync>(&self, v: &[T], cmp: impl Fn(&T, &T) -> Ordering + Sync) -> Vec<usize> {
        argsort::argsort(v, &cmp, self.plan())
    }

    /// Whether every element is at least as great as the one before it.
    pub fn is_sorted_by<T: Sync>(&self, v: &[T], cmp: impl Fn(&T, &T) -> Ordering + Sync) -> bool {
        argsort::is_sorted(v, &cmp, self.plan())
    }

    /// Uses the spare capacity of `scratch` for the merge of stable sorts, growing it as needed, so that a caller who sorts
    /// often touches fresh memory once. The vector's own elements are left alone.
    ///
    /// ```
    /// use par_sort::Sorter;
    ///
    /// let mut scratch = Vec::new();
    /// for mut batch in [vec![2, 1], vec![4, 3]] {
    ///     Sorter::new().scratch(&mut scratch).sort_by(&mut batch, |a, b| a.cmp(b));
    ///     assert!(batch.is_sorted());
    /// }
    /// assert!(scratch.is_empty());
    /// ```
    pub fn scratch<T>(self, scratch: &mut Vec<T>) -> ScratchSorter<'_, T> {
        ScratchSorter { sorter: self, scratch }
    }

    fn plan(&self) -> Plan {
        let current = Plan::current();
        Plan { threads: self.threads.unwrap_or(current.threads), sequential_below: self.sequential_below }
    }
}

/// A [`Sorter`] with the caller's scratch memory.
#[must_use = "a sorter sorts nothing until one of its `sort` methods is called"]
pub struct ScratchSorter<'s, T> {
    sorter: Sorter,
    scratch: &'s mut Vec<T>,
}

impl<T> std::fmt::Debug for ScratchSorter<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let capacity = self.scratch.capacity() - self.scratch.len();
        f.debug_struct("ScratchSorter").field("sorter", &self.sorter).field("capacity", &capacity).finish()
    }
}

impl<T: Send> ScratchSorter<'_, T> {
    /// [`Sorter::threads`].
    #[track_caller]
    pub fn threads(mut self, threads: usize) -> Self {
        self.sorter = self.sorter.threads(threads);
        self
    }

    /// [`Sorter::sequential_below`].
    pub fn sequential_below(mut self, len: usize) -> Self {
        self.sorter = self.sorter.sequential_below(len);
        self
    }

    /// [`Sorter::stable`].
    pub fn stable(mut self, stable: bool) -> Self {
        self.sorter = self.sorter.stable(stable);
        self
    }

    /// [`Sorter::sort`].
    pub fn sort(&mut self, v: &mut [T])
    where
        T: Ord,
    {
        self.sort_by(v, T::cmp);
    }

    /// [`Sorter::sort_by`].
    ///
    /// # Panics
    /// As there.
    pub fn sort_by(&mut self, v: &mut [T], cmp: impl Fn(&T, &T) -> Ordering + Sync) {
        let plan = self.sorter.plan();
        if self.sorter.stable {
            blocks::sort_with_scratch(v, &cmp, plan, self.scratch);
        } else {
            quick::sort(v, &cmp, plan);
        }
    }

    /// [`Sorter::sort_by_key`].
    ///
    /// # Panics
    /// As there.
    pub fn sort_by_key<K: Ord>(&mut self, v: &mut [T], key: impl Fn(&T) -> K + Sync) {
        self.sort_by(v, |a, b| key(a).cmp(&key(b)));
    }
}
