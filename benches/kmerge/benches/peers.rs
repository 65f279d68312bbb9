//! `kmerge` against its peers: several types in lists of several shapes, one thread and all, and sorted text files.

#[path = "../../../crates/kmerge/examples/lines/mod.rs"]
mod lines;

use bench_kit::{Workload, quick};
use criterion::Criterion;
use itertools::Itertools;
use kmerge_bench::shapes::{Lists, SHAPES, mapped, shaped};
use rayon::slice::ParallelSliceMut;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let mut criterion = bench_kit::criterion();
    let n = if quick() { 200_000 } else { 4_000_000 };
    let ks: &[usize] = if quick() { &[2, 16] } else { &[2, 4, 16, 64, 256, 1024] };
    for shape in SHAPES.into_iter().filter(|shape| is_asked_for(&format!("kmerge/u64 {shape},"))) {
        let some: &[usize] = if quick() { &[16] } else { &[2, 16, 64] };
        for &k in if shape == "uniform" { ks } else { some } {
            integers(&mut criterion, shape, k, &shaped(shape, k, n));
        }
    }
    for &k in if quick() { &[16][..] } else { &[2, 16, 256] } {
        let lists = shaped("uniform", k, n / 4);
        if is_asked_for("kmerge/u32,") {
            natural(&mut criterion, "u32", k, &mapped(&lists, |x| (x >> 32) as u32));
        }
        for (name, prefix) in [("String", ""), ("String with a common prefix", "https://example.org/")] {
            if is_asked_for(&format!("kmerge/{name},")) {
                natural(&mut criterion, name, k, &mapped(&lists, |x| text(x, prefix)));
            }
        }
        if is_asked_for("kmerge/f64 by total order,") {
            floats(&mut criterion, k, &mapped(&lists, |x| x as f64));
        }
        if is_asked_for("kmerge/pairs by key,") {
            pairs(&mut criterion, k, &mapped(&lists, |x| (x, !x)));
        }
    }
    if is_asked_for("kmerge/text files") {
        files(&mut criterion, n / 4);
    }
    criterion.final_summary();
}

/// Whether anything with this beginning is: the lists take longer to make than to merge. Of what follows the beginning
/// criterion decides, as it does of all where a filter is not simply the beginning of a name.
fn is_asked_for(beginning: &str) -> bool {
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let is_beginning =
        |filter: &String| filter.starts_with("kmerge/") && !filter.contains(['*', '.', '|', '(', '[', '?']);
    filters.is_empty()
        || !filters.iter().all(is_beginning)
        || filters.iter().any(|filter| beginning.starts_with(filter) || filter.starts_with(beginning))
}

/// Everybody, on u64: iterators, slices on one thread, slices on two.
fn integers(criterion: &mut Criterion, shape: &str, k: usize, lists: &Lists) {
    let slices: Vec<&[u64]> = lists.iter().map(Vec::as_slice).collect();
    let iters = || lists.iter().map(|list| list.iter().copied());
    let mut answer = lists.concat();
    answer.sort();
    let workload = |what: &str| {
        Workload::new(&format!("kmerge/u64 {shape}, {what}"), &format!("K={k}"), answer.len(), || (), answer.clone())
    };
    workload("iterators")
        .contender("kmerge", |()| kmerge::kmerge(iters()).collect())
        .contender("itertools", |()| Itertools::kmerge(iters()).collect())
        .contender("itertools tree", |()| tree(&slices))
        .contender("iter-merge", |()| iter_merge::merge(iters()).into_vec())
        .run(criterion);
    workload("iterators by comparator")
        .contender("kmerge", |()| kmerge::kmerge_by(iters(), u64::cmp).collect())
        .contender("itertools", |()| Itertools::kmerge_by(iters(), |a: &u64, b: &u64| a < b).collect())
        .run(criterion);
    let one = workload("slices")
        .contender("kmerge", |()| kmerge::merge(&slices))
        .contender("itertools", |()| Itertools::kmerge(iters()).collect())
        .contender("std heap", |()| heap(lists))
        .contender("std sort", |()| {
            let mut all = lists.concat();
            all.sort();
            all
        })
        .contender("std sort_unstable", |()| {
            let mut all = lists.concat();
            all.sort_unstable();
            all
        })
        .contender("limit: copy", |()| answer.clone());
    #[cfg(gnu_parallel)]
    let one = one.contender("GNU", |()| kmerge_bench::gnu::merge(&slices, 1));
    one.run(criterion);
    let two = workload("2 threads")
        .contender("kmerge", |()| kmerge::par_merge(&slices))
        .contender("rayon par_sort", |()| {
            let mut all = lists.concat();
            all.par_sort();
            all
        })
        .contender("limit: copy, 2 threads", |()| copy_by_two(&answer));
    #[cfg(gnu_parallel)]
    let two = two.contender("GNU, 2 threads", |()| kmerge_bench::gnu::merge(&slices, 2));
    two.run(criterion);
}

