//! T blocks sorted in parallel, then one T-way merge; output equal to std's sort.
//!
//! The lecture's parallel sort: cut the input into T blocks, sort each in a thread of its own, merge the T sorted
//! blocks into one. Then the same through the library, on numbers and on the words of real files.

use demo_kit::{Cell, Demo, random, text, time};
use par_sort::{ParSort, Sorter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

fn main() -> ExitCode {
    let mut demo = Demo::new("par-sort", "T blocks sorted in parallel, then one T-way merge.")
        .size("numbers to sort", 10_000_000)
        .option("input", "FILE", "sort the lines of this file; may be given more than once")
        .start();
    let lines = lines(&demo);
    let numbers = random::numbers(demo.size(), demo.seed());
    by_hand(&mut demo, &numbers);
    with_more_threads(&mut demo, &numbers);
    every_method(&mut demo, &numbers);
    real_lines(&mut demo, &lines);
    demo.finish()
}

/// The lecture's algorithm, written out.
fn by_hand(demo: &mut Demo, numbers: &[u64]) {
    demo.section("By hand: blocks, then a merge");
    demo.say("Each thread sorts n/T numbers: O((n/T) log (n/T)). The merge looks at T heads for each of n numbers.");
    let sample = &numbers[..numbers.len().min(1_000_000)];
    let (answer, sequential) = time(|| sorted(sample));
    let (merged, parallel) = time(|| {
        let mut blocks = sample.to_vec();
        let block = blocks.len().div_ceil(demo.threads());
        thread::scope(|scope| {
            for block in blocks.chunks_mut(block) {
                scope.spawn(|| block.sort());
            }
        });
        let blocks: Vec<&[u64]> = blocks.chunks(block).collect();
        kmerge::merge(&blocks)
    });
    demo.compare(
        &format!("{} numbers in {} blocks", sample.len(), demo.threads()),
        sequential,
        parallel,
        merged == answer,
    );
}

/// The library's stable sort by a comparison, with 1 to all threads.
fn with_more_threads(demo: &mut Demo, numbers: &[u64]) {
    demo.section("The library: the same structure, by a comparison, with T threads");
    let (answer, sequential) = time(|| sorted(numbers));
    for threads in 1..=demo.threads() {
        let mut v = numbers.to_vec();
        let ((), parallel) = time(|| Sorter::new().threads(threads).sort_by(&mut v, |a, b| a.cmp(b)));
        demo.compare(&format!("stable sort, T = {threads}"), sequential, parallel, v == answer);
    }
    let mut v = numbers.to_vec();
    let ((), parallel) = time(|| Sorter::new().threads(demo.threads()).stable(false).sort_by(&mut v, |a, b| a.cmp(b)));
    demo.compare("unstable: partition in parallel", sequential, parallel, v == answer);
    let mut v = numbers.to_vec();
    let ((), parallel) = time(|| v.par_sort());
    demo.compare("by digits: par_sort of integers", sequential, parallel, v == answer);
}

fn every_method(demo: &mut Demo, numbers: &[u64]) {
    demo.section("More than sorting");
    let answer = sorted(numbers);
    demo.table(&["what", "time", "check"]);
    let mut v = numbers.to_vec();
    let middle = v.len() / 2;
    let (median, took) = time(|| *v.par_select_nth_unstable(middle).1);
    demo.row(["median by selection".into(), took.into(), (median == answer[middle]).into()]);
    let mut v = numbers.to_vec();
    let few = v.len().min(100);
    let ((), took) = time(|| v.par_partial_sort(few));
    demo.row(["the 100 smallest".into(), took.into(), (v[..few] == answer[..few]).into()]);
    let part = &numbers[..numbers.len().min(1_000_000)];
    let (order, took) = time(|| part.par_argsort());
    let right = order.iter().map(|&i| part[i]).eq(sorted(part));
    demo.row(["order as indices (argsort)".into(), took.into(), right.into()]);
    let mut floats: Vec<f64> = numbers.iter().map(|&bits| f64::from_bits(bits)).collect();
    let ((), took) = time(|| floats.par_sort_floats());
    let right = floats.is_sorted_by(|a, b| a.total_cmp(b).is_le());
    demo.row(["floats, NaN included".into(), took.into(), right.into()]);
    let (is_sorted, took) = time(|| answer.par_is_sorted());
    demo.row(["is it sorted?".into(), took.into(), Cell::Check(is_sorted)]);
}

fn real_lines(demo: &mut Demo, lines: &[String]) {
    demo.section("Real text");
    demo.say(format!("{} strings, each on the heap: a comparison may miss the cache twice.", lines.len()));
    let (answer, sequential) = time(|| {
        let mut v = lines.to_vec();
        v.sort();
        v
    });
    let mut v = lines.to_vec();
    let ((), parallel) = time(|| v.par_sort());
    demo.compare("stable", sequential, parallel, v == answer);
    let mut v = lines.to_vec();
    let ((), parallel) = time(|| v.par_sort_unstable());
    demo.compare("unstable", sequential, parallel, v == answer);
    let mut by_length = lines.to_vec();
    by_length.sort_by_key(|line| line.len());
    let mut v = lines.to_vec();
    let ((), parallel) = time(|| v.par_sort_by_key(|line| line.len()));
    demo.compare("by length, equal ones in the old order", sequential, parallel, v == by_length);
}

/// The lines of the files that were named, or the words of this workspace's own sources.
fn lines(demo: &Demo) -> Vec<String> {
    let named: Vec<PathBuf> = demo.values("input").iter().map(PathBuf::from).collect();
    if named.is_empty() {
        let files = demo.accept(text::files(&text::workspace_root()));
        let read = |path: &PathBuf| demo.accept(text::read(path));
        return files.iter().flat_map(|path| text::words(&read(path)).map(str::to_owned).collect::<Vec<_>>()).collect();
    }
    let read = |path: &Path| demo.accept(text::read(path));
    named.iter().flat_map(|path| read(path).lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn sorted(v: &[u64]) -> Vec<u64> {
    let mut v = v.to_vec();
    v.sort_unstable();
    v
}
