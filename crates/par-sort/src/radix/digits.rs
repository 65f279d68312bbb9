//! The radix sort of one thread, for what fits into the caches.
//!
//! ```text
//! settle(from, to):   moves a bucket, sorted
//!     few elements: copy, insertion sort
//!     find the least and the greatest window of the keys; all equal: go on behind those 64 bits
//!     digits = of (window - least) the highest bits, some 16 times as many values as there are elements,
//!              in two halves unless that is little
//!     distribute by the lower half to `to`, then by the upper half back to `from`, and copy
//!     one pass of insertion: now nearly all stand where they belong
//!     somebody stands far away: the keys are not even; sort(to)
//! sort(v):            one digit from the top, then each long group alike
//! ```
//!
//! One side owns every element whenever a key is asked for; between the last question and the change of owner lies no user
//! code. A key that changes between counting and distributing is noticed (each bucket must be filled exactly), and the
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

/// A digit that is distributed at once has at most so many bits.
const WIDTH: u32 = 11;
/// Times as many digits as elements (as a power of two), so that few elements share one.
const SPARE: u32 = 4;
/// Groups up to this length are sorted by insertion.
const SMALL: usize = 16;
/// So many digits in a row that hardly separate anything, and comparisons take over.
const DEPTH: u32 = 8;

/// Some bits of a window, less the least one.
#[derive(Clone, Copy, Debug)]
struct Digit {
    min: u64,
    shift: u32,
    /// The greatest digit; one less than a power of two unless the digit has the highest bits.
    last: usize,
}

impl Digit {
    /// The highest bits in which windows from `min` to `max` differ: as many as `width` says.
    fn new((min, max): (u64, u64), width: u32) -> Self {
        let range = max - min;
        let shift = (64 - range.leading_zeros()).saturating_sub(width);
        Self { min, shift, last: (range >> shift) as usize }
    }

    /// The upper and the lower half.
    fn halves(self) -> (Self, Self) {
        let low = (usize::BITS - self.last.leading_zeros()) / 2;
        (Self { shift: self.shift + low, last: self.last >> low, ..self }, Self { last: (1 << low) - 1, ..self })
    }

    #[inline(always)]
    fn of(self, word: u64, mask: usize) -> usize {
        (word.wrapping_sub(self.min) >> self.shift) as usize & mask
    }

    /// Covers every digit, so that none is beyond the tables.
    fn mask(self) -> usize {
        usize::MAX.checked_shr(self.last.leading_zeros()).unwrap_or(0)
    }

    /// Whether windows with equal digits are equal.
    fn is_exact(self) -> bool {
        self.shift == 0
    }
}

/// Where the buckets of a digit begin and end; kept from one distribution to the next.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// The next free place of each bucket.
    next: Vec<u32>,
    /// The end of each bucket.
    ends: Vec<u32>,
}

/// The least and the greatest window.
pub(crate) fn bounds<T, W: Words<T>>(v: &[T], words: &W, skip: u32) -> (u64, u64) {
    v.iter().fold((u64::MAX, 0), |(min, max), item| {
        let word = words.word(item, skip);
        (min.min(word), max.max(word))
    })
}

/// The first window from bit `skip` on in which keys differ, with its bounds; `None` if all keys are equal.
pub(crate) fn differing(bits: u32, mut skip: u32, bounds: impl Fn(u32) -> (u64, u64)) -> Option<(u32, (u64, u64))> {
    loop {
        let (min, max) = bounds(skip);
        if min < max {
            return Some((skip, (min, max)));
        }
        skip += 64;
        if skip >= bits {
            return None;
        }
    }
}

/// Sorts `v` stably by the keys from bit `skip` on. `scratch` is as long as `v`.
pub(crate) fn sort<T, W: Words<T>>(
    v: &mut [T],
    scratch: &mut [MaybeUninit<T>],
    words: &W,
    skip: u32,
    tally: &mut Tally,
    depth: u32,
) {
    if v.len() <= SMALL {
        return insertion(v, words, skip).unwrap_or(());
    }
    let Some((skip, bounds)) = differing(W::BITS, skip, |skip| bounds(v, words, skip)) else { return };
    let digit = Digit::new(bounds, (v.len().ilog2() + SPARE).min(WIDTH));
    if depth == DEPTH || !tally.scatter_in_place(v, scratch, words, skip, digit) {
        return v.sort_by(|a, b| words.compare(a, b, skip));
    }
    finish(v, scratch, words, skip, digit, tally, depth);
}

