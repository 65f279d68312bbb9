//! [`mean_variance`]: mean and variance in one pass over memory.
//!
//! A chunk is read twice while it is in the cache: for its mean, then for the squared distances from that mean. Chunks
//! are combined by the pairwise update of Chan, Golub and LeVeque (Algorithms for Computing the Sample Variance, The
//! American Statistician 37, 1983), so nothing cancels as in `E[x²] - E[x]²`.

use crate::isa::Kernel;
use crate::lanes::{Real, sum_by};
use crate::reducer::{Cost, Reducer};

/// Count, mean and spread of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    count: usize,
    mean: f64,
    /// Sum of the squared distances from `mean`.
    squares: f64,
}

impl Moments {
    /// How many elements there are, at least 1.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The arithmetic mean.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The variance of the elements as a whole population: squared distances from the mean, divided by n.
    pub fn variance(&self) -> f64 {
        self.squares / self.count as f64
    }

    /// The unbiased variance of what the elements are a sample of: divided by n - 1. `None` for a single element.
    pub fn sample_variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares / (self.count - 1) as f64)
    }

    /// The square root of [`variance`](Self::variance).
    pub fn standard_deviation(&self) -> f64 {
        self.variance().sqrt()
    }

    fn combine(a: Self, b: Self) -> Self {
        let count = a.count + b.count;
        let (n_a, n_b, n) = (a.count as f64, b.count as f64, count as f64);
        let delta = b.mean - a.mean;
        // A distance beyond all floats (an infinite mean, or two huge ones) leads to no mean.
        let mean = if delta.is_finite() { a.mean + delta * (n_b / n) } else { a.mean * (n_a / n) + b.mean * (n_b / n) };
        Self { count, mean, squares: a.squares + b.squares + delta * delta * (n_a * (n_b / n)) }
    }
}

struct Measure<'a>(&'a [f64]);

impl Kernel for Measure<'_> {
    type Out = Moments;

    #[inline(always)]
    fn run(self) -> Moments {
        let mean = sum_by(self.0, |value: f64| value) / self.0.len() as f64;
        let squares = sum_by(self.0, |value: f64| (value - mean) * (value - mean));
        Moments { count: self.0.len(), mean, squares }
    }
}

impl Reducer {
    /// See [`mean_variance`].
    pub fn mean_variance(&self, x: &[f64]) -> Option<Moments> {
        let level = self.level();
        let partial = move |r: std::ops::Range<usize>| level.run(Measure(&x[r]));
        let moments =
            self.reduce(x.len(), self.chunk_by_bytes(x.len(), 8), Cost::Bytes(8), partial, Moments::combine)?;
        Some(Moments { mean: moments.mean.one_nan(), squares: moments.squares.one_nan(), ..moments })
    }
}

/// Mean and variance, or `None` if there is no element.
///
/// A NaN among the inputs gives NaN. An infinite one makes the mean that infinity (both of them: NaN) and the variance NaN.
/// Elements so large that their sum overflows make the mean infinite or NaN.
///
/// ```
/// let moments = par_reduce::mean_variance(&[1.0, 3.0]).unwrap();
/// assert_eq!((moments.mean(), moments.variance(), moments.sample_variance()), (2.0, 1.0, Some(2.0)));
/// ```
pub fn mean_variance(x: &[f64]) -> Option<Moments> {
    Reducer::new().mean_variance(x)
}
