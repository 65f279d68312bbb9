//! The lazy merge of sources that may fail.

use crate::merger::{Fallible, Merger};
use crate::order::{By, ByKey, Descending, Natural, Order};
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::iter::FusedIterator;

/// Merges sorted sources of `Result`s. An error is never compared with anything: it is yielded as soon as it is read, and
/// the merge goes on with the same source.
///
/// ```
/// let a = vec![Ok(1), Err("unreadable"), Ok(3)];
/// let b = vec![Ok(2), Ok(4)];
/// let merged: Vec<Result<u32, &str>> = kmerge::try_kmerge([a, b]).collect();
/// assert_eq!(merged, [Ok(1), Err("unreadable"), Ok(2), Ok(3), Ok(4)]);
/// ```
///
/// To end at the first error, collect into a `Result`.
pub fn try_kmerge<I, T, E>(sources: I) -> TryKMerge<<I::Item as IntoIterator>::IntoIter, T, Natural>
where
    I: IntoIterator<Item: IntoIterator<Item = Result<T, E>>>,
    T: Ord,
{
    TryKMerge::new(sources, Natural)
}

/// [`try_kmerge`] by a comparator, by which the sources are sorted.
pub fn try_kmerge_by<I, T, E, F>(sources: I, cmp: F) -> TryKMerge<<I::Item as IntoIterator>::IntoIter, T, By<F>>
where
    I: IntoIterator<Item: IntoIterator<Item = Result<T, E>>>,
    F: FnMut(&T, &T) -> Ordering,
{
    TryKMerge::new(sources, By(cmp))
}

/// [`try_kmerge`] by a key, by which the sources are sorted. The key is computed once for each item.
pub fn try_kmerge_by_key<I, T, E, K, F>(
    sources: I,
    key: F,
) -> TryKMerge<<I::Item as IntoIterator>::IntoIter, T, ByKey<F>>
where
    I: IntoIterator<Item: IntoIterator<Item = Result<T, E>>>,
    K: Ord,
    F: FnMut(&T) -> K,
{
    TryKMerge::new(sources, ByKey(key))
}

/// The lazy merge of sorted sources of `Result`s; made by [`try_kmerge`], [`try_kmerge_by`] and [`try_kmerge_by_key`].
///
/// Everything that [`KMerge`](crate::KMerge) says of order and of when a source is read holds here as well.
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct TryKMerge<I, T, O: Order<T>> {
    merger: Merger<I, O, T, O::Head>,
}

impl<I, T, O: Order<T>> TryKMerge<I, T, O> {
    fn new(sources: impl IntoIterator<Item: IntoIterator<IntoIter = I>>, order: O) -> Self {
        Self { merger: Merger::new(sources.into_iter().map(IntoIterator::into_iter), order) }
    }

    /// The same with the order reversed, for sources that descend. Equal items still leave in the order of the sources.
    pub fn descending(self) -> TryKMerge<I, T, Descending<O>> {
        TryKMerge { merger: self.merger.reorder(Descending) }
    }

    /// Every source, ended ones included, in order, with the item that was read from it and not given out.
    #[must_use = "the sources and the items that were read are in it"]
    pub fn into_parts(self) -> Vec<(I, Option<T>)> {
        self.merger.into_parts()
    }
}

impl<I: Iterator<Item = Result<T, E>>, T, E, O: Order<T>> TryKMerge<I, T, O> {
    /// The next item, without taking it.
    ///
    /// # Errors
    /// An error that is read on the way is taken.
    pub fn peek(&mut self) -> Option<Result<&T, E>> {
        self.peek_with_source().map(|next| next.map(|(_, item)| item))
    }

    /// The next item and the index of its source, without taking it.
    ///
    /// # Errors
    /// An error that is read on the way is taken.
    pub fn peek_with_source(&mut self) -> Option<Result<(usize, &T), E>> {
        match self.merger.settle::<Fallible>() {
            Ok(()) => self.merger.first().map(|(source, head)| Ok((source, O::item(head)))),
            Err(error) => Some(Err(error)),
        }
    }

    /// The next item and the index of its source.
    ///
    /// # Errors
    /// The error that was read on the way.
    #[inline]
    pub fn next_with_source(&mut self) -> Option<Result<(usize, T), E>> {
        let next = self.merger.next_numbered::<Fallible>().transpose()?;
        Some(next.map(|(source, head)| (source, O::into_item(head))))
    }

    /// Adds a source while the merge is under way; among equals it comes last.
    pub fn push(&mut self, source: impl IntoIterator<IntoIter = I, Item = Result<T, E>>) {
        self.merger.push(source.into_iter());
    }
}

impl<I: Iterator<Item = Result<T, E>>, T, E, O: Order<T>> Iterator for TryKMerge<I, T, O> {
    type Item = Result<T, E>;

    #[inline]
    fn next(&mut self) -> Option<Result<T, E>> {
        Some(self.merger.next::<Fallible>().transpose()?.map(O::into_item))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.merger.size_hint()
    }
}

impl<I: Iterator<Item = Result<T, E>>, T, E, O: Order<T>> FusedIterator for TryKMerge<I, T, O> {}

impl<I, T, O: Order<T> + fmt::Debug> fmt::Debug for TryKMerge<I, T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, ended) = self.merger.counts();
        f.debug_struct("TryKMerge").field("open", &open).field("ended", &ended).finish_non_exhaustive()
    }
}
