//! Folds, searches, counts: order kept, first index, panics delivered.

mod oracle;

use oracle::{on_pools, words};
use par_reduce::{Reducer, all, any, count_if, fill_with, find_first, fold, histogram, map_reduce};
use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

/// 2x2 matrices modulo 2^64: associative, and they do not commute.
type Square = [u64; 4];

fn times(a: Square, b: Square) -> Square {
    let dot = |i: usize, j: usize| a[i].wrapping_mul(b[j]).wrapping_add(a[i + 1].wrapping_mul(b[j + 2]));
    [dot(0, 0), dot(0, 1), dot(2, 0), dot(2, 1)]
}

const ONE: Square = [1, 0, 0, 1];

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn strings_keep_their_order(x in proptest::collection::vec("[a-z]{0,3}", 0..300), chunk in 1_usize..40) {
        let expected = x.concat();
        for reducer in [Reducer::new(), Reducer::new().chunk(chunk), Reducer::new().sequential_below(0), Reducer::new().chunk(chunk).sequential_below(0)] {
            for got in on_pools(&[1, 2, 7], |_| reducer.fold(&x, String::new, |a, b| a + b, |a, b| a + &b)) {
                prop_assert_eq!(&got, &expected);
            }
            for got in on_pools(&[1, 2, 7], |_| reducer.map_reduce(&x, String::clone, String::new, |a, b| a + &b)) {
                prop_assert_eq!(&got, &expected);
            }
        }
    }

    #[test]
    fn the_first_match_is_found(x in proptest::collection::vec(0_u8..50, 0..700), chunk in 1_usize..40) {
        let reducer = Reducer::new().chunk(chunk).sequential_below(0);
        let expected = x.iter().position(|&v| v == 7);
        for got in on_pools(&[1, 2, 7], |_| reducer.find_first(&x, |&v| v == 7)) {
            prop_assert_eq!(got, expected);
        }
        prop_assert_eq!(any(&x, |&v| v == 7), expected.is_some());
        prop_assert_eq!(all(&x, |&v| v != 7), expected.is_none());
        prop_assert_eq!(count_if(&x, |&v| v < 25), x.iter().filter(|v| **v < 25).count());
        let mut counts = vec![0; 50];
        x.iter().for_each(|&v| counts[usize::from(v)] += 1);
        prop_assert_eq!(reducer.histogram(&x, 50, |&v| v.into()), counts);
    }
}

#[test]
fn products_of_matrices_keep_their_order() {
    let x: Vec<Square> = {
        let mut words = words(1);
        (0..30_000).map(|_| std::array::from_fn(|_| words.next().unwrap())).collect()
    };
    let expected = x.iter().fold(ONE, |a, b| times(a, *b));
    let reducer = Reducer::new().sequential_below(0);
    for got in on_pools(&[1, 2, 3, 16, 64], |_| reducer.fold(&x, || ONE, |a, b| times(a, *b), times)) {
        assert_eq!(got, expected);
    }
    assert_eq!(map_reduce(&x, |m| *m, || ONE, times), expected);
}

#[test]
fn nothing_gives_the_identity() {
    let none: [u8; 0] = [];
    assert_eq!(fold(&none, || 42, |_, _| 0, |_, _| 0), 42);
    assert_eq!(map_reduce(&none, |_| 0, || 42, |_, _| 0), 42);
    assert_eq!(count_if(&none, |_| true), 0);
    assert_eq!(find_first(&none, |_| true), None);
    assert!(all(&none, |_| false) && !any(&none, |_| true));
    assert_eq!(histogram(&none, 2, |_| 9), [0, 0]);
    fill_with(&mut [0_u8; 0], |_| 1);
}

#[test]
fn every_element_is_folded_once() {
    let calls: Vec<AtomicUsize> = (0..100_000).map(|_| AtomicUsize::new(0)).collect();
    let n = Reducer::new().sequential_below(0).fold(
        &calls,
        || 0,
        |n, call| {
            call.fetch_add(1, Ordering::Relaxed);
            n + 1
        },
        |a, b| a + b,
    );
    assert_eq!(n, calls.len());
    assert!(calls.iter().all(|call| call.load(Ordering::Relaxed) == 1));
}

#[test]
fn float_folds_do_not_depend_on_threads_or_the_clock() {
    let x = oracle::floats(100_000, 3, 30);
    let on = |reducer: Reducer| reducer.fold(&x, || 0.0, |a, b| a + b, |a, b| a + b).to_bits();
    let expected = on(Reducer::new().sequential_below(usize::MAX));
    for bits in on_pools(&[1, 2, 3, 8], |_| [on(Reducer::new()), on(Reducer::new().sequential_below(0))]) {
        assert_eq!(bits, [expected; 2]);
    }
}

