//! The lazy merge of sources that may fail.

mod common;

use kmerge::{try_kmerge, try_kmerge_by, try_kmerge_by_key};

type Items = Vec<Result<u32, &'static str>>;

fn sources() -> Vec<Items> {
    vec![vec![Ok(1), Ok(4), Err("broken"), Ok(6)], vec![Err("late"), Ok(2)], vec![], vec![Ok(5), Err("end")]]
}

#[test]
fn an_error_is_yielded_as_soon_as_it_is_read_and_the_merge_goes_on() {
    let merged: Items = try_kmerge(sources()).collect();
    assert_eq!(merged, [Err("late"), Ok(1), Ok(2), Ok(4), Err("broken"), Ok(5), Err("end"), Ok(6)]);
    let by: Items = try_kmerge_by(sources(), |a, b| a.cmp(b)).collect();
    assert_eq!(by, merged);
    let by_key: Items = try_kmerge_by_key(sources(), |&x| x).collect();
    assert_eq!(by_key, merged);
}

#[test]
fn collecting_into_a_result_ends_at_the_first_error() {
    assert_eq!(try_kmerge(sources()).collect::<Result<Vec<_>, _>>(), Err("late"));
    let fine: Vec<Vec<Result<u32, &str>>> = vec![vec![Ok(2)], vec![Ok(1), Ok(3)]];
    assert_eq!(try_kmerge(fine).collect::<Result<Vec<_>, _>>(), Ok(vec![1, 2, 3]));
}

#[test]
fn peeking_takes_errors_and_leaves_items() {
    let mut merge = try_kmerge(sources());
    assert_eq!(merge.peek(), Some(Err("late")));
    assert_eq!(merge.peek(), Some(Ok(&1)));
    assert_eq!(merge.peek_with_source(), Some(Ok((0, &1))));
    assert_eq!(merge.next_with_source(), Some(Ok((0, 1))));
    merge.push(vec![Ok(0), Err("pushed")]);
    assert_eq!(merge.next_with_source(), Some(Ok((4, 0))));
    assert_eq!(merge.next(), Some(Err("pushed")));
    assert_eq!(merge.next(), Some(Ok(2)));
    let parts: Vec<Option<u32>> = merge.into_parts().into_iter().map(|(_, head)| head).collect();
    assert_eq!(parts, [Some(4), None, None, Some(5), None]);
}

#[test]
fn descending_sources_with_errors_descend() {
    let sources: Vec<Items> = vec![vec![Ok(9), Err("x"), Ok(3)], vec![Ok(5)]];
    let merged: Items = try_kmerge(sources).descending().collect();
    assert_eq!(merged, [Ok(9), Err("x"), Ok(5), Ok(3)]);
}

/// Every error comes exactly once and the items around it are merged, wherever the errors are.
#[test]
fn errors_anywhere_lose_nothing() {
    for seed in 0..300_u32 {
        let mut state = seed;
        let mut random = move |n: u32| {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 16) % n
        };
        let k = random(9);
        let mut errors = 0;
        let sources: Vec<Vec<Result<u32, u32>>> = (0..k)
            .map(|_| {
                let mut at = 0;
                (0..random(30))
                    .map(|_| {
                        at += random(3);
                        if random(5) == 0 {
                            errors += 1;
                            Err(errors)
                        } else {
                            Ok(at)
                        }
                    })
                    .collect()
            })
            .collect();
        let mut items: Vec<u32> = sources.iter().flatten().filter_map(|x| x.ok()).collect();
        items.sort();
        let merged: Vec<Result<u32, u32>> = try_kmerge(sources).collect();
        let mut seen: Vec<u32> = merged.iter().filter_map(|x| x.err()).collect();
        seen.sort();
        assert_eq!(merged.iter().filter_map(|x| x.ok()).collect::<Vec<_>>(), items);
        assert!(seen.into_iter().eq(1..=errors));
    }
}
