//! The lazy merge under any sequence of calls, over lists sorted or not, with comparisons that may panic: against a naive
//! merge that scans all heads.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// The first least head, and its source.
fn naive<T: Ord + Clone>(lists: &[Vec<T>], at: &[usize]) -> Option<(usize, T)> {
    let heads = lists.iter().zip(at).enumerate().filter_map(|(i, (list, &at))| Some((list.get(at)?.clone(), i)));
    heads.min().map(|(x, i)| (i, x))
}

/// Texts of which many begin alike.
fn text(x: &u8) -> String {
    "ab".repeat(usize::from(x / 16)) + &"abc\0"[..usize::from(x % 4)] + &"b".repeat(usize::from(x / 4 % 4) * 3)
}

fuzz_target!(|input: (Vec<Vec<u8>>, Vec<u8>, u16)| {
    let (mut lists, calls, fuel) = input;
    let mut fuel = if fuel % 2 == 0 { u32::MAX } else { u32::from(fuel) };
    let boxed = |list: &Vec<u8>| list.iter().map(|&x| Box::new(x)).collect::<Vec<_>>();
    let mut merge = kmerge::kmerge_by(lists.iter().map(boxed).collect::<Vec<_>>(), |a: &Box<u8>, b: &Box<u8>| {
        fuel = match fuel.checked_sub(1) {
            Some(left) => left,
            None => {
                fuel = u32::MAX;
                resume_unwind(Box::new(()));
            }
        };
        a.cmp(b)
    });
    let mut words = kmerge::kmerge(lists.clone());
    let mut at = vec![0; lists.len()];
    for call in calls.into_iter().chain(std::iter::repeat_n(0, 40)) {
        let next = naive(&lists, &at);
        match call % 8 {
            6 => {
                let peeked = catch_unwind(AssertUnwindSafe(|| merge.peek_with_source().map(|(i, x)| (i, **x))));
                assert!(peeked.is_err() || peeked.is_ok_and(|peeked| peeked == next));
                assert_eq!(words.peek().copied(), next.map(|next| next.1));
            }
            7 => {
                let list = vec![call; usize::from(call) / 32];
                merge.push(boxed(&list));
                words.push(list.clone());
                lists.push(list);
                at.push(0);
            }
            _ => {
                let Ok(got) = catch_unwind(AssertUnwindSafe(|| merge.next_with_source())) else { continue };
                assert_eq!(got.map(|(i, x)| (i, *x)), next);
                assert_eq!(words.next_with_source(), next);
                if let Some((i, _)) = next {
                    at[i] += 1;
                }
            }
        }
    }
    for (i, (source, head)) in merge.into_parts().into_iter().enumerate() {
        assert!(head.into_iter().chain(source).map(|x| *x).eq(lists[i][at[i]..].iter().copied()));
    }
    let texts: Vec<Vec<String>> = lists.iter().map(|list| list.iter().map(text).collect()).collect();
    let (mut merge, mut at) = (kmerge::kmerge(texts.clone()), vec![0; texts.len()]);
    while let Some(next) = naive(&texts, &at) {
        at[next.0] += 1;
        assert_eq!(merge.next_with_source(), Some(next));
    }
    assert_eq!(merge.next(), None);
});
