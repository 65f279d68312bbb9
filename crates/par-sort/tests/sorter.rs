//! Every algorithm on every shape, with the parallel path forced, against std.

mod oracle;

use oracle::{SIZES, Tagged, shapes, sorters, stable, tagged};
use par_sort::Sorter;
use proptest::prelude::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

fn by_key(a: &Tagged, b: &Tagged) -> std::cmp::Ordering {
    a.key.cmp(&b.key)
}

#[test]
fn the_stable_sort_keeps_equal_elements_in_order() {
    for &n in SIZES {
        for (name, keys) in shapes(n, n as u64) {
            for sorter in sorters() {
                let mut v = tagged(&keys);
                sorter.sort_by(&mut v, by_key);
                assert_eq!(v, stable(tagged(&keys)), "{name}, {n}, {sorter:?}");
            }
        }
    }
}

#[test]
fn the_unstable_sort_sorts_and_does_not_depend_on_threads() {
    for &n in SIZES {
        for (name, keys) in shapes(n, n as u64) {
            let mut answers = sorters().into_iter().map(|sorter| {
                let mut v = tagged(&keys);
                sorter.stable(false).sort_by(&mut v, by_key);
                v
            });
            let first = answers.next().unwrap();
            assert!(first.is_sorted_by_key(|item| item.key), "{name}, {n}");
            let mut tags: Vec<usize> = first.iter().map(|item| item.tag).collect();
            tags.sort_unstable();
            assert!(tags.into_iter().eq(0..n), "{name}, {n}: not a permutation");
            assert!(answers.all(|other| other == first), "{name}, {n}: depends on the number of threads");
        }
    }
}

#[test]
fn radix_sorts_are_stable() {
    for &n in SIZES {
        for (name, keys) in shapes(n, n as u64) {
            let answer = stable(tagged(&keys));
            for sorter in sorters() {
                let mut v = tagged(&keys);
                sorter.sort_radix_by_key(&mut v, |item| item.key);
                assert_eq!(v, answer, "{name}, {n}, {sorter:?}");
                let mut v = tagged(&keys);
                sorter.sort_by_cached_key(&mut v, |item| item.key);
                assert_eq!(v, answer, "cached: {name}, {n}, {sorter:?}");
                let mut v = tagged(&keys);
                sorter.sort_by_cached_key(&mut v, |item| item.key.to_be_bytes().to_vec());
                assert_eq!(v, answer, "cached bytes: {name}, {n}, {sorter:?}");
                let mut v = keys.clone();
                sorter.sort_radix(&mut v);
                assert!(v.into_iter().eq(answer.iter().map(|item| item.key)), "{name}, {n}, {sorter:?}");
            }
        }
    }
}

#[test]
fn selection_partial_sort_argsort_and_the_check_agree_with_std() {
    for &n in SIZES {
        for (name, keys) in shapes(n, n as u64) {
            let answer = stable(tagged(&keys));
            for sorter in sorters() {
                for k in [0, n / 3, n / 2, n.saturating_sub(1)] {
                    let mut v = tagged(&keys);
                    if k < n {
                        let (before, nth, after) = sorter.select_nth_by(&mut v, k, by_key);
                        assert_eq!(nth.key, answer[k].key, "{name}, {n}, {k}");
                        assert!(before.iter().all(|item| item.key <= nth.key));
                        assert!(after.iter().all(|item| item.key >= nth.key));
                    }
                    let mut v = tagged(&keys);
                    sorter.partial_sort_by(&mut v, k, by_key);
                    assert!(v.iter().zip(&answer).take(k).all(|(a, b)| a.key == b.key), "{name}, {n}, {k}");
                    v.sort_by_key(|item| (item.key, item.tag));
                    assert_eq!(v, answer, "partial: {name}, {n}, {k}");
                }
                let v = tagged(&keys);
                let order: Vec<Tagged> = sorter.argsort_by(&v, by_key).into_iter().map(|i| v[i]).collect();
                assert_eq!(order, answer, "{name}, {n}");
                assert_eq!(sorter.is_sorted_by(&v, by_key), keys.is_sorted(), "{name}, {n}");
            }
        }
    }
}

#[test]
fn long_slices_of_every_shape() {
    let n = if cfg!(debug_assertions) { 70_000 } else { 600_000 };
    for (name, keys) in shapes(n, 3) {
        let answer = stable(tagged(&keys));
        for threads in [1, 2, 5] {
            let sorter = Sorter::new().threads(threads);
            let mut v = tagged(&keys);
            sorter.sort_by(&mut v, by_key);
            assert!(v == answer, "stable: {name}");
            let mut v = tagged(&keys);
            sorter.sort_radix_by_key(&mut v, |item| item.key);
            assert!(v == answer, "radix: {name}");
            let mut v = keys.clone();
            sorter.stable(false).sort(&mut v);
            assert!(v.iter().eq(answer.iter().map(|item| &item.key)), "unstable: {name}");
            let mut v = keys.clone();
            sorter.select_nth_by(&mut v, n / 3, u64::cmp);
            assert!(v[n / 3] == answer[n / 3].key, "select: {name}");
        }
    }
}

