//! Plain sums and dot products.

use crate::isa::{Kernel, Level};
use crate::lanes::{self, LANES, Real, sum_by};
use crate::reducer::{Cost, Reducer};
use std::fmt::Debug;
use std::ops::AddAssign;

/// Numbers that [`sum`] adds: the integers of std up to 64 bits, and the floats.
///
/// | element | `Total` |
/// |---|---|
/// | `i8` `i16` `i32` | `i64` |
/// | `u8` `u16` `u32` | `u64` |
/// | `i64` `isize` | `i128` |
/// | `u64` `usize` | `u128` |
/// | `f32` `f64` | `f64` |
///
/// Sealed, because the bits of a sum are a promise of this crate.
pub trait Summable: kernel::Sum {
    /// Wide enough for the sum of any slice that fits into memory today.
    type Total: Copy + Default + Debug + PartialEq + Send + Sync + 'static;

    /// The total of a partial sum; `None` is the sum of nothing.
    #[doc(hidden)]
    fn total(partial: Option<Self::Partial>) -> Self::Total;
}

/// Numbers that [`wrapping_sum`] adds: the integers of std. Sealed.
pub trait Integer: kernel::Wrapping {}

/// The kernels behind the public traits.
pub(crate) mod kernel {
    use super::Level;

    #[expect(unnameable_types, reason = "seals `Summable`")]
    pub trait Sum: Copy + Send + Sync + 'static {
        type Partial: Copy + Send + Sync + 'static;

        /// The sum of a chunk of any length.
        fn chunk(level: Level, x: &[Self]) -> Self::Partial;

        fn combine(a: Self::Partial, b: Self::Partial) -> Self::Partial;

        /// The partial sum of no element.
        const NOTHING: Self::Partial;

        /// Adds `rows` rows to `sums`, column by column; `row(i)` is as long as `sums`.
        fn columns<'a>(level: Level, rows: usize, row: impl Fn(usize) -> &'a [Self], sums: &mut [Self::Partial]);
    }

    #[expect(unnameable_types, reason = "seals `Integer`")]
    pub trait Wrapping: Copy + Default + Send + Sync + 'static {
        fn chunk(level: Level, x: &[Self]) -> Self;

        fn combine(a: Self, b: Self) -> Self;
    }
}

/// Elements whose sum a 64-bit register holds, be they halves of 64-bit numbers or whole 32-bit ones.
const BLOCK: usize = 1 << 24;

macro_rules! integers {
    ($($t:ty, $wide:ty, $total:ty, $add:path;)*) => {$(
        impl kernel::Sum for $t {
            type Partial = $wide;

            fn chunk(level: Level, x: &[Self]) -> $wide {
                struct Add<'a>(&'a [$t]);
                impl Kernel for Add<'_> {
                    type Out = $wide;

                    #[inline(always)]
                    fn run(self) -> $wide {
                        self.0.chunks(BLOCK).map(|block| $add(block)).sum()
                    }
                }
                level.run(Add(x))
            }

            fn combine(a: $wide, b: $wide) -> $wide {
                a + b
            }

            const NOTHING: $wide = 0;

            fn columns<'a>(level: Level, rows: usize, row: impl Fn(usize) -> &'a [Self], sums: &mut [$wide]) {
                add_rows(level, rows, row, |value| value as $wide, sums);
            }
        }

        impl Summable for $t {
            type Total = $total;

            fn total(partial: Option<$wide>) -> $total {
                let total = partial.unwrap_or_default();
                total.try_into().unwrap_or_else(|_| panic!("the sum {total} does not fit into {}", stringify!($total)))
            }
        }
    )*};
}

integers! {
    i8, i128, i64, narrow_signed;
    i16, i128, i64, narrow_signed;
    i32, i128, i64, narrow_signed;
    u8, u128, u64, narrow_unsigned;
    u16, u128, u64, narrow_unsigned;
    u32, u128, u64, narrow_unsigned;
    i64, i128, i128, split_i64;
    u64, u128, u128, split_u64;
    isize, i128, i128, split_isize;
    usize, u128, u128, split_usize;
}

