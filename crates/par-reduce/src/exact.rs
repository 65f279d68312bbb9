//! [`sum_exact`]: the exact sum, rounded once.
//!
//! An addition and its rounding error together lose nothing ([`two_sum`]), so a chain of them turns numbers into fewer
//! numbers with the same exact sum. Each of 32 lanes keeps a short chain:
//!
//! ```text
//! (s, x)  = two_sum(s, x)         s has the leading bits of the sum
//! (e, x)  = two_sum(e, x)         e what those additions rounded away
//! residue |= bits of x            x: what the second level rounded away
//! ```
//!
//! **Proof, not estimate.** `s + e + x` is exactly the sum before plus the new element, because `two_sum` is exact whenever
//! it does not overflow (Knuth, TAOCP 2, 4.2.2 Theorem B; also for subnormals, whose additions are exact). If every residue
//! of a block was zero, the block is exactly in the lanes, without any bound on errors. An overflow, an infinity or a NaN
//! makes the error of that `two_sum` NaN (or infinite), which runs through the chain into the residue. So a zero residue is
//! a certificate, and a block without one is not believed: its lanes are thrown away and it is done again with a chain of
//! three levels, and if that has a residue too, element by element in a [`Superacc`]. In the end the lanes of all blocks
//! are added in a `Superacc`, which is exact always, and rounded once.
//!
//! Two levels hold numbers whose bits span about 100 places: a block whose elements differ by a factor of 10^12 still
//! passes. Three hold 150.
//!
//! Sources: the cascade is SumK's of Ogita, Rump and Oishi (2005), used without its last, inexact level.

use crate::compensated::two_sum;
use crate::isa::{Kernel, Level};
use crate::reducer::{Cost, Reducer};
use crate::superacc::Superacc;

/// Independent chains.
const LANES: usize = 32;

/// Elements that pass or are done again together.
const BLOCK: usize = 4096;

/// Elements below which lanes do not pay.
const SHORT: usize = 48;

/// Bytes in a chunk. The result does not depend on it, so it may be larger than for other sums: each chunk empties its
/// lanes into an accumulator.
const CHUNK_BYTES: usize = 512 * 1024;

/// Floats that [`sum_exact`] adds: `f32` and `f64`. Sealed.
pub trait ExactSum: kernel::Exact {}

/// The kernels behind the public trait.
pub(crate) mod kernel {
    use super::Superacc;

    #[expect(unnameable_types, reason = "seals `ExactSum`")]
    pub trait Exact: Copy + Send + Sync + Into<f64> + 'static {
        const MINUS_ZERO: Self;
        fn is_minus_zero(self) -> bool;
        fn round(sum: &Superacc) -> Self;
    }
}

impl kernel::Exact for f64 {
    const MINUS_ZERO: Self = -0.0;

    fn is_minus_zero(self) -> bool {
        self == 0.0 && self.is_sign_negative()
    }

    fn round(sum: &Superacc) -> Self {
        sum.to_f64()
    }
}

impl kernel::Exact for f32 {
    const MINUS_ZERO: Self = -0.0;

    fn is_minus_zero(self) -> bool {
        self == 0.0 && self.is_sign_negative()
    }

    fn round(sum: &Superacc) -> Self {
        sum.to_f32()
    }
}

impl ExactSum for f64 {}
impl ExactSum for f32 {}

/// Chains of `DEPTH` levels, one in each lane.
type Chains<const DEPTH: usize> = [[f64; LANES]; DEPTH];

/// Adds a block to chains; says whether they hold it exactly.
struct Cascade<'a, T, const DEPTH: usize>(&'a [T], &'a mut Chains<DEPTH>);

