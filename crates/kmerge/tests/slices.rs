//! Slices and vectors, sequential and parallel, against concatenation and a stable sort.

mod common;

use common::{Boxed, Tagged, adjacent, boxed, config, lists, oracle, slices, tagged};
use core::mem::MaybeUninit;
use proptest::prelude::*;

fn all(values: &[Tagged]) -> Vec<(u8, u16, u32)> {
    values.iter().map(Tagged::all).collect()
}

fn all_boxed(values: &[Boxed]) -> Vec<(u8, u16, u32)> {
    values.iter().map(|b| b.0.all()).collect()
}

/// Every form on the same lists.
fn every_form_agrees(lists: &[Vec<Tagged>]) {
    let answer = all(&oracle(lists));
    let refs = slices(lists);
    let mut out = vec![MaybeUninit::uninit(); answer.len()];
    assert_eq!(all(&kmerge::merge(&refs)), answer, "merge");
    assert_eq!(all(&kmerge::merge_by(&refs, |a, b| a.key.cmp(&b.key))), answer, "merge_by");
    assert_eq!(all(&kmerge::merge_by_key(&refs, |x| x.key)), answer, "merge_by_key");
    assert_eq!(all(kmerge::merge_into(&refs, &mut out)), answer, "merge_into");
    assert_eq!(all(kmerge::merge_into_by(&refs, &mut out, |a, b| a.cmp(b))), answer, "merge_into_by");
    assert_eq!(all(kmerge::merge_into_by_key(&refs, &mut out, |x| x.key)), answer, "merge_into_by_key");
    assert_eq!(all(&kmerge::merge_vecs(lists.to_vec())), answer, "merge_vecs");
    assert_eq!(all(&kmerge::merge_vecs_by_key(lists.to_vec(), |x| x.key)), answer, "merge_vecs_by_key");
    let (adjacent_values, ends) = adjacent(lists);
    let mut v = adjacent_values.clone();
    kmerge::merge_runs(&mut v, &ends);
    assert_eq!(all(&v), answer, "merge_runs");
    let mut v = adjacent_values.clone();
    let mut scratch = vec![v.first().copied(); 3].into_iter().flatten().collect();
    kmerge::merge_runs_with_scratch(&mut v, &ends, &mut scratch);
    assert_eq!(all(&v), answer, "merge_runs_with_scratch");
    assert_eq!(scratch.len(), if v.is_empty() { 0 } else { 3 });
    let boxes = boxed(lists);
    assert_eq!(all_boxed(&kmerge::merge(&slices(&boxes))), answer, "merge of boxes");
    assert_eq!(all_boxed(&kmerge::merge_vecs(boxes.clone())), answer, "merge_vecs of boxes");
    let (mut v, ends) = adjacent(&boxes);
    kmerge::merge_runs_by(&mut v, &ends, |a, b| a.0.key.cmp(&b.0.key));
    assert_eq!(all_boxed(&v), answer, "merge_runs_by of boxes");
}

#[cfg(feature = "parallel")]
fn every_parallel_form_agrees(lists: &[Vec<Tagged>]) {
    let answer = all(&oracle(lists));
    let refs = slices(lists);
    let mut out = vec![MaybeUninit::uninit(); answer.len()];
    assert_eq!(all(&kmerge::par_merge(&refs)), answer, "par_merge");
    assert_eq!(all(&kmerge::par_merge_by(&refs, |a, b| a.key.cmp(&b.key))), answer, "par_merge_by");
    assert_eq!(all(&kmerge::par_merge_by_key(&refs, |x| x.key)), answer, "par_merge_by_key");
    assert_eq!(all(kmerge::par_merge_into(&refs, &mut out)), answer, "par_merge_into");
    assert_eq!(all(kmerge::par_merge_into_by_key(&refs, &mut out, |x| x.key)), answer, "par_merge_into_by_key");
    assert_eq!(all(&kmerge::par_merge_vecs(lists.to_vec())), answer, "par_merge_vecs");
    assert_eq!(all(&kmerge::par_merge_rounds(lists.to_vec())), answer, "par_merge_rounds");
    let (mut v, ends) = adjacent(lists);
    kmerge::par_merge_runs(&mut v, &ends);
    assert_eq!(all(&v), answer, "par_merge_runs");
    let boxes = boxed(lists);
    assert_eq!(all_boxed(&kmerge::par_merge(&slices(&boxes))), answer, "par_merge of boxes");
    assert_eq!(all_boxed(&kmerge::par_merge_vecs(boxes.clone())), answer, "par_merge_vecs of boxes");
    let (mut v, ends) = adjacent(&boxes);
    kmerge::par_merge_runs_by(&mut v, &ends, |a, b| a.0.key.cmp(&b.0.key));
    assert_eq!(all_boxed(&v), answer, "par_merge_runs_by of boxes");
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn merging_is_a_stable_sort_of_the_concatenation(lists in lists()) {
        every_form_agrees(&tagged(&lists));
    }

    #[test]
    fn text_is_merged_by_its_bytes(mut lists in proptest::collection::vec(proptest::collection::vec("[ab\0]{0,12}", 0..20), 0..7)) {
        for list in &mut lists {
            list.sort();
        }
        let answer = oracle(&lists);
        prop_assert_eq!(&kmerge::merge(&slices(&lists)), &answer);
        prop_assert_eq!(&kmerge::merge_vecs(lists.clone()), &answer);
        let refs: Vec<Vec<&str>> = lists.iter().map(|list| list.iter().map(String::as_str).collect()).collect();
        prop_assert_eq!(kmerge::merge(&slices(&refs)), answer.iter().map(String::as_str).collect::<Vec<_>>());
        let (mut v, ends) = adjacent(&lists);
        kmerge::merge_runs(&mut v, &ends);
        prop_assert_eq!(&v, &answer);
        for list in &mut lists {
            list.reverse();
        }
        let mut reversed = answer;
        reversed.reverse();
        prop_assert_eq!(kmerge::merge_by(&slices(&lists), |a, b| b.cmp(a)), reversed);
    }
}

