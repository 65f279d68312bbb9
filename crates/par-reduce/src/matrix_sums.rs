//! Sums of a matrix: of all elements, of each row, of each column.

use crate::disjoint::Disjoint;
use crate::matrix::{Matrix, ShapeError};
use crate::reducer::{Cost, Reducer};
use crate::sum::Summable;
use std::ops::Range;

/// Columns from which on the work is cut by columns: one partial result for each chunk of rows would be too much memory.
const WIDE: usize = 4096;

/// Columns in a chunk of a wide matrix.
const PANEL: usize = 512;

/// Fewest rows in a chunk of a matrix that is not wide, and rows added one by one in a wide one.
const ROWS: usize = 64;

impl Reducer {
    /// Rows in a chunk of a matrix.
    fn rows_at_a_time<T>(&self, rows: usize, cols: usize) -> usize {
        self.chunk_by_bytes(rows, size_of::<T>().saturating_mul(cols))
    }

    /// See [`matrix_sum`].
    #[track_caller]
    pub fn matrix_sum<T: Summable>(&self, matrix: Matrix<'_, T>) -> T::Total {
        if let Some(all) = matrix.as_slice() {
            return self.chunks_of_rows(matrix.cols()).sum(all);
        }
        let (rows, cols, inner) = (matrix.rows(), matrix.cols(), self.default_chunks().sequential_below(usize::MAX));
        let of_rows = |r: Range<usize>| {
            let sums = r.map(|i| inner.partial_sum(matrix.row(i)));
            sums.reduce(both::<T>).flatten()
        };
        let cost = Cost::Bytes(size_of::<T>().saturating_mul(cols));
        T::total(self.reduce(rows, self.rows_at_a_time::<T>(rows, cols), cost, of_rows, both::<T>).flatten())
    }

    /// See [`row_sums_into`].
    #[track_caller]
    pub fn row_sums_into<T: Summable>(&self, matrix: Matrix<'_, T>, out: &mut [T::Total]) -> Result<(), ShapeError> {
        let (rows, cols) = (matrix.rows(), matrix.cols());
        matrix.check("out", rows, out.len())?;
        if rows < 8 {
            let inner = self.default_chunks();
            out.iter_mut().enumerate().for_each(|(i, slot)| *slot = inner.sum(matrix.row(i)));
            return Ok(());
        }
        let inner = self.default_chunks().sequential_below(usize::MAX);
        let cells = Disjoint::new(out);
        let cost = Cost::Bytes(size_of::<T>().saturating_mul(cols));
        self.for_each(rows, self.rows_at_a_time::<T>(rows, cols), cost, |r| {
            // SAFETY: chunks do not overlap and `for_each` visits each once.
            let part = unsafe { cells.part(r.clone()) };
            r.zip(part).for_each(|(i, slot)| *slot = inner.sum(matrix.row(i)));
        });
        Ok(())
    }

    /// See [`col_sums_into`].
    #[track_caller]
    pub fn col_sums_into<T: Summable>(&self, matrix: Matrix<'_, T>, out: &mut [T::Total]) -> Result<(), ShapeError> {
        let (rows, cols, level) = (matrix.rows(), matrix.cols(), self.level());
        matrix.check("out", cols, out.len())?;
        let columns = |r: Range<usize>, c: Range<usize>| {
            let mut sums = vec![T::NOTHING; c.len()];
            T::columns(level, r.len(), |i| &matrix.row(r.start + i)[c.clone()], &mut sums);
            sums
        };
        if cols < WIDE {
            let cost = Cost::Bytes(size_of::<T>().saturating_mul(cols));
            let height = self.rows_at_a_time::<T>(rows, cols).max(ROWS);
            let sums = self.reduce(rows, height, cost, |r| columns(r, 0..cols), add_columns::<T>);
            let sums = sums.unwrap_or_else(|| vec![T::NOTHING; cols]);
            out.iter_mut().zip(sums).for_each(|(slot, sum)| *slot = T::total((rows > 0).then_some(sum)));
            return Ok(());
        }
        let cells = Disjoint::new(out);
        let cost = Cost::Bytes(size_of::<T>().saturating_mul(rows));
        let alone = self.default_chunks().sequential_below(usize::MAX);
        self.for_each(cols, PANEL, cost, |c| {
            let sums = alone.reduce(rows, ROWS, Cost::Bytes(0), |r| columns(r, c.clone()), add_columns::<T>);
            // SAFETY: chunks do not overlap and `for_each` visits each once.
            let part = unsafe { cells.part(c.clone()) };
            match sums {
                Some(sums) => part.iter_mut().zip(sums).for_each(|(slot, sum)| *slot = T::total(Some(sum))),
                None => part.fill(T::total(None)),
            }
        });
        Ok(())
    }
}

