use crate::{KMerge, order::Order};
use core::iter::FusedIterator;

/// Yields the items of the first source that no other has, each once; made by [`KMerge::difference`].
///
/// If a comparison panics while equal items are gathered, equal items that were read before are dropped; the merge can go on.
#[derive(Debug)]
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Difference<I: Iterator, O: Order<I::Item>> {
    merge: KMerge<I, O>,
}

impl<I: Iterator, O: Order<I::Item>> Difference<I, O> {
    pub(crate) fn new(merge: KMerge<I, O>) -> Self {
        Self { merge }
    }
}

impl<I: Iterator, O: Order<I::Item>> Iterator for Difference<I, O> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        loop {
            let (source, first) = self.merge.next_head()?;
            let mut alone = source == 0;
            while let Some((source, _)) = self.merge.next_head_like(&first) {
                alone &= source == 0;
            }
            if alone {
                return Some(O::into_item(first));
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.merge.size_hint().1)
    }
}

impl<I: Iterator, O: Order<I::Item>> FusedIterator for Difference<I, O> {}
