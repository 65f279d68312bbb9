//! [`fill_random`]: random numbers that depend on the seed and the index alone.
//!
//! There is no generator whose state would have to be carried from one element to the next: the word for position `i` is
//! a hash of the seed and `i`, the output function of SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom
//! Number Generators, OOPSLA 2014) at the `i`-th point of its sequence. So any part of the output can be computed by any
//! thread, in vector registers.
//!
//! A word of `b` bits becomes a number below `span` as the upper half of the product `word * span`. That alone would favour
//! some numbers by about `span / 2^b`; as Lemire showed (Fast Random Integer Generation in an Interval, ACM TOMACS 29,
//! 2019) it is exact if the word is drawn again whenever the lower half is below `2^b mod span`. Words drawn again come
//! from a second sequence of the same position. In a block nearly no element needs that, so a block is computed without,
//! and where one lower half was small the few elements concerned are mended.

use crate::disjoint::Disjoint;
use crate::isa::Kernel;
use crate::reducer::{Cost, Reducer};
use std::ops::Range;

/// Numbers that [`fill_random`] draws: the integers of std up to 64 bits, and the floats. Sealed.
pub trait Uniform: kernel::Draw {}

/// The kernels behind the public trait.
pub(crate) mod kernel {
    use super::{Kernel, Range};

    #[expect(unnameable_types, reason = "seals `Uniform`")]
    pub trait Draw: Copy + Send + Sync + PartialOrd + std::fmt::Debug + 'static {
        /// A range made ready for drawing; `None` if it is empty or not finite.
        type Plan: Copy + Send + Sync;

        fn plan(range: &Range<Self>) -> Option<Self::Plan>;

        /// Fills `out`, whose first element has the index `start`, which is a multiple of [`BLOCK`](super::BLOCK).
        fn fill(plan: Self::Plan, key: u64, start: usize, out: &mut [Self]) -> impl Kernel<Out = ()>;
    }
}
use kernel::Draw;

/// Elements that are drawn before one looks whether some must be drawn again.
const BLOCK: usize = 2 * WORDS;

/// Words of a block: two 32-bit numbers share a word.
const WORDS: usize = 64;

/// The step of SplitMix64, an odd number near 2^64 divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The lower half of a word.
const LOW: u64 = 0xffff_ffff;

/// A bijection of the words in which every input bit reaches every output bit.
#[inline(always)]
fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// The point of position `i` in the sequence `key`; points are [`STEP`] apart.
#[inline(always)]
fn point(key: u64, i: usize) -> u64 {
    key.wrapping_add((i as u64).wrapping_add(1).wrapping_mul(STEP))
}

/// The word of position `i` in the sequence `key`.
#[inline(always)]
fn word(key: u64, i: usize) -> u64 {
    mix(point(key, i))
}

/// The lower half of each word, then its upper half.
#[inline(always)]
fn halves(words: [u64; WORDS]) -> [u32; BLOCK] {
    let words = if cfg!(target_endian = "big") { words.map(|word| word.rotate_left(32)) } else { words };
    // SAFETY: both are plain numbers, as many bytes of them, and any bits are a number.
    unsafe { std::mem::transmute::<[u64; WORDS], [u32; BLOCK]>(words) }
}

/// The sequence for the `attempt`-th redraw of index `i`.
#[cold]
fn again(key: u64, i: usize, attempt: usize) -> u64 {
    mix(word(!key, i) ^ word(key.rotate_left(32), attempt))
}

/// Draws for `start..start + span`.
#[expect(unnameable_types, reason = "seen in the signatures of sealed traits only")]
#[derive(Clone, Copy, Debug)]
pub struct IntPlan {
    /// The first number, in the two's complement of 64 bits.
    start: u64,
    /// How many numbers there are, at least 1.
    span: u64,
}

impl IntPlan {
    /// Whether a word of 32 bits is enough.
    fn is_narrow(self) -> bool {
        self.span <= 1 << 32
    }

    /// A block of numbers below `span` from words of 32 bits, the first one for index `start`, which is even; and whether
    /// some of them may have to be drawn again.
    #[inline(always)]
    fn narrow(self, threshold: u64, key: u64, start: usize) -> ([u32; BLOCK], bool) {
        let mut numbers = [0_u64; WORDS];
        let (mut counter, mut suspicious) = (point(key, start / 2), 0);
        for pair in &mut numbers {
            let word = mix(counter);
            counter = counter.wrapping_add(STEP);
            let (low, high) = ((word & LOW) * self.span, (word >> 32) * self.span);
            *pair = (low >> 32) | (high & !LOW);
            // The highest bit of a difference is set where a lower half is below the threshold.
            suspicious |= (low & LOW).wrapping_sub(threshold) | (high & LOW).wrapping_sub(threshold);
        }
        (halves(numbers), suspicious >> 63 == 1)
    }

    /// Draws again where the lower half of the product is below `threshold`: calls `put(j, number)` for each such `j` in
    /// `0..len`.
    #[cold]
    fn mend(self, threshold: u64, key: u64, start: usize, len: usize, mut put: impl FnMut(usize, u64)) {
        for i in start..start + len {
            let word = word(key, i / 2);
            let mut product = if i.is_multiple_of(2) { word & LOW } else { word >> 32 } * self.span;
            if product & LOW >= threshold {
                continue;
            }
            let mut attempt = 0;
            while product & LOW < threshold {
                product = (again(key, i, attempt) >> 32) * self.span;
                attempt += 1;
            }
            put(i - start, product >> 32);
        }
    }

