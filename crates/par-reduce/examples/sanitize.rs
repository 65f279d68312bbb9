//! A small use of every operation on pools of several threads, for the address and thread sanitizers and valgrind.
use par_reduce::{Isa, Matrix, Nan, Reducer};
use std::panic::{AssertUnwindSafe, catch_unwind};
use worker_pool::Pool;

const N: usize = 40_000;

fn floats(reducer: Reducer, x: &[f64]) -> Vec<f64> {
    let moments = reducer.mean_variance(x).expect("there are elements");
    let mut all = vec![
        reducer.sum(x),
        reducer.sum_compensated(x),
        reducer.sum_exact(x),
        reducer.dot(x, x),
        reducer.dot_compensated(x, x),
        reducer.min_float(x, Nan::Propagate).expect("there are elements"),
        reducer.max_float(x, Nan::Ignore).expect("there are elements"),
        reducer.argmax(x).expect("there are elements") as f64,
        moments.mean(),
        moments.variance(),
    ];
    let matrix = Matrix::with_stride(x, 199, 198, 200).expect("it fits");
    let mut out = vec![0.0; 199];
    reducer.row_sums_into(matrix, &mut out).expect("it fits");
    all.extend(&out);
    reducer.matvec_into(matrix, &x[..198], &mut out).expect("it fits");
    all.extend(&out);
    reducer.col_sums_into(matrix, &mut out[..198]).expect("it fits");
    all.extend(&out);
    all.push(reducer.matrix_sum(matrix));
    let mut out = vec![0.0; x.len()];
    reducer.inclusive_scan_into(x, &mut out, |a, b| a + b);
    all.extend(&out);
    reducer.exclusive_scan_in_place(&mut out, 1.0, |a, b| a.max(b));
    all.extend(&out);
    reducer.fill_random(&mut out, 5, -1.0..1.0);
    all.extend(&out);
    all
}

fn closures(reducer: Reducer, words: &[String]) {
    let text = reducer.fold(words, String::new, |all, word| all + word, |a, b| a + &b);
    assert_eq!(text, words.concat());
    let longest = reducer.map_reduce(words, String::len, || 0, usize::max);
    assert_eq!(longest, 5);
    assert_eq!(reducer.histogram(words, 6, String::len)[5], 10_000);
    assert_eq!(reducer.find_first(words, |word| word == "777"), Some(777));
    assert!(reducer.all(words, |word| !word.is_empty()) && reducer.any(words, |word| word == "0"));
    assert_eq!(reducer.min(words).map(String::as_str), Some("0"));
    let mut out = vec![String::new(); words.len()];
    reducer.fill_with(&mut out, |i| i.to_string());
    assert!(out == words);
    reducer.inclusive_scan_in_place(&mut out[..300], |a, b| if a.len() > 20 { b } else { a + &b });
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        reducer.fold(
            words,
            Vec::new,
            |mut all, word| {
                assert!(word != "15000", "on purpose");
                all.push(word.clone());
                all
            },
            |mut a, b| {
                a.extend(b);
                a
            },
        )
    }));
    assert!(panicked.is_err());
}

fn main() {
    let mut x = vec![0.0; N];
    par_reduce::fill_random(&mut x, 1, -100.0..100.0);
    let words: Vec<String> = (0..20_000).map(|n: u32| n.to_string()).collect();
    let alone = floats(Reducer::new().sequential_below(usize::MAX), &x);
    for threads in [1, 2, 4] {
        // Its threads are joined when it is dropped: the sanitizer sees that they have ended.
        let pool = Pool::new(threads).expect("threads can be had");
        pool.install(|| {
            for isa in [Isa::Baseline, Isa::Native] {
                let reducer = Reducer::new().sequential_below(0).isa(isa);
                assert!(floats(reducer, &x) == alone);
                closures(reducer.chunk(500), &words);
            }
        });
    }
    // Larger than the caches.
    let ones = vec![1_u64; 4_200_000];
    let mut out = vec![0; ones.len()];
    par_reduce::inclusive_scan_into(&ones, &mut out, |a, b| a + b);
    assert_eq!(out.last(), Some(&4_200_000));
    println!("the same bits on 1, 2 and 4 threads");
}
