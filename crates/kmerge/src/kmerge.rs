//! The lazy merge of sources that yield items.

use crate::adaptors::{AtLeast, Dedup, Difference, Groups, Keep, WithSource};
use crate::merger::{Merger, Plain};
use crate::order::{By, ByKey, Descending, Natural, Order};
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::iter::FusedIterator;

/// Merges sorted sources into one sorted iterator, lazily and stably.
///
/// ```
/// let merged: Vec<u32> = kmerge::kmerge([vec![1, 4, 6], vec![2, 3], vec![5]]).collect();
/// assert_eq!(merged, [1, 2, 3, 4, 5, 6]);
/// ```
///
/// Sources that are not sorted give their items in an unspecified order, none lost and none twice.
///
/// # Complexity
/// At most ceil(log2 K) comparisons for each item, where K is the number of sources that have not ended; within a run of
/// items from one source one for each, and one at its end. To find the rival of a run takes up to ceil(log2 K) more, once
/// in six items, or once for two items on runs before.
pub fn kmerge<I>(sources: I) -> KMerge<<I::Item as IntoIterator>::IntoIter, Natural>
where
    I: IntoIterator<Item: IntoIterator<Item: Ord>>,
{
    KMerge::new(sources, Natural)
}

/// [`kmerge`] by a comparator, by which the sources are sorted.
///
/// ```
/// let floats = [vec![0.5, 2.0], vec![f64::NEG_INFINITY, 1.0]];
/// let merged: Vec<f64> = kmerge::kmerge_by(floats, |a, b| a.total_cmp(b)).collect();
/// assert_eq!(merged, [f64::NEG_INFINITY, 0.5, 1.0, 2.0]);
/// ```
pub fn kmerge_by<I, F>(sources: I, cmp: F) -> KMerge<<I::Item as IntoIterator>::IntoIter, By<F>>
where
    I: IntoIterator<Item: IntoIterator>,
    F: FnMut(&<I::Item as IntoIterator>::Item, &<I::Item as IntoIterator>::Item) -> Ordering,
{
    KMerge::new(sources, By(cmp))
}

/// [`kmerge`] by a key, by which the sources are sorted. The key is computed once for each item.
///
/// ```
/// let words = [vec!["a", "four"], vec!["is", "this"]];
/// let merged: Vec<&str> = kmerge::kmerge_by_key(words, |word| word.len()).collect();
/// assert_eq!(merged, ["a", "is", "four", "this"]);
/// ```
pub fn kmerge_by_key<I, K, F>(sources: I, key: F) -> KMerge<<I::Item as IntoIterator>::IntoIter, ByKey<F>>
where
    I: IntoIterator<Item: IntoIterator>,
    K: Ord,
    F: FnMut(&<I::Item as IntoIterator>::Item) -> K,
{
    KMerge::new(sources, ByKey(key))
}

/// The lazy merge of sorted sources; made by [`kmerge`], [`kmerge_by`] and [`kmerge_by_key`].
///
/// Equal items leave in the order of their sources. Nothing is read before the first item is asked for; then one item of
/// each source is read, and later the successor of an item only when the next item is asked for. A source that has ended
/// is not asked again. If a comparison or a source panics, all items that were read are still there; if a
/// key function panics, its item is dropped.
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct KMerge<I: Iterator, O: Order<I::Item>> {
    merger: Merger<I, O, I::Item, O::Head>,
}

impl<I: Iterator, O: Order<I::Item>> KMerge<I, O> {
    fn new(sources: impl IntoIterator<Item: IntoIterator<IntoIter = I, Item = I::Item>>, order: O) -> Self {
        Self { merger: Merger::new(sources.into_iter().map(IntoIterator::into_iter), order) }
    }

    #[inline(always)]
    fn settle(&mut self) {
        let Ok(()) = self.merger.settle::<Plain>();
    }

    /// The next head, with its key where there is one, and its source.
    #[inline(always)]
    pub(crate) fn next_head(&mut self) -> Option<(usize, O::Head)> {
        let Ok(next) = self.merger.next_numbered::<Plain>();
        next
    }

    /// The next head if it is equal to `head`.
    pub(crate) fn next_head_like(&mut self, head: &O::Head) -> Option<(usize, O::Head)> {
        self.settle();
        self.merger.take_if_like(head)
    }

