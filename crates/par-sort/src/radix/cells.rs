//! The first digit of a long slice: unevenly wide, so that buckets hold about equally many keys.
//!
//! The highest bits that differ cut the range of the keys into cells of equal width. Where a sample says that many keys
//! lie in a cell the next bits cut it further; neighbouring cells with few keys are one bucket. So floats (whose highest
//! bits are the exponent), text and Zipf's law need one distribution too, and finding a bucket costs one look into a table
//! that stays in the first cache. Evenly spread keys need no table.
//!
//! What is less than the least key of the sample, or greater than the greatest, counts as that.

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
    /// The greatest word of the sample, less `min`: greater ones count as this one.
    range: u64,
    /// Brings the highest bit that differs to the top.
    up: u32,
    table: Box<[Cell; 1 << BITS]>,
    buckets: usize,
    even: Option<Even>,
}

/// Buckets of equal width.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Even {
    min: u64,
    range: u64,
    down: u32,
}

impl Even {
    /// Buckets as wide as `down` bits count, none across a multiple of that, so that the bits above are the same in a bucket.
    fn new(min: u64, max: u64, down: u32) -> Self {
        let min = min >> down << down;
        Self { min, range: max - min, down }
    }

    /// The bucket of a word, whatever the word.
    #[inline(always)]
    pub(crate) fn of(self, word: u64) -> usize {
        (word.saturating_sub(self.min).min(self.range) >> self.down) as usize
    }
}

/// Some words of `v`, at least one for each bucket wanted if there are as many.
pub(crate) fn sample<T, W: Words<T>>(v: &[T], words: &W, skip: u32, wanted: usize) -> Vec<u64> {
    let len = (wanted * SHARE).min(v.len());
    let stretch = v.len() / len;
    let mut state = v.len() as u64 | 1;
    let at = |i| {
        // One from each stretch, at a place that looks random but is the same each time.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i * stretch + (state >> 33) as usize % stretch
    };
    (0..len).map(at).map(|at| words.word(&v[at], skip)).collect()
}

impl Cells {
    /// Cuts the words, of which `sample` has some, into about `wanted` buckets. `bounds` are the least and the greatest of
    /// them, or of the sample; they differ.
    pub(crate) fn new(sample: &[u64], (min, max): (u64, u64), wanted: usize) -> Self {
        let range = max - min;
        let up = range.leading_zeros();
        let mut counts = [0_u32; 1 << BITS];
        for word in sample {
            let place = word.wrapping_sub(min) << up;
            counts[(place >> (64 - BITS)) as usize] += 1;
        }
        let sample = sample.len();
        let share = (sample / wanted).max(1) as u32;
        let few = wanted.next_power_of_two().ilog2();
        let own = counts.chunks(1 << (BITS - few.min(BITS))).map(|cells| cells.iter().sum::<u32>());
        let even =
            (few <= BITS.min(64 - up) && own.max() <= Some(4 * share)).then(|| Even::new(min, max, 64 - up - few));
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
        let buckets = even.map_or(next as usize, |even| even.of(max)) + 1;
        Self { min, range, up, table, buckets, even }
    }

    pub(crate) fn buckets(&self) -> usize {
        self.buckets
    }

    /// The same buckets, quicker found, if the keys are spread so evenly that they are equally wide.
    pub(crate) fn even(&self) -> Option<Even> {
        self.even
    }

    /// The bucket of a word, below `buckets()` whatever the word.
    #[inline(always)]
    pub(crate) fn of(&self, word: u64) -> usize {
        let place = word.saturating_sub(self.min).min(self.range) << self.up;
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
            let cells = Cells::new(&sample(&v, &Itself, 0, 64), (v[0], v[v.len() - 1]), 64);
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
