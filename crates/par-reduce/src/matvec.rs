//! [`matvec_into`]: matrix times vector.
//!
//! Each row is a dot product in 16 lanes (32 for `f32`) of the usual shape. Four rows are done at a time: they share what is
//! loaded from the vector, and keep four streams from memory and enough independent additions under way. Rows do not
//! meet, so this changes no bit.

use crate::disjoint::Disjoint;
use crate::isa::{Kernel, Level};
use crate::lanes::{Real, dot, dot_four};
use crate::matrix::{Matrix, ShapeError};
use crate::reducer::{Cost, Reducer};

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

/// Rows done at a time.
const ROWS: usize = 4;

/// `y[i]` becomes row `start + i` times `x`.
struct Multiply<'a, T, const N: usize> {
    matrix: Matrix<'a, T>,
    start: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Real, const N: usize> Kernel for Multiply<'_, T, N> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Self { matrix, start, x, y } = self;
        let (groups, rest) = y.as_chunks_mut::<ROWS>();
        let mut row = start;
        for group in groups {
            *group = dot_four::<T, N>([0, 1, 2, 3].map(|r| matrix.row(row + r)), x).map(T::one_nan);
            row += ROWS;
        }
        for y in rest {
            *y = dot::<T, N>(matrix.row(row), x).one_nan();
            row += 1;
        }
    }
}

macro_rules! floats {
    ($($t:ident, $lanes:literal;)*) => {$(
        impl kernel::Rows for $t {
            fn multiply(level: Level, matrix: Matrix<'_, $t>, start: usize, x: &[$t], y: &mut [$t]) {
                level.run(Multiply::<$t, $lanes> { matrix, start, x, y });
            }
        }

        impl MatVec for $t {}
    )*};
}

floats! {
    f32, 32;
    f64, 16;
}

impl Reducer {
    /// See [`matvec_into`].
    pub fn matvec_into<T: MatVec>(&self, matrix: Matrix<'_, T>, x: &[T], y: &mut [T]) -> Result<(), ShapeError> {
        let (rows, cols, level) = (matrix.rows(), matrix.cols(), self.level());
        matrix.check("x", cols, x.len())?;
        matrix.check("y", rows, y.len())?;
        let bytes = size_of::<T>().saturating_mul(cols);
        let chunk = self.chunk_rows().unwrap_or_else(|| self.chunk_by_bytes(rows, bytes).next_multiple_of(ROWS));
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
