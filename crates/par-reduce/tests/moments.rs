//! Mean and variance, against two exact passes.

mod oracle;

use oracle::{BigSum, floats};
use par_reduce::{Reducer, mean_variance};

#[test]
fn mean_and_variance_are_those_of_two_passes() {
    assert!(mean_variance(&[]).is_none());
    for n in [1, 2, 63, 64, 65, 5000, 16_384, 16_385, 200_000] {
        // The spread is a millionth of the mean: squares minus the square of the mean would leave four digits.
        let x: Vec<f64> = floats(n, n as u64, 6).iter().map(|v| 1e6 + v).collect();
        let mean = BigSum::of(&x).to_f64() / n as f64;
        let squares: Vec<f64> = x.iter().map(|v| (v - mean) * (v - mean)).collect();
        let squares = BigSum::of(&squares).to_f64();
        let moments = mean_variance(&x).unwrap();
        assert_eq!(moments.count(), n);
        assert!((moments.mean() - mean).abs() <= 1e-15 * mean, "{n}: {} is not {mean}", moments.mean());
        let variance = squares / n as f64;
        assert!((moments.variance() - variance).abs() <= 1e-9 * variance, "{n}");
        assert!((moments.standard_deviation() - variance.sqrt()).abs() <= 1e-9 * variance.sqrt(), "{n}");
        let sample = (n > 1).then(|| squares / (n - 1) as f64);
        assert_eq!(moments.sample_variance().is_some(), n > 1);
        assert!(moments.sample_variance().zip(sample).is_none_or(|(a, b)| (a - b).abs() <= 1e-9 * b), "{n}");
    }
}

/// The answer must be the same kind of number wherever the odd one lies: in the first chunk, in a later one, or in the only one.
#[test]
fn infinities_and_nan_in_any_chunk() {
    for n in [3, 100_000] {
        for at in [0, n / 2, n - 1] {
            let with = |value: f64| {
                let mut x = vec![1.0; n];
                x[at] = value;
                mean_variance(&x).unwrap()
            };
            for infinity in [f64::INFINITY, f64::NEG_INFINITY] {
                assert_eq!(with(infinity).mean(), infinity, "{at} of {n}");
                assert!(with(infinity).variance().is_nan(), "{at} of {n}");
            }
            assert!(with(f64::NAN).mean().is_nan() && with(f64::NAN).variance().is_nan());
        }
    }
    assert!(mean_variance(&[f64::INFINITY, f64::NEG_INFINITY]).unwrap().mean().is_nan());
}

#[test]
fn means_that_are_further_apart_than_any_float() {
    let moments = Reducer::new().chunk(1).mean_variance(&[f64::MAX, f64::MIN]).unwrap();
    assert_eq!((moments.mean(), moments.variance()), (0.0, f64::INFINITY));
}
