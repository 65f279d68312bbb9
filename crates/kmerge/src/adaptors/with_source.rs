use crate::{KMerge, order::Order};
use core::iter::FusedIterator;

/// Yields each item with the index of its source; made by [`KMerge::with_source`].
#[derive(Debug)]
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct WithSource<I: Iterator, O: Order<I::Item>> {
    merge: KMerge<I, O>,
}

impl<I: Iterator, O: Order<I::Item>> WithSource<I, O> {
    pub(crate) fn new(merge: KMerge<I, O>) -> Self {
        Self { merge }
    }
}

impl<I: Iterator, O: Order<I::Item>> Iterator for WithSource<I, O> {
    type Item = (usize, I::Item);

    #[inline]
    fn next(&mut self) -> Option<(usize, I::Item)> {
        self.merge.next_with_source()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.merge.size_hint()
    }
}

impl<I: Iterator, O: Order<I::Item>> FusedIterator for WithSource<I, O> {}
