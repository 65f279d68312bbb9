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
    fold_in_memory(&mut lanes)
}

/// A float as the kernels see it.
pub(crate) trait Real: Copy + AddAssign + Mul<Output = Self> {
    /// The neutral element of addition, -0.0.
    const NOTHING: Self;

    /// NaN as the one NaN of std: which payload an addition keeps is the compiler's choice, and it is no part of a result.
    fn one_nan(self) -> Self;
}

macro_rules! reals {
    ($($t:ident)*) => {$(
        impl Real for $t {
            const NOTHING: Self = -0.0;

            #[inline(always)]
            fn one_nan(self) -> Self {
                if self.is_nan() { Self::NAN } else { self }
            }
        }
    )*};
}

reals!(f32 f64);

/// The dot products of `R` rows with `x`, which is as long as each of them, in the shape above with `N` lanes for each. The
/// rows share what is loaded from `x`.
#[inline(always)]
pub(crate) fn dot_rows<T: Real, const N: usize, const R: usize>(rows: [&[T]; R], x: &[T]) -> [T; R] {
    let mut lanes = [[T::NOTHING; N]; R];
    let (x_blocks, mut x_tail) = x.as_chunks::<N>();
    // Loops and not `map`, which is compiled apart and would send the lanes to memory.
    let (mut blocks, mut tails) = ([&[][..]; R], [&[][..]; R]);
    for r in 0..R {
        (blocks[r], tails[r]) = rows[r].as_chunks::<N>();
        blocks[r] = &blocks[r][..x_blocks.len()];
    }
    for (j, x_block) in x_blocks.iter().enumerate() {
        for r in 0..R {
            add_products(&mut lanes[r], &blocks[r][j], x_block);
        }
    }
    for_widths!(W => if let Some(x_block) = next_block::<T, W, N>(&mut x_tail) {
        for r in 0..R {
            if let Some(block) = next_block::<T, W, N>(&mut tails[r]) {
                add_products(&mut lanes[r], block, x_block);
            }
        }
    });
    let mut products = [T::NOTHING; R];
    for r in 0..R {
        products[r] = if N > 32 { fold_in_memory(&mut lanes[r]) } else { fold_halves(lanes[r]) };
    }
    products
}

/// Adds the products of one block of columns to the first lanes.
#[inline(always)]
fn add_products<T: Real, const W: usize>(lanes: &mut [T], a: &[T; W], x: &[T; W]) {
    for i in 0..W {
        lanes[i] += a[i] * x[i];
    }
}

/// As [`fold_halves`], for lanes that are too many for registers. Compiled apart, because as a part of a kernel they are taken
/// for 64 numbers that have nothing to do with each other, and added one by one.
#[inline(never)]
fn fold_in_memory<T: Real, const N: usize>(lanes: &mut [T; N]) -> T {
    for_widths!(W => if 2 * W <= N {
        let (low, high) = lanes.split_at_mut(W);
        for i in 0..W {
            low[i] += high[i];
        }
    });
    lanes[0]
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
