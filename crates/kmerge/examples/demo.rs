//! K sorted lists into one: rounds of pairs, one cut by rank, and sorted text files.

mod lines;

use demo_kit::{Cell, Demo, text, time};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use worker_pool::Pool;

fn main() -> ExitCode {
    let mut demo = Demo::new("kmerge", "K sorted sequences become one; equal items keep the order of their sources.")
        .size("numbers to merge", 4_000_000)
        .option("lists", "K", "how many sorted lists of numbers (default: 16)")
        .option("input", "FILE", "merge this sorted text file; may be given more than once")
        .option("output", "FILE", "where the merged lines go (default: a temporary file)")
        .start();
    let k = match demo.value("lists").map(str::parse) {
        None => 16,
        Some(Ok(k)) if k > 0 => k,
        Some(_) => demo.refuse("--lists takes a whole number of at least 1"),
    };
    let pool = demo.accept(Pool::new(demo.threads()));
    pool.install(|| numbers(&mut demo, k));
    files(&mut demo);
    demo.finish()
}

/// The lecture's rounds of pairs, and the same merge cut by rank.
fn numbers(demo: &mut Demo, k: usize) {
    demo.section(&format!("{k} sorted lists of numbers"));
    demo.say(
        "Rounds: neighbours are merged two by two, all pairs at once, until one list is left; an odd one is padded.",
    );
    demo.say("By rank: the output is cut into equal parts first, and each part is a merge of its own.");
    let mut lists: Vec<Vec<u64>> = vec![Vec::new(); k];
    for (i, x) in demo_kit::random::numbers(demo.size(), demo.seed()).into_iter().enumerate() {
        lists[i % k].push(x);
    }
    lists.iter_mut().for_each(|list| list.sort_unstable());
    let mut answer = lists.concat();
    answer.sort();
    let (lazy, sequential) = time(|| kmerge::kmerge(lists.iter().map(|list| list.iter().copied())).collect::<Vec<_>>());
    demo.check("the lazy iterator gives what sorting everything gives", lazy == answer);
    let input = lists.clone();
    let (rounds, took) = time(|| kmerge::par_merge_rounds(input));
    demo.compare("rounds of pairs", sequential, took, rounds == answer);
    let refs: Vec<&[u64]> = lists.iter().map(Vec::as_slice).collect();
    let (merged, took) = time(|| kmerge::merge(&refs));
    demo.compare("slices, one thread", sequential, took, merged == answer);
    let (merged, took) = time(|| kmerge::par_merge(&refs));
    demo.compare("slices, cut by rank", sequential, took, merged == answer);
    demo.say("Sequential is the lazy iterator, which reads its sources one item at a time.");
}

/// Real sorted files, line by line.
fn files(demo: &mut Demo) {
    demo.section("Sorted text files");
    let folder = std::env::temp_dir().join(format!("kmerge-demo-{}", std::process::id()));
    let given: Vec<PathBuf> = demo.values("input").iter().map(PathBuf::from).collect();
    demo.accept(fs::create_dir_all(&folder));
    let inputs = if given.is_empty() { word_lists(demo, &folder) } else { given };
    let output = demo.value("output").map_or_else(|| folder.join("merged"), PathBuf::from);
    let result = merge_and_check(demo, &inputs, &output);
    // A left-over temporary folder is no reason to fail.
    let _ = fs::remove_dir_all(&folder);
    demo.accept(result);
}

fn merge_and_check(demo: &mut Demo, inputs: &[PathBuf], output: &Path) -> Result<(), String> {
    if let Some(input) = inputs.iter().find(|input| same_file(input, output)) {
        return Err(format!("{}: is an input as well as the output", input.display()));
    }
    let (lines, took) = time(|| lines::merge_files(inputs, output));
    let lines = lines?;
    let mut answer = Vec::new();
    for input in inputs {
        let bytes = fs::read(input).map_err(|error| format!("{}: {error}", input.display()))?;
        answer.extend(
            bytes.split_inclusive(|&b| b == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line).to_vec()),
        );
    }
    answer.sort();
    let mut expected = answer.join(&b'\n');
    if !answer.is_empty() {
        expected.push(b'\n');
    }
    let written = fs::read(output).map_err(|error| format!("{}: {error}", output.display()))?;
    demo.table(&["files", "lines", "time", "check"]);
    demo.row([inputs.len().into(), lines.into(), took.into(), Cell::Check(written == expected)]);
    demo.say(
        "The check: all lines sorted at once. Each source yields a line or an error; an error names file and line.",
    );
    Ok(())
}

/// The words of each of the workspace's text files, sorted, one file for each.
fn word_lists(demo: &Demo, folder: &Path) -> Vec<PathBuf> {
    let sources = demo.accept(text::files(&text::workspace_root()));
    let mut lists = Vec::new();
    for (i, source) in sources.iter().enumerate() {
        let words = demo.accept(text::read(source));
        let words: BTreeSet<&str> = text::words(&words).collect();
        let list = folder.join(format!("words-{i}"));
        let lines: String = words.into_iter().flat_map(|word| [word, "\n"]).collect();
        demo.accept(fs::write(&list, lines));
        lists.push(list);
    }
    lists
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (fs::canonicalize(a), fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}
