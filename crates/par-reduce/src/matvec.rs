//! [`matvec_into`]: matrix times vector.
//!
//! Each row is a dot product in 32 lanes (64 for `f32`): column `j` goes to lane `j % 32`, and the lanes are folded in
//! halves. A large matrix is limited by the memory it comes from, so rows are computed one at a time: an element of the
//! vector is loaded again for each row, from the cache.

use crate::disjoint::Disjoint;
use crate::isa::{Kernel, Level};
use crate::lanes::halve;
use crate::matrix::{Matrix, ShapeError};
use crate::reducer::{Cost, Reducer};
use std::ops::{AddAssign, Mul};

/// Elements of a matrix that [`matvec_into`] multiplies: `f32` and `f64`. Sealed.
pub trait MatVec: kernel::Rows {}

/// The kernels behind the public trait.
pub(crate) mod kernel {
    use super::{Level, Matrix};

    #[expect(unnameable_types, reason = "seals `MatVec`")]
    pub trait Rows: Copy + Send + Sync + 'static {
        /// `y[i]` becomes row `start + i` times `x`.
        fn multiply(level: Level, matrix: Matrix<'_, Self>, start: usize, x: &[Self], y: &mut [Self]);
    }
}

/// Bytes of a matrix in a chunk: rows enough for long streams from memory.
const BYTES: usize = 256 * 1024;

/// A tail with `filler` behind it.
#[inline(always)]
fn padded<T: Copy, const N: usize>(tail: &[T], filler: T) -> [T; N] {
    let mut block = [filler; N];
    block[..tail.len()].copy_from_slice(tail);
    block
}

/// A full block, tails included, is added with constant indices only, so that the lanes never leave the registers.
#[inline(always)]
fn add_products<T: Copy + AddAssign + Mul<Output = T>, const N: usize>(lanes: &mut [T; N], a: &[T; N], x: &[T; N]) {
    for i in 0..N {
        lanes[i] += a[i] * x[i];
    }
}

macro_rules! floats {
    ($($t:ident, $lanes:literal;)*) => {$(
        impl kernel::Rows for $t {
            fn multiply(level: Level, matrix: Matrix<'_, $t>, start: usize, x: &[$t], y: &mut [$t]) {
                struct Multiply<'a> {
                    matrix: Matrix<'a, $t>,
                    start: usize,
                    x: &'a [$t],
                    y: &'a mut [$t],
                }

                impl Kernel for Multiply<'_> {
                    type Out = ();

                    #[inline(always)]
                    fn run(self) {
                        let (blocks, x_tail) = self.x.as_chunks::<$lanes>();
                        let x_tail = padded(x_tail, 1.0);
                        for (i, y) in self.y.iter_mut().enumerate() {
                            let (row_blocks, row_tail) = self.matrix.row(self.start + i).as_chunks::<$lanes>();
                            let mut lanes: [$t; $lanes] = [-0.0; $lanes];
                            for (a, x) in row_blocks.iter().zip(blocks) {
                                add_products(&mut lanes, a, x);
                            }
                            if !row_tail.is_empty() {
                                // -0.0 times 1.0 is -0.0, which changes no lane.
                                add_products(&mut lanes, &padded(row_tail, -0.0), &x_tail);
                            }
                            halve::<$t, 32>(&mut lanes);
                            halve::<$t, 16>(&mut lanes);
                            halve::<$t, 8>(&mut lanes);
                            halve::<$t, 4>(&mut lanes);
                            halve::<$t, 2>(&mut lanes);
                            halve::<$t, 1>(&mut lanes);
                            *y = if lanes[0].is_nan() { $t::NAN } else { lanes[0] };
                        }
                    }
                }
                level.run(Multiply { matrix, start, x, y });
            }
        }

        impl MatVec for $t {}
    )*};
}

floats! {
    f32, 64;
    f64, 32;
}

impl Reducer {
    /// See [`matvec_into`].
    pub fn matvec_into<T: MatVec>(&self, matrix: Matrix<'_, T>, x: &[T], y: &mut [T]) -> Result<(), ShapeError> {
        let (rows, cols, level) = (matrix.rows(), matrix.cols(), self.level());
        matrix.check("x", cols, x.len())?;
        matrix.check("y", rows, y.len())?;
        let bytes = size_of::<T>().saturating_mul(cols);
        let chunk = self.chunk_rows().unwrap_or_else(|| (BYTES / bytes.max(1)).max(1).next_multiple_of(4));
        let cells = Disjoint::new(y);
        self.for_each(rows, chunk, Cost::Bytes(bytes), |r| {
            // SAFETY: chunks do not overlap and `for_each` visits each once.
            let part = unsafe { cells.part(r.clone()) };
            T::multiply(level, matrix, r.start, x, part);
        });
        Ok(())
    }
}

/// Sets `y` to `matrix` times `x`.
///
/// Sums are kept in the type of the elements, in fixed lanes and without fused multiply-add: the bits are the same on
/// every machine and for any number of threads. Rows of nothing (no column) give `-0.0`, the sum of no products.
///
/// ```
/// use par_reduce::{Matrix, matvec_into};
///
/// let mut y = [0.0; 2];
/// matvec_into(Matrix::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3)?, &[1.0, 0.0, 1.0], &mut y)?;
/// assert_eq!(y, [4.0, 10.0]);
/// # Ok::<(), par_reduce::ShapeError>(())
/// ```
///
/// # Errors
/// [`ShapeError::Slice`] if `x` has not one element for each column or `y` not one for each row.
pub fn matvec_into<T: MatVec>(matrix: Matrix<'_, T>, x: &[T], y: &mut [T]) -> Result<(), ShapeError> {
    Reducer::new().matvec_into(matrix, x, y)
}
