//! Matrix views, their sums, and matrix times vector.

mod oracle;

use oracle::{floats, on_pools, words};
use par_reduce::{Isa, Matrix, Reducer, ShapeError, col_sums_into, matrix_sum, matvec_into, row_sums_into, sum};

const SHAPES: [(usize, usize); 13] = [
    (0, 0),
    (0, 5),
    (5, 0),
    (1, 1),
    (1, 50_000),
    (3, 7),
    (7, 3),
    (4, 64),
    (1000, 100),
    (300, 5000),
    (5, 70_000),
    (20_000, 3),
    (33, 17),
];

#[test]
fn sums_of_integers_in_every_shape_and_stride() {
    for (rows, cols) in SHAPES {
        for gap in [0, 3] {
            let stride = cols + gap;
            let data: Vec<i32> = words(rows as u64).take(rows * stride).map(|word| word as i32).collect();
            let matrix = Matrix::with_stride(&data, rows, cols, stride).unwrap();
            let at = |i: usize, j: usize| i64::from(data[i * stride + j]);
            let by_row: Vec<i64> = (0..rows).map(|i| (0..cols).map(|j| at(i, j)).sum()).collect();
            let by_col: Vec<i64> = (0..cols).map(|j| (0..rows).map(|i| at(i, j)).sum()).collect();
            for reducer in
                [Reducer::new(), Reducer::new().sequential_below(0), Reducer::new().sequential_below(0).chunk(3)]
            {
                on_pools(&[1, 3], |_| {
                    assert_eq!(reducer.matrix_sum(matrix), by_row.iter().sum::<i64>());
                    let mut out = vec![-1; rows];
                    reducer.row_sums_into(matrix, &mut out).unwrap();
                    assert_eq!(out, by_row);
                    let mut out = vec![-1; cols];
                    reducer.col_sums_into(matrix, &mut out).unwrap();
                    assert_eq!(out, by_col);
                });
            }
        }
    }
}

#[test]
fn row_sums_have_the_bits_of_sum() {
    for (rows, cols) in SHAPES {
        let data = floats(rows * cols, 5, 20);
        let matrix = Matrix::new(&data, rows, cols).unwrap();
        let mut out = vec![1.0; rows];
        row_sums_into(matrix, &mut out).unwrap();
        assert!(out.iter().enumerate().all(|(i, v)| v.to_bits() == sum(matrix.row(i)).to_bits()));
        assert_eq!(matrix_sum(matrix).to_bits(), sum(&data).to_bits());
    }
}

