//! Slow and obvious answers.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use worker_pool::Pool;

/// SplitMix64, for inputs.
pub(crate) fn words(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// `n` floats in `[-1, 1)` times powers of two within `span` binades.
pub(crate) fn floats(n: usize, seed: u64, span: i32) -> Vec<f64> {
    let mut words = words(seed);
    let mut next = move || words.next().unwrap();
    (0..n)
        .map(|_| {
            let unit = (next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0;
            unit * 2.0_f64.powi((next() % (span as u64 + 1)) as i32 - span / 2)
        })
        .collect()
}

/// Runs `f` on pools of several sizes. A pool is made once and lives as long as the process, so that a property with
/// hundreds of cases does not start thousands of threads.
pub(crate) fn on_pools<R>(sizes: &[usize], mut f: impl FnMut(usize) -> R) -> Vec<R> {
    static POOLS: Mutex<BTreeMap<usize, &'static Pool>> = Mutex::new(BTreeMap::new());
    let pool = |threads| {
        let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        *pools.entry(threads).or_insert_with(|| Box::leak(Box::new(Pool::new(threads).expect("a pool"))))
    };
    sizes.iter().map(|&threads| pool(threads).install(|| f(threads))).collect()
}

/// The exact sum of finite floats, rounded to nearest even: a big integer in units of 2^-1074, one bit at a time.
pub(crate) struct BigSum {
    /// Two's complement, least word first; wide enough for 2^60 addends.
    words: [u64; 36],
}

impl Default for BigSum {
    fn default() -> Self {
        Self { words: [0; 36] }
    }
}

impl BigSum {
    pub(crate) fn of(x: &[f64]) -> Self {
        let mut sum = Self::default();
        x.iter().for_each(|&x| sum.add(x));
        sum
    }

    fn add(&mut self, x: f64) {
        assert!(x.is_finite());
        let bits = x.abs().to_bits();
        let (exponent, fraction) = (bits >> 52, bits & ((1 << 52) - 1));
        let (shift, significand) =
            if exponent == 0 { (0, fraction) } else { (exponent as usize - 1, fraction | 1 << 52) };
        let mut term = [0_u64; 36];
        let wide = u128::from(significand) << (shift % 64);
        term[shift / 64] = wide as u64;
        term[shift / 64 + 1] = (wide >> 64) as u64;
        if x < 0.0 {
            negate(&mut term);
        }
        let mut carry = false;
        for (word, term) in self.words.iter_mut().zip(term) {
            let (sum, c1) = word.overflowing_add(term);
            let (sum, c2) = sum.overflowing_add(u64::from(carry));
            *word = sum;
            carry = c1 || c2;
        }
    }

    fn bit(&self, i: usize) -> bool {
        self.words[i / 64] >> (i % 64) & 1 == 1
    }

    /// Rounded to `precision` bits, the last of them no lower than bit `lowest`: sign, significand, exponent.
    fn round(&self, precision: usize, lowest: usize) -> (bool, u64, i32) {
        let mut size = Self { words: self.words };
        let negative = size.words[35] >> 63 == 1;
        if negative {
            negate(&mut size.words);
        }
        let Some(top) = (0..36 * 64).rev().find(|&i| size.bit(i)) else { return (negative, 0, 0) };
        let last = (top + 1).saturating_sub(precision).max(lowest);
        let mut significand = (last..=top.max(last)).rev().fold(0, |value, i| value << 1 | u64::from(size.bit(i)));
        if last > 0 && size.bit(last - 1) {
            let more = (0..last - 1).any(|i| size.bit(i));
            significand += u64::from(more || significand & 1 == 1);
        }
        (negative, significand, last as i32 - 1074)
    }

    pub(crate) fn to_f64(&self) -> f64 {
        let (negative, significand, exponent) = self.round(53, 0);
        // Two exact steps: the significand has at most 54 bits and a power of two may be subnormal.
        let size = if exponent >= 0 {
            significand as f64 * power(exponent.min(1000)) * power((exponent - 1000).max(0))
        } else {
            significand as f64 * power(exponent)
        };
        if negative { -size } else { size }
    }

    pub(crate) fn to_f32(&self) -> f32 {
        let (negative, significand, exponent) = self.round(24, 1074 - 149);
        let size = significand as f64 * power(exponent.clamp(-1074, 1000));
        let size = size as f32;
        if negative { -size } else { size }
    }
}

fn power(exponent: i32) -> f64 {
    if exponent >= -1022 {
        f64::from_bits(((exponent + 1023) as u64) << 52)
    } else {
        f64::from_bits(1 << (exponent + 1074))
    }
}

fn negate(words: &mut [u64]) {
    let mut carry = true;
    for word in words {
        let (negated, overflow) = (!*word).overflowing_add(u64::from(carry));
        *word = negated;
        carry = overflow;
    }
}
