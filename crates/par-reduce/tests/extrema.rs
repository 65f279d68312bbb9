//! Least and greatest elements and their places, against std.

mod oracle;

use oracle::{on_pools, words};
use par_reduce::{Nan, Reducer, argmax, argmax_by, argmax_float, argmin, argmin_by, argmin_float, max, max_float, min};
use par_reduce::{min_float, min_max};
use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

const LENGTHS: [usize; 9] = [0, 1, 2, 100, 2047, 2048, 2049, 20_000, 150_000];

macro_rules! integers {
    ($($name:ident: $t:ty;)*) => {$(
        #[test]
        fn $name() {
            for n in LENGTHS {
                // Few different values, so that ties are frequent.
                for modulus in [3, u64::MAX] {
                    let x: Vec<$t> = words(n as u64).take(n).map(|word| (word % modulus) as $t).collect();
                    let least = x.iter().min();
                    let greatest = x.iter().max();
                    assert_eq!(min(&x), least);
                    assert_eq!(max(&x), greatest);
                    assert_eq!(min_max(&x), least.zip(greatest));
                    assert_eq!(argmin(&x), least.and_then(|v| x.iter().position(|w| w == v)));
                    assert_eq!(argmax(&x), greatest.and_then(|v| x.iter().position(|w| w == v)));
                    if let Some(found) = max(&x) {
                        assert!(std::ptr::eq(found, &x[argmax(&x).unwrap()]), "the first of equals");
                    }
                }
                let x = vec![<$t>::MAX; n];
                assert_eq!(argmin(&x), (n > 0).then_some(0));
                let x = vec![<$t>::MIN; n];
                assert_eq!(argmax(&x), (n > 0).then_some(0));
            }
        }
    )*};
}

integers! {
    of_i8: i8;
    of_i16: i16;
    of_i32: i32;
    of_i64: i64;
    of_isize: isize;
    of_u8: u8;
    of_u16: u16;
    of_u32: u32;
    of_u64: u64;
    of_usize: usize;
}

/// Floats with many ties, both zeros, infinities and NaN.
fn odd_floats(n: usize, seed: u64) -> Vec<f64> {
    const VALUES: [f64; 10] = [1.0, 2.0, -3.0, 0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 3.0];
    let kinds = [1, 2, 5, 6, 10][seed as usize % 5];
    words(seed).take(n).map(|word| VALUES[(word >> 8) as usize % kinds + (seed as usize / 5) % (11 - kinds)]).collect()
}

fn oracle_min(x: &[f64], nan: Nan) -> Option<f64> {
    if nan == Nan::Propagate && x.iter().any(|v| v.is_nan()) {
        return Some(f64::NAN);
    }
    x.iter().copied().filter(|v| !v.is_nan()).min_by(f64::total_cmp)
}

fn oracle_argmin(x: &[f64], nan: Nan) -> Option<usize> {
    if nan == Nan::Propagate
        && let Some(first) = x.iter().position(|v| v.is_nan())
    {
        return Some(first);
    }
    let least = oracle_min(x, Nan::Ignore)?;
    x.iter().position(|v| *v == least)
}

#[test]
fn floats_with_zeros_infinities_and_nan() {
    for n in [0, 1, 2, 5, 64, 100, 2048, 5000, 40_000] {
        for seed in 0..40 {
            let x = odd_floats(n, seed);
            let negative: Vec<f64> = x.iter().map(|v| -v).collect();
            let narrow: Vec<f32> = x.iter().map(|&v| v as f32).collect();
            for nan in [Nan::Propagate, Nan::Ignore] {
                let bits = |v: Option<f64>| v.map(f64::to_bits);
                assert_eq!(bits(min_float(&x, nan)), bits(oracle_min(&x, nan)), "{n} {seed} {nan:?}");
                let greatest = max_float(&negative, nan).map(|v| if v.is_nan() { f64::NAN } else { -v });
                assert_eq!(bits(greatest), bits(oracle_min(&x, nan)), "{n} {seed} {nan:?}");
                assert_eq!(argmin_float(&x, nan), oracle_argmin(&x, nan), "{n} {seed} {nan:?}");
                assert_eq!(argmax_float(&negative, nan), oracle_argmin(&x, nan), "{n} {seed} {nan:?}");
                assert_eq!(argmin_float(&narrow, nan), oracle_argmin(&x, nan), "{n} {seed} {nan:?}");
                let least = min_float(&narrow, nan).map(|v| if v.is_nan() { f64::NAN } else { v.into() });
                assert_eq!(bits(least), bits(oracle_min(&x, nan)), "{n} {seed} {nan:?}");
            }
            assert_eq!(argmin(&x), oracle_argmin(&x, Nan::Ignore), "{n} {seed}");
        }
    }
}

#[test]
fn an_infinity_behind_a_block_of_nan_is_found() {
    let mut x = vec![f64::NAN; 100_000];
    assert_eq!((argmin(&x), argmax(&x)), (None, None));
    assert_eq!(min_float(&x, Nan::Ignore), None);
    x[77_777] = f64::INFINITY;
    assert_eq!(argmin(&x), Some(77_777));
    assert_eq!(min_float(&x, Nan::Ignore), Some(f64::INFINITY));
    x[88_888] = f64::NEG_INFINITY;
    assert_eq!(argmax(&x), Some(77_777));
    assert_eq!(argmin(&x), Some(88_888));
}

#[test]
fn other_types_and_orders() {
    let words = ["pear", "fig", "apple", "fig", "pear"].map(str::to_owned);
    assert_eq!(min_max(&words), Some((&words[2], &words[0])));
    assert_eq!(argmin_by(&words, |a, b| a.len().cmp(&b.len())), Some(1));
    assert_eq!(argmax_by(&words, |a, b| a.len().cmp(&b.len())), Some(2));
    assert_eq!(argmax_by(&words[3..], |_, _| std::cmp::Ordering::Equal), Some(0));
    let none: [String; 0] = [];
    assert_eq!((min(&none), argmin_by(&none, Ord::cmp)), (None, None));
    // A type that borrows must not be taken for one that does not.
    let local = [3_u32, 1, 2];
    let borrowed: Vec<&u32> = local.iter().collect();
    assert_eq!(min(&borrowed), Some(&&1));
    assert_eq!(max(&[(); 3]), Some(&()));
}

#[test]
fn a_panicking_order_reaches_the_caller_and_leaves_all_usable() {
    let x: Vec<u32> = (0..100_000).collect();
    for at in [1, 50_000, 99_999] {
        let caught = std::panic::catch_unwind(|| {
            Reducer::new()
                .sequential_below(0)
                .argmin_by(&x, |a, b| if *a == at { panic!("no order") } else { a.cmp(b) })
        });
        assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"no order"));
        assert_eq!(argmax_by(&x, Ord::cmp), Some(99_999));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_first_of_equals_wins_on_any_chunks(x in proptest::collection::vec(0_u16..6, 1..500), chunk in 1_usize..70) {
        let reducer = Reducer::new().chunk(chunk).sequential_below(0);
        let first = |v: u16| x.iter().position(|w| *w == v);
        for (low, high) in on_pools(&[1, 4], |_| (reducer.argmin(&x), reducer.argmax_by(&x, Ord::cmp))) {
            prop_assert_eq!(low, first(*x.iter().min().unwrap()));
            prop_assert_eq!(high, first(*x.iter().max().unwrap()));
        }
    }
}
