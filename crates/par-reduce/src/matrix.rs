//! [`Matrix`]: a borrowed matrix, row after row.

use std::fmt;

/// A borrowed matrix: `rows` rows of `cols` elements, the starts of neighbouring rows `row_stride` elements apart.
///
/// ```
/// use par_reduce::Matrix;
///
/// let data = [1, 2, 3, 4, 5, 6];
/// let matrix = Matrix::new(&data, 2, 3)?;
/// assert_eq!(matrix.row(1), [4, 5, 6]);
/// let left = Matrix::with_stride(&data, 2, 2, 3)?; // without the last column
/// assert_eq!(left.row(1), [4, 5]);
/// # Ok::<(), par_reduce::ShapeError>(())
/// ```
pub struct Matrix<'a, T> {
    /// Long enough for the last element of the last row.
    data: &'a [T],
    rows: usize,
    cols: usize,
    /// At least `cols`.
    row_stride: usize,
}

/// Two shapes that do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShapeError {
    /// The data is not as long as the matrix needs.
    Data {
        /// Rows asked for.
        rows: usize,
        /// Columns asked for.
        cols: usize,
        /// Elements from the start of one row to that of the next.
        row_stride: usize,
        /// Elements that there are.
        len: usize,
    },
    /// A slice that goes along the rows or columns of a matrix has the wrong length.
    Slice {
        /// What the slice is for: `"x"`, `"y"`, `"out"`.
        name: &'static str,
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        cols: usize,
        /// The length that fits.
        expected: usize,
        /// The length of the slice.
        len: usize,
    },
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Data { rows, cols, row_stride, len } if row_stride == cols => {
                write!(f, "a {rows}x{cols} matrix does not fit data of {len} elements")
            }
            Self::Data { rows, cols, row_stride, len } => {
                write!(
                    f,
                    "a {rows}x{cols} matrix with a row stride of {row_stride} does not fit data of {len} elements"
                )
            }
            Self::Slice { name, rows, cols, expected, len } => {
                write!(f, "a {rows}x{cols} matrix needs `{name}` of {expected} elements, got {len}")
            }
        }
    }
}

impl std::error::Error for ShapeError {}

impl<'a, T> Matrix<'a, T> {
    /// The matrix of `rows` times `cols` that `data` is.
    ///
    /// # Errors
    /// If `data` has not exactly `rows * cols` elements.
    pub fn new(data: &'a [T], rows: usize, cols: usize) -> Result<Self, ShapeError> {
        match rows.checked_mul(cols) {
            Some(len) if len == data.len() => Ok(Self { data, rows, cols, row_stride: cols }),
            _ => Err(ShapeError::Data { rows, cols, row_stride: cols, len: data.len() }),
        }
    }

    /// A matrix within `data` whose rows start `row_stride` elements apart.
    ///
    /// # Errors
    /// If rows would overlap (`row_stride < cols`) or `data` ends before the last row does. It may be longer.
    pub fn with_stride(data: &'a [T], rows: usize, cols: usize, row_stride: usize) -> Result<Self, ShapeError> {
        let end = if rows == 0 {
            Some(0)
        } else {
            (rows - 1).checked_mul(row_stride).and_then(|start| start.checked_add(cols))
        };
        match end {
            Some(end) if end <= data.len() && row_stride >= cols => Ok(Self { data, rows, cols, row_stride }),
            _ => Err(ShapeError::Data { rows, cols, row_stride, len: data.len() }),
        }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Elements from the start of one row to the start of the next.
    pub fn row_stride(&self) -> usize {
        self.row_stride
    }

    /// Row `i`.
    ///
    /// # Panics
    /// If there is no such row.
    #[inline]
    #[track_caller]
    pub fn row(&self, i: usize) -> &'a [T] {
        assert!(i < self.rows, "row {i} of a matrix of {} rows", self.rows);
        let start = i * self.row_stride;
        &self.data[start..start + self.cols]
    }

    /// All elements, if the rows follow one another without a gap.
    pub fn as_slice(&self) -> Option<&'a [T]> {
        (self.row_stride == self.cols || self.rows <= 1).then(|| &self.data[..self.rows * self.cols])
    }

    /// Checks that a slice of `len` elements goes along the rows or columns.
    pub(crate) fn check(&self, name: &'static str, expected: usize, len: usize) -> Result<(), ShapeError> {
        let (rows, cols) = (self.rows, self.cols);
        if expected == len { Ok(()) } else { Err(ShapeError::Slice { name, rows, cols, expected, len }) }
    }
}

impl<T> Clone for Matrix<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Matrix<'_, T> {}

impl<T> fmt::Debug for Matrix<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matrix")
            .field("rows", &self.rows)
            .field("cols", &self.cols)
            .field("row_stride", &self.row_stride)
            .finish_non_exhaustive()
    }
}