    /// A number below `span` from words of 64 bits.
    #[inline(always)]
    fn wide(self, key: u64, i: usize) -> u64 {
        let mut draw = word(key, i);
        let mut product = u128::from(draw) * u128::from(self.span);
        if (product as u64) < self.span {
            let threshold = self.span.wrapping_neg() % self.span;
            let mut attempt = 0;
            while (product as u64) < threshold {
                draw = again(key, i, attempt);
                product = u128::from(draw) * u128::from(self.span);
                attempt += 1;
            }
        }
        (product >> 64) as u64
    }
}

/// Fills `out` in blocks.
struct Fill<'a, T: Draw> {
    plan: T::Plan,
    key: u64,
    start: usize,
    out: &'a mut [T],
}

macro_rules! integers {
    ($($t:ident)*) => {$(
        impl Draw for $t {
            type Plan = IntPlan;

            fn plan(range: &Range<Self>) -> Option<IntPlan> {
                let (start, end) = (range.start as u64, range.end as u64);
                (range.start < range.end).then(|| IntPlan { start, span: end.wrapping_sub(start) })
            }

            fn fill(plan: IntPlan, key: u64, start: usize, out: &mut [Self]) -> impl Kernel<Out = ()> {
                Fill { plan, key, start, out }
            }
        }

        impl Kernel for Fill<'_, $t> {
            type Out = ();

            #[inline(always)]
            fn run(self) {
                let Self { plan, key, start, out } = self;
                if !plan.is_narrow() {
                    for (j, slot) in out.iter_mut().enumerate() {
                        *slot = plan.start.wrapping_add(plan.wide(key, start + j)) as $t;
                    }
                    return;
                }
                let threshold = (1_u64 << 32) % plan.span;
                for (b, block) in out.chunks_mut(BLOCK).enumerate() {
                    let start = start + b * BLOCK;
                    let (numbers, suspicious) = plan.narrow(threshold, key, start);
                    let number = |number: u64| plan.start.wrapping_add(number) as $t;
                    for (slot, &n) in block.iter_mut().zip(&numbers) {
                        *slot = number(n.into());
                    }
                    if suspicious {
                        plan.mend(threshold, key, start, block.len(), |j, n| block[j] = number(n));
                    }
                }
            }
        }

        impl Uniform for $t {}
    )*};
}

integers!(i8 u8 i16 u16 i32 u32 i64 u64 isize usize);

macro_rules! floats {
    ($($t:ident, $bits:literal, $int:ident;)*) => {$(
        impl Draw for $t {
            type Plan = ($t, $t);

            fn plan(range: &Range<Self>) -> Option<Self::Plan> {
                let (start, end) = (range.start, range.end);
                (start < end && start.is_finite() && end.is_finite()).then_some((start, end))
            }

            fn fill(plan: Self::Plan, key: u64, start: usize, out: &mut [Self]) -> impl Kernel<Out = ()> {
                Fill { plan, key, start, out }
            }
        }

        impl Kernel for Fill<'_, $t> {
            type Out = ();

            #[inline(always)]
            fn run(self) {
                const UNIT: $t = 1.0 / (1_u64 << $bits) as $t;
                let Self { plan: (low, high), key, start, out } = self;
                let (span, last) = (high - low, high.next_down());
                let mut counter = point(key, start);
                for slot in out {
                    let unit = (mix(counter) >> (64 - $bits)) as $int as $t * UNIT;
                    counter = counter.wrapping_add(STEP);
                    // Halves, where the span itself overflows.
                    let value = if span.is_finite() { low + unit * span } else { low * (1.0 - unit) + high * unit };
                    *slot = if value < last { value } else { last };
                }
            }
        }

        impl Uniform for $t {}
    )*};
}

floats! {
    f32, 24, i32;
    f64, 53, i64;
}

impl Reducer {
    /// See [`fill_random`].
    #[track_caller]
    pub fn fill_random<T: Uniform>(&self, out: &mut [T], seed: u64, range: Range<T>) {
        let Some(plan) = T::plan(&range) else { panic!("the range {range:?} holds no number to draw") };
        let (level, len, bytes) = (self.level(), out.len(), size_of::<T>());
        let key = mix(seed.wrapping_add(STEP));
        let chunk = self.chunk_by_bytes(len, bytes).min(len).max(1).next_multiple_of(BLOCK);
        let cells = Disjoint::new(out);
        self.for_each(len, chunk, Cost::Bytes(bytes), |r| {
            // SAFETY: chunks do not overlap and `for_each` visits each once.
            let part = unsafe { cells.part(r.clone()) };
            level.run(T::fill(plan, key, r.start, part));
        });
    }
}

/// Fills `out` with random numbers of `range`, each as likely as any other.
///
/// The number at an index depends on `seed`, the index and the range alone: not on threads, machine or chunks, and not on
/// how long `out` is. Integers are drawn without bias. Floats are `start + k * (end - start) / 2^53` for a uniform integer
/// `k` below 2^53 (2^24 for `f32`), rounded, and always below `end`.
///
/// This is for simulations, tests and input data; it is no source of secrets. The sequences of two seeds are two places
/// in one sequence of 2^64 words.
///
/// ```
/// let mut dice = [0; 5];
/// par_reduce::fill_random(&mut dice, 7, 1..7);
/// assert!(dice.iter().all(|pips| (1..7).contains(pips)));
/// ```
///
/// # Panics
/// If the range is empty or, for floats, not finite.
#[track_caller]
pub fn fill_random<T: Uniform>(out: &mut [T], seed: u64, range: Range<T>) {
    Reducer::new().fill_random(out, seed, range);
}
