//! What the tests share: input shapes, elements that tell on a sort, and the answer nobody doubts.
#![allow(dead_code, reason = "every test uses its own part")]

use par_sort::Sorter;
use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A small generator, so that every test is the same every time.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() >> 11) as usize % n.max(1)
    }
}

/// Every shape of input, by name.
pub(crate) fn shapes(n: usize, seed: u64) -> Vec<(&'static str, Vec<u64>)> {
    let mut rng = Rng::new(seed);
    let up: Vec<u64> = (0..n as u64).collect();
    let swapped = |count: usize, rng: &mut Rng| {
        let mut v = up.clone();
        for _ in 0..count {
            let (a, b) = (rng.below(n), rng.below(n));
            if n > 0 {
                v.swap(a, b);
            }
        }
        v
    };
    let tail = |share: usize, rng: &mut Rng| {
        let mut v = up.clone();
        for x in v.iter_mut().skip(n - n / share) {
            *x = rng.below(n) as u64;
        }
        v
    };
    let tooth = (n / 7).max(1) as u64;
    vec![
        ("random", (0..n).map(|_| rng.next()).collect()),
        ("dense", (0..n).map(|_| rng.below(n) as u64).collect()),
        ("sixteen values", (0..n).map(|_| rng.below(16) as u64).collect()),
        ("two values", (0..n).map(|_| rng.below(2) as u64 * u64::MAX).collect()),
        ("zipf", (0..n).map(|_| (n / (1 + rng.below(n))) as u64).collect()),
        ("equal", vec![7; n]),
        ("sorted", up.clone()),
        ("reversed", up.iter().rev().copied().collect()),
        // A tie where no look at a few neighbours sees it.
        ("reversed but for a tie", (0..n as u64).map(|i| n as u64 - i - u64::from(i == 20 && n > 21)).collect()),
        ("reversed with ties", up.iter().rev().map(|x| x / 3).collect()),
        ("1 % swaps", swapped(n.div_ceil(200), &mut rng)),
        ("one swap", swapped(1, &mut rng)),
        ("swaps with ties", swapped(n.div_ceil(200), &mut rng).iter().map(|x| x / 5).collect()),
        ("organ pipe", up.iter().map(|&x| x.min(n as u64 - x)).collect()),
        ("tail", tail(10, &mut rng)),
        ("long tail", tail(4, &mut rng)),
        ("saw-tooth", up.iter().map(|x| x % tooth).collect()),
        ("one large first", std::iter::once(u64::MAX).chain(up.iter().copied()).take(n).collect()),
        ("one small last", up.iter().map(|&x| if x + 1 == n as u64 { 0 } else { x + 5 }).collect()),
        ("clustered", (0..n).map(|_| (1 << 40) + rng.below(1000) as u64 + ((rng.below(2) as u64) << 63)).collect()),
        ("outlier", (0..n).map(|i| if i == n / 2 { u64::MAX } else { rng.below(1 << 20) as u64 }).collect()),
    ]
}

/// Sizes around every bound of a forced parallel path.
pub(crate) const SIZES: &[usize] = &[0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 257, 1000];

/// Ways to sort that take the parallel path on anything.
pub(crate) fn sorters() -> Vec<Sorter> {
    [1, 2, 3, 7, 64].into_iter().map(|threads| Sorter::new().threads(threads).sequential_below(0)).collect()
}

/// A key, and where the element stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tagged {
    pub(crate) key: u64,
    pub(crate) tag: usize,
}

pub(crate) fn tagged(keys: &[u64]) -> Vec<Tagged> {
    keys.iter().enumerate().map(|(tag, &key)| Tagged { key, tag }).collect()
}

/// The stable answer.
pub(crate) fn stable(mut v: Vec<Tagged>) -> Vec<Tagged> {
    v.sort_by_key(|item| item.key);
    v
}

/// Counts itself while it lives; on the heap, so that a copy is a double free, and not `Sync`.
#[derive(Debug)]
pub(crate) struct Counted<'a> {
    pub(crate) value: Box<Cell<u64>>,
    alive: &'a AtomicUsize,
}

impl<'a> Counted<'a> {
    pub(crate) fn new(value: u64, alive: &'a AtomicUsize) -> Self {
        alive.fetch_add(1, Relaxed);
        Self { value: Box::new(Cell::new(value)), alive }
    }

    pub(crate) fn get(&self) -> u64 {
        self.value.get()
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Relaxed);
    }
}

/// Fails unless `v` holds exactly `values`, and each element is dropped once.
pub(crate) fn assert_permutation(v: Vec<Counted<'_>>, values: &[u64], alive: &AtomicUsize) {
    let mut found: Vec<u64> = v.iter().map(Counted::get).collect();
    let mut wanted = values.to_vec();
    found.sort_unstable();
    wanted.sort_unstable();
    assert!(found == wanted, "elements were lost or doubled");
    assert_eq!(alive.load(Relaxed), values.len());
    drop(v);
    assert_eq!(alive.load(Relaxed), 0, "drops do not match");
}

/// A way to sort counted elements.
pub(crate) type Way =
    (&'static str, fn(&Sorter, &mut [Counted<'_>], &(dyn Fn(&Counted<'_>, &Counted<'_>) -> Ordering + Sync)));

/// Every algorithm that takes a comparison.
pub(crate) const WAYS: &[Way] = &[
    ("stable", |sorter, v, cmp| sorter.sort_by(v, cmp)),
    ("unstable", |sorter, v, cmp| sorter.stable(false).sort_by(v, cmp)),
    ("select", |sorter, v, cmp| {
        if !v.is_empty() {
            sorter.select_nth_by(v, v.len() / 2, cmp);
        }
    }),
    ("partial", |sorter, v, cmp| sorter.partial_sort_by(v, v.len() / 3, cmp)),
];
