//! The shape of every float kernel: whole blocks of 64 elements go to 64 lanes, element by element; what is left is cut into
//! 32, 16, 8, 4, 2 and 1 elements, each of which begins at lane 0; each lane adds its elements in order, and the lanes are
//! folded in halves. 64 lanes are 8 registers of AVX-512, 16 of AVX2 and 32 of SSE2: enough independent chains to hide
//! the latency of an addition, which is what makes `iter().sum()` slow.
//!
//! Every step has a width that the compiler knows: a single index known only at run time would send the lanes to memory
//! and turn the fold into 63 scalar additions, which a sum of 1000 elements notices.

use std::ops::{AddAssign, Mul};

/// Independent accumulators of a float kernel.
pub(crate) const LANES: usize = 64;

/// Runs `$body` with `$width` being 128, 64, 32, … 1 in turn.
macro_rules! for_widths {
    ($width:ident => $body:expr) => {
        for_widths!(@ $width => $body; 128 64 32 16 8 4 2 1)
    };
    (@ $width:ident => $body:expr; $($n:literal)*) => {
        $({ const $width: usize = $n; $body; })*
    };
}
pub(crate) use for_widths;

/// The first `WIDTH` elements of `tail`, which loses them, if the tail of `N` lanes can have that many and has.
#[inline(always)]
pub(crate) fn next_block<'a, T, const WIDTH: usize, const N: usize>(tail: &mut &'a [T]) -> Option<&'a [T; WIDTH]> {
    if WIDTH >= N {
        return None;
    }
    let (block, rest) = tail.split_first_chunk::<WIDTH>()?;
    *tail = rest;
    Some(block)
}

/// Adds `x` mapped by `f`, in the shape above. No term at all gives -0.0, the neutral element of addition.
#[inline(always)]
pub(crate) fn sum_by<T: Copy>(x: &[T], f: impl Fn(T) -> f64) -> f64 {
    let mut lanes = [-0.0_f64; LANES];
    let (blocks, mut tail) = x.as_chunks::<LANES>();
    for block in blocks {
        for i in 0..LANES {
            lanes[i] += f(block[i]);
        }
    }
    for_widths!(W => if let Some(block) = next_block::<T, W, LANES>(&mut tail) {
        for i in 0..W {
            lanes[i] += f(block[i]);
        }
    });
    fold_halves(lanes)
}

/// A float as the kernels see it.
pub(crate) trait Real: Copy + AddAssign + Mul<Output = Self> {
    /// The neutral element of addition, -0.0.
    const NOTHING: Self;
    /// As many bits as the float has.
    type Mask: Copy;

    /// All ones if `counts`, else zero.
    fn mask(counts: bool) -> Self::Mask;

    /// `self` under a mask of ones, [`NOTHING`](Self::NOTHING) under zero, without a branch.
    fn or_nothing(self, mask: Self::Mask) -> Self;

    /// NaN as the one NaN of std: which payload an addition keeps is the compiler's choice, and it is no part of a result.
    fn one_nan(self) -> Self;
}

macro_rules! reals {
    ($($t:ident $bits:ident)*) => {$(
        impl Real for $t {
            const NOTHING: Self = -0.0;
            type Mask = $bits;

            #[inline(always)]
            fn mask(counts: bool) -> $bits {
                $bits::from(counts).wrapping_neg()
            }

            #[inline(always)]
            fn or_nothing(self, mask: $bits) -> Self {
                Self::from_bits(self.to_bits() & mask | Self::NOTHING.to_bits() & !mask)
            }

            #[inline(always)]
            fn one_nan(self) -> Self {
                if self.is_nan() { Self::NAN } else { self }
            }
        }
    )*};
}

reals!(f32 u32 f64 u64);

/// The dot product of two slices of the same length, in the shape above with `N` lanes.
#[inline(always)]
pub(crate) fn dot<T: Real, const N: usize>(a: &[T], x: &[T]) -> T {
    let mut lanes = [T::NOTHING; N];
    let ((a_blocks, a_tail), (x_blocks, x_tail)) = (a.as_chunks::<N>(), x.as_chunks::<N>());
    for (a, x) in a_blocks.iter().zip(x_blocks) {
        add_products(&mut lanes, a, x);
    }
    add_tail(&mut lanes, a_tail, x_tail);
    fold_halves(lanes)
}

