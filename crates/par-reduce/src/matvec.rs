//! [`matvec_into`]: matrix times vector.
//!
//! Each row is a dot product in 8 lanes (16 for `f32`), a register of AVX-512. Eight rows are done at a time, or four where a
//! row takes more registers: they share what is loaded from the vector, and keep as many streams from memory and enough
//! independent additions under way. Rows do not meet, so this changes no bit.

use crate::disjoint::Disjoint;
use crate::isa::{Kernel, Level};
use crate::lanes::{Real, Tail, dot, dot_eight, dot_four};
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

/// Rows done at a time with the widest registers.
const ROWS: usize = 8;

/// `y[i]` becomes row `start + i` times `x`, eight rows at a time if `EIGHT`.
struct Multiply<'a, T, const N: usize, const EIGHT: bool> {
    matrix: Matrix<'a, T>,
    start: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Real, const N: usize, const EIGHT: bool> Kernel for Multiply<'_, T, N, EIGHT> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Self { matrix, mut start, x, y } = self;
        let Some(tail) = Tail::<T, N>::of(x) else {
            return y.iter_mut().enumerate().for_each(|(i, y)| *y = dot::<T, N>(matrix.row(start + i), x).one_nan());
        };
        let (eights, y) = if EIGHT { y.as_chunks_mut::<8>() } else { (&mut [][..], y) };
        for group in eights {
            *group = dot_eight(std::array::from_fn(|r| matrix.row(start + r)), x, &tail).map(T::one_nan);
            start += 8;
        }
        for (g, group) in y.chunks_mut(4).enumerate() {
            // Where there are fewer rows the last one is done again.
            let last = group.len() - 1;
            let rows = std::array::from_fn(|r| matrix.row(start + g * 4 + r.min(last)));
            let sums = dot_four(rows, x, &tail);
            group.iter_mut().zip(sums).for_each(|(y, sum)| *y = sum.one_nan());
        }
    }
}

macro_rules! floats {
    ($($t:ident, $lanes:literal;)*) => {$(
        impl kernel::Rows for $t {
            fn multiply(level: Level, matrix: Matrix<'_, $t>, start: usize, x: &[$t], y: &mut [$t]) {
                if x.is_empty() {
                    return y.fill(0.0);
                }
                if level.has_wide_registers() {
                    level.run(Multiply::<$t, $lanes, true> { matrix, start, x, y })
                } else {
                    level.run(Multiply::<$t, $lanes, false> { matrix, start, x, y })
                }
            }
        }

        impl MatVec for $t {}
    )*};
}

floats! {
    f32, 16;
    f64, 8;
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
        // An element takes about twice as long as one of a sum.
        let cost = Cost::Bytes(bytes.saturating_mul(2));
        self.for_each(rows, chunk, cost, move |r| {
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
/// every machine and for any number of threads. A row of nothing (no column) gives `0.0`, and one of nothing but products
/// that are `-0.0` gives `-0.0`.
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