/// Moves the elements of `from` to `to`, sorted stably by the keys from bit `skip` on, and sets `moved` when `to` owns them;
/// until then `from` does.
///
/// # Safety
/// `from` holds elements.
pub(crate) unsafe fn settle<T, W: Words<T>>(
    from: &mut [MaybeUninit<T>],
    to: &mut [MaybeUninit<T>],
    words: &W,
    skip: u32,
    tally: &mut Tally,
    moved: &mut bool,
) {
    // SAFETY: `from` holds elements.
    let items = unsafe { from.assume_init_ref() };
    let found = if items.len() <= SMALL { None } else { differing(W::BITS, skip, |skip| bounds(items, words, skip)) };
    let width = items.len().checked_ilog2().unwrap_or(0) + SPARE;
    let digit = found.map(|(skip, bounds)| (skip, Digit::new(bounds, width.min(2 * WIDTH))));
    let one = width <= WIDTH;
    let scattered = digit.is_some_and(|(skip, digit)| {
        let digit = if one { digit } else { digit.halves().1 };
        tally.scatter(items, to, words, skip, digit)
    });
    if !scattered {
        copy(from, to);
    }
    *moved = true;
    // SAFETY: `scatter`, or the copy, put every element into `to` once; `from` is scratch from now on.
    let v = unsafe { to.assume_init_mut() };
    let Some((skip, digit)) = digit else {
        // Few, or all equal.
        return insertion(v, words, skip).unwrap_or(());
    };
    if !scattered || !one && !tally.scatter_in_place(v, from, words, skip, digit.halves().0) {
        return v.sort_by(|a, b| words.compare(a, b, skip));
    }
    if !(digit.is_exact() && skip + 64 >= W::BITS) && insertion(v, words, skip).is_none() {
        sort(v, from, words, skip, tally, 0);
    }
}

/// Copies the bits of all places; who owns the elements is for the caller to say.
pub(crate) fn copy<T>(from: &[MaybeUninit<T>], to: &mut [MaybeUninit<T>]) {
    assert_eq!(from.len(), to.len());
    // SAFETY: equally long, and a mutable borrow is apart from any other. Places need no content.
    unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to.as_mut_ptr(), from.len()) };
}

/// Sorts what the last distribution by `digit` left unsorted.
fn finish<T, W: Words<T>>(
    v: &mut [T],
    scratch: &mut [MaybeUninit<T>],
    words: &W,
    skip: u32,
    digit: Digit,
    tally: &mut Tally,
    depth: u32,
) {
    if digit.is_exact() && skip + 64 >= W::BITS {
        return;
    }
    let mut start = 0;
    let mut long = Vec::new();
    for &end in &tally.ends {
        if (end - start) as usize > SMALL {
            long.push(start as usize..end as usize);
        }
        start = end;
    }
    for group in long {
        sort(&mut v[group.clone()], &mut scratch[group], words, skip, tally, depth + 1);
    }
    if insertion(v, words, skip).is_none() {
        // Keys that contradict themselves.
        v.sort_by(|a, b| words.compare(a, b, skip));
    }
}

impl Tally {
    /// Brings `v` into the order of the digits, stably. `false` as in `scatter`; `v` is then as it was.
    fn scatter_in_place<T, W: Words<T>>(
        &mut self,
        v: &mut [T],
        scratch: &mut [MaybeUninit<T>],
        words: &W,
        skip: u32,
        digit: Digit,
    ) -> bool {
        let scattered = self.scatter(v, scratch, words, skip, digit);
        if scattered {
            // SAFETY: `scatter` put every element of `v` into the scratch once.
            unsafe { std::ptr::copy_nonoverlapping(scratch.as_ptr().cast::<T>(), v.as_mut_ptr(), v.len()) };
        }
        scattered
    }

    /// Copies `v` to `to` in the order of the digits, stably. `false` if the keys changed meanwhile, or if there are more
    /// than can be counted: `to` then holds nothing of use.
    fn scatter<T, W: Words<T>>(
        &mut self,
        v: &[T],
        to: &mut [MaybeUninit<T>],
        words: &W,
        skip: u32,
        digit: Digit,
    ) -> bool {
        if u32::try_from(v.len()).is_err() {
            return false;
        }
        let mask = digit.mask();
        self.next.clear();
        self.next.resize(mask + 1, 0);
        let next = &mut self.next[..=mask];
        for item in v {
            next[digit.of(words.word(item, skip), mask)] += 1;
        }
        let mut sum = 0;
        for next in &mut *next {
            sum += std::mem::replace(next, sum);
        }
        self.ends.clear();
        self.ends.extend_from_slice(&next[1..]);
        self.ends.push(sum);
        for item in v {
            let at = &mut next[digit.of(words.word(item, skip), mask)];
            let Some(place) = to.get_mut(*at as usize) else { return false };
            // SAFETY: `item` is an element. The copy is bitwise; its owner is decided by the caller.
            *place = MaybeUninit::new(unsafe { std::ptr::from_ref(item).read() });
            *at += 1;
        }
        // Every bucket was filled exactly: then every element lies in `to` once.
        self.next == self.ends
    }
}

/// Insertion sort. `None` as soon as an element is more than `SMALL` places away from where it belongs.
fn insertion<T, W: Words<T>>(v: &mut [T], words: &W, skip: u32) -> Option<()> {
    for i in 1..v.len() {
        let mut at = i;
        while at > 0 && words.compare(&v[at], &v[at - 1], skip).is_lt() {
            if i - at == SMALL {
                return None;
            }
            v.swap(at, at - 1);
            at -= 1;
        }
    }
    Some(())
}