impl<T: Copy + Into<f64>, const DEPTH: usize> Kernel for Cascade<'_, T, DEPTH> {
    type Out = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Self(block, out) = self;
        let mut chains = *out;
        let mut residue = [0_u64; LANES];
        let (rows, tail) = block.as_chunks::<LANES>();
        for row in rows {
            for i in 0..LANES {
                let mut carry: f64 = row[i].into();
                for level in &mut chains {
                    let (sum, error) = two_sum(level[i], carry);
                    level[i] = sum;
                    carry = error;
                }
                residue[i] |= carry.to_bits();
            }
        }
        for (i, &value) in tail.iter().enumerate() {
            let mut carry: f64 = value.into();
            for level in &mut chains {
                let (sum, error) = two_sum(level[i], carry);
                level[i] = sum;
                carry = error;
            }
            residue[i] |= carry.to_bits();
        }
        *out = chains;
        // Either zero is a zero.
        residue.iter().fold(0, |all, bits| all | bits) << 1 == 0
    }
}

/// The exact sum of a chunk.
fn exact<T: kernel::Exact>(level: Level, x: &[T]) -> Superacc {
    let mut total = Superacc::new();
    if x.len() < SHORT {
        x.iter().for_each(|&value| total.add(value.into()));
        return total;
    }
    let mut chains: Chains<2> = [[0.0; LANES]; 2];
    for block in x.chunks(BLOCK) {
        let before = chains;
        if !level.run(Cascade(block, &mut chains)) {
            flush(&before, &mut total);
            chains = [[0.0; LANES]; 2];
            add_wide(level, block, &mut total);
        }
    }
    flush(&chains, &mut total);
    total
}

/// A block that two levels do not hold.
#[cold]
fn add_wide<T: kernel::Exact>(level: Level, block: &[T], total: &mut Superacc) {
    let mut chains: Chains<3> = [[0.0; LANES]; 3];
    if level.run(Cascade(block, &mut chains)) {
        flush(&chains, total);
    } else {
        block.iter().for_each(|&value| total.add(value.into()));
    }
}

fn flush<const DEPTH: usize>(chains: &Chains<DEPTH>, total: &mut Superacc) {
    chains.as_flattened().iter().filter(|value| **value != 0.0).for_each(|&value| total.add(value));
}

impl Reducer {
    /// See [`sum_exact`].
    pub fn sum_exact<T: ExactSum>(&self, x: &[T]) -> T {
        let (level, bytes) = (self.level(), size_of::<T>());
        let chunk = self.chunk_rows().unwrap_or(CHUNK_BYTES / bytes);
        let partial = move |r: std::ops::Range<usize>| exact(level, &x[r]);
        let sum = self.reduce(x.len(), chunk, Cost::Bytes(bytes), partial, Superacc::merge);
        let zero =
            || x.first().is_some_and(|first| first.is_minus_zero()) && x.iter().all(|value| value.is_minus_zero());
        let rounded = sum.map(|sum| T::round(&sum));
        match rounded {
            Some(sum) if sum.into() != 0.0 || !zero() => sum,
            Some(_) => T::MINUS_ZERO,
            None => T::round(&Superacc::new()),
        }
    }
}

/// The correctly rounded sum: the float nearest to the exact one, ties to even, as Python's `math.fsum` gives it.
///
/// By definition it depends neither on the order of the elements nor on anything but them. It costs more
/// than [`sum`](crate::sum), which does one operation for each element: the memory hides a part of that, not all of it.
/// For `f32` the exact sum is rounded to `f32` once.
///
/// Overflow on the way does not exist: only if the exact sum itself rounds beyond the greatest float the result is
/// infinite (where `math.fsum` raises an error). An infinite input gives that infinity, both of them or a NaN give
/// [`f64::NAN`]. The sum of nothing is `0.0`, as is an exact sum of zero, unless every element is `-0.0`.
///
/// ```
/// use par_reduce::sum_exact;
///
/// assert_eq!(sum_exact(&[0.1; 10]), 1.0);
/// assert_eq!(sum_exact(&[1e308, 1e308, -1e308]), 1e308);
/// assert_eq!(sum_exact(&[1e100, 1.0, -1e100, 1e-100]), 1.0);
/// ```
///
/// # Complexity
/// O(n). 13 operations in vector registers for each element where the elements of a block span fewer than about 100
/// bits; 19 more up to about 150; some nanoseconds each beyond.
pub fn sum_exact<T: ExactSum>(x: &[T]) -> T {
    Reducer::new().sum_exact(x)
}