    pub(crate) fn sources(&self) -> usize {
        self.merger.count_sources()
    }

    /// The next item, without taking it.
    pub fn peek(&mut self) -> Option<&I::Item> {
        self.peek_with_source().map(|(_, item)| item)
    }

    /// The next item and the index of its source, without taking it.
    pub fn peek_with_source(&mut self) -> Option<(usize, &I::Item)> {
        self.settle();
        self.merger.first().map(|(source, head)| (source, O::item(head)))
    }

    /// The next item and the index of its source.
    pub fn next_with_source(&mut self) -> Option<(usize, I::Item)> {
        self.next_head().map(|(source, head)| (source, O::into_item(head)))
    }

    /// The next item if `wanted` says so; otherwise it stays.
    pub fn next_if(&mut self, wanted: impl FnOnce(&I::Item) -> bool) -> Option<I::Item> {
        if wanted(self.peek()?) { self.next() } else { None }
    }

    /// Adds a source while the merge is under way; among equals it comes last. Items that are less than those given out
    /// already come next.
    ///
    /// # Complexity
    /// The next item costs O(K) comparisons once, however many sources are pushed before it.
    pub fn push(&mut self, source: impl IntoIterator<IntoIter = I, Item = I::Item>) {
        self.merger.push(source.into_iter());
    }

    /// Every source, ended ones included, in order, with the item that was read from it and not given out.
    #[must_use = "the sources and the items that were read are in it"]
    pub fn into_parts(self) -> Vec<(I, Option<I::Item>)> {
        self.merger.into_parts()
    }

    /// The same with the order reversed, for sources that descend. Equal items still leave in the order of the sources.
    ///
    /// ```
    /// let merged: Vec<u8> = kmerge::kmerge([vec![5, 2], vec![4, 1]]).descending().collect();
    /// assert_eq!(merged, [5, 4, 2, 1]);
    /// ```
    pub fn descending(self) -> KMerge<I, Descending<O>> {
        KMerge { merger: self.merger.reorder(Descending) }
    }

    /// Yields the index of the source with each item.
    pub fn with_source(self) -> WithSource<I, O> {
        WithSource::new(self)
    }

    /// Keeps one of equal items.
    ///
    /// ```
    /// use kmerge::Keep;
    /// let newest = [vec![(1, "new"), (3, "new")], vec![(1, "old"), (2, "old")]];
    /// let merged = kmerge::kmerge_by_key(newest, |pair| pair.0).dedup(Keep::First);
    /// assert_eq!(merged.collect::<Vec<_>>(), [(1, "new"), (2, "old"), (3, "new")]);
    /// ```
    pub fn dedup(self, keep: Keep) -> Dedup<I, O> {
        Dedup::new(self, keep)
    }

    /// The items that are in any source, each once: the first of equals.
    pub fn union(self) -> Dedup<I, O> {
        self.dedup(Keep::First)
    }

    /// The items that are in every source, each once: the first of equals.
    pub fn intersection(self) -> AtLeast<I, O> {
        AtLeast::all(self)
    }

    /// The items that are in at least `m` sources, each once: the first of equals. With `m` up to 1 these are all.
    pub fn at_least(self, m: usize) -> AtLeast<I, O> {
        AtLeast::new(self, m)
    }

    /// The items of the first source that are in no other, each once: the first of equals.
    pub fn difference(self) -> Difference<I, O> {
        Difference::new(self)
    }

    /// All equal items at a time, each with the index of its source.
    pub fn groups(self) -> Groups<I, O> {
        Groups::new(self)
    }
}

impl<I: Iterator, O: Order<I::Item>> Iterator for KMerge<I, O> {
    type Item = I::Item;

    #[inline(always)]
    fn next(&mut self) -> Option<I::Item> {
        let Ok(next) = self.merger.next::<Plain>();
        next.map(O::into_item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.merger.size_hint()
    }
}

impl<I: Iterator, O: Order<I::Item>> FusedIterator for KMerge<I, O> {}

impl<I: Iterator, O: Order<I::Item> + fmt::Debug> fmt::Debug for KMerge<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, ended) = self.merger.counts();
        f.debug_struct("KMerge").field("open", &open).field("ended", &ended).finish_non_exhaustive()
    }
}
