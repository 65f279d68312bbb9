//! The lecture's parallel merge: rounds of pairs.

use crate::slices::merge_vecs;
use alloc::vec;
use alloc::vec::Vec;
use core::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use worker_pool::{Chunk, current};

/// Merges sorted vectors in rounds of pairs: neighbours are merged two by two, all pairs of a round in parallel, an odd
/// list is paired with an empty one, and rounds follow until one list is left.
///
/// ```text
/// round 1:   1 5   2 4   3 9   6       an empty list joins the odd one
///             \    /      \    |
/// round 2:  1 2 4 5      3 6 9
///                 \      /
///             1 2 3 4 5 6 9
/// ```
///
/// This is the readable reference, kept beside [`par_merge_vecs`](crate::par_merge_vecs), which is faster: here the last
/// round is one pair, so one thread merges all N elements while the others have nothing to do, and N log2 K steps of work
/// take at least 2 N however many threads there are.
///
/// ```
/// let lists = vec![vec![1, 5], vec![2, 4], vec![3, 9], vec![6]];
/// assert_eq!(kmerge::par_merge_rounds(lists), [1, 2, 3, 4, 5, 6, 9]);
/// ```
pub fn par_merge_rounds<T: Ord + Send>(mut lists: Vec<Vec<T>>) -> Vec<T> {
    while lists.len() > 1 {
        if lists.len() % 2 == 1 {
            lists.push(Vec::new());
        }
        // A pair waits in a lock of its own until a thread takes it and leaves the merged list in its place.
        let mut rest = lists.into_iter();
        let mut pairs = Vec::new();
        while let (Some(left), Some(right)) = (rest.next(), rest.next()) {
            pairs.push(Mutex::new(vec![left, right]));
        }
        current().for_each_chunk(pairs.len(), Chunk::Size(NonZeroUsize::MIN), |range| {
            for pair in &pairs[range] {
                let mut pair = pair.lock().unwrap_or_else(PoisonError::into_inner);
                *pair = vec![merge_vecs(core::mem::take(&mut *pair))];
            }
        });
        lists = pairs.into_iter().flat_map(|pair| pair.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
    }
    lists.pop().unwrap_or_default()
}
