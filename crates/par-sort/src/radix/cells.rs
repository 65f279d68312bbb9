//! The first digit of a long slice: unevenly wide, so that buckets hold about equally many keys.
//!
//! The highest bits that differ cut the range of the keys into cells of equal width. Where a sample says that many keys
//! lie in a cell the next bits cut it further; neighbouring cells with few keys are one bucket. So floats (whose highest
//! bits are the exponent), text and Zipf's law need one distribution too, and finding a bucket costs one look into a table
//! that stays in the first cache.

use super::digits::Words;

/// Bits of a word that choose a cell.
const BITS: u32 = 11;
/// Keys in the sample for each bucket wanted.
const SHARE: usize = 8;

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    /// Its first bucket.
    first: u32,
    /// How far the bits behind the cell's go right to number its buckets, less one.
    down: u32,
}

/// Which bucket a word belongs to; buckets ascend with the words.
#[derive(Debug)]
pub(crate) struct Cells {
    min: u64,
    /// Brings the highest bit that differs to the top.
    up: u32,
    table: Box<[Cell; 1 << BITS]>,
    buckets: usize,
}

impl Cells {
    /// Cuts the words from `min` to `max`, of which there are at least two, into about `wanted` buckets.
    pub(crate) fn new<T, W: Words<T>>(v: &[T], words: &W, skip: u32, (min, max): (u64, u64), wanted: usize) -> Self {
        let up = (max - min).leading_zeros();
        let mut counts = [0_u32; 1 << BITS];
        let sample = (wanted * SHARE).min(v.len());
        let mut state = v.len() as u64 | 1;
        for i in 0..sample {
            // One from each stretch, at a place that looks random but is the same each time.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let stretch = v.len() / sample;
            let at = i * stretch + (state >> 33) as usize % stretch;
            let place = words.word(&v[at], skip).wrapping_sub(min) << up;
            counts[(place >> (64 - BITS)) as usize] += 1;
        }
        let share = (sample / wanted).max(1) as u32;
        // More cuts than bits are left would only make buckets that stay empty.
        let cuts_at_most = (64 - BITS).saturating_sub(up).min(16);
        let mut table = Box::new([Cell::default(); 1 << BITS]);
        let (mut next, mut filled) = (0, 0);
        for (cell, &count) in table.iter_mut().zip(&counts) {
            let cuts = if count < 2 * share { 0 } else { (count / share).ilog2().min(cuts_at_most) };
            if cuts > 0 || filled + count > share + share / 2 {
                // This cell begins a bucket.
                next += u32::from(filled > 0);
                filled = 0;
            }
            *cell = Cell { first: next, down: 63 - cuts };
            filled += count;
            if cuts > 0 {
                next += 1 << cuts;
                filled = 0;
            }
        }
        Self { min, up, table, buckets: next as usize + 1 }
    }

    pub(crate) fn buckets(&self) -> usize {
        self.buckets
    }

    /// The bucket of a word, below `buckets()` whatever the word.
    #[inline(always)]
    pub(crate) fn of(&self, word: u64) -> usize {
        let place = word.wrapping_sub(self.min) << self.up;
        let cell = self.table[(place >> (64 - BITS)) as usize];
        cell.first as usize + (place << BITS >> 1 >> cell.down) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::radix::Itself;

    #[test]
    fn buckets_ascend_and_are_not_too_full() {
        let n = 50_000;
        type Shape = (&'static str, fn(u64) -> u64);
        let shapes: [Shape; 5] = [
            ("even", |i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            ("dense", |i| i),
            ("log-even", |i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (i % 12)),
            ("few", |i| i % 3),
            ("floats", |i| (i as f64 * 1e3 - 1e7).to_bits()),
        ];
        for (name, make) in shapes {
            let mut v: Vec<u64> = (0..n).map(make).collect();
            v.sort_unstable();
            let cells = Cells::new(&v, &Itself, 0, (v[0], v[v.len() - 1]), 64);
            let mut full = vec![0; cells.buckets()];
            let mut last = 0;
            for (i, &word) in v.iter().enumerate() {
                let bucket = cells.of(word);
                assert!(bucket >= last, "{name}: a bucket falls");
                full[bucket] += usize::from(i == 0 || v[i - 1] != word);
                last = bucket;
            }
            let different = full.iter().sum::<usize>();
            assert!(full.iter().all(|&x| x <= different.div_ceil(4)), "{name}: {full:?}");
            assert!(cells.buckets() <= 64 * 4, "{name}: {} buckets", cells.buckets());
        }
    }
}