/// The last `N` elements of a vector, of which only those count that no whole block had.
pub(crate) struct Tail<'a, T: Real, const N: usize> {
    x: &'a [T; N],
    counts: [T::Mask; N],
    /// How many count.
    left: usize,
}

impl<'a, T: Real, const N: usize> Tail<'a, T, N> {
    /// `None` if there are less than `N` elements. Compiled apart for the reason of [`fold_rows`].
    #[inline(never)]
    pub(crate) fn of(x: &'a [T]) -> Option<Self> {
        let left = x.len() % N;
        Some(Self { x: x.last_chunk()?, counts: std::array::from_fn(|i| T::mask(i >= N - left)), left })
    }

    /// Adds the products of the last elements of a row to the *last* lanes, in one step of full width.
    #[inline(always)]
    fn add(&self, lanes: &mut [T; N], row: &[T]) {
        let Some(row) = row.last_chunk::<N>() else { return };
        for i in 0..N {
            lanes[i] += (row[i] * self.x[i]).or_nothing(self.counts[i]);
        }
    }
}

/// Rows that share what is loaded from `x`.
macro_rules! dot_rows {
    ($(#[$doc:meta])* $name:ident, $count:literal: $($row:ident $lanes:ident,)*) => {
        $(#[$doc])*
        #[inline(always)]
        pub(crate) fn $name<T: Real, const N: usize>(rows: [&[T]; $count], x: &[T], tail: &Tail<'_, T, N>) -> [T; $count] {
            let blocks = x.as_chunks::<N>().0;
            let [$($row),*] = rows;
            // One by one, not by `map`: the compiler then sees that all are as long as `blocks`, and checks no index.
            $(let $row = &$row.as_chunks::<N>().0[..blocks.len()];)*
            // An array for each row and not one of all of them: it would not fall apart into registers.
            $(let mut $lanes = [T::NOTHING; N];)*
            for (j, block) in blocks.iter().enumerate() {
                $(add_products(&mut $lanes, &$row[j], block);)*
            }
            let [$($row),*] = rows;
            if tail.left > 0 {
                $(tail.add(&mut $lanes, $row);)*
            }
            fold_rows(&[$($lanes),*])
        }
    };
}

dot_rows! {
    /// The dot products of four rows with `x`.
    dot_four, 4: a p, b q, c r, d s,
}

dot_rows! {
    /// The dot products of eight rows with `x`, where there are registers for them.
    dot_eight, 8: a p, b q, c r, d s, e t, f u, g v, h w,
}

/// Folds the lanes of some rows. Compiled apart: folded in the kernel, the lanes are taken for numbers in pairs, and the loop
/// above spends its time on taking registers apart and putting them together (three times slower).
#[inline(never)]
fn fold_rows<T: Real, const N: usize, const ROWS: usize>(lanes: &[[T; N]; ROWS]) -> [T; ROWS] {
    std::array::from_fn(|i| fold_halves(lanes[i]))
}

/// Adds the products of the columns behind the last whole block.
#[inline(always)]
fn add_tail<T: Real, const N: usize>(lanes: &mut [T; N], mut a: &[T], mut x: &[T]) {
    for_widths!(W => if let Some(x) = next_block::<T, W, N>(&mut x)
        && let Some(a) = next_block::<T, W, N>(&mut a)
    {
        add_products(lanes, a, x);
    });
}

/// Adds the products of one block of columns to the first lanes.
#[inline(always)]
fn add_products<T: Real, const W: usize>(lanes: &mut [T], a: &[T; W], x: &[T; W]) {
    for i in 0..W {
        lanes[i] += a[i] * x[i];
    }
}

/// Lane `i` plus lane `i + N / 2`, then `i` plus `i + N / 4`, and so on.
#[inline(always)]
pub(crate) fn fold_halves<T: Real, const N: usize>(mut lanes: [T; N]) -> T {
    for_widths!(W => if 2 * W <= N {
        for i in 0..W {
            let other = lanes[i + W];
            lanes[i] += other;
        }
    });
    lanes[0]
}
