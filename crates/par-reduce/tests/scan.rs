//! Prefix sums against a sequential loop.

mod oracle;

use oracle::{floats, on_pools, words};
use par_reduce::{Reducer, exclusive_scan_in_place, exclusive_scan_into, inclusive_scan_in_place, inclusive_scan_into};
use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn inclusive<T: Clone>(x: &[T], op: impl Fn(T, T) -> T) -> Vec<T> {
    let mut out: Vec<T> = Vec::new();
    for value in x {
        let next = out.last().map_or_else(|| value.clone(), |last| op(last.clone(), value.clone()));
        out.push(next);
    }
    out
}

fn exclusive<T: Clone>(x: &[T], init: T, op: impl Fn(T, T) -> T) -> Vec<T> {
    let Some((_, x)) = x.split_last() else { return Vec::new() };
    let mut out = vec![init];
    for value in x {
        out.push(op(out[out.len() - 1].clone(), value.clone()));
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn strings_keep_their_order(x in proptest::collection::vec("[a-z]{0,2}", 0..120), chunk in 1_usize..30) {
        let op = |a: String, b: String| a + &b;
        let (all, before) = (inclusive(&x, op), exclusive(&x, "<".to_owned(), op));
        for reducer in [Reducer::new().chunk(chunk), Reducer::new().chunk(chunk).sequential_below(0)] {
            on_pools(&[1, 2, 5], |_| {
                let mut out = vec![String::from("old"); x.len()];
                reducer.inclusive_scan_into(&x, &mut out, op);
                assert_eq!(out, all);
                reducer.exclusive_scan_into(&x, &mut out, "<".to_owned(), op);
                assert_eq!(out, before);
                let mut in_place = x.clone();
                reducer.inclusive_scan_in_place(&mut in_place, op);
                assert_eq!(in_place, all);
                let mut in_place = x.clone();
                reducer.exclusive_scan_in_place(&mut in_place, "<".to_owned(), op);
                assert_eq!(in_place, before);
            });
        }
        prop_assert_eq!(x.len(), all.len());
    }
}

/// The last element has no part in an exclusive scan, so `op` must not see it: it may be one that `op` cannot take.
#[test]
fn an_exclusive_scan_leaves_the_last_element_alone() {
    let mut out = [0_u8; 2];
    exclusive_scan_into(&[200_u8, 100], &mut out, 0, |a, b| a + b);
    assert_eq!(out, [0, 200]);
    for n in [1, 2, 500, 16_384, 16_385, 70_000, 4_200_000] {
        let greater = |a: u64, b: u64| if a.max(b) < n { a.max(b) } else { panic!("the last element") };
        let float = |a: f64, b: f64| greater(a as u64, b as u64) as f64;
        let (x, before): (Vec<u64>, Vec<u64>) = ((1..=n).collect(), (0..n).collect());
        let (floats, floats_before): (Vec<f64>, Vec<f64>) = (1..=n).map(|v| (v as f64, (v - 1) as f64)).unzip();
        let reducers = [Reducer::new(), Reducer::new().sequential_below(0), Reducer::new().chunk(501)];
        for reducer in &reducers[..if n < 1_000_000 { 3 } else { 1 }] {
            on_pools(&[1, 3], |_| {
                let mut out = vec![0; x.len()];
                reducer.exclusive_scan_into(&x, &mut out, 0, greater);
                assert!(out == before);
                out.copy_from_slice(&x);
                reducer.exclusive_scan_in_place(&mut out, 0, greater);
                assert!(out == before);
                // Floats are cut into chunks on one thread too.
                let mut out = vec![0.0; x.len()];
                reducer.exclusive_scan_into(&floats, &mut out, 0.0, float);
                assert!(out == floats_before);
            });
        }
    }
}

#[test]
fn long_scans_on_many_threads() {
    for n in [0, 1, 16_384, 16_385, 400_000] {
        let x: Vec<u64> = words(n as u64).take(n).collect();
        let expected = inclusive(&x, u64::wrapping_add);
        let reducer = Reducer::new().sequential_below(0);
        on_pools(&[1, 2, 3, 8], |_| {
            let mut out = vec![1; n];
            reducer.inclusive_scan_into(&x, &mut out, u64::wrapping_add);
            assert!(out == expected);
            inclusive_scan_into(&x, &mut out, |a, b| a.wrapping_add(b));
            assert!(out == expected);
            exclusive_scan_into(&x, &mut out, 5, u64::wrapping_add);
            assert!(
                out.iter().skip(1).zip(&expected).all(|(a, b)| *a == b.wrapping_add(5))
                    && out.first().is_none_or(|v| *v == 5)
            );
            let mut in_place = x.clone();
            inclusive_scan_in_place(&mut in_place, u64::wrapping_add);
            assert!(in_place == expected);
            exclusive_scan_in_place(&mut in_place, 0, u64::wrapping_add);
        });
    }
}

#[test]
fn float_scans_do_not_depend_on_threads() {
    let x = floats(300_000, 4, 20);
    let scan = |reducer: Reducer| {
        let mut out = vec![0.0; x.len()];
        reducer.inclusive_scan_into(&x, &mut out, |a, b| a + b);
        out
    };
    let expected = scan(Reducer::new().sequential_below(usize::MAX));
    for outs in on_pools(&[1, 2, 3, 8], |_| [scan(Reducer::new()), scan(Reducer::new().sequential_below(0))]) {
        assert!(outs.iter().all(|out| out.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits())));
    }
}

