//! What element types need: moving merges take types that are neither `Copy` nor `Clone`, and parallel ones that move take
//! types that are not `Sync`. Every public form is called here, so this is also where a missing name would show.

use core::mem::MaybeUninit;
use kmerge::{Keep, kmerge, kmerge_by, kmerge_by_key, try_kmerge, try_kmerge_by, try_kmerge_by_key};
use std::cell::Cell;
use std::cmp::Ordering;

/// Neither `Copy` nor `Clone` nor `Sync`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Only(Cell<u8>);

fn only(x: u8) -> Only {
    Only(Cell::new(x))
}

fn lists() -> Vec<Vec<Only>> {
    vec![vec![only(1), only(3)], vec![only(0), only(2), only(4)], vec![]]
}

fn compare(a: &Only, b: &Only) -> Ordering {
    a.cmp(b)
}

fn key(x: &Only) -> u8 {
    x.0.get()
}

fn assert_merged(merged: impl IntoIterator<Item = Only>) {
    assert!(merged.into_iter().map(|x| x.0.get()).eq(0..5));
}

fn in_place(merge: impl FnOnce(&mut [Only], &[usize])) {
    let mut v: Vec<Only> = lists().into_iter().flatten().collect();
    merge(&mut v, &[2, 5, 5]);
    assert_merged(v);
}

#[test]
fn moving_merges_ask_for_nothing_but_an_order() {
    assert_merged(kmerge(lists()));
    assert_merged(kmerge_by(lists(), compare));
    assert_merged(kmerge_by_key(lists(), key));
    let fallible = || lists().into_iter().map(|list| list.into_iter().map(Ok::<_, ()>));
    assert_merged(try_kmerge(fallible()).map(Result::unwrap));
    assert_merged(try_kmerge_by(fallible(), compare).map(Result::unwrap));
    assert_merged(try_kmerge_by_key(fallible(), key).map(Result::unwrap));
    assert_merged(kmerge(lists()).with_source().map(|(_, x)| x));
    assert_merged(kmerge(lists()).dedup(Keep::Last));
    assert_merged(kmerge(lists()).union());
    assert_merged(kmerge(lists()).at_least(1));
    assert_merged(kmerge(lists()).groups().flatten().map(|(_, x)| x));
    assert_eq!(kmerge(lists()).intersection().count(), 0);
    assert_eq!(kmerge(lists()).difference().count(), 2);
    assert_eq!(kmerge(lists()).descending().into_parts().len(), 3);
    assert_merged(kmerge::merge_vecs(lists()));
    assert_merged(kmerge::merge_vecs_by(lists(), compare));
    assert_merged(kmerge::merge_vecs_by_key(lists(), key));
    in_place(|v, ends| kmerge::merge_runs(v, ends));
    in_place(|v, ends| kmerge::merge_runs_by(v, ends, compare));
    in_place(|v, ends| kmerge::merge_runs_by_key(v, ends, key));
    in_place(|v, ends| kmerge::merge_runs_with_scratch(v, ends, &mut Vec::new()));
    in_place(|v, ends| kmerge::merge_runs_by_with_scratch(v, ends, &mut Vec::new(), compare));
}

#[cfg(feature = "parallel")]
#[test]
fn parallel_merges_that_move_need_no_sync() {
    assert_merged(kmerge::par_merge_vecs(lists()));
    assert_merged(kmerge::par_merge_vecs_by(lists(), compare));
    assert_merged(kmerge::par_merge_vecs_by_key(lists(), key));
    assert_merged(kmerge::par_merge_rounds(lists()));
    in_place(|v, ends| kmerge::par_merge_runs(v, ends));
    in_place(|v, ends| kmerge::par_merge_runs_by(v, ends, compare));
    in_place(|v, ends| kmerge::par_merge_runs_by_key(v, ends, key));
    in_place(|v, ends| kmerge::par_merge_runs_with_scratch(v, ends, &mut Vec::new()));
    in_place(|v, ends| kmerge::par_merge_runs_by_with_scratch(v, ends, &mut Vec::new(), compare));
    in_place(|v, ends| kmerge::par_merge_runs_by_with_limit(v, ends, &mut Vec::new(), 2, compare));
}

#[test]
fn borrowing_merges_copy_or_clone() {
    let lists: [&[u32]; 3] = [&[1, 3], &[0, 2, 4], &[]];
    let mut out = [MaybeUninit::uninit(); 5];
    let answer = [0, 1, 2, 3, 4];
    let compare = |a: &u32, b: &u32| a.cmp(b);
    assert_eq!(kmerge::merge(&lists), answer);
    assert_eq!(kmerge::merge_by(&lists, compare), answer);
    assert_eq!(kmerge::merge_by_key(&lists, |&x| x), answer);
    assert_eq!(kmerge::merge_into(&lists, &mut out), answer);
    assert_eq!(kmerge::merge_into_by(&lists, &mut out, compare), answer);
    assert_eq!(kmerge::merge_into_by_key(&lists, &mut out, |&x| x), answer);
    #[cfg(feature = "parallel")]
    {
        assert_eq!(kmerge::par_merge(&lists), answer);
        assert_eq!(kmerge::par_merge_by(&lists, compare), answer);
        assert_eq!(kmerge::par_merge_by_key(&lists, |&x| x), answer);
        assert_eq!(kmerge::par_merge_into(&lists, &mut out), answer);
        assert_eq!(kmerge::par_merge_into_by(&lists, &mut out, compare), answer);
        assert_eq!(kmerge::par_merge_into_by_key(&lists, &mut out, |&x| x), answer);
    }
    assert_eq!(kmerge::co_rank(3, lists[0], lists[1]), (1, 2));
    assert_eq!(kmerge::split_by_rank(&lists, 3), [1, 2, 0]);
    assert_eq!(kmerge::split_evenly(&lists, 1), [[0, 0, 0], [2, 3, 0]]);
}

#[test]
fn the_lazy_merge_has_every_form_of_a_look_ahead() {
    let mut merge = kmerge([vec![2, 5], vec![1]]);
    assert_eq!(merge.peek(), Some(&1));
    assert_eq!(merge.peek_with_source(), Some((1, &1)));
    assert_eq!(merge.next_if(|&x| x > 1), None);
    assert_eq!(merge.next_with_source(), Some((1, 1)));
    merge.push(vec![3]);
    assert_eq!(merge.next(), Some(2));
    let parts: Vec<(Vec<i32>, Option<i32>)> =
        merge.into_parts().into_iter().map(|(rest, head)| (rest.collect(), head)).collect();
    assert_eq!(parts, [(vec![5], None), (vec![], None), (vec![], Some(3))]);
}
