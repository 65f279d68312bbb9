//! The core promise: whatever a comparison does, every element is there exactly once afterwards.

mod oracle;

use oracle::{Counted, Rng, WAYS, assert_permutation, shapes};
use par_sort::Sorter;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Panics that are meant say nothing.
fn quietly(work: impl FnOnce()) -> bool {
    let result = catch_unwind(AssertUnwindSafe(work));
    result.is_ok()
}

fn silence() {
    std::panic::set_hook(Box::new(|info| {
        let message = info.payload_as_str().unwrap_or_default();
        if !message.contains("meant") && !message.contains("total order") {
            eprintln!("{info}");
        }
    }));
}

#[test]
fn a_panic_at_any_comparison_leaves_a_permutation() {
    silence();
    let n = if cfg!(debug_assertions) { 90 } else { 150 };
    for (name, values) in shapes(n, 11) {
        for &(way, run) in WAYS {
            for threads in [1, 3] {
                let sorter = Sorter::new().threads(threads).sequential_below(0);
                for fatal in 1.. {
                    let alive = AtomicUsize::new(0);
                    let mut v: Vec<Counted<'_>> = values.iter().map(|&x| Counted::new(x, &alive)).collect();
                    let asked = AtomicUsize::new(0);
                    let finished = quietly(|| {
                        run(&sorter, &mut v, &|a, b| {
                            assert!(asked.fetch_add(1, Relaxed) + 1 != fatal, "meant");
                            a.get().cmp(&b.get())
                        });
                    });
                    assert_permutation(v, &values, &alive);
                    if finished {
                        assert!(asked.into_inner() < fatal, "{way}, {name}: swallowed a panic");
                        break;
                    }
                }
            }
        }
    }
}

#[test]
fn a_panic_at_any_key_leaves_a_permutation() {
    silence();
    let n = 70;
    for (name, values) in shapes(n, 12) {
        // On one thread every bucket is settled, on two the long ones are distributed again.
        for (way, threads) in [(0, 1), (0, 2), (1, 2), (2, 1), (2, 2)] {
            let sorter = Sorter::new().threads(threads).sequential_below(0);
            for fatal in 1.. {
                let alive = AtomicUsize::new(0);
                let mut v: Vec<Counted<'_>> = values.iter().map(|&x| Counted::new(x, &alive)).collect();
                let asked = AtomicUsize::new(0);
                let finished = quietly(|| {
                    let key = |x: &Counted<'_>| {
                        assert!(asked.fetch_add(1, Relaxed) + 1 != fatal, "meant");
                        x.get()
                    };
                    match way {
                        0 => sorter.sort_radix_by_key(&mut v, key),
                        1 => sorter.sort_by_cached_key(&mut v, key),
                        _ => sorter.sort_radix_by_key(&mut v, |x| (key(x), 0_u64, key(x))),
                    }
                });
                assert_permutation(v, &values, &alive);
                if finished {
                    assert!(asked.into_inner() < fatal, "{way}, {name}: swallowed a panic");
                    break;
                }
            }
        }
    }
}

#[test]
fn a_panic_in_any_pass_over_a_bucket_leaves_a_permutation() {
    silence();
    let n = 5000;
    // Two digits and an insertion; three digits that are the whole key.
    for bits in [64, 24] {
        let mut rng = Rng::new(16);
        let values: Vec<u64> = (0..n).map(|_| rng.next() >> (64 - bits)).collect();
        for fatal in (1..).step_by(397) {
            let alive = AtomicUsize::new(0);
            let mut v: Vec<Counted<'_>> = values.iter().map(|&x| Counted::new(x, &alive)).collect();
            let asked = AtomicUsize::new(0);
            let finished = quietly(|| {
                // Long enough for several digits, short enough for one thread.
                Sorter::new().sort_radix_by_key(&mut v, |x| {
                    assert!(asked.fetch_add(1, Relaxed) + 1 != fatal, "meant");
                    x.get()
                });
            });
            assert_permutation(v, &values, &alive);
            if finished {
                assert!(asked.into_inner() < fatal && fatal > 4 * n, "several passes asked for keys");
                break;
            }
        }
    }
}