#[test]
fn matrix_times_vector() {
    for (rows, cols) in SHAPES {
        let (data, x) = (floats(rows * (cols + 2), 5, 4), floats(cols, 6, 4));
        let matrix = Matrix::with_stride(&data, rows, cols, cols + 2).unwrap();
        let narrow_data: Vec<f32> = data.iter().map(|&v| v as f32).collect();
        let narrow_x: Vec<f32> = x.iter().map(|&v| v as f32).collect();
        let narrow = Matrix::with_stride(&narrow_data, rows, cols, cols + 2).unwrap();
        let all = on_pools(&[1, 2, 5], |_| {
            [Isa::Baseline, Isa::Avx2, Isa::Native].map(|isa| {
                let reducer = Reducer::new().sequential_below(0).isa(isa);
                let (mut y, mut z) = (vec![7.0; rows], vec![7.0; rows]);
                reducer.matvec_into(matrix, &x, &mut y).unwrap();
                reducer.matvec_into(narrow, &narrow_x, &mut z).unwrap();
                (y, z)
            })
        });
        let (y, z) = &all[0][0];
        for i in 0..rows {
            let products = || matrix.row(i).iter().zip(&x).map(|(a, x)| a * x);
            let (exact, size): (f64, f64) = (products().sum(), products().map(f64::abs).sum());
            assert!((y[i] - exact).abs() <= size * 1e-12, "{rows}x{cols}");
            assert!((f64::from(z[i]) - exact).abs() <= size * 1e-3, "{rows}x{cols}");
        }
        for (other_y, other_z) in all.as_flattened() {
            assert!(y.iter().zip(other_y).all(|(a, b)| a.to_bits() == b.to_bits()));
            assert!(z.iter().zip(other_z).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }
}

#[test]
fn shapes_that_do_not_fit_name_both() {
    let data = [1.0; 6];
    let text = |error: ShapeError| error.to_string();
    assert_eq!(text(Matrix::new(&data, 2, 4).unwrap_err()), "a 2x4 matrix does not fit data of 6 elements");
    assert!(
        Matrix::new(&data, usize::MAX, 2).is_err() && Matrix::with_stride(&data, usize::MAX, 2, usize::MAX).is_err()
    );
    assert_eq!(
        text(Matrix::with_stride(&data, 2, 3, 4).unwrap_err()),
        "a 2x3 matrix with a row stride of 4 does not fit data of 6 elements"
    );
    assert!(Matrix::with_stride(&data, 2, 3, 2).is_err(), "rows that overlap");
    let matrix = Matrix::new(&data, 2, 3).unwrap();
    let mut out = [9.0; 2];
    assert_eq!(
        text(matvec_into(matrix, &[1.0; 2], &mut out).unwrap_err()),
        "a 2x3 matrix needs `x` of 3 elements, got 2"
    );
    assert_eq!(
        text(matvec_into(matrix, &[1.0; 3], &mut [0.0]).unwrap_err()),
        "a 2x3 matrix needs `y` of 2 elements, got 1"
    );
    assert_eq!(text(row_sums_into(matrix, &mut [0.0]).unwrap_err()), "a 2x3 matrix needs `out` of 2 elements, got 1");
    assert_eq!(text(col_sums_into(matrix, &mut out).unwrap_err()), "a 2x3 matrix needs `out` of 3 elements, got 2");
    assert_eq!(out, [9.0; 2], "nothing is written");
    assert_eq!(format!("{matrix:?}"), "Matrix { rows: 2, cols: 3, row_stride: 3, .. }");
}

#[test]
fn rows_of_nothing_are_zero() {
    let matrix = Matrix::new(&[], 3, 0).unwrap();
    let (mut sums, mut products) = ([7.0_f64; 3], [7.0_f64; 3]);
    row_sums_into(matrix, &mut sums).unwrap();
    matvec_into(matrix, &[], &mut products).unwrap();
    assert_eq!((sums.map(f64::to_bits), products.map(f64::to_bits)), ([0; 3], [0; 3]));
}

/// The last columns of a row are read in a block that reaches back over others, which must not count twice.
#[test]
fn each_column_counts_once() {
    for cols in 0..70 {
        for rows in [1, 3, 4, 6, 9] {
            let mut data = vec![1.0; rows * cols];
            for at in 0..cols {
                data[at] = f64::INFINITY;
                let mut x = vec![2.0; cols];
                let mut y = vec![0.0; rows];
                matvec_into(Matrix::new(&data, rows, cols).unwrap(), &x, &mut y).unwrap();
                assert_eq!(y[0], f64::INFINITY, "column {at} of {cols}");
                assert!(y[1..].iter().all(|&v| v == 2.0 * cols as f64), "{rows}x{cols}: {y:?}");
                x[at] = 0.0;
                matvec_into(Matrix::new(&data, rows, cols).unwrap(), &x, &mut y).unwrap();
                assert!(y[0].is_nan() && y[1..].iter().all(|&v| v == 2.0 * (cols - 1) as f64));
                data[at] = 1.0;
            }
        }
    }
    let mut y = [1.0_f32; 5];
    matvec_into(Matrix::new(&[-0.0; 5 * 21], 5, 21).unwrap(), &[1.0; 21], &mut y).unwrap();
    assert_eq!(y.map(f32::to_bits), [(-0.0_f32).to_bits(); 5], "nothing is added but what is there");
}

#[test]
#[should_panic(expected = "row 2 of a matrix of 2 rows")]
fn a_row_that_is_not_there() {
    Matrix::new(&[1, 2], 2, 1).unwrap().row(2);
}