/// A block of numbers of at most 32 bits.
#[inline(always)]
fn narrow_signed<T: Copy + Into<i64>>(x: &[T]) -> i128 {
    x.iter().fold(0_i64, |sum, &value| sum.wrapping_add(value.into())).into()
}

/// A block of numbers of at most 32 bits.
#[inline(always)]
fn narrow_unsigned<T: Copy + Into<u64>>(x: &[T]) -> u128 {
    x.iter().fold(0_u64, |sum, &value| sum.wrapping_add(value.into())).into()
}

/// A block of 64-bit numbers: their halves are summed apart, so that vector registers can do it.
#[inline(always)]
fn split(x: impl Iterator<Item = u64>) -> u128 {
    let (mut low, mut high) = (0_u64, 0_u64);
    for value in x {
        low = low.wrapping_add(value & 0xffff_ffff);
        high = high.wrapping_add(value >> 32);
    }
    (u128::from(high) << 32) + u128::from(low)
}

#[inline(always)]
fn split_u64(x: &[u64]) -> u128 {
    split(x.iter().copied())
}

#[inline(always)]
fn split_usize(x: &[usize]) -> u128 {
    split(x.iter().map(|&value| value as u64))
}

/// Signed numbers become unsigned by adding 2^63 to each.
#[inline(always)]
fn split_i64(x: &[i64]) -> i128 {
    let sum = split(x.iter().map(|&value| value as u64 ^ (1 << 63)));
    sum as i128 - ((x.len() as i128) << 63)
}

#[inline(always)]
fn split_isize(x: &[isize]) -> i128 {
    let sum = split(x.iter().map(|&value| value as i64 as u64 ^ (1 << 63)));
    sum as i128 - ((x.len() as i128) << 63)
}

/// Adds rows to the sums of their columns.
fn add_rows<'a, T: Copy + 'a, W: Copy + AddAssign>(
    level: Level,
    rows: usize,
    row: impl Fn(usize) -> &'a [T],
    widen: impl Fn(T) -> W,
    sums: &mut [W],
) {
    struct Add<'a, T, W, F>(&'a [T], &'a F, &'a mut [W]);
    impl<T: Copy, W: Copy + AddAssign, F: Fn(T) -> W> Kernel for Add<'_, T, W, F> {
        type Out = ();

        #[inline(always)]
        fn run(self) {
            for (sum, &value) in self.2.iter_mut().zip(self.0) {
                *sum += (self.1)(value);
            }
        }
    }
    for i in 0..rows {
        level.run(Add(row(i), &widen, sums));
    }
}

macro_rules! wrapping {
    ($($t:ty)*) => {$(
        impl kernel::Wrapping for $t {
            fn chunk(level: Level, x: &[Self]) -> Self {
                struct Add<'a>(&'a [$t]);
                impl Kernel for Add<'_> {
                    type Out = $t;

                    #[inline(always)]
                    fn run(self) -> $t {
                        self.0.iter().fold(0, |sum: $t, &value| sum.wrapping_add(value))
                    }
                }
                level.run(Add(x))
            }

            fn combine(a: Self, b: Self) -> Self {
                a.wrapping_add(b)
            }
        }

        impl Integer for $t {}
    )*};
}

wrapping!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

macro_rules! floats {
    ($($t:ty)*) => {$(
        impl kernel::Sum for $t {
            type Partial = f64;

            fn chunk(level: Level, x: &[Self]) -> f64 {
                struct Add<'a>(&'a [$t]);
                impl Kernel for Add<'_> {
                    type Out = f64;

                    #[inline(always)]
                    fn run(self) -> f64 {
                        sum_by(self.0, f64::from)
                    }
                }
                level.run(Add(x))
            }

            fn combine(a: f64, b: f64) -> f64 {
                a + b
            }

            const NOTHING: f64 = -0.0;

            fn columns<'a>(level: Level, rows: usize, row: impl Fn(usize) -> &'a [Self], sums: &mut [f64]) {
                add_rows(level, rows, row, f64::from, sums);
            }
        }

        impl Summable for $t {
            type Total = f64;

            fn total(partial: Option<f64>) -> f64 {
                partial.unwrap_or(0.0).one_nan()
            }
        }
    )*};
}

