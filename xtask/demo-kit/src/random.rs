//! Random input that depends on the seed alone.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// A small fast generator.
pub fn rng(seed: u64) -> SmallRng {
    SmallRng::seed_from_u64(seed)
}

/// `n` numbers over the whole range of `u64`.
pub fn numbers(n: usize, seed: u64) -> Vec<u64> {
    let mut rng = rng(seed);
    (0..n).map(|_| rng.random()).collect()
}

/// `n` floats in `[0, 1)`.
pub fn floats(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = rng(seed);
    (0..n).map(|_| rng.random()).collect()
}
