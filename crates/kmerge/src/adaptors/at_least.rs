use crate::{KMerge, order::Order};
use core::iter::FusedIterator;

/// Yields the items that enough sources have, each once; made by [`KMerge::at_least`] and [`KMerge::intersection`].
///
/// If a comparison panics while equal items are gathered, equal items that were read before are dropped; the merge can go on.
#[derive(Debug)]
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct AtLeast<I: Iterator, O: Order<I::Item>> {
    merge: KMerge<I, O>,
    /// How many sources must have an item; `None` means all.
    m: Option<usize>,
}

impl<I: Iterator, O: Order<I::Item>> AtLeast<I, O> {
    pub(crate) fn new(merge: KMerge<I, O>, m: usize) -> Self {
        Self { merge, m: Some(m) }
    }

    pub(crate) fn all(merge: KMerge<I, O>) -> Self {
        Self { merge, m: None }
    }
}

impl<I: Iterator, O: Order<I::Item>> Iterator for AtLeast<I, O> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let m = self.m.unwrap_or_else(|| self.merge.sources());
        loop {
            let (mut last, first) = self.merge.next_head()?;
            // Equal items come in the order of their sources, so a new source is one that differs from the last.
            let mut sources = 1;
            while let Some((source, _)) = self.merge.next_head_like(&first) {
                sources += usize::from(source != last);
                last = source;
            }
            if sources >= m {
                return Some(O::into_item(first));
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.merge.size_hint().1)
    }
}

impl<I: Iterator, O: Order<I::Item>> FusedIterator for AtLeast<I, O> {}