floats!(f32 f64);

struct Dot<'a>(&'a [f64], &'a [f64]);

impl Kernel for Dot<'_> {
    type Out = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        lanes::dot::<f64, LANES>(self.0, self.1)
    }
}

impl Reducer {
    /// See [`sum`].
    #[track_caller]
    pub fn sum<T: Summable>(&self, x: &[T]) -> T::Total {
        T::total(self.partial_sum(x))
    }

    /// The sum of a slice that is a part of something.
    pub(crate) fn partial_sum<T: Summable>(&self, x: &[T]) -> Option<T::Partial> {
        let (level, bytes) = (self.level(), size_of::<T>());
        self.reduce(
            x.len(),
            self.chunk_by_bytes(x.len(), bytes),
            Cost::Bytes(bytes),
            move |r| T::chunk(level, &x[r]),
            T::combine,
        )
    }

    /// See [`wrapping_sum`].
    pub fn wrapping_sum<T: Integer>(&self, x: &[T]) -> T {
        let (level, bytes) = (self.level(), size_of::<T>());
        let cost = Cost::Bytes(bytes);
        self.reduce(x.len(), self.chunk_by_bytes(x.len(), bytes), cost, move |r| T::chunk(level, &x[r]), T::combine)
            .unwrap_or_default()
    }

    /// See [`dot`].
    #[track_caller]
    pub fn dot(&self, x: &[f64], y: &[f64]) -> f64 {
        assert_same_length(x, y);
        let level = self.level();
        let product = self.reduce(
            x.len(),
            self.chunk_by_bytes(x.len(), 16),
            Cost::Bytes(16),
            move |r| level.run(Dot(&x[r.clone()], &y[r])),
            |a, b| a + b,
        );
        product.unwrap_or(0.0).one_nan()
    }
}

#[track_caller]
pub(crate) fn assert_same_length(x: &[f64], y: &[f64]) {
    let (x, y) = (x.len(), y.len());
    assert!(x == y, "a dot product needs slices of the same length, got {x} and {y}");
}

/// The sum of all elements.
///
/// Integers are widened (see [`Summable`]), so nothing overflows. Floats are added in `f64`, in 64 interleaved lanes for
/// each chunk and then in a fixed tree: the error is that of pairwise summation over blocks of at most 256 elements, usually
/// much smaller than that of a loop, and the bits are the same on every machine and for any number of threads. The sum
/// of nothing is `0.0`, that of nothing but `-0.0` is `-0.0`, and a NaN is always [`f64::NAN`].
///
/// ```
/// assert_eq!(par_reduce::sum(&[i32::MAX, i32::MAX]), 4_294_967_294_i64);
/// assert_eq!(par_reduce::sum(&[0.5_f64, 0.25]), 0.75);
/// ```
///
/// # Panics
/// If the sum of narrow integers does not fit into 64 bits, which takes more than 2^32 of them.
///
/// # Complexity
/// O(n), one pass. When it runs on several threads it allocates 16 bytes for each chunk, and on more than four 128 for
/// each thread.
#[track_caller]
pub fn sum<T: Summable>(x: &[T]) -> T::Total {
    Reducer::new().sum(x)
}

/// The sum of all elements modulo 2^bits, in the type of the elements.
///
/// ```
/// assert_eq!(par_reduce::wrapping_sum(&[250_u8, 10]), 4);
/// ```
pub fn wrapping_sum<T: Integer>(x: &[T]) -> T {
    Reducer::new().wrapping_sum(x)
}

/// The dot product of two slices, rounded as [`sum`] is: each product first, then the sum in lanes and chunks.
///
/// ```
/// assert_eq!(par_reduce::dot(&[1.0, 2.0], &[3.0, 4.0]), 11.0);
/// ```
///
/// # Panics
/// If the lengths differ.
#[track_caller]
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    Reducer::new().dot(x, y)
}