/// Lists long enough for many blocks, chunks and threads; `shape` chooses the distribution.
fn long_lists(k: usize, n: usize, shape: usize) -> Vec<Vec<Tagged>> {
    let mut state = 88172645463325252_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut lists: Vec<Vec<u8>> = vec![Vec::new(); k];
    let mut list = 0;
    for i in 0..n {
        let r = random();
        list = match shape {
            // Uniform; skewed sizes; clusters of neighbours in one list; one list with nearly all.
            0 => (r >> 32) as usize % k,
            1 => ((r >> 32) as usize % k).min((r >> 48) as usize % k).min((r >> 56) as usize % k),
            2 => {
                if r.is_multiple_of(400) {
                    (r >> 32) as usize % k
                } else {
                    list
                }
            }
            _ => {
                if r.is_multiple_of(1000) {
                    (r >> 32) as usize % k
                } else {
                    k / 2
                }
            }
        };
        lists[list].push(if shape == 2 { (i * 256 / n) as u8 } else { r as u8 });
    }
    tagged(&lists)
}

#[test]
fn long_lists_of_every_shape_are_merged() {
    for (k, n) in [(2, 90_000), (3, 70_000), (5, 40_000), (16, 60_000), (70, 50_000)] {
        for shape in 0..4 {
            every_form_agrees(&long_lists(k, n, shape));
        }
    }
}

#[cfg(feature = "parallel")]
#[test]
fn threads_do_not_change_the_result() {
    for threads in [1, 2, 5] {
        worker_pool::Pool::new(threads).unwrap().install(|| {
            for (k, n) in [(1, 20_000), (2, 90_000), (3, 70_000), (17, 50_000)] {
                for shape in 0..4 {
                    every_parallel_form_agrees(&long_lists(k, n, shape));
                }
            }
        });
    }
}

#[cfg(feature = "parallel")]
#[test]
fn a_limit_of_threads_is_kept() {
    use std::collections::HashSet;
    use std::sync::Mutex;
    worker_pool::Pool::new(4).unwrap().install(|| {
        for limit in [0, 1, 2, 3, 4, 9] {
            let (mut v, ends) = adjacent(&long_lists(7, 60_000, 0));
            let mut answer = v.clone();
            answer.sort();
            let threads = Mutex::new(HashSet::new());
            kmerge::par_merge_runs_by_with_limit(&mut v, &ends, &mut Vec::new(), limit, |a, b| {
                threads.lock().unwrap().insert(std::thread::current().id());
                a.cmp(b)
            });
            assert_eq!(all(&v), all(&answer));
            assert!(threads.lock().unwrap().len() <= limit.max(1), "of {limit}");
        }
    });
}

#[test]
fn an_empty_list_anywhere_changes_nothing() {
    let keys = [vec![1, 4, 4, 9], vec![], vec![4, 4, 5], vec![0, 9], vec![9]];
    for rotation in 0..keys.len() {
        let mut keys = keys.to_vec();
        keys.rotate_left(rotation);
        every_form_agrees(&tagged(&keys));
    }
    every_form_agrees(&[]);
    every_form_agrees(&tagged(&[vec![], vec![]]));
    every_form_agrees(&tagged(&[vec![3, 3, 3]]));
}

#[test]
fn disjoint_lists_in_reversed_order_are_merged() {
    for k in [2, 4, 7, 64] {
        let keys: Vec<Vec<u8>> = (0..k).rev().map(|i| vec![(i * 3) as u8; 700]).collect();
        every_form_agrees(&tagged(&keys));
    }
}

#[test]
fn the_greatest_value_is_not_taken_for_an_end() {
    let lists = [vec![1, u64::MAX], vec![u64::MAX, u64::MAX], vec![], vec![0, u64::MAX]];
    assert_eq!(kmerge::merge(&slices(&lists)), oracle(&lists));
}

#[test]
fn values_without_size_are_counted() {
    assert_eq!(kmerge::merge(&[&[(); 3][..], &[], &[(); 4]]).len(), 7);
    assert_eq!(kmerge::merge_vecs(vec![vec![(); 3], vec![(); 4], vec![(); 5]]).len(), 12);
    let mut v = [(); 9];
    kmerge::merge_runs(&mut v, &[2, 4]);
    let huge = vec![(); usize::MAX / 4];
    assert_eq!(kmerge::merge(&[&huge[..], &huge, &huge]).len(), usize::MAX / 4 * 3);
}

#[test]
#[should_panic(expected = "more elements than usize can count")]
fn lengths_that_overflow_are_refused() {
    let huge = vec![(); usize::MAX];
    kmerge::merge(&[&huge[..], &huge]);
}

#[test]
#[should_panic(expected = "the slices have 3 elements and `out` has room for 2")]
fn a_wrong_length_of_the_output_is_refused() {
    kmerge::merge_into(&[&[1, 2], &[3]], &mut [MaybeUninit::uninit(); 2]);
}

#[test]
#[should_panic(expected = "run end 5 is beyond the 4 elements")]
fn a_run_end_beyond_the_slice_is_refused() {
    kmerge::merge_runs(&mut [1, 2, 3, 4], &[2, 5]);
}

#[test]
#[should_panic(expected = "run ends must be ascending: 1 follows 3")]
fn run_ends_that_descend_are_refused() {
    kmerge::merge_runs(&mut [1, 2, 3, 4], &[3, 1]);
}
