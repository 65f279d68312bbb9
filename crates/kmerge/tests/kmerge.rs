//! The lazy merge: order, laziness, number of comparisons, adaptors.

mod common;

use common::{Tagged, config, lists, oracle, tagged};
use kmerge::{Keep, kmerge, kmerge_by, kmerge_by_key};
use proptest::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

fn all(values: impl IntoIterator<Item = Tagged>) -> Vec<(u8, u16, u32)> {
    values.into_iter().map(|x| x.all()).collect()
}

/// Groups of equal items in merged order.
fn naive_groups(lists: &[Vec<Tagged>]) -> Vec<Vec<Tagged>> {
    let mut groups: Vec<Vec<Tagged>> = Vec::new();
    for item in oracle(lists) {
        match groups.last_mut() {
            Some(group) if group[0] == item => group.push(item),
            _ => groups.push(vec![item]),
        }
    }
    groups
}

fn sources_in(group: &[Tagged]) -> usize {
    let mut sources: Vec<u16> = group.iter().map(|x| x.list).collect();
    sources.dedup();
    sources.len()
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn a_merge_is_a_stable_sort_of_the_concatenation(keys in lists()) {
        let lists = tagged(&keys);
        let answer = all(oracle(&lists));
        prop_assert_eq!(&all(kmerge(lists.clone())), &answer);
        prop_assert_eq!(&all(kmerge_by(lists.clone(), |a, b| a.key.cmp(&b.key))), &answer);
        prop_assert_eq!(&all(kmerge_by_key(lists.clone(), |x| x.key)), &answer);
        prop_assert_eq!(&all(kmerge_by_key(lists.clone(), |x| x.key.to_string().len() as u32 * 1000 + u32::from(x.key))), &answer);
        // Numbers by a comparator, which looks at the key alone.
        let number = |x: &Tagged| u64::from(x.key) << 48 | u64::from(x.list) << 32 | u64::from(x.at);
        let numbers = lists.iter().map(|list| list.iter().map(number).collect::<Vec<_>>());
        let by_key_alone = kmerge_by(numbers, |a, b| (a >> 48).cmp(&(b >> 48)));
        prop_assert_eq!(by_key_alone.collect::<Vec<_>>(), oracle(&lists).iter().map(number).collect::<Vec<_>>());
        let with_source: Vec<_> = kmerge(lists.clone()).with_source().collect();
        prop_assert!(with_source.iter().all(|(source, x)| *source == usize::from(x.list)));
        prop_assert_eq!(&all(with_source.into_iter().map(|(_, x)| x)), &answer);
        let boxes: Vec<Vec<Box<Tagged>>> = lists.iter().map(|list| list.iter().copied().map(Box::new).collect()).collect();
        prop_assert_eq!(all(kmerge(boxes).map(|x| *x)), answer);
    }

    #[test]
    fn descending_sources_are_merged_stably(keys in lists()) {
        let lists: Vec<Vec<Tagged>> = tagged(&keys).into_iter().map(|mut list| { list.sort_by(|a, b| b.cmp(a)); list }).collect();
        let mut answer = lists.concat();
        answer.sort_by(|a, b| b.cmp(a));
        prop_assert_eq!(all(kmerge(lists.clone()).descending()), all(answer.clone()));
        let mut late = kmerge(lists.iter().map(|list| list.iter().map(|x| format!("{:03}", x.key)))).descending();
        late.peek();
        prop_assert_eq!(late.collect::<Vec<_>>(), answer.iter().map(|x| format!("{:03}", x.key)).collect::<Vec<_>>());
    }

    #[test]
    fn text_is_merged_by_its_bytes(mut lists in proptest::collection::vec(proptest::collection::vec("[ab\0]{0,12}", 0..20), 0..7)) {
        lists.iter_mut().for_each(|list| list.sort());
        let answer = oracle(&lists);
        prop_assert_eq!(kmerge(&lists).cloned().collect::<Vec<_>>(), answer.clone());
        prop_assert_eq!(kmerge(lists.iter().map(|list| list.iter().map(String::as_str))).collect::<Vec<_>>(), answer.clone());
        prop_assert_eq!(kmerge_by_key(lists.clone(), String::clone).collect::<Vec<_>>(), answer.clone());
        prop_assert_eq!(kmerge(lists).collect::<Vec<_>>(), answer);
    }

    #[test]
    fn texts_that_begin_alike_are_merged(
        mut lists in proptest::collection::vec(proptest::collection::vec("(way/){0,4}(to/){0,3}[ab\0]{0,9}", 0..60), 0..6),
        sorted: bool,
    ) {
        if sorted {
            lists.iter_mut().for_each(|list| list.sort());
        }
        // Equal texts are told apart by their list and their place in it.
        let tagged = lists.iter().enumerate().map(|(i, list)| list.iter().enumerate().map(move |(j, text)| (text, i, j)));
        let merged: Vec<(&String, usize, usize)> = kmerge_by_key(tagged.clone(), |item| item.0).collect();
        let mut answer: Vec<(&String, usize, usize)> = tagged.flatten().collect();
        if sorted {
            answer.sort();
            prop_assert_eq!(kmerge::merge(&lists.iter().map(Vec::as_slice).collect::<Vec<_>>()), oracle(&lists));
            prop_assert_eq!(merged, answer);
            lists.iter_mut().for_each(|list| list.reverse());
            let mut descending = oracle(&lists);
            descending.reverse();
            prop_assert_eq!(kmerge(lists).descending().collect::<Vec<_>>(), descending);
        } else {
            let mut merged = merged;
            merged.sort();
            answer.sort();
            prop_assert_eq!(merged, answer);
        }
    }

    #[test]
    fn adaptors_agree_with_the_groups(keys in lists(), m in 0_usize..5) {
        let lists = tagged(&keys);
        let groups = naive_groups(&lists);
        let firsts = |wanted: &dyn Fn(&[Tagged]) -> bool| all(groups.iter().filter(|group| wanted(group)).map(|group| group[0]));
        prop_assert_eq!(all(kmerge(lists.clone()).dedup(Keep::First)), firsts(&|_| true));
        prop_assert_eq!(all(kmerge(lists.clone()).union()), firsts(&|_| true));
        prop_assert_eq!(all(kmerge(lists.clone()).dedup(Keep::Last)), all(groups.iter().map(|group| group[group.len() - 1])));
        prop_assert_eq!(all(kmerge(lists.clone()).at_least(m)), firsts(&|group| sources_in(group) >= m));
        prop_assert_eq!(all(kmerge(lists.clone()).intersection()), firsts(&|group| sources_in(group) == lists.len()));
        prop_assert_eq!(all(kmerge(lists.clone()).difference()), firsts(&|group| group.iter().all(|x| x.list == 0)));
        let grouped: Vec<Vec<Tagged>> = kmerge(lists).groups().map(|group| group.into_iter().map(|(_, x)| x).collect()).collect();
        prop_assert_eq!(grouped.into_iter().map(all).collect::<Vec<_>>(), groups.into_iter().map(all).collect::<Vec<_>>());
    }

    #[test]
    fn a_source_may_be_pushed_and_the_rest_taken_back_at_any_time(keys in lists(), at in 0_usize..60, peek: bool) {
        let lists = tagged(&keys);
        let mut merge = kmerge(lists.clone());
        let mut out: Vec<Tagged> = merge.by_ref().take(at).collect();
        if peek {
            merge.peek();
        }
        merge.push(vec![Tagged { key: 255, list: 999, at: 0 }, Tagged { key: 255, list: 999, at: 1 }]);
        out.extend(merge.by_ref().take(3));
        let len = out.len();
        let mut rest = Vec::new();
        for (i, (source, head)) in merge.into_parts().into_iter().enumerate() {
            let list: Vec<Tagged> = head.into_iter().chain(source).collect();
            prop_assert!(list.iter().all(|x| usize::from(x.list) == i || (x.list == 999 && i == lists.len())));
            rest.push(list);
        }
        out.extend(oracle(&rest));
        let mut with_pushed = lists;
        with_pushed.push(vec![Tagged { key: 255, list: 999, at: 0 }, Tagged { key: 255, list: 999, at: 1 }]);
        let answer = oracle(&with_pushed);
        prop_assert_eq!(len, answer.len().min(at.min(answer.len() - 2) + 3));
        prop_assert_eq!(all(out), all(answer));
    }
}

