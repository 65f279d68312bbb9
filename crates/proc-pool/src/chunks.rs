//! Cutting the items of a call into chunks.
//!
//! One message per item would cost tens of microseconds; one message per worker would leave the others idle when
//! items differ. So a chunk is an eighth of a worker's even share, and smaller towards the end (guided
//! self-scheduling, Polychronopoulos and Kuck 1987), when a long chunk could be the one that everybody waits for.

use crate::batch::Piece;
use crate::codec::{self, CodecError};
use crate::drive::Chunk;
use crate::error::TaskError;
use crate::records::{Head, Tag};
use crate::shared::travel::{self, Way};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Encoded bytes after which a chunk is closed: enough that the changes between processes, some 50 µs a chunk, are small
/// beside the coding, and few enough for the processor's cache and the areas of the link. A million numbers by two
/// workers take 18, 15, 13 and 12.5 ms with 32, 64, 120 and 256 KiB.
const MAX_BYTES: usize = 256 << 10;

/// A chunk of one task.
pub(crate) fn single<A: Serialize>(place: u64, first: usize, argument: &A) -> Result<Chunk, TaskError> {
    let mut arguments = Vec::with_capacity(64);
    let written = pack(argument, &mut Head::default(), &mut arguments);
    let kept = travel::take_kept();
    written.map_err(|error| cannot_encode(&error))?;
    Ok(Chunk { place, first, count: 1, arguments, kept })
}

/// The outcome of the one task of a piece.
pub(crate) fn only<R: DeserializeOwned>(piece: Piece) -> Result<R, TaskError> {
    let mut only = None;
    piece.open(|outcome| only = Some(outcome));
    only.unwrap_or(Err(TaskError::Cancelled))
}

/// The chunks of a call, made one after the other so that workers begin while the rest is being encoded.
pub(crate) struct Chunks<I: Iterator> {
    items: I,
    place: u64,
    workers: usize,
    /// Items not yet taken; `None` if the iterator gives no bound.
    left: Option<usize>,
    /// Items taken.
    taken: usize,
    largest: usize,
    smallest: usize,
    /// Bytes of the last chunk.
    bytes: usize,
}

impl<I: Iterator<Item: Serialize>> Chunks<I> {
    pub(crate) fn new(items: impl IntoIterator<IntoIter = I>, place: u64, workers: usize) -> Self {
        let items = items.into_iter();
        // An upper bound is as good as a length here: it only decides about sizes.
        let left = items.size_hint().1;
        let (largest, smallest) =
            left.map_or((usize::MAX, 1), |left| ((left / (8 * workers)).max(1), (left / (64 * workers)).max(1)));
        Self { items, place, workers, left, taken: 0, largest, smallest, bytes: 0 }
    }

    /// Items taken so far: after the last chunk, all.
    pub(crate) fn len(&self) -> usize {
        self.taken
    }

    /// The next chunk. Items that cannot be encoded are `rejected`, each as a piece.
    pub(crate) fn next(&mut self, mut rejected: impl FnMut(Piece)) -> Option<Chunk> {
        loop {
            // Where nobody knows how many come, there may be as many again as there were.
            let left = self.left.unwrap_or(self.taken);
            let size = (left / (4 * self.workers)).clamp(self.smallest, self.largest);
            let first = self.taken;
            let mut failed = None;
            let (mut arguments, mut head) = (Vec::with_capacity(self.bytes), Head::default());
            let mut count = 0;
            while count < size && arguments.len() < MAX_BYTES {
                let Some(item) = self.items.next() else { break };
                self.taken += 1;
                self.left = self.left.map(|left| left.saturating_sub(1));
                if let Err(error) = pack(&item, &mut head, &mut arguments) {
                    failed = Some(cannot_encode(&error));
                    break;
                }
                count += 1;
            }
            self.bytes = arguments.len();
            let kept = travel::take_kept();
            if let Some(error) = failed {
                rejected(Piece { first: self.taken - 1, count: 1, outcome: crate::batch::Outcome::Failed(error) });
                if count == 0 {
                    continue;
                }
            }
            if count == 0 {
                return None;
            }
            return Some(Chunk { place: self.place, first, count, arguments, kept });
        }
    }
}

#[inline]
fn pack<A: Serialize>(argument: &A, head: &mut Head, out: &mut Vec<u8>) -> Result<(), CodecError> {
    codec::append(argument, Tag::Value, Way::PackArgument, head, out)
}

#[cold]
fn cannot_encode(error: &CodecError) -> TaskError {
    TaskError::Encode(format!("the argument: {}", travel::explain(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many items each chunk has.
    fn sizes(items: impl Iterator<Item = u64>, workers: usize) -> Vec<usize> {
        let mut chunks = Chunks::new(items, 0, workers);
        std::iter::from_fn(|| chunks.next(|_| panic!("numbers can be encoded"))).map(|chunk| chunk.count).collect()
    }

    #[test]
    fn chunks_are_a_share_of_what_is_left() {
        assert_eq!(sizes(0..10, 4), [1; 10]);
        let known = sizes(0..20_000, 2);
        assert_eq!(known.iter().sum::<usize>(), 20_000);
        assert!(known.is_sorted_by(|a, b| a >= b) && known[0] == 1250, "{known:?}");
        let mut next = 0..20_000;
        let unknown = sizes(std::iter::from_fn(|| next.next()), 2);
        assert_eq!(unknown.iter().sum::<usize>(), 20_000);
        assert_eq!(unknown[..8], [1; 8], "workers begin at once");
        assert!(unknown.len() < 100, "{} chunks", unknown.len());
    }
}
