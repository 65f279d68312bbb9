//! The knobs: any chunk is a chunk for every operation.

use par_reduce::{Matrix, Nan, Reducer};

/// Every operation on `x` and what its answer must be, for knobs that must not matter: the sums are exact.
fn check(reducer: Reducer, x: &[f64]) {
    let (n, total) = (x.len(), x.iter().sum::<f64>());
    assert_eq!((reducer.sum(x), reducer.sum_exact(x), reducer.sum_compensated(x)), (total, total, total));
    assert_eq!((reducer.dot(x, x), reducer.dot_compensated(x, x)), (reducer.dot(x, x), reducer.dot(x, x)));
    assert_eq!(reducer.max_float(x, Nan::Propagate), Some((n - 1) as f64));
    assert_eq!((reducer.argmax(x), reducer.argmin_float(x, Nan::Propagate)), (Some(n - 1), Some(0)));
    assert_eq!(reducer.mean_variance(x).map(|m| m.mean()), Some(total / n as f64));
    assert_eq!(reducer.wrapping_sum(&vec![1_u8; n]), n as u8);
    assert_eq!(reducer.fold(x, || 0, |count, _| count + 1, |a, b| a + b), n);
    assert_eq!((reducer.find_first(x, |v| *v == 9.0), reducer.count_if(x, |v| *v < 5.0)), (Some(9), 5));
    assert_eq!(reducer.histogram(x, 2, |v| usize::from(*v > 3.0)), [4, n as u64 - 4]);
    let mut out = vec![0.0; n];
    reducer.inclusive_scan_into(x, &mut out, |a, b| a + b);
    assert_eq!(out[n - 1], total);
    reducer.exclusive_scan_in_place(&mut out, 0.0, f64::max);
    assert_eq!((out[0], out[n - 1]), (0.0, total - x[n - 1]));
    reducer.fill_with(&mut out, |i| i as f64);
    assert_eq!(out, x);
    let mut random = vec![0; n];
    reducer.fill_random(&mut random, 5, 0..1000);
    let mut expected = vec![0; n];
    par_reduce::fill_random(&mut expected, 5, 0..1000);
    assert_eq!(random, expected);
    let matrix = Matrix::new(x, n / 10, 10).unwrap();
    let mut sums = vec![0.0; n / 10];
    reducer.row_sums_into(matrix, &mut sums).unwrap();
    assert_eq!(sums.iter().sum::<f64>(), total);
    let mut sums = [0.0; 10];
    reducer.col_sums_into(matrix, &mut sums).unwrap();
    assert_eq!(sums.iter().sum::<f64>(), total);
    let mut y = vec![0.0; n / 10];
    reducer.matvec_into(matrix, &[1.0; 10], &mut y).unwrap();
    assert_eq!(y.iter().sum::<f64>(), reducer.matrix_sum(matrix));
}

#[test]
fn the_smallest_and_the_largest_chunk() {
    let x: Vec<f64> = (0..1000).map(f64::from).collect();
    for chunk in [1, 2, 999, 1000, 1001, usize::MAX / 2, usize::MAX - 1, usize::MAX] {
        for below in [0, usize::MAX] {
            check(Reducer::new().chunk(chunk).sequential_below(below), &x);
        }
    }
    check(Reducer::new(), &x);
}

/// A chunk of a matrix is so many rows, whether its rows follow one another without a gap or not. The float sum shows the cut:
/// 1e16 swallows a single 1, but not two that were added to each other before, as the lanes of a row do.
#[test]
fn a_chunk_of_a_matrix_is_a_number_of_rows() {
    let (dense, strided) = ([1.0, 1e16, 1.0, 0.0, 0.0, 0.0], [1.0, 1e16, 1.0, 9.0, 0.0, 0.0, 0.0]);
    let (dense, strided) = (Matrix::new(&dense, 2, 3).unwrap(), Matrix::with_stride(&strided, 2, 3, 4).unwrap());
    for matrix in [dense, strided] {
        assert_eq!(Reducer::new().chunk(1).matrix_sum(matrix), 1e16 + 2.0);
    }
}