/// An iterator that writes down when it is read, and objects to being read after its end.
struct Watched {
    source: usize,
    left: std::vec::IntoIter<u32>,
    ended: bool,
    log: Rc<RefCell<Vec<usize>>>,
}

impl Iterator for Watched {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        assert!(!self.ended, "source {} is read after its end", self.source);
        self.log.borrow_mut().push(self.source);
        let next = self.left.next();
        self.ended = next.is_none();
        next
    }
}

fn watched(lists: &[&[u32]]) -> (Vec<Watched>, Rc<RefCell<Vec<usize>>>) {
    let log = Rc::new(RefCell::new(Vec::new()));
    let watch = |(source, list): (usize, &&[u32])| Watched {
        source,
        left: Vec::from(*list).into_iter(),
        ended: false,
        log: Rc::clone(&log),
    };
    (lists.iter().enumerate().map(watch).collect(), log)
}

#[test]
fn a_source_is_read_only_when_the_item_after_its_last_is_asked_for() {
    let (sources, log) = watched(&[&[1, 4], &[2, 3]]);
    let mut merge = kmerge(sources);
    assert!(log.borrow().is_empty(), "construction reads nothing");
    assert_eq!(merge.size_hint(), (0, None));
    assert_eq!(merge.peek(), Some(&1));
    assert_eq!(*log.borrow(), [0, 1]);
    assert_eq!(merge.next(), Some(1));
    assert_eq!(*log.borrow(), [0, 1], "what was peeked is given out without a read");
    assert_eq!(merge.next(), Some(2));
    assert_eq!(*log.borrow(), [0, 1, 0]);
    assert_eq!(merge.next_if(|&x| x == 9), None);
    assert_eq!(*log.borrow(), [0, 1, 0, 1]);
    assert_eq!(merge.next_with_source(), Some((1, 3)));
    assert_eq!(merge.next_if(|&x| x == 4), Some(4));
    assert_eq!(*log.borrow(), [0, 1, 0, 1, 1]);
    assert_eq!((merge.next(), merge.next()), (None, None), "fused");
    assert_eq!(*log.borrow(), [0, 1, 0, 1, 1, 0]);
}