/// A type by its own order.
fn natural<T: Ord + Clone + Send + Sync + Debug>(criterion: &mut Criterion, name: &str, k: usize, lists: &[Vec<T>]) {
    let slices: Vec<&[T]> = lists.iter().map(Vec::as_slice).collect();
    let iters = || lists.iter().map(|list| list.iter());
    let mut answer: Vec<&T> = lists.iter().flatten().collect();
    answer.sort();
    // References, so that nobody's clones are counted; merging clones is `merge`'s own business, below.
    let refs: Vec<Vec<&T>> = lists.iter().map(|list| list.iter().collect()).collect();
    let ref_slices: Vec<&[&T]> = refs.iter().map(Vec::as_slice).collect();
    let workload = |what: &str| {
        Workload::new(&format!("kmerge/{name}, {what}"), &format!("K={k}"), answer.len(), || (), answer.clone())
    };
    workload("iterators")
        .contender("kmerge", |()| kmerge::kmerge(iters()).collect())
        .contender("itertools", |()| Itertools::kmerge(iters()).collect())
        .contender("iter-merge", |()| iter_merge::merge(iters()).into_vec())
        .run(criterion);
    workload("slices of references")
        .contender("kmerge", |()| kmerge::merge(&ref_slices))
        .contender("itertools", |()| Itertools::kmerge(refs.iter().map(|list| list.iter().copied())).collect())
        .contender("std sort", |()| {
            let mut all = refs.concat();
            all.sort();
            all
        })
        .run(criterion);
    let owned: Vec<T> = answer.iter().copied().cloned().collect();
    Workload::new(&format!("kmerge/{name}, clones"), &format!("K={k}"), owned.len(), || (), owned)
        .contender("kmerge", |()| kmerge::merge(&slices))
        .contender("itertools", |()| Itertools::kmerge(iters()).cloned().collect())
        .run(criterion);
}

/// f64 by total order.
fn floats(criterion: &mut Criterion, k: usize, lists: &[Vec<f64>]) {
    let slices: Vec<&[f64]> = lists.iter().map(Vec::as_slice).collect();
    let iters = || lists.iter().map(|list| list.iter().copied());
    let sorted = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all
    };
    let answer = sorted(lists.concat());
    let workload = |what: &str| {
        let name = format!("kmerge/f64 by total order, {what}");
        Workload::new(&name, &format!("K={k}"), answer.len(), || (), answer.clone())
    };
    workload("iterators")
        .contender("kmerge", |()| kmerge::kmerge_by(iters(), f64::total_cmp).collect())
        .contender("itertools", |()| Itertools::kmerge_by(iters(), |a: &f64, b: &f64| a.total_cmp(b).is_lt()).collect())
        .run(criterion);
    workload("slices")
        .contender("kmerge", |()| kmerge::merge_by(&slices, f64::total_cmp))
        .contender("itertools", |()| Itertools::kmerge_by(iters(), |a: &f64, b: &f64| a.total_cmp(b).is_lt()).collect())
        .contender("std sort", |()| sorted(lists.concat()))
        .run(criterion);
}