type Liar = (&'static str, fn(u64, u64, u64) -> Ordering);

/// Comparisons that are no order; the third number is random.
const LIARS: &[Liar] = &[
    ("random", |_, _, r| [Ordering::Less, Ordering::Equal, Ordering::Greater][(r % 3) as usize]),
    ("always less", |_, _, _| Ordering::Less),
    ("always greater", |_, _, _| Ordering::Greater),
    ("always equal", |_, _, _| Ordering::Equal),
    ("less or equal", |a, b, _| if a <= b { Ordering::Less } else { Ordering::Greater }),
    ("less or equal, four classes", |a, b, _| if a % 4 <= b % 4 { Ordering::Less } else { Ordering::Greater }),
    ("rock, paper, scissors", |a, b, _| (a % 3).cmp(&(b % 3)).then(Ordering::Equal).then((a + 1).cmp(&(b % 3)))),
    ("a circle", |a, b, _| if a.wrapping_sub(b) < u64::MAX / 2 { Ordering::Greater } else { Ordering::Less }),
    ("as with NaN", |a, b, _| if a % 7 == 0 || b % 7 == 0 { Ordering::Equal } else { a.cmp(&b) }),
    ("wrong at times", |a, b, r| if r % 97 == 0 { b.cmp(&a) } else { a.cmp(&b) }),
];

fn lie(sorter: &Sorter, values: &[u64], (_, liar): Liar) {
    for &(_, run) in WAYS {
        let alive = AtomicUsize::new(0);
        let mut v: Vec<Counted<'_>> = values.iter().map(|&x| Counted::new(x, &alive)).collect();
        let dice = AtomicUsize::new(1);
        quietly(|| {
            run(sorter, &mut v, &|a, b| {
                let random = Rng::new(dice.fetch_add(1, Relaxed) as u64).next();
                liar(a.get(), b.get(), random)
            });
        });
        assert_permutation(v, values, &alive);
    }
}

#[test]
fn a_lying_comparison_finishes_or_panics_and_loses_nothing() {
    silence();
    // LIAR=circle asks only those whose name has that in it.
    let asked = std::env::var("LIAR").unwrap_or_default();
    for &liar in LIARS.iter().filter(|liar| liar.0.contains(&asked)) {
        for n in [5, 40, 300, if cfg!(debug_assertions) { 500 } else { 5000 }] {
            for (_, values) in shapes(n, 13).into_iter().step_by(5) {
                lie(&Sorter::new().threads(3).sequential_below(0), &values, liar);
            }
        }
        // STRESS=1 goes to a million elements.
        let large = if std::env::var_os("STRESS").is_some() { 1_000_000 } else { 10_000 };
        for (_, values) in shapes(large, 14).into_iter().filter(|(name, _)| ["random", "1 % swaps"].contains(name)) {
            lie(&Sorter::new().threads(2), &values, liar);
        }
    }
}

#[test]
fn lying_keys_lose_nothing() {
    silence();
    for n in [10, 100, 3000, 100_000] {
        for (_, values) in shapes(n, 15).into_iter().take(3) {
            for (threads, modulus) in [(1, 2), (1, u64::MAX), (3, 2), (3, 50), (3, u64::MAX)] {
                // Lies from the beginning are noticed when the whole is distributed; later ones within buckets.
                for honest in [0, 3 * n, 4 * n, 5 * n] {
                    let alive = AtomicUsize::new(0);
                    let mut v: Vec<Counted<'_>> = values.iter().map(|&x| Counted::new(x, &alive)).collect();
                    let dice = AtomicUsize::new(1);
                    quietly(|| {
                        Sorter::new()
                            .threads(threads)
                            .sequential_below(if n > 5000 { 30_000 } else { 0 })
                            .sort_radix_by_key(&mut v, |x| {
                                let asked = dice.fetch_add(1, Relaxed);
                                let random = Rng::new(asked as u64).next();
                                if asked > honest && random.is_multiple_of(50) { random % modulus } else { x.get() }
                            });
                    });
                    assert_permutation(v, &values, &alive);
                }
            }
        }
    }
}

#[test]
fn elements_changed_while_compared_are_not_lost() {
    // A comparison that puts new boxes into the elements: a bitwise copy that outlived it would free one twice.
    use std::cell::RefCell;
    for (_, values) in shapes(700, 16) {
        for stable in [true, false] {
            let mut v: Vec<RefCell<Box<u64>>> = values.iter().map(|&x| RefCell::new(Box::new(x))).collect();
            Sorter::new().threads(3).sequential_below(0).stable(stable).sort_by(&mut v, |a, b| {
                let (x, y) = (**a.borrow(), **b.borrow());
                drop(a.replace(Box::new(x)));
                drop(b.replace(Box::new(y)));
                x.cmp(&y)
            });
            let mut answer = values.clone();
            answer.sort_unstable();
            assert!(v.iter().map(|x| **x.borrow()).eq(answer));
        }
        let mut v: Vec<RefCell<Box<u64>>> = values.iter().map(|&x| RefCell::new(Box::new(x))).collect();
        Sorter::new().threads(3).sequential_below(0).sort_radix_by_key(&mut v, |x| {
            let value = **x.borrow();
            drop(x.replace(Box::new(value)));
            value
        });
        assert!(v.is_sorted_by_key(|x| **x.borrow()));
    }
}

/// An element that notices when two threads look at it at the same time. `Sync` for one lifetime alone, which is sound as
/// long as nobody forgets which lifetime it was.
struct Private<'a> {
    value: u64,
    looked_at: AtomicUsize,
    _not_sync: std::cell::Cell<()>,
    _of: &'a (),
}

