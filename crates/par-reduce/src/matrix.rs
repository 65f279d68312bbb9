//! [`Matrix`]: a borrowed matrix, row after row.
//!
//! Safety of this module rests on one invariant: the elements of every row are readable for `'a`. What lies between the rows is
//! not the matrix's: an `ndarray` view of some columns has neighbours that somebody else may be writing to. So there is a
//! pointer here and no slice, and only rows become slices.

use std::fmt;
use std::marker::PhantomData;

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
    /// The first element. The `cols` elements from each multiple of `row_stride` below `rows * row_stride` on are borrowed
    /// for `'a`.
    start: *const T,
    rows: usize,
    cols: usize,
    /// At least `cols`, if there are two rows.
    row_stride: usize,
    borrow: PhantomData<&'a [T]>,
}

// SAFETY: a matrix gives out shared references to its elements and nothing else, as `&'a [T]` does, which is Send and Sync
// if `T: Sync`.
unsafe impl<T: Sync> Send for Matrix<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Matrix<'_, T> {}

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
    /// The elements of a row of an array do not lie side by side, or its rows overlap or run backwards.
    Layout {
        /// Rows of the array.
        rows: usize,
        /// Columns of the array.
        cols: usize,
        /// Elements from one row to the next.
        row_stride: isize,
        /// Elements from one column to the next.
        col_stride: isize,
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
            Self::Layout { rows, cols, row_stride, col_stride } => {
                write!(f, "a {rows}x{cols} array with strides {row_stride} and {col_stride} is not row after row")
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
            // SAFETY: all rows together are `data`.
            Some(len) if len == data.len() => Ok(unsafe { Self::from_raw(data.as_ptr(), rows, cols, cols) }),
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
            Some(end) if end <= data.len() && row_stride >= cols => {
                // SAFETY: the last row ends before `data` does, and the others before it.
                Ok(unsafe { Self::from_raw(data.as_ptr(), rows, cols, row_stride) })
            }
            _ => Err(ShapeError::Data { rows, cols, row_stride, len: data.len() }),
        }
    }

    /// # Safety
    /// The `cols` elements from each of `start`, `start + row_stride`, … on, `rows` times, must be readable for `'a`, within
    /// one allocation; `start` must not be null, and aligned, even if there is no element.
    unsafe fn from_raw(start: *const T, rows: usize, cols: usize, row_stride: usize) -> Self {
        Self { start, rows, cols, row_stride, borrow: PhantomData }
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
        // SAFETY: by the invariant of `start`, `cols` elements from there on are readable for 'a, if there are any; the
        // offset was computed without overflow when the matrix was made, for the last row.
        unsafe { std::slice::from_raw_parts(self.start.add(i * self.row_stride), self.cols) }
    }

    /// All elements, if the rows follow one another without a gap.
    pub fn as_slice(&self) -> Option<&'a [T]> {
        let dense = self.row_stride == self.cols || self.rows <= 1;
        // SAFETY: the rows follow one another without a gap, so all of them are one run of readable elements.
        dense.then(|| unsafe { std::slice::from_raw_parts(self.start, self.rows * self.cols) })
    }

    /// Checks that a slice of `len` elements goes along the rows or columns.
    pub(crate) fn check(&self, name: &'static str, expected: usize, len: usize) -> Result<(), ShapeError> {
        let (rows, cols) = (self.rows, self.cols);
        if expected == len { Ok(()) } else { Err(ShapeError::Slice { name, rows, cols, expected, len }) }
    }
}

#[cfg(feature = "ndarray")]
impl<'a, T> TryFrom<ndarray::ArrayView2<'a, T>> for Matrix<'a, T> {
    type Error = ShapeError;

    /// The matrix that an `ndarray` view shows, without copying: `array.view().try_into()`.
    ///
    /// # Errors
    /// [`ShapeError::Layout`] unless the elements of a row lie side by side and the rows in order.
    fn try_from(view: ndarray::ArrayView2<'a, T>) -> Result<Self, ShapeError> {
        let ((rows, cols), strides) = (view.dim(), view.strides());
        let (row_stride, col_stride) = (strides[0], strides[1]);
        if rows <= 1 && (col_stride == 1 || cols <= 1) || view.is_empty() {
            // SAFETY: there is one row at most, whose elements the view borrows for 'a; its pointer is never null.
            return Ok(unsafe { Self::from_raw(view.as_ptr(), rows, cols, cols) });
        }
        match usize::try_from(row_stride) {
            Ok(stride) if stride >= cols && (col_stride == 1 || cols == 1) => {
                // SAFETY: these are the elements that the view borrows for 'a, by the meaning of its strides.
                Ok(unsafe { Self::from_raw(view.as_ptr(), rows, cols, stride) })
            }
            _ => Err(ShapeError::Layout { rows, cols, row_stride, col_stride }),
        }
    }
}

#[cfg(feature = "ndarray")]
impl<'a, T> TryFrom<&'a ndarray::Array2<T>> for Matrix<'a, T> {
    type Error = ShapeError;

    /// As from a view of the array.
    fn try_from(array: &'a ndarray::Array2<T>) -> Result<Self, ShapeError> {
        array.view().try_into()
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
