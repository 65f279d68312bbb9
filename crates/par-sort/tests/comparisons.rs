//! How many comparisons a sort makes: the lecture's bound, one pass for order that is there already, and an adversary.

mod oracle;

use oracle::{Rng, WAYS, shapes};
use par_sort::Sorter;
use std::cmp::Ordering;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

fn count(run: impl FnOnce(&(dyn Fn(&u64, &u64) -> Ordering + Sync))) -> f64 {
    let asked = AtomicUsize::new(0);
    run(&|a, b| {
        asked.fetch_add(1, Relaxed);
        a.cmp(b)
    });
    asked.into_inner() as f64
}

#[test]
fn blocks_and_a_merge_keep_the_bound_of_the_lecture() {
    let n = 40_000;
    let (_, keys) = shapes(n, 21).swap_remove(0);
    for threads in [1, 2, 3, 4, 8, 16, 64] {
        let mut v = keys.clone();
        let asked = count(|cmp| Sorter::new().threads(threads).sort_by(&mut v, cmp));
        let (n, t) = (n as f64, threads as f64);
        // T blocks of n/T elements, each (n/T) log2 (n/T), and a merge of n log2 T; std's constant is below 1.1, and
        // cutting by rank and looking for order first take a little.
        let bound = 1.1 * n * (n / t).log2() + n * t.log2() + 0.4 * n;
        assert!(asked <= bound, "{threads} threads: {asked} comparisons, bound {bound}");
        // No sort can do with fewer than log2 n! of them: the count is not one of something else.
        assert!(asked >= n * (n.log2() - 1.45), "{threads} threads: only {asked} comparisons");
    }
}

#[test]
fn order_that_is_there_costs_one_pass() {
    let n = 50_000;
    for (name, keys) in shapes(n, 22).into_iter().filter(|(name, _)| ["sorted", "reversed", "equal"].contains(name)) {
        for stable in [true, false] {
            let mut v = keys.clone();
            let asked = count(|cmp| Sorter::new().threads(2).stable(stable).sort_by(&mut v, cmp));
            assert!(v.is_sorted() && asked <= 1.1 * n as f64, "{name}: {asked} comparisons");
        }
    }
}

/// M. D. McIlroy, "A Killer Adversary for Quicksort" (1999): values are decided as late as possible, so that every pivot
/// turns out to be nearly the least.
struct Adversary {
    state: Mutex<(Vec<usize>, usize, usize)>,
    asked: AtomicUsize,
}

impl Adversary {
    /// Every fourth value is decided before, or the input would look as if it ascended and be found sorted in one pass.
    fn new(n: usize) -> Self {
        let mut values = vec![n; n];
        for (value, decided) in values.iter_mut().skip(1).step_by(4).zip(0..) {
            *value = decided;
        }
        Self { state: Mutex::new((values, n / 4, 0)), asked: AtomicUsize::new(0) }
    }

    fn compare(&self, &a: &usize, &b: &usize) -> Ordering {
        self.asked.fetch_add(1, Relaxed);
        let mut state = self.state.lock().unwrap();
        let (values, solid, candidate) = &mut *state;
        let gas = values.len();
        if values[a] == gas && values[b] == gas && a != b {
            values[if a == *candidate { a } else { b }] = *solid;
            *solid += 1;
        }
        if values[a] == gas {
            *candidate = a;
        } else if values[b] == gas {
            *candidate = b;
        }
        values[a].cmp(&values[b])
    }
}

#[test]
fn an_adversary_does_not_get_past_n_log_n() {
    for n in [3000, 30_000] {
        for stable in [true, false] {
            for threads in [1, 2, 4] {
                let adversary = Adversary::new(n);
                let mut v: Vec<usize> = (0..n).collect();
                let sorter = Sorter::new().threads(threads).sequential_below(500).stable(stable);
                sorter.sort_by(&mut v, |a, b| adversary.compare(a, b));
                let asked = adversary.asked.load(Relaxed) as f64;
                let bound = 6.0 * n as f64 * (n as f64).log2();
                assert!(asked < bound, "stable {stable}, {threads} threads: {asked} of {bound}");
                assert!(v.is_sorted_by(|a, b| adversary.compare(a, b).is_le()));
            }
        }
        let adversary = Adversary::new(n);
        let mut v: Vec<usize> = (0..n).collect();
        Sorter::new().threads(2).sequential_below(500).select_nth_by(&mut v, n / 2, |a, b| adversary.compare(a, b));
        let asked = adversary.asked.load(Relaxed);
        // What is cut badly too often is sorted.
        assert!((asked as f64) < 6.0 * n as f64 * (n as f64).log2(), "select: {asked} comparisons for {n}");
    }
}

#[test]
fn a_liar_does_not_get_past_n_log_n_either() {
    let n = 20_000;
    let values: Vec<u64> = (0..n as u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    for way in WAYS {
        // 1: always less.
        for bias in [1, 2, 3, 100] {
            let alive = AtomicUsize::new(0);
            let mut v: Vec<oracle::Counted<'_>> = values.iter().map(|&x| oracle::Counted::new(x, &alive)).collect();
            let asked = AtomicUsize::new(0);
            let sorter = Sorter::new().threads(2).sequential_below(500);
            let _panic_is_fine = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                (way.1)(&sorter, &mut v, &|_, _| {
                    let dice = Rng::new(asked.fetch_add(1, Relaxed) as u64).next();
                    if dice.is_multiple_of(bias) { Ordering::Less } else { Ordering::Greater }
                });
            }));
            let bound = 6.0 * n as f64 * (n as f64).log2();
            assert!((asked.load(Relaxed) as f64) < bound, "{}: {} of {bound}", way.0, asked.load(Relaxed));
        }
    }
}
