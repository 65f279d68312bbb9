//! Sums and dot products as if computed in twice the precision and then rounded.
//!
//! Each lane keeps its running sum `s` and, apart, the sum `e` of what the additions rounded away. [`two_sum`] gives that
//! error exactly (Knuth, The Art of Computer Programming 2, 4.2.2). The scheme is Sum2 and Dot2 of Ogita, Rump and Oishi
//! (Accurate sum and dot product, SIAM J. Sci. Comput. 26, 2005), run in 32 lanes.

use crate::isa::Kernel;
use crate::lanes::{Real, for_widths, next_block};
use crate::reducer::{Cost, Reducer};
use crate::sum::assert_same_length;

/// Independent chains: an addition with its error takes six operations, so fewer lanes than for a plain sum hide the
/// latency, and all of them stay in registers.
const LANES: usize = 32;

/// A sum and what rounding took from it.
#[derive(Clone, Copy, Debug)]
struct Pair {
    sum: f64,
    rest: f64,
}

/// `a + b` rounded, and the exact error of that rounding.
#[inline(always)]
pub(crate) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    let a_part = sum - b_part;
    (sum, (a - a_part) + (b - b_part))
}

/// `a * b` rounded, and the exact error of that rounding unless it underflows.
#[inline(always)]
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

impl Pair {
    fn add(self, other: Self) -> Self {
        let (sum, error) = two_sum(self.sum, other.sum);
        Self { sum, rest: self.rest + other.rest + error }
    }

    /// The result. Once the running sum is infinite or NaN the errors mean nothing; without an error the sign of a zero
    /// stays.
    fn value(self) -> f64 {
        (if self.sum.is_finite() && self.rest != 0.0 { self.sum + self.rest } else { self.sum }).one_nan()
    }
}

/// The sums of the lanes and what rounding took from them, apart, so that both stay in registers.
struct Pairs {
    sums: [f64; LANES],
    rests: [f64; LANES],
}

impl Pairs {
    #[inline(always)]
    fn new() -> Self {
        Self { sums: [-0.0; LANES], rests: [-0.0; LANES] }
    }

    /// Adds to the first lanes.
    #[inline(always)]
    fn add<const W: usize>(&mut self, x: &[f64; W]) {
        for (i, &value) in x.iter().enumerate() {
            let (sum, error) = two_sum(self.sums[i], value);
            self.sums[i] = sum;
            self.rests[i] += error;
        }
    }

    /// Adds products to the first lanes.
    #[inline(always)]
    fn add_products<const W: usize>(&mut self, x: &[f64; W], y: &[f64; W]) {
        for i in 0..W {
            let (product, lost) = two_product(x[i], y[i]);
            let (sum, error) = two_sum(self.sums[i], product);
            self.sums[i] = sum;
            self.rests[i] += error + lost;
        }
    }

    /// Folds the lanes in halves.
    #[inline(always)]
    fn fold(mut self) -> Pair {
        for_widths!(W => if 2 * W <= LANES {
            for i in 0..W {
                let (sum, error) = two_sum(self.sums[i], self.sums[i + W]);
                self.sums[i] = sum;
                self.rests[i] = self.rests[i] + self.rests[i + W] + error;
            }
        });
        Pair { sum: self.sums[0], rest: self.rests[0] }
    }
}

struct Sum2<'a>(&'a [f64]);

impl Kernel for Sum2<'_> {
    type Out = Pair;

    #[inline(always)]
    fn run(self) -> Pair {
        let mut pairs = Pairs::new();
        let (blocks, mut tail) = self.0.as_chunks::<LANES>();
        blocks.iter().for_each(|block| pairs.add(block));
        for_widths!(W => if let Some(block) = next_block::<f64, W, LANES>(&mut tail) { pairs.add(block) });
        pairs.fold()
    }
}

struct Dot2<'a>(&'a [f64], &'a [f64]);

impl Kernel for Dot2<'_> {
    type Out = Pair;

    #[inline(always)]
    fn run(self) -> Pair {
        let mut pairs = Pairs::new();
        let ((x_blocks, mut x), (y_blocks, mut y)) = (self.0.as_chunks::<LANES>(), self.1.as_chunks::<LANES>());
        x_blocks.iter().zip(y_blocks).for_each(|(x, y)| pairs.add_products(x, y));
        for_widths!(W => if let Some(x) = next_block::<f64, W, LANES>(&mut x)
            && let Some(y) = next_block::<f64, W, LANES>(&mut y)
        {
            pairs.add_products(x, y);
        });
        pairs.fold()
    }
}

impl Reducer {
    /// See [`sum_compensated`].
    pub fn sum_compensated(&self, x: &[f64]) -> f64 {
        let level = self.level();
        let partial = move |r: std::ops::Range<usize>| level.run(Sum2(&x[r]));
        self.reduce(x.len(), self.chunk_by_bytes(x.len(), 8), Cost::Bytes(8), partial, Pair::add)
            .map_or(0.0, Pair::value)
    }

    /// See [`dot_compensated`].
    #[track_caller]
    pub fn dot_compensated(&self, x: &[f64], y: &[f64]) -> f64 {
        assert_same_length(x, y);
        let level = self.level();
        let partial = move |r: std::ops::Range<usize>| level.run(Dot2(&x[r.clone()], &y[r]));
        self.reduce(x.len(), self.chunk_by_bytes(x.len(), 16), Cost::Bytes(16), partial, Pair::add)
            .map_or(0.0, Pair::value)
    }
}

/// The sum as if added in twice the precision of `f64` and then rounded once.
///
/// The relative error is about `2^-53 + n² · 2^-106 · Σ|x| / |Σx|`: exact to the last bit or nearly so unless the terms
/// cancel to less than 10^-16 of their size, where [`sum_exact`](crate::sum_exact) is the answer. What it does more than
/// [`sum`](crate::sum) the memory mostly hides beyond the cache; within the cache it is slower. Infinite inputs, and sums that overflow on the way, give what additions in some order give:
/// an infinity or NaN. As [`sum`](crate::sum), the bits never depend on threads or instruction set.
///
/// ```
/// assert_eq!(par_reduce::sum_compensated(&[1e16, 1.0, -1e16]), 1.0);
/// ```
pub fn sum_compensated(x: &[f64]) -> f64 {
    Reducer::new().sum_compensated(x)
}

/// The dot product as if computed in twice the precision of `f64` and then rounded once; see [`sum_compensated`].
///
/// Products whose rounding error underflows (below about 10^-292) lose that error.
///
/// ```
/// assert_eq!(par_reduce::dot_compensated(&[1e16, 1.0, -1e16], &[1.0, 1.0, 1.0]), 1.0);
/// ```
///
/// # Panics
/// If the lengths differ.
#[track_caller]
pub fn dot_compensated(x: &[f64], y: &[f64]) -> f64 {
    Reducer::new().dot_compensated(x, y)
}
