//! The correctly rounded sum against a big integer.

mod oracle;

use oracle::{BigSum, floats, on_pools, words};
use par_reduce::{Isa, Reducer, sum_exact};
use proptest::prelude::*;

fn check(x: &[f64]) {
    let expected = BigSum::of(x).to_f64();
    let got = sum_exact(x);
    // The oracle does not know how a zero came about.
    assert!(got.to_bits() == expected.to_bits() || (got == 0.0 && expected == 0.0), "{got:e} instead of {expected:e}");
}

/// Fisher-Yates.
fn shuffle(x: &mut [f64], seed: u64) {
    let mut words = words(seed);
    for i in (1..x.len()).rev() {
        x.swap(i, (words.next().unwrap() % (i as u64 + 1)) as usize);
    }
}

#[test]
fn random_sums_of_every_span_are_rounded_correctly() {
    for span in [0, 10, 40, 60, 100, 300, 1000, 2000] {
        for n in [1, 2, 47, 48, 63, 64, 1000, 4096, 5000, 70_000] {
            check(&floats(n, n as u64 + span as u64, span));
        }
    }
}

#[test]
fn cancelling_sums_are_rounded_correctly_in_any_order() {
    for span in [10, 80, 200, 1800] {
        let mut x = floats(3000, 11, span);
        let opposite: Vec<f64> = x.iter().map(|v| -v).collect();
        x.extend(opposite);
        assert_eq!(sum_exact(&x).to_bits(), 0.0_f64.to_bits());
        x.extend(floats(3, 5, 10));
        for seed in 0..4 {
            shuffle(&mut x, seed);
            check(&x);
        }
    }
}

#[test]
fn blocks_that_need_each_depth_stand_side_by_side() {
    // Two levels, three levels, element by element, two levels again.
    let mut x = floats(10_000, 1, 10);
    x.extend(floats(10_000, 2, 90));
    x.extend(floats(10_000, 3, 1900));
    x.extend(floats(10_000, 4, 10));
    check(&x);
}

#[test]
fn halves_of_an_ulp_are_not_lost() {
    let mut x = vec![1.0];
    x.extend(vec![f64::EPSILON / 2.0; 100_001]);
    check(&x);
    x.push(1e-300);
    check(&x);
    x.push(-2e-300);
    check(&x);
    x.extend(vec![f64::from_bits(1); 9999]);
    check(&x);
    check(&vec![0.1; 100_000]);
    assert_eq!(sum_exact(&vec![0.1; 10_000]), 1000.0);
}

#[test]
fn subnormals_and_the_edge_of_overflow() {
    check(&vec![f64::from_bits(1); 70_000]);
    check(&vec![f64::MIN_POSITIVE - f64::from_bits(1); 5000]);
    for n in [2, 50, 9000] {
        let mut x = vec![f64::MAX; n];
        assert_eq!(sum_exact(&x), f64::INFINITY);
        x.extend(vec![f64::MIN; n - 1]);
        assert_eq!(sum_exact(&x), f64::MAX);
        shuffle(&mut x, 1);
        assert_eq!(sum_exact(&x), f64::MAX);
        x.push(2.0_f64.powi(970));
        assert_eq!(sum_exact(&x), f64::INFINITY, "half an ulp beyond rounds to even, which is beyond");
        x.push(-1e-300);
        assert_eq!(sum_exact(&x), f64::MAX);
        x.extend([f64::MIN, f64::MIN]);
        assert_eq!(sum_exact(&x), f64::MIN);
    }
}

#[test]
fn f32_sums_are_rounded_once() {
    for n in [1, 100, 70_000] {
        for span in [10, 60, 200] {
            let x: Vec<f32> = floats(n, n as u64, span).iter().map(|&v| v as f32).collect();
            let wide: Vec<f64> = x.iter().map(|&v| v.into()).collect();
            assert_eq!(sum_exact(&x).to_bits(), BigSum::of(&wide).to_f32().to_bits());
        }
    }
    assert_eq!(sum_exact(&[1.0, f32::EPSILON / 2.0, 1e-30]), 1.0 + f32::EPSILON);
    assert_eq!(sum_exact(&[f32::MAX, f32::MAX, -f32::MAX]), f32::MAX);
    assert_eq!(sum_exact::<f32>(&[-0.0]).to_bits(), (-0.0_f32).to_bits());
}

#[test]
fn threads_chunks_and_instructions_do_not_matter() {
    for span in [5, 120, 1500] {
        let x = floats(300_000, 9, span);
        let expected = BigSum::of(&x).to_f64();
        let all = on_pools(&[1, 2, 5], |_| {
            [Isa::Baseline, Isa::Avx2, Isa::Native].map(|isa| {
                let reducer = Reducer::new().isa(isa).sequential_below(0);
                [reducer.sum_exact(&x), reducer.chunk(7777).sum_exact(&x)]
            })
        });
        assert!(all.as_flattened().as_flattened().iter().all(|sum| sum.to_bits() == expected.to_bits()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_finite_floats(bits in proptest::collection::vec(any::<u64>(), 0..300)) {
        let x: Vec<f64> = bits.into_iter().map(f64::from_bits).filter(|x| x.is_finite()).collect();
        check(&x);
        let mut halves: Vec<f64> = x.iter().map(|x| x / 2.0).collect();
        halves.extend(x.iter().map(|x| -x / 4.0));
        check(&halves);
    }
}

#[test]
fn a_residue_however_small_decides_a_tie() {
    // The three meet in one lane: two levels hold the first two, and the third is what makes the tie no tie.
    for exponent in [-120, -200, -1000] {
        let mut x = vec![0.0; 4 * 32];
        (x[0], x[32], x[64]) = (1.0, 2.0_f64.powi(-53), 2.0_f64.powi(exponent));
        assert_eq!(par_reduce::sum_exact(&x), 1.0 + f64::EPSILON);
        x[64] = -x[64];
        assert_eq!(par_reduce::sum_exact(&x), 1.0);
    }
}
