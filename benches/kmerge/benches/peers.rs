//! `kmerge` against its peers: u64 in lists of several shapes, one thread and all.

use bench_kit::{Workload, quick};
use itertools::Itertools;
use rayon::slice::ParallelSliceMut;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

type Lists = Vec<Vec<u64>>;

fn main() {
    let mut criterion = bench_kit::criterion();
    let n = if quick() { 200_000 } else { 4_000_000 };
    let ks: &[usize] = if quick() { &[2, 16] } else { &[2, 4, 16, 64, 256, 1024] };
    for &k in ks {
        compare(&mut criterion, "uniform", k, &uniform(k, n));
    }
    for &k in if quick() { &[16][..] } else { &[16, 64][..] } {
        compare(&mut criterion, "disjoint", k, &(0..k).rev().map(|i| range(i, n / k)).collect());
        compare(
            &mut criterion,
            "duplicates",
            k,
            &uniform(k, n).into_iter().map(|l| l.into_iter().map(|x| x % 100).sorted().collect()).collect(),
        );
        compare(&mut criterion, "clustered", k, &clustered(k, n));
        compare(&mut criterion, "skewed", k, &skewed(k, n));
    }
    criterion.final_summary();
}

fn compare(criterion: &mut criterion::Criterion, shape: &str, k: usize, lists: &Lists) {
    let mut answer = lists.concat();
    answer.sort();
    let slices: Vec<&[u64]> = lists.iter().map(Vec::as_slice).collect();
    let iters = || lists.iter().map(|list| list.iter().copied());
    Workload::new(&format!("kmerge/{shape}"), &format!("K={k}"), answer.len(), || (), answer)
        .contender("kmerge", |()| kmerge::merge(&slices))
        .contender("kmerge parallel", |()| kmerge::par_merge(&slices))
        .contender("kmerge lazy", |()| kmerge::kmerge(iters()).collect())
        .contender("itertools", |()| Itertools::kmerge(iters()).collect())
        .contender("heap", |()| heap(lists))
        .contender("std sort", |()| {
            let mut all = lists.concat();
            all.sort();
            all
        })
        .contender("rayon par_sort", |()| {
            let mut all = lists.concat();
            all.par_sort();
            all
        })
        .run(criterion);
}

/// The textbook way with std's heap.
fn heap(lists: &Lists) -> Vec<u64> {
    let mut out = Vec::with_capacity(lists.iter().map(Vec::len).sum());
    let mut heads: BinaryHeap<Reverse<(u64, usize, usize)>> =
        lists.iter().enumerate().filter_map(|(i, list)| Some(Reverse((*list.first()?, i, 1)))).collect();
    while let Some(mut top) = heads.peek_mut() {
        let Reverse((x, list, next)) = *top;
        out.push(x);
        match lists[list].get(next) {
            Some(&x) => *top = Reverse((x, list, next + 1)),
            None => drop(PeekMut::pop(top)),
        }
    }
    out
}

fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn range(i: usize, len: usize) -> Vec<u64> {
    ((i * len) as u64..((i + 1) * len) as u64).collect()
}

fn uniform(k: usize, n: usize) -> Lists {
    deal(k, n, |i| mix(i as u64), |i| i % k)
}

/// Neighbours in the output come from one list 200 times in a row.
fn clustered(k: usize, n: usize) -> Lists {
    deal(k, n, |i| i as u64, |i| mix(i as u64 / 200) as usize % k)
}

/// List `i` is about half as long as the one before.
fn skewed(k: usize, n: usize) -> Lists {
    deal(k, n, |i| mix(i as u64), |i| (mix(!(i as u64)).trailing_zeros() as usize).min(k - 1))
}

fn deal(k: usize, n: usize, value: impl Fn(usize) -> u64, list: impl Fn(usize) -> usize) -> Lists {
    let mut lists = vec![Vec::new(); k];
    (0..n).for_each(|i| lists[list(i)].push(value(i)));
    lists.iter_mut().for_each(|list| list.sort_unstable());
    lists
}