#[test]
fn ended_sources_are_not_read_again_whatever_the_order_of_ends() {
    for k in 1..20_u32 {
        let lists: Vec<Vec<u32>> = (0..k).map(|i| (0..(i * 7) % 11).map(|j| j * k + i).collect()).collect();
        let refs: Vec<&[u32]> = lists.iter().map(Vec::as_slice).collect();
        let (sources, log) = watched(&refs);
        assert_eq!(kmerge(sources).collect::<Vec<_>>(), oracle(&lists));
        let items: usize = lists.iter().map(Vec::len).sum();
        assert_eq!(log.borrow().len(), items + lists.len(), "one read for each item and each end");
    }
}

#[test]
fn size_hints_count_what_was_read_and_saturate() {
    let mut merge = kmerge([vec![1, 5, 6], vec![2], vec![]]);
    for left in (0..=4).rev() {
        assert_eq!(merge.size_hint(), (left, Some(left)));
        merge.next();
    }
    let endless = kmerge([0..usize::MAX, 0..usize::MAX]);
    assert_eq!(endless.size_hint(), (usize::MAX, None));
}

#[test]
fn the_key_is_computed_once_for_each_item() {
    let calls = Cell::new(0);
    let lists: Vec<Vec<u32>> = (0..17).map(|i| (0..50).map(|j| j * 17 + i).collect()).collect();
    let merged = kmerge_by_key(lists.clone(), |&x| {
        calls.set(calls.get() + 1);
        x
    });
    assert_eq!(merged.collect::<Vec<_>>(), oracle(&lists));
    assert_eq!(calls.get(), 17 * 50);
}

