use crate::{KMerge, order::Order};
use alloc::vec;
use alloc::vec::Vec;
use core::iter::FusedIterator;

/// Yields all equal items at a time, each with the index of its source; made by [`KMerge::groups`].
///
/// If a comparison panics while equal items are gathered, the items of the group so far are dropped; the merge can go on.
///
/// ```
/// let groups: Vec<_> = kmerge::kmerge([vec![1, 2], vec![2, 2]]).groups().collect();
/// assert_eq!(groups, [vec![(0, 1)], vec![(0, 2), (1, 2), (1, 2)]]);
/// ```
#[derive(Debug)]
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Groups<I: Iterator, O: Order<I::Item>> {
    merge: KMerge<I, O>,
}

impl<I: Iterator, O: Order<I::Item>> Groups<I, O> {
    pub(crate) fn new(merge: KMerge<I, O>) -> Self {
        Self { merge }
    }
}

impl<I: Iterator, O: Order<I::Item>> Iterator for Groups<I, O> {
    type Item = Vec<(usize, I::Item)>;

    fn next(&mut self) -> Option<Self::Item> {
        let (source, first) = self.merge.next_head()?;
        let mut rest = Vec::new();
        while let Some((source, head)) = self.merge.next_head_like(&first) {
            rest.push((source, O::into_item(head)));
        }
        let mut group = vec![(source, O::into_item(first))];
        group.append(&mut rest);
        Some(group)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (low, high) = self.merge.size_hint();
        (low.min(1), high)
    }
}

impl<I: Iterator, O: Order<I::Item>> FusedIterator for Groups<I, O> {}
