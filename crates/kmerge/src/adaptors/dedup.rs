use crate::{KMerge, order::Order};
use core::iter::FusedIterator;

/// Which of equal items is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Keep {
    /// The one of the first source, and there the first.
    First,
    /// The one of the last source, and there the last.
    Last,
}

/// Yields one of equal items; made by [`KMerge::dedup`] and [`KMerge::union`].
///
/// If a comparison panics while equal items are gathered, equal items that were read before are dropped; the merge can go on.
#[derive(Debug)]
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Dedup<I: Iterator, O: Order<I::Item>> {
    merge: KMerge<I, O>,
    keep: Keep,
}

impl<I: Iterator, O: Order<I::Item>> Dedup<I, O> {
    pub(crate) fn new(merge: KMerge<I, O>, keep: Keep) -> Self {
        Self { merge, keep }
    }
}

impl<I: Iterator, O: Order<I::Item>> Iterator for Dedup<I, O> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let (_, mut kept) = self.merge.next_head()?;
        while let Some((_, equal)) = self.merge.next_head_like(&kept) {
            if self.keep == Keep::Last {
                kept = equal;
            }
        }
        Some(O::into_item(kept))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (low, high) = self.merge.size_hint();
        (low.min(1), high)
    }
}

impl<I: Iterator, O: Order<I::Item>> FusedIterator for Dedup<I, O> {}