/// `k` lists with `n` items altogether, dealt in runs of `run` to a list chosen at random.
fn dealt(k: usize, n: u32, run: u32) -> Vec<Vec<u32>> {
    let mut lists = vec![Vec::new(); k];
    let mut state = 0x9E37_79B9_u64;
    let mut list = 0;
    for i in 0..n {
        if i % run == 0 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            list = (state >> 33) as usize % k;
        }
        lists[list].push(i);
    }
    lists
}

/// ceil(log2 K) for each item, K - 1 to begin with, and what runs cost: at most ceil(log2 K) + 1 for every five items.
#[test]
fn comparisons_are_at_most_log2_k_for_each_item_and_a_little_for_runs() {
    for k in [1_usize, 2, 3, 7, 8, 33, 100] {
        for run in [1, 2, 5, 6, 7, 50] {
            let n = 4000_u32;
            let lists = dealt(k, n, run);
            let calls = Cell::new(0_usize);
            let merged = kmerge_by(lists, |a, b| {
                calls.set(calls.get() + 1);
                a.cmp(b)
            });
            assert!(merged.eq(0..n));
            let log = k.next_power_of_two().trailing_zeros() as usize;
            // Half-empty trees are rebuilt, with fewer comparisons each time than there were lanes.
            let bound = n as usize * log
                + (n as usize).div_ceil(5) * (log + 1) * usize::from(run > 1 || k < 9)
                + 2 * k
                + n as usize / 10 * usize::from(run == 1);
            assert!(calls.get() <= bound, "{} comparisons for K = {k}, runs of {run}; {bound} allowed", calls.get());
            if run == 50 {
                assert!(
                    calls.get() <= n as usize * 2 + n as usize / 50 * 7 * log + 2 * k,
                    "{} in long runs at K = {k}",
                    calls.get()
                );
            }
        }
    }
}

#[test]
fn unsorted_sources_lose_nothing() {
    let lists: Vec<Vec<u32>> = (0..9).map(|i| (0..100).map(|j| (j * 7919 + i * 104729) % 1000).collect()).collect();
    let mut merged: Vec<u32> = kmerge(lists.clone()).collect();
    merged.sort();
    assert_eq!(merged, oracle(&lists));
    let mut state = 1_u32;
    let mut merged: Vec<u32> = kmerge_by(lists.clone(), |_, _| {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        (state >> 16).cmp(&0x8000)
    })
    .collect();
    merged.sort();
    assert_eq!(merged, oracle(&lists));
}

#[test]
fn no_source_and_no_item_are_no_special_cases() {
    assert_eq!(kmerge(Vec::<Vec<u8>>::new()).next(), None);
    assert_eq!(kmerge([Vec::<u8>::new(), vec![]]).next(), None);
    assert_eq!(kmerge([vec![()], vec![(), ()]]).count(), 3);
    let mut merge = kmerge([vec![7]]);
    assert_eq!((merge.next(), merge.next()), (Some(7), None));
    merge.push(vec![8, 9]);
    assert_eq!(merge.collect::<Vec<_>>(), [8, 9], "a push wakes a merge that had ended");
}

/// Places of the tree where nobody plays count as the greatest number, and must lose to it all the same.
#[test]
fn the_greatest_number_is_not_taken_for_nobody() {
    for k in 1..10_u64 {
        let lists: Vec<Vec<u64>> = (0..k).map(|i| vec![i; 3].into_iter().chain(vec![u64::MAX; 5]).collect()).collect();
        assert_eq!(kmerge(lists.clone()).collect::<Vec<_>>(), oracle(&lists));
        let sources: Vec<usize> = kmerge(lists).with_source().skip(3 * k as usize).map(|(source, _)| source).collect();
        assert!(sources.is_sorted() && sources.len() == 5 * k as usize, "stable: {sources:?}");
    }
}
