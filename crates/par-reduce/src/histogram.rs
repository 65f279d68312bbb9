//! [`histogram`]: how many elements fall into each bin.

use crate::reducer::{Cost, Reducer};

/// Histograms that exist at the same time, at most: each part of the input fills its own.
const PARTS: usize = 64;

impl Reducer {
    /// See [`histogram`].
    #[track_caller]
    pub fn histogram<T: Sync>(&self, x: &[T], bins: usize, key: impl Fn(&T) -> usize + Sync) -> Vec<u64> {
        // Counts do not depend on where the input is cut, so the cut may follow the cost: a part is worth a histogram.
        let part = self.chunk_by_len(x.len()).max(x.len().div_ceil(PARTS)).max(bins.saturating_mul(4));
        let count = |r: std::ops::Range<usize>| {
            let mut counts = vec![0_u64; bins];
            for value in &x[r] {
                let bin = key(value);
                match counts.get_mut(bin) {
                    Some(count) => *count += 1,
                    None => panic!("the key of an element is bin {bin}, but there are {bins} bins"),
                }
            }
            counts
        };
        let add = |mut a: Vec<u64>, b: Vec<u64>| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            a
        };
        self.reduce(x.len(), part, Cost::Unknown, count, add).unwrap_or_else(|| vec![0; bins])
    }
}

/// How many elements have each key `0..bins`.
///
/// ```
/// let lengths = par_reduce::histogram(&["a", "bb", "cc"], 4, |word| word.len());
/// assert_eq!(lengths, [0, 1, 2, 0]);
/// ```
///
/// # Panics
/// If a key is not below `bins`: clamp it, or give what is out of range a bin of its own.
///
/// # Complexity
/// O(n), and up to 64 times `bins` counters.
#[track_caller]
pub fn histogram<T: Sync>(x: &[T], bins: usize, key: impl Fn(&T) -> usize + Sync) -> Vec<u64> {
    Reducer::new().histogram(x, bins, key)
}
