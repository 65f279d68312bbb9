//! Parallel sums, extrema, matrix and fill operations whose result never depends on the number of threads.

use demo_kit::{Cell, Demo, random, time};
use par_reduce::{Matrix, Nan, argmax, fill_random, matrix_sum, matvec_into, max_float, min_float, row_sums_into, sum};
use par_reduce::{sum_compensated, sum_exact};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use worker_pool::Pool;

fn main() -> ExitCode {
    let mut demo = Demo::new("par-reduce", "Parallel reductions whose bits never depend on the number of threads.")
        .size("elements of the array", 10_000_000)
        .start();
    let pool = match Pool::new(demo.threads()) {
        Ok(pool) => pool,
        Err(error) => {
            eprintln!("par-reduce: cannot start {} threads: {error}", demo.threads());
            return ExitCode::from(2);
        }
    };
    pool.install(|| {
        population(&mut demo);
        array_sum(&mut demo);
        extrema(&mut demo);
        accuracy(&mut demo);
        matrix(&mut demo);
        same_bits(&mut demo);
    });
    demo.finish()
}

/// The numbers of the array do not come from a generator with a state but from their index: any thread can make any part.
fn population(demo: &mut Demo) {
    demo.section("Populating an array with random numbers in [0, 1000), in parallel");
    let (n, seed) = (demo.size(), demo.seed());
    let mut parallel = vec![0_i32; n];
    let mut sequential = vec![0_i32; n];
    let one = Pool::new(1).expect("the calling thread is a pool of one");
    let ((), alone) = time(|| one.install(|| fill_random(&mut sequential, seed, 0..1000)));
    let ((), together) = time(|| fill_random(&mut parallel, seed, 0..1000));
    let in_range = parallel.iter().all(|number| (0..1000).contains(number));
    demo.compare("fill_random", alone, together, in_range && parallel == sequential);
    let mean = parallel.iter().map(|&number| f64::from(number)).sum::<f64>() / n as f64;
    // Five standard errors of the mean of n uniform numbers.
    let close = (mean - 499.5).abs() < 5.0 * 288.7 / (n as f64).sqrt();
    demo.check(&format!("their mean is {mean:.2}, as near to 499.5 as {n} numbers should be"), close);
}

/// The lecture's way: each thread sums its part and puts the partial sum into a queue; the main thread adds them up.
fn partial_sums_through_a_queue(x: &[i32], threads: usize) -> i64 {
    let (put, get) = mpsc::channel();
    thread::scope(|scope| {
        for part in x.chunks(x.len().div_ceil(threads)) {
            let put = put.clone();
            scope.spawn(move || put.send(part.iter().map(|&value| i64::from(value)).sum::<i64>()));
        }
        drop(put);
        get.iter().sum()
    })
}

fn array_sum(demo: &mut Demo) {
    demo.section("The sum of an array");
    let mut x = vec![0_i32; demo.size()];
    fill_random(&mut x, demo.seed(), 0..1000);
    let (expected, alone) = time(|| x.iter().map(|&value| i64::from(value)).sum::<i64>());
    let (queue, by_queue) = time(|| partial_sums_through_a_queue(&x, demo.threads()));
    demo.compare("partial sums through a queue", alone, by_queue, queue == expected);
    let (library, by_library) = time(|| sum(&x));
    demo.compare("par_reduce::sum of integers", alone, by_library, library == expected);
    let floats = random::floats(demo.size(), demo.seed());
    let (naive, alone) = time(|| floats.iter().sum::<f64>());
    let (library, by_library) = time(|| sum(&floats));
    demo.compare("par_reduce::sum of floats", alone, by_library, (library - naive).abs() <= naive * 1e-9);
}

