//! NumPy, in a process of its own, on the same numbers; this crate beside it, timed the same way.

use bench_kit::quick;
use par_reduce::{Matrix, Nan};
use std::cell::RefCell;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/numpy_side.py");

/// Numbers that both sides repeat to the length they need.
const PERIOD: usize = 1 << 20;

/// Prints what each takes, if there is a Python with NumPy: that of `PYTHON`, `python3` or `python`.
///
/// A filter on the command line that does not name NumPy leaves it out.
pub(crate) fn compare() {
    if std::env::args().skip(1).any(|word| !word.starts_with('-') && !word.contains("numpy")) {
        return;
    }
    let candidates = std::env::var("PYTHON").into_iter().chain(["python3".to_owned(), "python".to_owned()]);
    let has_numpy = |python: &String| {
        Command::new(python).args(["-c", "import numpy"]).output().is_ok_and(|output| output.status.success())
    };
    let Some(python) = candidates.into_iter().find(has_numpy) else {
        println!("skipped: NumPy (no Python with it was found; PYTHON may name one)");
        return;
    };
    let mut cells: Vec<(&str, usize)> = Vec::new();
    let sizes: &[usize] =
        if quick() { &[1_000, 1_000_000] } else { &[1_000, 100_000, 1_000_000, 10_000_000, 100_000_000] };
    for &n in sizes {
        cells.extend(["sum", "max", "argmax"].map(|name| (name, n)));
        if n >= 1_000_000 {
            cells.extend(["scan", "fill"].map(|name| (name, n)));
        }
        if n <= 1_000_000 {
            cells.push(("fsum", n));
        }
    }
    cells.push(("matrix-sum", 100_000));
    cells.extend([200, 1000, 4000].iter().filter(|&&side| side <= 1000 || !quick()).map(|&side| ("matvec", side)));
    let numbers = crate::numbers(PERIOD);
    let file = std::env::temp_dir().join(format!("par-reduce-numbers-{}", std::process::id()));
    let bytes: Vec<u8> = numbers.iter().flat_map(|v| v.to_ne_bytes()).collect();
    if let Err(error) = std::fs::write(&file, bytes) {
        println!("skipped: NumPy ({} cannot be written: {error})", file.display());
        return;
    }
    for (name, n) in cells {
        let output = Command::new(&python).arg(SCRIPT).arg(&file).arg(format!("{name}:{n}")).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        let theirs: Vec<f64> = text.split_whitespace().skip(2).filter_map(|word| word.parse().ok()).collect();
        let [median, min, answer] = theirs[..] else {
            println!("skipped: NumPy, {name} of {n} (it printed {text:?})");
            continue;
        };
        let (our_median, our_min, our_answer) = ours(name, n, &numbers);
        assert!(name == "fill" || answer == our_answer, "{name} of {n}: NumPy says {answer}, par-reduce {our_answer}");
        println!(
            "par-reduce/numpy/{name}/{n}: NumPy {median:.1} us (min {min:.1}), par-reduce {our_median:.1} us (min {our_min:.1}): {:.2} times as fast",
            median / our_median
        );
    }
    _ = std::fs::remove_file(file);
}

/// Median and minimum in microseconds, and the answer.
fn ours(name: &str, n: usize, numbers: &[f64]) -> (f64, f64, f64) {
    let take = |n: usize| {
        let mut x = crate::huge(n, 0.0);
        x.chunks_mut(PERIOD).for_each(|part| part.copy_from_slice(&numbers[..part.len()]));
        x
    };
    match name {
        "fill" => {
            let mut out = crate::huge(n, 0_i32);
            time(|| {
                par_reduce::fill_random(&mut out, 7, 0..1000);
                out[n - 1].into()
            })
        }
        "scan" => {
            let (mut x, out) = (crate::huge(n, 0_u64), RefCell::new(crate::huge(n, 0_u64)));
            par_reduce::fill_with(&mut x, |i| i as u64);
            time(|| {
                let mut out = out.borrow_mut();
                par_reduce::inclusive_scan_into(&x, &mut out, |a, b| a + b);
                out[n - 1] as f64
            })
        }
        "matvec" => {
            let (a, x, mut y) = (take(n * n), take(n), vec![0.0; n]);
            time(|| {
                par_reduce::matvec_into(Matrix::new(&a, n, n).unwrap(), &x, &mut y).unwrap();
                y[n - 1]
            })
        }
        _ => {
            let x = take(n);
            match name {
                "matrix-sum" => time(|| par_reduce::matrix_sum(Matrix::new(&x, n / 100, 100).unwrap())),
                "fsum" => time(|| par_reduce::sum_exact(&x)),
                "argmax" => time(|| par_reduce::argmax(black_box(&x)).unwrap() as f64),
                "max" => time(|| par_reduce::max_float(black_box(&x), Nan::Propagate).unwrap()),
                _ => time(|| par_reduce::sum(black_box(&x))),
            }
        }
    }
}

fn time(mut run: impl FnMut() -> f64) -> (f64, f64, f64) {
    let (answer, mut times) = (run(), Vec::new());
    let end = Instant::now() + Duration::from_millis(300);
    while times.len() < 5 || (Instant::now() < end && times.len() < 2000) {
        let start = Instant::now();
        black_box(run());
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[0], answer)
}
