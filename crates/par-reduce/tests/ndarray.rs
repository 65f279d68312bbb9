//! Matrices from the views of `ndarray`.

use ndarray::{Array2, Axis, s};
use par_reduce::{Matrix, ShapeError, matrix_sum, matvec_into, row_sums_into};

fn array(rows: usize, cols: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, cols), |(i, j)| (i * cols + j) as f64)
}

#[test]
fn views_are_taken_as_they_lie() {
    let a = array(6, 5);
    let whole = Matrix::try_from(&a).unwrap();
    assert_eq!((whole.rows(), whole.cols(), whole.row_stride()), (6, 5, 5));
    assert_eq!(matrix_sum(whole), 435.0);
    let some_columns = Matrix::try_from(a.slice(s![1..4, 1..3])).unwrap();
    assert_eq!((some_columns.rows(), some_columns.cols(), some_columns.row_stride()), (3, 2, 5));
    assert_eq!(some_columns.row(2), [16.0, 17.0]);
    assert_eq!(some_columns.as_slice(), None);
    let every_other_row = Matrix::try_from(a.slice(s![..;2, ..])).unwrap();
    let mut sums = [0.0; 3];
    row_sums_into(every_other_row, &mut sums).unwrap();
    assert_eq!(sums, [10.0, 60.0, 110.0]);
    let mut y = [0.0; 6];
    matvec_into(Matrix::try_from(a.slice(s![.., 2..3])).unwrap(), &[2.0], &mut y).unwrap();
    assert_eq!(y, [4.0, 14.0, 24.0, 34.0, 44.0, 54.0]);
}

#[test]
fn neighbours_of_a_view_may_be_written_to() {
    let mut a = array(3, 4);
    let (left, mut right) = a.view_mut().split_at(Axis(1), 2);
    let left = left.into_shared_view();
    let matrix = Matrix::try_from(left).unwrap();
    right.fill(-1.0);
    assert_eq!(matrix_sum(matrix), 27.0);
    right.fill(-2.0);
    assert_eq!(matrix.row(2), [8.0, 9.0]);
}

trait Shared<'a> {
    fn into_shared_view(self) -> ndarray::ArrayView2<'a, f64>;
}

impl<'a> Shared<'a> for ndarray::ArrayViewMut2<'a, f64> {
    fn into_shared_view(self) -> ndarray::ArrayView2<'a, f64> {
        let (dim, strides) = (self.raw_dim(), [self.strides()[0] as usize, self.strides()[1] as usize]);
        let start = self.as_ptr();
        // SAFETY: the view is consumed, so its elements are ours for 'a.
        unsafe {
            ndarray::ArrayView2::from_shape_ptr(
                ndarray::ShapeBuilder::strides(dim, ndarray::Ix2(strides[0], strides[1])),
                start,
            )
        }
    }
}

#[test]
fn other_layouts_are_refused() {
    let a = array(3, 4);
    let text = |result: Result<Matrix<'_, f64>, ShapeError>| result.unwrap_err().to_string();
    assert_eq!(text(a.t().try_into()), "a 4x3 array with strides 1 and 4 is not row after row");
    assert_eq!(text(a.slice(s![..;-1, ..]).try_into()), "a 3x4 array with strides -4 and 1 is not row after row");
    assert_eq!(text(a.slice(s![.., ..;2]).try_into()), "a 3x2 array with strides 4 and 2 is not row after row");
    let broadcast = ndarray::aview1(&[1.0, 2.0]);
    let broadcast = broadcast.broadcast((3, 2)).unwrap();
    assert_eq!(text(broadcast.try_into()), "a 3x2 array with strides 0 and 1 is not row after row");
}

#[test]
fn empty_and_thin_views() {
    for (rows, cols) in [(0, 0), (0, 3), (3, 0), (1, 1), (1, 3), (3, 1)] {
        let a = array(rows, cols);
        let matrix = Matrix::try_from(a.view()).unwrap();
        assert_eq!((matrix.rows(), matrix.cols()), (rows, cols));
        assert_eq!(matrix_sum(matrix), a.sum());
    }
    let a = array(3, 4);
    let column = Matrix::try_from(a.slice(s![.., 1..2])).unwrap();
    assert_eq!((column.row(0), column.row(2)), (&[1.0][..], &[9.0][..]));
    // One row of a transposed array does not lie side by side.
    assert!(Matrix::try_from(a.t().slice_move(s![0..1, ..])).is_err());
}
