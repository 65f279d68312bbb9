//! Random numbers: pinned, unbiased, and the same for any cut.

mod oracle;

use oracle::on_pools;
use par_reduce::{Isa, Reducer, Uniform, fill_random};
use std::ops::Range;

fn draw<T: Uniform + Default>(n: usize, seed: u64, range: Range<T>) -> Vec<T> {
    let mut out = vec![T::default(); n];
    fill_random(&mut out, seed, range);
    out
}

#[test]
fn the_first_numbers_are_pinned() {
    assert_eq!(draw(6, 7, 0..1000_i32), PINNED_I32);
    assert_eq!(draw(3, 7, 0..u64::MAX), PINNED_U64);
    assert_eq!(draw(3, 7, 0.0..1.0), PINNED_F64);
}

// Computed by a few lines of Python from the definition on the module's page.
const PINNED_I32: [i32; 6] = [494, 721, 201, 649, 790, 549];
const PINNED_U64: [u64; 3] = [13309476754707697220, 11984929618412882173, 10134167572453724826];
const PINNED_F64: [f64; 3] = [0.7215081806049702, 0.6497043364684557, 0.5493743249193239];

#[test]
fn threads_lengths_and_instructions_do_not_matter() {
    let expected = draw(100_000, 3, -50..50_i64);
    // Nearly half of the words are drawn again.
    let often = draw(100_000, 3, 0..(1_u32 << 31) + 1);
    let floats = draw(100_000, 3, -1.0..3.0);
    for n in [1, 2, 255, 256, 257, 65_535, 100_000] {
        on_pools(&[1, 2, 5], |_| {
            for isa in [Isa::Baseline, Isa::Avx2, Isa::Native] {
                let reducer = Reducer::new().sequential_below(0).isa(isa).chunk(1000);
                let mut out = vec![0; n];
                reducer.fill_random(&mut out, 3, -50..50);
                assert!(out == expected[..n]);
                let mut out = vec![0; n];
                reducer.fill_random(&mut out, 3, 0..(1_u32 << 31) + 1);
                assert!(out == often[..n]);
                let mut out = vec![0.0; n];
                reducer.fill_random(&mut out, 3, -1.0..3.0);
                assert!(out == floats[..n]);
            }
        });
    }
    assert!(draw(100, 4, -50..50_i64) != expected[..100]);
}

/// Chi-square of counts that should be equal, in standard deviations from its mean.
fn deviation(counts: &[u64]) -> f64 {
    let (bins, n) = (counts.len() as f64, counts.iter().sum::<u64>() as f64);
    let expected = n / bins;
    let chi: f64 = counts.iter().map(|&c| (c as f64 - expected).powi(2) / expected).sum();
    (chi - (bins - 1.0)) / (2.0 * (bins - 1.0)).sqrt()
}

fn counts(bins: usize, keys: impl Iterator<Item = usize>) -> Vec<u64> {
    let mut counts = vec![0; bins];
    keys.for_each(|key| counts[key] += 1);
    counts
}

#[test]
fn all_numbers_are_equally_likely() {
    for seed in 0..3 {
        let n = 300_000;
        let small = draw(n, seed, 0..1000_i32);
        assert!(deviation(&counts(1000, small.iter().map(|&v| v as usize))).abs() < 5.0);
        let pairs = counts(100, small.chunks_exact(2).map(|v| (v[0] / 100 * 10 + v[1] / 100) as usize));
        assert!(deviation(&pairs).abs() < 5.0, "neighbours are independent");
        // Without drawing again every third number would come up twice as often as the others.
        let wide = draw(n, seed, 0..3_u32 << 30);
        assert!(deviation(&counts(3, wide.iter().map(|&v| (v >> 30) as usize))).abs() < 5.0);
        assert!(deviation(&counts(3, wide.iter().map(|&v| (v % 3) as usize))).abs() < 5.0);
        let wide = draw(n, seed, 0..3_u64 << 62);
        assert!(deviation(&counts(3, wide.iter().map(|&v| (v >> 62) as usize))).abs() < 5.0);
        assert!(deviation(&counts(3, wide.iter().map(|&v| (v % 3) as usize))).abs() < 5.0);
        let floats = draw(n, seed, 2.0..4.0);
        assert!(deviation(&counts(64, floats.iter().map(|&v| ((v - 2.0) * 32.0) as usize))).abs() < 5.0);
        let floats: Vec<f32> = draw(n, seed, 0.0..1.0);
        assert!(deviation(&counts(64, floats.iter().map(|&v| (v * 64.0) as usize))).abs() < 5.0);
    }
}

#[test]
fn ranges_at_the_edges_of_types() {
    let all: Vec<i8> = draw(10_000, 1, i8::MIN..i8::MAX);
    assert!((i8::MIN..i8::MAX).all(|v| all.contains(&v)) && !all.contains(&i8::MAX));
    assert!(draw(100, 1, u64::MAX - 1..u64::MAX).iter().all(|&v| v == u64::MAX - 1));
    assert!(draw(100, 1, i64::MIN..i64::MAX).iter().any(|&v| v < 0));
    assert!(draw(1000, 1, f64::MIN..f64::MAX).iter().all(|v| v.is_finite()));
    let tight = 1.0..1.0_f32.next_up();
    assert!(draw(1000, 1, tight).iter().all(|&v| v == 1.0));
}

#[test]
#[should_panic(expected = "the range 5..5 holds no number to draw")]
fn an_empty_range_is_refused() {
    draw(1, 1, 5..5);
}

#[test]
#[should_panic(expected = "the range 0.0..inf holds no number to draw")]
fn an_infinite_range_is_refused() {
    draw(1, 1, 0.0..f64::INFINITY);
}
