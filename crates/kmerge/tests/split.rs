//! Cuts by rank against the merged order itself.

mod common;

use common::{config, lists, oracle, slices, tagged};
use kmerge::{co_rank, split_by_rank, split_evenly};
use proptest::prelude::*;

/// How many elements of each list are among the first `rank` of the stable merge, by looking.
fn naive(lists: &[Vec<common::Tagged>], rank: usize) -> Vec<usize> {
    let mut cuts = vec![0; lists.len()];
    for item in &oracle(lists)[..rank] {
        cuts[usize::from(item.list)] += 1;
    }
    cuts
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn cuts_are_where_the_merge_has_them(keys in lists(), at in 0.0..=1.0_f64, parts in 1_usize..9) {
        let lists = tagged(&keys);
        let refs = slices(&lists);
        let total: usize = lists.iter().map(Vec::len).sum();
        for rank in [0, (total as f64 * at) as usize, total] {
            prop_assert_eq!(split_by_rank(&refs, rank), naive(&lists, rank));
            if let [a, b, ..] = &lists[..] {
                let two = [a.clone(), b.clone()];
                let rank = rank.min(a.len() + b.len());
                let (i, j) = co_rank(rank, a, b);
                prop_assert_eq!(vec![i, j], naive(&two, rank));
            }
        }
        let rows = split_evenly(&refs, parts);
        prop_assert_eq!(rows.len(), parts + 1);
        let ranks: Vec<usize> = rows.iter().map(|row| row.iter().sum()).collect();
        for (row, rank) in rows.iter().zip(&ranks) {
            prop_assert_eq!(row, &naive(&lists, *rank));
        }
        let lens: Vec<usize> = ranks.windows(2).map(|pair| pair[1] - pair[0]).collect();
        prop_assert!(lens.iter().max().unwrap() - lens.iter().min().unwrap() <= 1);
        prop_assert_eq!(ranks[parts], total);
    }

    /// Whatever the order is, the cuts are within the lists and have the rank.
    #[test]
    fn unsorted_lists_are_cut_somewhere(lists in lists(), at in 0.0..=1.0_f64) {
        let total: usize = lists.iter().map(Vec::len).sum();
        let rank = (total as f64 * at) as usize;
        let cuts = split_by_rank(&slices(&lists), rank);
        prop_assert_eq!(cuts.iter().sum::<usize>(), rank);
        prop_assert!(cuts.iter().zip(&lists).all(|(cut, list)| *cut <= list.len()));
    }
}

#[test]
#[should_panic(expected = "rank 4 is beyond the 2 + 1 elements")]
fn a_rank_beyond_two_lists_is_refused() {
    co_rank(4, &[1, 2], &[3]);
}

#[test]
#[should_panic(expected = "rank 4 is beyond the 3 elements")]
fn a_rank_beyond_all_lists_is_refused() {
    split_by_rank(&[&[1, 2], &[3]], 4);
}

#[test]
#[should_panic(expected = "parts must be at least 1")]
fn no_parts_are_refused() {
    split_evenly(&[&[1]], 0);
}