fn both<T: Summable>(a: Option<T::Partial>, b: Option<T::Partial>) -> Option<T::Partial> {
    match (a, b) {
        (Some(a), Some(b)) => Some(T::combine(a, b)),
        (a, b) => a.or(b),
    }
}

fn add_columns<T: Summable>(mut a: Vec<T::Partial>, b: Vec<T::Partial>) -> Vec<T::Partial> {
    a.iter_mut().zip(b).for_each(|(a, b)| *a = T::combine(*a, b));
    a
}

/// The sum of all elements of a matrix; see [`sum`](crate::sum) for types and rounding.
///
/// Rows that follow one another without a gap are one long slice; otherwise each row is summed and the rows are combined
/// in a fixed tree, so a strided matrix may differ from its dense copy in the last bits.
///
/// ```
/// use par_reduce::{Matrix, matrix_sum};
///
/// let data = [1_i32, 2, 3, 4, 5, 6];
/// assert_eq!(matrix_sum(Matrix::new(&data, 2, 3)?), 21_i64);
/// # Ok::<(), par_reduce::ShapeError>(())
/// ```
#[track_caller]
pub fn matrix_sum<T: Summable>(matrix: Matrix<'_, T>) -> T::Total {
    Reducer::new().matrix_sum(matrix)
}

/// Sets `out[i]` to the sum of row `i`, to the bits of [`sum`](crate::sum)`(row)`.
///
/// ```
/// use par_reduce::{Matrix, row_sums_into};
///
/// let mut sums = [0_i64; 2];
/// row_sums_into(Matrix::new(&[1_i32, 2, 3, 4, 5, 6], 2, 3)?, &mut sums)?;
/// assert_eq!(sums, [6, 15]);
/// # Ok::<(), par_reduce::ShapeError>(())
/// ```
///
/// # Errors
/// [`ShapeError::Slice`] if `out` has not one element for each row.
#[track_caller]
pub fn row_sums_into<T: Summable>(matrix: Matrix<'_, T>, out: &mut [T::Total]) -> Result<(), ShapeError> {
    Reducer::new().row_sums_into(matrix, out)
}

/// Sets `out[j]` to the sum of column `j`. Rows are added one by one within fixed blocks, and blocks in a fixed tree.
///
/// ```
/// use par_reduce::{Matrix, col_sums_into};
///
/// let mut sums = [0_i64; 3];
/// col_sums_into(Matrix::new(&[1_i32, 2, 3, 4, 5, 6], 2, 3)?, &mut sums)?;
/// assert_eq!(sums, [5, 7, 9]);
/// # Ok::<(), par_reduce::ShapeError>(())
/// ```
///
/// # Errors
/// [`ShapeError::Slice`] if `out` has not one element for each column.
#[track_caller]
pub fn col_sums_into<T: Summable>(matrix: Matrix<'_, T>, out: &mut [T::Total]) -> Result<(), ShapeError> {
    Reducer::new().col_sums_into(matrix, out)
}