#[test]
fn a_panic_breaks_the_chain_and_reaches_the_caller() {
    let x: Vec<u64> = vec![1; 20_000];
    let reducer = Reducer::new().chunk(100).sequential_below(0);
    for at in [2, 150, 9_999, 19_000] {
        on_pools(&[1, 2, 3, 8], |_| {
            let mut out = vec![0; x.len()];
            let op = |a: u64, b: u64| if a + b == at { panic!("{at}") } else { a + b };
            let panic = catch_unwind(AssertUnwindSafe(|| reducer.inclusive_scan_into(&x, &mut out, op))).unwrap_err();
            if at > 100 {
                assert_eq!(panic.downcast_ref::<String>(), Some(&at.to_string()));
            }
            assert!(out.iter().enumerate().all(|(i, v)| *v == 0 || *v == i as u64 + 1), "done or as it was");
            reducer.inclusive_scan_into(&x, &mut out, |a, b| a + b);
            assert_eq!(out[19_999], 20_000);
        });
    }
}

/// Scans onto the input itself have the same bits.
#[test]
fn outputs_larger_than_the_caches() {
    let n = 4_200_003;
    let x: Vec<f64> = words(9).take(n).map(|word| word as f64).collect();
    let (mut out, mut in_place) = (vec![0.0; n + 1], x.clone());
    for threads in [1, 3] {
        on_pools(&[threads], |_| {
            // Not aligned to a line.
            inclusive_scan_into(&x, &mut out[1..], |a, b| a + b);
            in_place.copy_from_slice(&x);
            inclusive_scan_in_place(&mut in_place, |a, b| a + b);
            assert!(out[1..] == in_place);
            exclusive_scan_into(&x, &mut out[..n], 0.5, |a, b| a + b);
            in_place.copy_from_slice(&x);
            exclusive_scan_in_place(&mut in_place, 0.5, |a, b| a + b);
            assert!(out[..n] == in_place);
        });
    }
    let x: Vec<u64> = words(9).take(n).collect();
    let mut out = vec![0; n];
    inclusive_scan_into(&x, &mut out, u64::wrapping_add);
    assert!(out == inclusive(&x, u64::wrapping_add));
    exclusive_scan_into(&x, &mut out, 7, u64::wrapping_add);
    assert!(out == exclusive(&x, 7, u64::wrapping_add));
}

#[test]
#[should_panic(expected = "a scan of 3 elements needs an output of 3, got 2")]
fn an_output_of_another_length_is_refused() {
    inclusive_scan_into(&[1, 2, 3], &mut [0; 2], |a, b| a + b);
}
