//! The radix sort of one thread: distribute by the highest digit that differs, then finish groups of few elements.
//!
//! ```text
//! sort(v, skip):
//!     few elements: insertion sort
//!     find the least and the greatest window of the keys; all equal: go on behind those 64 bits
//!     digit = the highest bits of (window - least), about as many buckets as there are elements
//!     count, distribute to the scratch, copy back
//!     sort each large bucket alike, then one pass of insertion for the small ones
//! ```
//!
//! `v` owns every element whenever a key is asked for; between the last question and the copy back lies no user code.
//! A key that changes between counting and distributing is noticed (each bucket must be filled exactly), and the
//! distribution thrown away: std's sort takes over, which is safe for any comparison.

use std::cmp::Ordering;
use std::mem::MaybeUninit;

/// How the keys of `T` are read: [`super::RadixKey`]'s window of some key of the item.
pub(crate) trait Words<T>: Sync {
    /// Bits of a key.
    const BITS: u32;

    fn word(&self, item: &T, skip: u32) -> u64;

    /// Compares the keys from bit `skip` on.
    #[inline(always)]
    fn compare(&self, a: &T, b: &T, mut skip: u32) -> Ordering {
        loop {
            let order = self.word(a, skip).cmp(&self.word(b, skip));
            skip += 64;
            if order.is_ne() || skip >= Self::BITS {
                return order;
            }
        }
    }
}

/// A digit has at most so many bits.
pub(crate) const WIDTH: u32 = 11;
/// Buckets of a digit, at most.
pub(crate) const BUCKETS: usize = 1 << WIDTH;
/// Groups up to this length are sorted by insertion.
const SMALL: usize = 16;
/// So many digits in a row that hardly separate anything, and comparisons take over.
const DEPTH: u32 = 8;

/// Which bits of a window make the digit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digit {
    min: u64,
    shift: u32,
    /// The greatest digit.
    last: usize,
}

impl Digit {
    /// The highest `width` of the bits in which windows from `min` to `max` differ, less `min`.
    pub(crate) fn new(min: u64, max: u64, width: u32) -> Self {
        let range = max - min;
        let shift = (64 - range.leading_zeros()).saturating_sub(width.clamp(1, WIDTH));
        Self { min, shift, last: (range >> shift) as usize }
    }

    #[inline(always)]
    pub(crate) fn of(self, word: u64) -> usize {
        (word.wrapping_sub(self.min) >> self.shift) as usize % BUCKETS
    }

    /// How many buckets there are.
    pub(crate) fn buckets(self) -> usize {
        self.last + 1
    }

    /// Whether windows with equal digits are equal.
    pub(crate) fn is_exact(self) -> bool {
        self.shift == 0
    }
}

/// The least and the greatest window.
pub(crate) fn bounds<T, W: Words<T>>(v: &[T], words: &W, skip: u32) -> (u64, u64) {
    v.iter().fold((u64::MAX, 0), |(min, max), item| {
        let word = words.word(item, skip);
        (min.min(word), max.max(word))
    })
}

/// Sorts `v` stably by the keys from bit `skip` on. `scratch` is as long as `v`.
pub(crate) fn sort<T, W: Words<T>>(v: &mut [T], scratch: &mut [MaybeUninit<T>], words: &W, mut skip: u32, depth: u32) {
    loop {
        if v.len() <= SMALL {
            return insertion(v, words, skip);
        }
        let (min, max) = bounds(v, words, skip);
        if min < max {
            return distribute(v, scratch, words, skip, Digit::new(min, max, v.len().ilog2()), depth);
        }
        skip += 64;
        if skip >= W::BITS {
            return;
        }
    }
}

fn distribute<T, W: Words<T>>(
    v: &mut [T],
    scratch: &mut [MaybeUninit<T>],
    words: &W,
    skip: u32,
    digit: Digit,
    depth: u32,
) {
    let mut ends = [0_usize; BUCKETS];
    let ends = &mut ends[..];
    if depth == DEPTH || !scatter(v, scratch, words, skip, digit, ends) {
        return v.sort_by(|a, b| words.compare(a, b, skip));
    }
    // SAFETY: `scatter` put every element of `v` into the scratch once.
    unsafe { std::ptr::copy_nonoverlapping(scratch.as_ptr().cast::<T>(), v.as_mut_ptr(), v.len()) };
    if digit.is_exact() && skip + 64 >= W::BITS {
        return;
    }
    let mut start = 0;
    for &end in &ends[..digit.buckets()] {
        if end - start > SMALL {
            sort(&mut v[start..end], &mut scratch[start..end], words, skip, depth + 1);
        }
        start = end;
    }
    insertion(v, words, skip);
}

/// Copies `v` to the scratch in the order of the digits, stably, and leaves in `ends` where the buckets end. `false` if
/// the keys changed meanwhile: the scratch then holds nothing of use.
fn scatter<T, W: Words<T>>(
    v: &[T],
    scratch: &mut [MaybeUninit<T>],
    words: &W,
    skip: u32,
    digit: Digit,
    ends: &mut [usize],
) -> bool {
    for item in v {
        ends[digit.of(words.word(item, skip))] += 1;
    }
    let mut sum = 0;
    for end in &mut ends[..digit.buckets()] {
        sum += std::mem::replace(end, sum);
    }
    if sum != v.len() {
        return false;
    }
    let mut full = [0_usize; BUCKETS];
    full[..digit.last].copy_from_slice(&ends[1..digit.buckets()]);
    full[digit.last] = v.len();
    let source = v.as_ptr();
    for i in 0..v.len() {
        let at = &mut ends[digit.of(words.word(&v[i], skip))];
        let Some(place) = scratch.get_mut(*at) else { return false };
        // SAFETY: `i` is an index of `v`. The copy is bitwise; `v` stays the owner.
        *place = MaybeUninit::new(unsafe { source.add(i).read() });
        *at += 1;
    }
    // Every bucket was filled exactly: then every element lies in the scratch once.
    ends[..digit.buckets()] == full[..digit.buckets()]
}

/// Insertion sort of elements that are at most `SMALL` places away from where they belong.
fn insertion<T, W: Words<T>>(v: &mut [T], words: &W, skip: u32) {
    for i in 1..v.len() {
        let mut at = i;
        while at > 0 && at + SMALL > i && words.compare(&v[at], &v[at - 1], skip).is_lt() {
            v.swap(at, at - 1);
            at -= 1;
        }
    }
}