#[test]
fn elements_of_every_kind() {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[repr(align(128))]
    struct Aligned(u64);

    fn check<T: Send, K: Ord + std::fmt::Debug>(make: impl Fn(u64) -> T, key: impl Fn(&T) -> K + Sync) {
        for &n in SIZES {
            for (name, keys) in shapes(n, 5) {
                let mut answer: Vec<K> = keys.iter().map(|&x| key(&make(x))).collect();
                answer.sort();
                for sorter in [Sorter::new().threads(3).sequential_below(0), Sorter::new().threads(2)] {
                    for stable in [true, false] {
                        let answer = answer.iter();
                        let mut v: Vec<T> = keys.iter().map(|&x| make(x)).collect();
                        sorter.stable(stable).sort_by_key(&mut v, &key);
                        assert!(v.iter().map(&key).zip(answer).all(|(a, b)| a == *b), "{name}, {n}");
                    }
                }
            }
        }
    }
    check(|_| (), |&()| ());
    check(|x| x as u8, |&x| x);
    check(|x| [x; 13], |&x| x);
    check(Aligned, |&x| x);
    check(Cell::new, |x| x.get());
    check(|x| Box::new(Cell::new(x)), |x| x.get());
    check(|x| x.to_string(), String::clone);
    check(|x| Some(vec![x]), |x| x.as_ref().map(|v| v[0]));
}

/// Of threads at a time: which of the pool's take the blocks is up to them.
#[test]
fn the_number_of_threads_is_a_ceiling() {
    let pool = worker_pool::Pool::new(4).unwrap();
    for stable in [true, false] {
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut v: Vec<u32> = (0..40_000_u32).map(|i| i.wrapping_mul(2_654_435_761)).collect();
        pool.install(|| {
            Sorter::new().threads(2).sequential_below(0).stable(stable).sort_by(&mut v, |a, b| {
                most.fetch_max(inside.fetch_add(1, Relaxed) + 1, Relaxed);
                thread::yield_now();
                inside.fetch_sub(1, Relaxed);
                a.cmp(b)
            });
        });
        assert!(v.is_sorted());
        assert!(most.into_inner() <= 2);
    }
}

#[test]
fn a_call_inside_another_parallel_sort_works() {
    let mut outer: Vec<Vec<u64>> = (0..40).map(|i| shapes(300, i)[0].1.clone()).collect();
    let total = AtomicUsize::new(0);
    Sorter::new().threads(2).sequential_below(0).sort_by_cached_key(&mut outer, |inner| {
        let mut copy = inner.clone();
        Sorter::new().threads(2).sequential_below(0).sort(&mut copy);
        total.fetch_add(usize::from(copy.is_sorted()), Relaxed);
        copy[0]
    });
    assert_eq!(total.into_inner(), 40);
    assert!(outer.is_sorted_by_key(|inner| inner.iter().min().copied()));
}

#[test]
#[should_panic(expected = "at least 1 thread")]
fn no_threads_are_refused() {
    let _ = Sorter::new().threads(0);
}

#[test]
#[should_panic(expected = "no element of rank 3")]
fn a_rank_beyond_the_slice_is_refused() {
    Sorter::new().select_nth_by(&mut [1, 2, 3], 3, i32::cmp);
}

#[test]
#[should_panic(expected = "no 4 elements")]
fn more_than_all_cannot_be_sorted_partially() {
    Sorter::new().partial_sort_by(&mut [1, 2, 3], 4, i32::cmp);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_input_is_sorted_as_std_does(
        keys in proptest::collection::vec(0_u64..40, 0..300),
        sorted_part in 0_usize..300,
        threads in 1_usize..9,
    ) {
        let mut keys = keys;
        let sorted_part = sorted_part.min(keys.len());
        keys[..sorted_part].sort_unstable();
        let answer = stable(tagged(&keys));
        let sorter = Sorter::new().threads(threads).sequential_below(0);
        let mut v = tagged(&keys);
        sorter.sort_by(&mut v, by_key);
        prop_assert_eq!(&v, &answer);
        let mut v = tagged(&keys);
        sorter.sort_radix_by_key(&mut v, |item| item.key << 20);
        prop_assert_eq!(&v, &answer);
        let mut v = keys.clone();
        sorter.stable(false).sort(&mut v);
        prop_assert!(v.iter().eq(answer.iter().map(|item| &item.key)));
    }
}