#[test]
fn heavy_closures_leave_the_calling_thread() {
    // Each element waits until a second thread has come: only a loop that wakes one before its end finishes.
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        return;
    }
    let here = std::thread::current().id();
    let strangers = AtomicUsize::new(0);
    let seen = on_pools(&[2], |_| {
        Reducer::new().chunk(1).sequential_below(0).map_reduce(
            &[0; 64],
            |_| {
                if std::thread::current().id() != here {
                    strangers.fetch_add(1, Ordering::SeqCst);
                } else {
                    let mut patience = 0;
                    while strangers.load(Ordering::SeqCst) == 0 && patience < 5_000_000 {
                        std::thread::yield_now();
                        patience += 1;
                    }
                }
                strangers.load(Ordering::SeqCst)
            },
            || 0,
            usize::max,
        )
    });
    assert!(seen[0] > 0);
}

#[test]
fn panics_of_every_closure_reach_the_caller() {
    let x: Vec<usize> = (0..50_000).collect();
    let reducer = Reducer::new().sequential_below(0);
    let bad = |v: &usize| if *v == 31_234 { panic!("31234") } else { *v };
    let runs: [(&str, &dyn Fn() -> usize); 7] = [
        ("fold", &|| reducer.fold(&x, || 0, |a, v| a + bad(v), |a, b| a + b)),
        ("identity", &|| reducer.fold(&x, || panic!("31234"), |a: usize, v| a + v, |a, b| a + b)),
        ("combine", &|| reducer.fold(&x, || 0, |a, v| a + v, |_, _| panic!("31234"))),
        ("map", &|| reducer.map_reduce(&x, bad, || 0, |a, b| a + b)),
        ("find", &|| reducer.find_first(&x, |v| bad(v) == usize::MAX).unwrap_or(0)),
        ("histogram", &|| reducer.histogram(&x, 50_000, bad).len()),
        ("fill", &|| {
            reducer.fill_with(&mut x.clone(), |i| bad(&i));
            0
        }),
    ];
    for (name, run) in runs {
        for threads in [1, 2, 4] {
            let pool = worker_pool::Pool::new(threads).unwrap();
            let panic = catch_unwind(AssertUnwindSafe(|| pool.install(run))).expect_err(name);
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"31234"), "{name}");
            assert_eq!(
                pool.install(|| reducer.map_reduce(&x, |v| *v, || 0, usize::max)),
                49_999,
                "usable after {name}"
            );
        }
    }
}

#[test]
fn values_folded_before_a_panic_are_dropped_once() {
    struct Counted<'a>(&'a AtomicUsize);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    let alive = AtomicUsize::new(0);
    let make = || {
        alive.fetch_add(1, Ordering::SeqCst);
        Counted(&alive)
    };
    let x: Vec<u32> = (0..20_000).collect();
    let reducer = Reducer::new().sequential_below(0);
    for at in [u32::MAX, 0, 10_000, 19_999] {
        let fold = |a, v: &u32| if *v == at { panic!("stop") } else { a };
        let result = catch_unwind(AssertUnwindSafe(|| drop(reducer.fold(&x, make, fold, |a, _| a))));
        assert_eq!(result.is_err(), at != u32::MAX);
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    }
}

#[test]
#[should_panic(expected = "the key of an element is bin 5, but there are 3 bins")]
fn a_key_out_of_range_is_named() {
    histogram(&[5_usize], 3, |&v| v);
}

#[test]
fn histograms_of_many_bins() {
    let x: Vec<u64> = words(3).take(200_000).collect();
    for bins in [1, 10, 1000, 100_000] {
        let mut expected = vec![0; bins];
        x.iter().for_each(|v| expected[(v % bins as u64) as usize] += 1);
        let reducer = Reducer::new().sequential_below(0);
        assert!(
            on_pools(&[1, 3], |_| reducer.histogram(&x, bins, |v| (v % bins as u64) as usize))
                .iter()
                .all(|h| *h == expected)
        );
    }
}

#[test]
fn fill_with_sets_every_index() {
    for n in [1, 2, 1000, 100_001] {
        let mut out = vec![String::from("old"); n];
        Reducer::new().sequential_below(0).fill_with(&mut out, |i| i.to_string());
        assert!(out.iter().enumerate().all(|(i, v)| *v == i.to_string()));
    }
}
