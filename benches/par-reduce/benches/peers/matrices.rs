//! Sums of a matrix, and matrix times vector.

use bench_kit::{Workload, quick};
use criterion::Criterion;
use faer::linalg::matmul::matmul;
use par_reduce::{Isa, Matrix, Reducer, matrix_sum, matvec_into};
use rayon::prelude::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator, ParallelSlice};

pub(crate) fn sums(criterion: &mut Criterion) {
    let (rows, cols) = (1000, 100);
    let data = crate::numbers(rows * cols);
    let answer = data.iter().sum::<f64>();
    let view = ndarray::ArrayView2::from_shape((rows, cols), &data).unwrap();
    let slice = nalgebra::DMatrixView::from_slice(&data, cols, rows);
    let work = Workload::new("par-reduce/matrix-sum", "1000x100", rows * cols, || &data[..], answer)
        .contender("par-reduce", |data| matrix_sum(Matrix::new(data, rows, cols).unwrap()))
        .contender("rayon", |data| data.par_chunks(cols).map(|row| row.iter().sum::<f64>()).sum());
    #[cfg(openmp)]
    let work = work.contender("OpenMP", par_reduce_bench::openmp::sum);
    let work = work.contender("iter().sum()", |data| data.iter().sum()).contender("ndarray", |_| view.sum());
    #[cfg(tbb)]
    let work = work.contender("TBB", par_reduce_bench::tbb::sum);
    let work = work.contender("nalgebra", |_| slice.sum());
    work.run(criterion);
}

/// The same in `f32`, of numbers so small that every sum of them is exact.
pub(crate) fn narrow_products(criterion: &mut Criterion) {
    let sides: &[usize] = if quick() { &[400] } else { &[200, 400, 1000, 2000, 4000] };
    for &side in sides {
        let narrow = |v: &f64| (*v as u64 % 16) as f32;
        let a: Vec<f32> = crate::numbers(side * side).iter().map(narrow).collect();
        let x: Vec<f32> = crate::numbers(side).iter().map(narrow).collect();
        let naive = |row: &[f32]| row.iter().zip(&x).map(|(a, x)| a * x).sum::<f32>();
        let answer: Vec<f32> = a.chunks(side).map(naive).collect();
        let size = format!("{side}x{side}");
        let work = Workload::new("par-reduce/matvec-f32", &size, side * side, || vec![0.0; side], answer)
            .contender("par-reduce", |mut y| {
                matvec_into(Matrix::new(&a, side, side).unwrap(), &x, &mut y).unwrap();
                y
            })
            .contender("rayon", |mut y| {
                y.par_iter_mut().zip(a.par_chunks(side)).for_each(|(y, row)| *y = naive(row));
                y
            });
        #[cfg(blas)]
        let work = work.contender("OpenBLAS", |mut y| {
            par_reduce_bench::blas::matvec_f32(&a, &x, &mut y);
            y
        });
        work.contender("iterators", |mut y| {
            y.iter_mut().zip(a.chunks(side)).for_each(|(y, row)| *y = naive(row));
            y
        })
        .run(criterion);
    }
}

pub(crate) fn products(criterion: &mut Criterion) {
    let sides: &[usize] = if quick() { &[200, 1000] } else { &[200, 400, 1000, 2000, 4000] };
    for &side in sides {
        let (a, x) = (crate::numbers(side * side), crate::numbers(side));
        let naive = |row: &[f64]| row.iter().zip(&x).map(|(a, x)| a * x).sum::<f64>();
        let answer: Vec<f64> = a.chunks(side).map(naive).collect();
        let (view, vector) =
            (ndarray::ArrayView2::from_shape((side, side), &a).unwrap(), ndarray::ArrayView1::from(&x));
        // The same memory: nalgebra's matrices lie column after column.
        let (transposed, column) =
            (nalgebra::DMatrixView::from_slice(&a, side, side), nalgebra::DVectorView::from_slice(&x, side));
        let (matrix, faer_x) = (faer::MatRef::from_row_major_slice(&a, side, side), faer::ColRef::from_slice(&x));
        let work =
            Workload::new("par-reduce/matvec", &format!("{side}x{side}"), side * side, || vec![0.0; side], answer)
                .contender("par-reduce", |mut y| {
                    matvec_into(Matrix::new(&a, side, side).unwrap(), &x, &mut y).unwrap();
                    y
                })
                .contender("par-reduce, AVX2 at most", |mut y| {
                    let reducer = Reducer::new().isa(Isa::Avx2);
                    reducer.matvec_into(Matrix::new(&a, side, side).unwrap(), &x, &mut y).unwrap();
                    y
                })
                .contender("rayon", |mut y| {
                    y.par_iter_mut().zip(a.par_chunks(side)).for_each(|(y, row)| *y = naive(row));
                    y
                })
                .contender("faer", |mut y| {
                    let into = faer::ColMut::from_slice_mut(&mut y);
                    matmul(into, faer::Accum::Replace, matrix, faer_x, 1.0, faer::Par::rayon(0));
                    y
                });
        #[cfg(openmp)]
        let work = work.contender("OpenMP", |mut y| {
            par_reduce_bench::openmp::matvec(&a, &x, &mut y);
            y
        });
        let work = work.contender("iterators", |mut y| {
            y.iter_mut().zip(a.chunks(side)).for_each(|(y, row)| *y = naive(row));
            y
        });
        #[cfg(blas)]
        let work = work.contender("OpenBLAS", |mut y| {
            par_reduce_bench::blas::matvec(&a, &x, &mut y);
            y
        });
        let work = work
            .contender("ndarray", |mut y| {
                ndarray::linalg::general_mat_vec_mul(
                    1.0,
                    &view,
                    &vector,
                    0.0,
                    &mut ndarray::ArrayViewMut1::from(&mut y),
                );
                y
            })
            .contender("nalgebra", |mut y| {
                nalgebra::DVectorViewMut::from_slice(&mut y, side).gemv_tr(1.0, &transposed, &column, 0.0);
                y
            });
        work.run(criterion);
    }
}
