//! Plain and compensated sums, dot products.

mod oracle;

use oracle::{BigSum, floats, on_pools, words};
use par_reduce::{Reducer, dot, dot_compensated, sum, sum_compensated, sum_exact, wrapping_sum};
use proptest::prelude::*;

const LENGTHS: [usize; 14] = [0, 1, 2, 63, 64, 65, 127, 1000, 4096, 16_383, 16_384, 16_385, 50_000, 300_001];

macro_rules! integer_sums {
    ($($name:ident: $t:ty, $wide:ty;)*) => {$(
        #[test]
        fn $name() {
            for n in LENGTHS {
                let x: Vec<$t> = words(n as u64).take(n).map(|word| word as $t).collect();
                let expected: i128 = x.iter().map(|&v| v as i128).sum();
                assert_eq!(sum(&x) as i128, expected, "{n}");
                assert_eq!(wrapping_sum(&x), x.iter().fold(0, |a: $t, b| a.wrapping_add(*b)), "{n}");
                for edge in [<$t>::MIN, <$t>::MAX] {
                    let x = vec![edge; n];
                    let total: $wide = sum(&x);
                    assert_eq!(total as i128, edge as i128 * n as i128, "{n}");
                }
            }
        }
    )*};
}

integer_sums! {
    i8_sums_do_not_overflow: i8, i64;
    i16_sums_do_not_overflow: i16, i64;
    i32_sums_do_not_overflow: i32, i64;
    i64_sums_do_not_overflow: i64, i128;
    isize_sums_do_not_overflow: isize, i128;
    u8_sums_do_not_overflow: u8, u64;
    u16_sums_do_not_overflow: u16, u64;
    u32_sums_do_not_overflow: u32, u64;
    u64_sums_do_not_overflow: u64, u128;
    usize_sums_do_not_overflow: usize, u128;
}

#[test]
fn float_sums_are_close_to_the_exact_sum() {
    for n in LENGTHS {
        let x = floats(n, n as u64, 8);
        let exact = BigSum::of(&x).to_f64();
        let size: f64 = x.iter().map(|v| v.abs()).sum();
        assert!((sum(&x) - exact).abs() <= size * 300.0 * f64::EPSILON, "{n}");
        assert!((sum_compensated(&x) - exact).abs() <= exact.abs() * f64::EPSILON, "{n}");
        let narrow: Vec<f32> = x.iter().map(|&v| v as f32).collect();
        let widened: Vec<f64> = narrow.iter().map(|&v| v.into()).collect();
        let reducer = Reducer::new().chunk(3000);
        assert_eq!(reducer.sum(&narrow).to_bits(), reducer.sum(&widened).to_bits(), "{n}");
    }
}

#[test]
fn the_lanes_are_what_the_page_says() {
    let x = floats(20_000, 3, 4);
    // Whole blocks of 64, then 32, 16, 8, 4, 2, 1, each from lane 0 on.
    let chunk = |mut x: &[f64]| {
        let (mut lanes, mut width) = ([-0.0; 64], 64);
        while width > 0 {
            while x.len() >= width {
                (0..width).for_each(|i| lanes[i] += x[i]);
                x = &x[width..];
            }
            width /= 2;
        }
        for width in [32, 16, 8, 4, 2, 1] {
            (0..width).for_each(|i| lanes[i] += lanes[i + width]);
        }
        lanes[0]
    };
    // Chunks of 32 KiB.
    let chunks: Vec<f64> = x.chunks(4096).map(chunk).collect();
    let [a, b, c, d, e] = chunks[..] else { panic!("five chunks") };
    assert_eq!(sum(&x).to_bits(), (((a + b) + (c + d)) + e).to_bits());
    for n in [0, 1, 63, 64, 65, 127, 128, 1000] {
        assert_eq!(sum(&x[..n]) + 0.0, chunk(&x[..n]) + 0.0, "{n}");
    }
}

#[test]
fn signs_of_zero_infinities_and_nan() {
    for sum in [sum::<f64>, sum_compensated, sum_exact::<f64>] {
        assert_eq!(sum(&[]).to_bits(), 0.0_f64.to_bits());
        assert_eq!(sum(&[-0.0; 5000]).to_bits(), (-0.0_f64).to_bits());
        assert_eq!(sum(&[-0.0, 0.0]).to_bits(), 0.0_f64.to_bits());
        assert_eq!(sum(&[1.0, -1.0]).to_bits(), 0.0_f64.to_bits());
        for n in [3, 100, 20_000] {
            let with = |value: f64, other: f64| {
                let mut x = vec![1.0; n];
                (x[n / 2], x[n - 1]) = (value, other);
                sum(&x)
            };
            assert_eq!(with(f64::INFINITY, 1.0), f64::INFINITY);
            assert_eq!(with(f64::NEG_INFINITY, 1.0), f64::NEG_INFINITY);
            assert_eq!(with(f64::INFINITY, f64::NEG_INFINITY).to_bits(), f64::NAN.to_bits());
            assert_eq!(with(-f64::NAN, 1.0).to_bits(), f64::NAN.to_bits());
        }
    }
}

#[test]
fn compensation_survives_cancellation() {
    let mut x = vec![1e16, 1.0, -1e16];
    x.resize(40_000, 0.0);
    assert_eq!(sum_compensated(&x), 1.0);
    let ones = vec![1.0; x.len()];
    assert_eq!(dot_compensated(&x, &ones), 1.0);
    let y = [1.0 + f64::EPSILON, -1.0];
    assert_eq!(dot_compensated(&y, &[1.0 - f64::EPSILON, 1.0]), -f64::EPSILON * f64::EPSILON);
}

#[test]
fn dot_products_are_close_to_the_exact_ones() {
    for n in LENGTHS {
        let (x, y) = (floats(n, 1, 4), floats(n, 2, 4));
        let products: Vec<f64> = x.iter().zip(&y).flat_map(|(a, b)| [a * b, a.mul_add(*b, -(a * b))]).collect();
        let exact = BigSum::of(&products).to_f64();
        let size: f64 = products.iter().map(|v| v.abs()).sum();
        assert!((dot(&x, &y) - exact).abs() <= size * 300.0 * f64::EPSILON, "{n}");
        assert!((dot_compensated(&x, &y) - exact).abs() <= exact.abs() * f64::EPSILON, "{n}");
    }
}

#[test]
#[should_panic(expected = "slices of the same length, got 2 and 1")]
fn dot_products_of_different_lengths_are_refused() {
    dot(&[1.0, 2.0], &[1.0]);
}

#[test]
#[should_panic(expected = "a chunk must have at least 1 element")]
fn a_chunk_of_nothing_is_refused() {
    let _ = Reducer::new().chunk(0);
}

#[test]
fn unaligned_slices_give_the_same_bits() {
    let x = floats(70_000, 5, 10);
    let copies: Vec<u64> = (0..9)
        .map(|shift| {
            let mut shifted = vec![0.0; shift];
            shifted.extend(&x);
            sum(&shifted[shift..]).to_bits()
        })
        .collect();
    assert!(copies.iter().all(|bits| *bits == copies[0]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_chunk_and_cut_off_gives_the_integer_sum(x in proptest::collection::vec(any::<i64>(), 0..400), chunk in 1_usize..50) {
        let expected: i128 = x.iter().map(|&v| i128::from(v)).sum();
        let reducer = Reducer::new().chunk(chunk).sequential_below(0);
        on_pools(&[1, 3], |_| assert_eq!(reducer.sum(&x), expected));
    }
}
