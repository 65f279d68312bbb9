//! Every float result has the same bits on pools of 1 to 64 threads, on every instruction set, and again under load.

mod oracle;

use oracle::{floats, on_pools};
use par_reduce::{Isa, Matrix, Nan, Reducer};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// All float results of one input, as bits.
fn results(reducer: Reducer, x: &[f64], y: &[f64]) -> Vec<u64> {
    let narrow: Vec<f32> = x.iter().map(|&v| v as f32).collect();
    let side = x.len().isqrt();
    let matrix = Matrix::new(&x[..side * side], side, side).unwrap();
    let strided = Matrix::with_stride(x, side, side - 1, side).unwrap();
    let moments = reducer.mean_variance(x).unwrap();
    let mut all = vec![
        reducer.sum(x),
        reducer.sum(&narrow),
        reducer.sum_compensated(x),
        reducer.sum_exact(x),
        f64::from(reducer.sum_exact(&narrow)),
        reducer.dot(x, y),
        reducer.dot_compensated(x, y),
        reducer.min_float(x, Nan::Ignore).unwrap(),
        reducer.max_float(x, Nan::Propagate).unwrap(),
        reducer.argmin(x).unwrap() as f64,
        moments.mean(),
        moments.variance(),
        reducer.fold(x, || 0.0, |a, b| a + b, |a, b| a + b),
        reducer.map_reduce(x, |v| v * v, || 0.0, |a, b| a + b),
        reducer.matrix_sum(matrix),
        reducer.matrix_sum(strided),
    ];
    let mut out = vec![0.0; side];
    reducer.row_sums_into(matrix, &mut out).unwrap();
    all.extend(&out);
    reducer.col_sums_into(matrix, &mut out).unwrap();
    all.extend(&out);
    reducer.matvec_into(matrix, &y[..side], &mut out).unwrap();
    all.extend(&out);
    let mut out = vec![0.0; x.len()];
    reducer.inclusive_scan_into(x, &mut out, |a, b| a + b);
    all.extend(out.iter().step_by(101));
    reducer.fill_random(&mut out, 3, -1.0..2.0);
    all.extend(out.iter().step_by(101));
    all.into_iter().map(f64::to_bits).collect()
}

#[test]
fn threads_pools_and_instructions_do_not_show() {
    for (n, span) in [(50, 5), (20_000, 60), (150_000, 3)] {
        let (x, y) = (floats(n, 1, span), floats(n, 2, span));
        let alone = Reducer::new().sequential_below(usize::MAX);
        let expected = results(alone, &x, &y);
        for isa in [Isa::Baseline, Isa::Avx2, Isa::Avx512, Isa::Native] {
            assert!(results(alone.isa(isa), &x, &y) == expected, "{isa:?}");
        }
        on_pools(&[1, 2, 3, 8, 64], |threads| {
            assert!(results(Reducer::new(), &x, &y) == expected, "{threads} threads");
            assert!(results(Reducer::new().sequential_below(0), &x, &y) == expected, "{threads} threads");
        });
    }
}

#[test]
fn load_does_not_show() {
    let (x, y) = (floats(100_000, 1, 8), floats(100_000, 2, 8));
    let expected = results(Reducer::new().sequential_below(usize::MAX), &x, &y);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let same = (0..3).all(|_| {
            on_pools(&[2, 4], |_| results(Reducer::new().sequential_below(0), &x, &y) == expected) == [true; 2]
        });
        stop.store(true, Ordering::Relaxed);
        assert!(same);
    });
}