/// Pairs by their first number.
fn pairs(criterion: &mut Criterion, k: usize, lists: &[Vec<(u64, u64)>]) {
    type Pair = (u64, u64);
    let slices: Vec<&[Pair]> = lists.iter().map(Vec::as_slice).collect();
    let iters = || lists.iter().map(|list| list.iter().copied());
    let sorted = |mut all: Vec<Pair>| {
        all.sort_by_key(|pair| pair.0);
        all
    };
    let answer = sorted(lists.concat());
    let workload = |what: &str| {
        Workload::new(&format!("kmerge/pairs by key, {what}"), &format!("K={k}"), answer.len(), || (), answer.clone())
    };
    workload("iterators")
        .contender("kmerge", |()| kmerge::kmerge_by_key(iters(), |pair| pair.0).collect())
        .contender("itertools", |()| Itertools::kmerge_by(iters(), |a: &Pair, b: &Pair| a.0 < b.0).collect())
        .run(criterion);
    workload("slices")
        .contender("kmerge", |()| kmerge::merge_by_key(&slices, |pair| pair.0))
        .contender("kmerge, merge_into_by_key", |()| {
            let mut out = Vec::with_capacity(answer.len());
            kmerge::merge_into_by_key(&slices, &mut out.spare_capacity_mut()[..answer.len()], |pair| pair.0);
            // SAFETY: all are written.
            unsafe { out.set_len(answer.len()) };
            out
        })
        .contender("itertools", |()| Itertools::kmerge_by(iters(), |a: &Pair, b: &Pair| a.0 < b.0).collect())
        .contender("std sort", |()| sorted(lists.concat()))
        .run(criterion);
}

/// 16 sorted text files into one: the demo's merge and `sort -m`, where there is one. A process of its own is part of
/// `sort`'s time, about a millisecond.
fn files(criterion: &mut Criterion, n: usize) {
    let folder = std::env::temp_dir().join(format!("kmerge-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the files");
    let lists = mapped(&shaped("uniform", 16, n), |x| text(x, ""));
    let inputs: Vec<PathBuf> = (0..lists.len()).map(|i| folder.join(i.to_string())).collect();
    for (input, list) in inputs.iter().zip(&lists) {
        std::fs::write(input, list.iter().flat_map(|line| [line, "\n"]).collect::<String>()).expect("room for a file");
    }
    let output = folder.join("merged");
    let sort =
        |output: &Path| Command::new("sort").env("LC_ALL", "C").arg("-m").args(&inputs).arg("-o").arg(output).status();
    let mut workload = Workload::new("kmerge/text files", "K=16", n, || (), n)
        .contender("kmerge", |()| lines::merge_files(&inputs, &output).expect("the files are sorted"));
    let ours = lines::merge_files(&inputs, &output).map(|_| std::fs::read(&output));
    if sort(&output).is_ok_and(|status| status.success()) {
        assert!(ours.is_ok_and(|ours| ours.ok() == std::fs::read(&output).ok()), "the same file as `sort -m`");
        workload = workload.contender("sort -m", |()| if sort(&output).is_ok() { n } else { 0 });
    }
    workload.run(criterion);
    // A folder left behind is no reason to fail.
    let _ = std::fs::remove_dir_all(&folder);
}

/// A text of 8 to 33 characters, in the order of the numbers.
fn text(x: u64, prefix: &str) -> String {
    let mut text = format!("{prefix}{x:020}");
    text.truncate(prefix.len() + 20);
    text.extend(std::iter::repeat_n('x', (x % 14) as usize));
    text
}

/// Pairs of merges, the textbook tree.
fn tree(lists: &[&[u64]]) -> Vec<u64> {
    fn merged<'a>(lists: &[&'a [u64]]) -> Box<dyn Iterator<Item = u64> + 'a> {
        match lists {
            [] => Box::new(std::iter::empty()),
            [list] => Box::new(list.iter().copied()),
            _ => {
                let (left, right) = lists.split_at(lists.len() / 2);
                Box::new(Itertools::merge(merged(left), merged(right)))
            }
        }
    }
    merged(lists).collect()
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

/// A copy, each half by a thread of rayon's.
fn copy_by_two(source: &[u64]) -> Vec<u64> {
    let mut out = Vec::with_capacity(source.len());
    let middle = source.len() / 2;
    let (left, right) = out.spare_capacity_mut()[..source.len()].split_at_mut(middle);
    rayon::join(|| left.write_copy_of_slice(&source[..middle]), || right.write_copy_of_slice(&source[middle..]));
    // SAFETY: both halves are written.
    unsafe { out.set_len(source.len()) };
    out
}
