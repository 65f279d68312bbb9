//! The radix sort of one thread, for what fits into the caches.
//!
//! ```text
//! settle(from, to):   moves a bucket, sorted
//!     few elements: insertion
//!     find the bits in which the windows of the keys differ; none: go on behind those 64 bits
//!     digits = all of those bits where three short digits hold them, else the highest ones: some 16 times as many
//!              values as there are elements, in two digits unless that is little
//!     count them all at once; distribute by the lowest to `to`, by the next back to `from`, ...
//!     one pass of insertion to `to`, unless all bits had their turn: now nearly all stand where they belong
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
/// Digits counted in one pass, at most.
const DIGITS: usize = 3;
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

    /// The digits, lowest first, by which `len` windows that differ in the bits `differing` are distributed, how many
    /// they are, and whether that leaves the windows in order: all bits that differ are in a digit.
    fn several(differing: u64, len: usize) -> ([Self; DIGITS], usize, bool) {
        let bits = 64 - differing.leading_zeros();
        let all = bits - differing.trailing_zeros();
        let enough = len.ilog2() + SPARE;
        let width = if enough <= WIDTH { WIDTH } else { enough.div_ceil(2).min(WIDTH) };
        let count = if enough <= WIDTH { 1 } else { DIGITS as u32 };
        let exact = all <= count * width;
        let used = if exact { all } else { enough.min(2 * WIDTH) };
        let count = used.div_ceil(width);
        let width = used.div_ceil(count);
        let digit = |i: u32| Self { min: 0, shift: (bits - used + i * width).min(63), last: (1 << width) - 1 };
        ([digit(0), digit(1), digit(2)], count as usize, exact)
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
    /// Counts, then the next free place of each bucket, a table for each digit.
    next: [Vec<u32>; DIGITS],
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
pub(crate) fn differing(
    bits: u32,
    mut skip: u32,
    mut bounds: impl FnMut(u32) -> (u64, u64),
) -> Option<(u32, (u64, u64))> {
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

/// Moves the elements of `from` to `to`, sorted stably by the keys from bit `skip` on. `moved` says how many elements at the
/// front of `to` are there for good; the others are in `from`, at the same places.
///
/// # Safety
/// `from` holds elements, `moved` is 0, and both are equally long.
pub(crate) unsafe fn settle<T, W: Words<T>>(
    from: &mut [MaybeUninit<T>],
    to: &mut [MaybeUninit<T>],
    words: &W,
    skip: u32,
    tally: &mut Tally,
    moved: &mut usize,
) {
    let len = from.len();
    if len <= SMALL {
        // SAFETY: `from` holds elements.
        unsafe { insert(from, to, words, skip, moved) };
        return;
    }
    // SAFETY: as above.
    let Some((skip, differing)) = differing_bits(unsafe { from.assume_init_ref() }, words, skip) else {
        copy(from, to);
        *moved = len;
        return;
    };
    let (digits, count, mut sorted) = Digit::several(differing, len);
    let digits = &digits[..count];
    sorted &= skip + 64 >= W::BITS;
    // SAFETY: as above.
    let mut kept = tally.count(unsafe { from.assume_init_ref() }, words, skip, digits);
    for (i, &digit) in digits.iter().enumerate() {
        // SAFETY: the side that owns the elements holds them all, and the other one has as many places: `from` does
        // before the first distribution, and each distribution puts every element to the other side once.
        unsafe {
            if i % 2 == 0 {
                kept = kept && tally.place(i, from.assume_init_ref(), to, words, skip, digit);
                *moved = if kept { len } else { 0 };
            } else {
                kept = kept && tally.place(i, to.assume_init_ref(), from, words, skip, digit);
                *moved = if kept { 0 } else { len };
            }
        }
        if !kept {
            break;
        }
    }
    if *moved == 0 && (sorted || !kept) {
        copy(from, to);
        *moved = len;
    }
    // SAFETY: `from` holds the elements, unless all of them have moved.
    sorted |= *moved == 0 && unsafe { insert(from, to, words, skip, moved) }.is_some();
    // SAFETY: all elements have moved.
    let v = unsafe { to.assume_init_mut() };
    if !kept {
        v.sort_by(|a, b| words.compare(a, b, skip));
    } else if !sorted && insertion(v, words, skip).is_none() {
        sort(v, from, words, skip, tally, 0);
    }
}

/// The first window that differs and the bits that differ in it; `None` if all keys are equal.
fn differing_bits<T, W: Words<T>>(v: &[T], words: &W, mut skip: u32) -> Option<(u32, u64)> {
    let item = v.first()?;
    loop {
        let first = words.word(item, skip);
        let differing = v.iter().fold(0, |all, item| all | (words.word(item, skip) ^ first));
        if differing != 0 {
            return Some((skip, differing));
        }
        skip += 64;
        if skip >= W::BITS {
            return None;
        }
    }
}

/// Moves all elements to `to` by insertion. `None` if one belonged more than `SMALL` places away from where it stood: they are
/// then moved as they came from there on.
///
/// # Safety
/// `from` holds elements, `moved` is 0.
unsafe fn insert<T, W: Words<T>>(
    from: &[MaybeUninit<T>],
    to: &mut [MaybeUninit<T>],
    words: &W,
    skip: u32,
    moved: &mut usize,
) -> Option<()> {
    assert_eq!(from.len(), to.len());
    let mut progress = Progress { moved, now: 0 };
    let mut last = 0;
    for i in 0..from.len() {
        progress.now = i;
        // SAFETY: `from` holds elements.
        let item = unsafe { from[i].assume_init_ref() };
        let word = words.word(item, skip);
        let mut at = i;
        if word < last || word == last && skip + 64 < W::BITS {
            // SAFETY: elements before `i` have moved.
            let sorted = unsafe { to[..i].assume_init_ref() };
            while at > 0 && words.compare(item, &sorted[at - 1], skip).is_lt() {
                if i - at == SMALL {
                    copy(&from[i..], &mut to[i..]);
                    progress.now = from.len();
                    return None;
                }
                at -= 1;
            }
        }
        last = if at == i { word } else { last };
        // SAFETY: places `at..i` move up by one, to free place `at`; the element goes there. No user code in between.
        unsafe {
            let places = to.as_mut_ptr();
            for hole in (at..i).rev() {
                std::ptr::copy_nonoverlapping(places.add(hole), places.add(hole + 1), 1);
            }
            places.add(at).write(MaybeUninit::new(std::ptr::from_ref(item).read()));
        }
    }
    progress.now = from.len();
    Some(())
}

/// Says how far an insertion came when it ends, by a panic too. Writing that down for each element would be slow: other
/// threads count in the same cache line.
struct Progress<'m> {
    moved: &'m mut usize,
    now: usize,
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        *self.moved = self.now;
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
        self.count(v, words, skip, &[digit]) && self.place(0, v, to, words, skip, digit)
    }

    /// Counts all digits in one pass. `false` if there are more than can be counted.
    fn count<T, W: Words<T>>(&mut self, v: &[T], words: &W, skip: u32, digits: &[Digit]) -> bool {
        if u32::try_from(v.len()).is_err() {
            return false;
        }
        for (table, digit) in self.next.iter_mut().zip(digits) {
            table.clear();
            table.resize(digit.mask() + 1, 0);
        }
        let [first, second, third] = &mut self.next;
        match *digits {
            [a] => count(v, words, skip, [a], [first]),
            [a, b] => count(v, words, skip, [a, b], [first, second]),
            [a, b, c] => count(v, words, skip, [a, b, c], [first, second, third]),
            _ => return false,
        }
        true
    }

    /// Copies `v` to `to` in the order of the digit that was counted as number `i`. `false` as in `scatter`.
    fn place<T, W: Words<T>>(
        &mut self,
        i: usize,
        v: &[T],
        to: &mut [MaybeUninit<T>],
        words: &W,
        skip: u32,
        digit: Digit,
    ) -> bool {
        let mask = digit.mask();
        let next = &mut self.next[i][..=mask];
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
            *at += 1;
            // SAFETY: `item` is an element. The copy is bitwise; its owner is decided by the caller.
            *place = MaybeUninit::new(unsafe { std::ptr::from_ref(item).read() });
        }
        // Every bucket was filled exactly: then every element lies in `to` once.
        *next == *self.ends
    }
}

/// Counts `N` digits in one pass.
fn count<T, W: Words<T>, const N: usize>(
    v: &[T],
    words: &W,
    skip: u32,
    digits: [Digit; N],
    tables: [&mut Vec<u32>; N],
) {
    let mut tables = tables.map(|table| &mut table[..]);
    let masks = digits.map(Digit::mask);
    for (table, mask) in tables.iter_mut().zip(masks) {
        *table = &mut std::mem::take(table)[..=mask];
    }
    for item in v {
        let word = words.word(item, skip);
        for i in 0..N {
            tables[i][digits[i].of(word, masks[i])] += 1;
        }
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