fn extrema(demo: &mut Demo) {
    demo.section("Least and greatest element, and where it is");
    let x = random::floats(demo.size(), demo.seed());
    let (least, alone) = time(|| x.iter().copied().fold(f64::INFINITY, f64::min));
    let (found, together) = time(|| min_float(&x, Nan::Ignore));
    demo.compare("min", alone, together, found == Some(least));
    let (greatest, alone) = time(|| x.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    let (found, together) = time(|| max_float(&x, Nan::Ignore));
    demo.compare("max", alone, together, found == Some(greatest));
    let (place, alone) = time(|| x.iter().position(|&value| value == greatest));
    let (found, together) = time(|| argmax(&x));
    demo.compare("argmax (against finding a known maximum)", alone, together, found == place);
}

fn accuracy(demo: &mut Demo) {
    demo.section("How exact: one large number comes, small ones follow, the large one goes");
    let n = demo.size();
    let mut x = vec![1.0; n + 2];
    (x[0], x[n + 1]) = (1e17, -1e17);
    let truth = n as f64;
    demo.table(&["sum by", "result", "time", "error", "check"]);
    let (naive, took) = time(|| x.iter().sum::<f64>());
    demo.row(["a loop".into(), naive.to_string().into(), took.into(), (naive - truth).into(), Cell::Text("-".into())]);
    let (plain, took) = time(|| sum(&x));
    demo.row(["sum".into(), plain.to_string().into(), took.into(), (plain - truth).into(), Cell::Text("-".into())]);
    for (name, by) in [("sum_compensated", sum_compensated as fn(&[f64]) -> f64), ("sum_exact", sum_exact::<f64>)] {
        let (exact, took) = time(|| by(&x));
        demo.row([name.into(), exact.to_string().into(), took.into(), (exact - truth).into(), (exact == truth).into()]);
    }
}

fn matrix(demo: &mut Demo) {
    demo.section("The lecture's 1000 x 100 matrix, and a matrix times a vector");
    let (rows, cols) = (1000, 100);
    let mut data = vec![0_i32; rows * cols];
    fill_random(&mut data, demo.seed(), 0..1000);
    let matrix = Matrix::new(&data, rows, cols).expect("as many elements as rows times columns");
    let (expected, alone) =
        time(|| data.chunks(cols).map(|row| row.iter().map(|&v| i64::from(v)).sum::<i64>()).sum::<i64>());
    let (total, together) = time(|| matrix_sum(matrix));
    demo.compare("matrix_sum", alone, together, total == expected);
    let mut by_row = vec![0; rows];
    let (done, together) = time(|| row_sums_into(matrix, &mut by_row));
    demo.compare("row_sums_into", alone, together, done.is_ok() && by_row.iter().sum::<i64>() == expected);

    let side = demo.size().isqrt().clamp(1, 4000);
    let (a, x) = (random::floats(side * side, 1), random::floats(side, 2));
    let naive = |row: &[f64]| row.iter().zip(&x).map(|(a, x)| a * x).sum::<f64>();
    let (expected, alone) = time(|| a.chunks(side).map(naive).collect::<Vec<_>>());
    let mut y = vec![0.0; side];
    let matrix = Matrix::new(&a, side, side).expect("a square");
    let (done, together) = time(|| matvec_into(matrix, &x, &mut y));
    let close = y.iter().zip(&expected).all(|(y, e)| (y - e).abs() <= 1e-9 * side as f64);
    demo.compare(&format!("matvec_into, {side} x {side}"), alone, together, done.is_ok() && close);
}

fn same_bits(demo: &mut Demo) {
    demo.section("The same bits on any number of threads");
    let x = random::floats(demo.size(), demo.seed());
    demo.table(&["threads", "sum", "bits", "check"]);
    let bits = sum(&x).to_bits();
    for threads in [1, 2, 3, 8] {
        let Ok(pool) = Pool::new(threads) else { continue };
        let total = pool.install(|| sum(&x));
        let shown = format!("{:016x}", total.to_bits());
        demo.row([threads.into(), total.to_string().into(), shown.into(), (total.to_bits() == bits).into()]);
    }
    demo.say(
        "Chunks are cut by length and type, and partial sums meet in a fixed tree: who adds what does not matter.",
    );
}