// SAFETY: nobody uses the cell.
unsafe impl Sync for Private<'static> {}

impl Private<'_> {
    fn look(&self) -> u64 {
        assert_eq!(self.looked_at.fetch_add(1, Relaxed), 0, "two threads look at one element that is not `Sync`");
        std::hint::spin_loop();
        self.looked_at.fetch_sub(1, Relaxed);
        self.value
    }
}

type PrivateOrder<'a> = &'a (dyn Fn(&Private<'_>, &Private<'_>) -> Ordering + Sync);
type PrivateWay<'a> = &'a dyn Fn(&mut [Private<'_>], PrivateOrder<'_>);

#[test]
fn elements_that_are_not_sync_are_looked_at_by_one_thread_at_a_time() {
    let lifetime = ();
    for (name, values) in shapes(if cfg!(debug_assertions) { 60_000 } else { 400_000 }, 17) {
        let sort = |way: PrivateWay<'_>| {
            let make = |&value| Private {
                value,
                looked_at: AtomicUsize::new(0),
                _not_sync: Default::default(),
                _of: &lifetime,
            };
            let mut v: Vec<Private<'_>> = values.iter().map(make).collect();
            way(&mut v, &|a, b| a.look().cmp(&b.look()));
        };
        if ["random", "1 % swaps", "sixteen values"].contains(&name) {
            sort(&|v, cmp| Sorter::new().sort_by(v, cmp));
            sort(&|v, cmp| Sorter::new().stable(false).sort_by(v, cmp));
            sort(&|v, cmp| {
                Sorter::new().select_nth_by(v, 1000, cmp);
            });
        }
    }
}

#[test]
fn any_number_of_threads_may_be_asked_for() {
    for stable in [true, false] {
        let mut v: Vec<u64> = shapes(5000, 18).swap_remove(0).1;
        Sorter::new().threads(usize::MAX).stable(stable).sort(&mut v);
        assert!(v.is_sorted());
        Sorter::new().threads(usize::MAX).sequential_below(0).sort_radix(&mut v);
        assert!(v.is_sorted());
    }
}
