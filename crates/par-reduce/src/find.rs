//! Searches that stop early: [`find_first`], [`any`], [`all`].
//!
//! The lowest index found so far is shared. A chunk that lies behind it is skipped, and a chunk is searched in pieces
//! so that a thread notices soon. Every chunk before the final index was searched to its end or up to that index, so
//! the answer is the first one whatever the timing; only how many calls of the predicate it took depends on it.

use crate::reducer::{Cost, Reducer};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Elements between two looks at the shared index.
const PIECE: usize = 1024;

impl Reducer {
    /// See [`find_first`].
    pub fn find_first<T: Sync>(&self, x: &[T], pred: impl Fn(&T) -> bool + Sync) -> Option<usize> {
        // Relaxed: the index is all there is to know, and the end of the loop synchronises.
        let lowest = AtomicUsize::new(usize::MAX);
        self.for_each(x.len(), self.chunk_by_len(x.len()), Cost::Unknown, |r| {
            let mut start = r.start;
            for piece in x[r].chunks(PIECE) {
                if start >= lowest.load(Ordering::Relaxed) {
                    return;
                }
                if let Some(i) = piece.iter().position(&pred) {
                    lowest.fetch_min(start + i, Ordering::Relaxed);
                    return;
                }
                start += piece.len();
            }
        });
        let lowest = lowest.into_inner();
        (lowest < x.len()).then_some(lowest)
    }

    /// See [`any`].
    pub fn any<T: Sync>(&self, x: &[T], pred: impl Fn(&T) -> bool + Sync) -> bool {
        self.find_first(x, pred).is_some()
    }

    /// See [`all`].
    pub fn all<T: Sync>(&self, x: &[T], pred: impl Fn(&T) -> bool + Sync) -> bool {
        self.find_first(x, |value| !pred(value)).is_none()
    }
}

/// The index of the first element that satisfies `pred`: the first under all timings.
///
/// Stops early, but `pred` may be called for elements behind the answer that other threads were looking at.
///
/// ```
/// assert_eq!(par_reduce::find_first(&[1, 4, 6], |n| n % 2 == 0), Some(1));
/// ```
///
/// # Panics
/// If `pred` panics for an element; whether it is called for one behind the answer depends on timing.
pub fn find_first<T: Sync>(x: &[T], pred: impl Fn(&T) -> bool + Sync) -> Option<usize> {
    Reducer::new().find_first(x, pred)
}

/// Whether some element satisfies `pred`; stops early, see [`find_first`].
///
/// ```
/// assert!(par_reduce::any(&[1, 2], |&n| n == 2));
/// ```
pub fn any<T: Sync>(x: &[T], pred: impl Fn(&T) -> bool + Sync) -> bool {
    Reducer::new().any(x, pred)
}

/// Whether every element satisfies `pred`; stops early, see [`find_first`].
///
/// ```
/// assert!(par_reduce::all(&[2, 4], |n| n % 2 == 0));
/// ```
pub fn all<T: Sync>(x: &[T], pred: impl Fn(&T) -> bool + Sync) -> bool {
    Reducer::new().all(x, pred)
}
