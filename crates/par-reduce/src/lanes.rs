//! The shape of every float kernel: element `i` goes to lane `i % 64`, each lane adds its elements in order, and the
//! lanes are folded in halves. 64 lanes are 8 registers of AVX-512, 16 of AVX2 and 32 of SSE2: enough independent
//! chains to hide the latency of an addition, which is what makes `iter().sum()` slow.

use std::ops::AddAssign;

/// Independent accumulators of a float kernel.
pub(crate) const LANES: usize = 64;

/// Adds `term(i)`-like terms: `x` mapped by `f`, in the shape above. No term at all gives -0.0, the neutral element of
/// addition.
#[inline(always)]
pub(crate) fn sum_by<T: Copy>(x: &[T], f: impl Fn(T) -> f64) -> f64 {
    let mut lanes = [-0.0_f64; LANES];
    let (rows, tail) = x.as_chunks::<LANES>();
    for row in rows {
        for i in 0..LANES {
            lanes[i] += f(row[i]);
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(tail) {
        *lane += f(value);
    }
    fold_halves(lanes)
}

/// As [`sum_by`], over pairs; the slices have the same length.
#[inline(always)]
pub(crate) fn sum_pairs(x: &[f64], y: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [-0.0_f64; LANES];
    let ((rows_x, tail_x), (rows_y, tail_y)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    for (a, b) in rows_x.iter().zip(rows_y) {
        for i in 0..LANES {
            lanes[i] += f(a[i], b[i]);
        }
    }
    for (lane, (&a, &b)) in lanes.iter_mut().zip(tail_x.iter().zip(tail_y)) {
        *lane += f(a, b);
    }
    fold_halves(lanes)
}

/// Lane `i` plus lane `i + 32`, then `i` plus `i + 16`, and so on.
#[inline(always)]
pub(crate) fn fold_halves(mut lanes: [f64; LANES]) -> f64 {
    halve::<f64, 32>(&mut lanes);
    halve::<f64, 16>(&mut lanes);
    halve::<f64, 8>(&mut lanes);
    halve::<f64, 4>(&mut lanes);
    halve::<f64, 2>(&mut lanes);
    halve::<f64, 1>(&mut lanes);
    lanes[0]
}

/// Adds lanes `WIDTH..2 * WIDTH` to the ones before. The width is a constant, so that the lanes stay in registers; if
/// there are fewer lanes it does nothing.
#[inline(always)]
pub(crate) fn halve<T: Copy + AddAssign, const WIDTH: usize>(lanes: &mut [T]) {
    if 2 * WIDTH <= lanes.len() {
        for i in 0..WIDTH {
            let other = lanes[i + WIDTH];
            lanes[i] += other;
        }
    }
}

/// NaN as the one NaN of `f64::NAN`: which payload an addition keeps is the compiler's choice, and it is no part of a
/// result.
#[inline]
pub(crate) fn one_nan(x: f64) -> f64 {
    if x.is_nan() { f64::NAN } else { x }
}
