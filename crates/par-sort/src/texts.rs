//! Text and bytes: eight bytes at a time as a number, sorted by digits.
//!
//! A comparison of texts follows two pointers into memory that is rarely near. Here every text is visited once to read its
//! first eight bytes as a big-endian number, which never contradicts the order of texts; pairs of that number and an index
//! are sorted by digits, stably; only texts that agree in all eight bytes are visited again, for the next eight (large
//! groups) or for a comparison (small ones). At the end every text moves once. After the cached multikey quicksort and MSD
//! radix sorts of strings (R. Sinha and J. Zobel, 2004; W. Ng and K. Kakehi, 2007).
//!
//! No user code runs: the types are known, and so is their `Ord`.

use crate::blocks;
use crate::memory;
use crate::parts::Parts;
use crate::permute;
use crate::plan::Plan;
use crate::radix::{self, Entry};
use crate::scan::{self, Look};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Below this length std's sort is quicker.
const SHORT: usize = 512;
/// Groups up to this length are sorted by comparisons.
const FEW: usize = 48;
/// What one task visits, at least.
const GRAIN: usize = 1 << 12;
/// How many texts are asked whether all begin alike.
const SAMPLE: usize = 32;

/// A type whose `Ord` is the order of its bytes.
pub(crate) trait Text: Ord + Send + Sync {
    fn bytes(&self) -> &[u8];
}

macro_rules! texts {
    ($($type:ty: $bytes:expr),*) => {$(
        impl Text for $type {
            #[inline(always)]
            fn bytes(&self) -> &[u8] {
                let bytes: fn(&Self) -> &[u8] = $bytes;
                bytes(self)
            }
        }
    )*};
}

texts!(
    String: |text| text.as_bytes(),
    &str: |text| text.as_bytes(),
    Box<str>: |text| text.as_bytes(),
    Vec<u8>: |bytes| bytes,
    &[u8]: |bytes| bytes,
    Box<[u8]>: |bytes| bytes
);

/// Sorts `v` stably by its order.
pub(crate) fn sort<T: Text>(v: &mut [T], plan: Plan) {
    if plan.is_short(v.len(), SHORT) {
        return v.sort();
    }
    match scan::look(v, &T::cmp) {
        Look::Runs => blocks::sort(v, &T::cmp, plan),
        look if blocks::presorted(v, look, &T::cmp, plan, &|tail| by_words(tail, plan)) => {}
        _ => by_words(v, plan),
    }
}

fn by_words<T: Text>(v: &mut [T], plan: Plan) {
    let order = order(v, plan);
    // SAFETY: every index was put into an entry once, and sorting them runs no user code.
    unsafe { permute::gather(v, &|i| order[i].index, plan) };
}

/// The indices of `v` in stable order.
pub(crate) fn order<T: Text>(v: &[T], plan: Plan) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(v.len());
    memory::large_pages(entries.spare_capacity_mut());
    entries.extend((0..v.len()).map(|index| Entry { word: 0, index }));
    let sampled = v.iter().step_by(v.len() / SAMPLE + 1);
    let alike = sampled.fold(usize::MAX, |least, text| least.min(shared(v[0].bytes(), text.bytes())));
    let mut groups = Vec::new();
    groups.extend(if alike == 0 || v.len() < 2 { Some((0..v.len(), 0)) } else { differing(&entries, 0, v, 0, plan) });
    let mut tasks = Vec::new();
    while let Some((range, skip)) = groups.pop() {
        let own = &mut entries[range.clone()];
        read_words(own, v, skip, plan);
        radix::sort_entries(own, plan);
        // No group that is longer than a task escapes between two cuts.
        let task = (v.len() / 64).max(plan.grain(GRAIN)).min(own.len());
        let mut from = 0;
        for cut in (task..own.len()).step_by(task) {
            let start = own.partition_point(|entry| entry.word < own[cut].word);
            let end = start + own[start..].partition_point(|entry| entry.word == own[cut].word);
            if start < from {
                continue;
            }
            if from < start {
                tasks.push((range.start + from..range.start + start, skip));
                from = start;
            }
            if end - start > 8 * task && own[cut].word as u8 != 0 {
                groups.extend(differing(&own[start..end], range.start + start, v, skip + 8, plan));
                from = end;
            }
        }
        tasks.push((range.start + from..range.end, skip));
    }
    let parts = Parts::new(&mut entries);
    plan.each(tasks.len(), &|i| {
        let (range, skip) = &tasks[i];
        // SAFETY: tasks are disjoint: a group that was cut further left its own behind.
        settle_ties(unsafe { parts.slice(range.clone()) }, v, *skip);
    });
    entries
}

/// Reads the words of the texts behind the first `skip` bytes.
fn read_words<T: Text>(entries: &mut [Entry], v: &[T], skip: usize, plan: Plan) {
    let len = entries.len();
    let parts = Parts::new(entries);
    plan.each_piece(len, plan.grain(GRAIN), &|range| {
        // SAFETY: pieces are disjoint.
        for entry in unsafe { parts.slice(range) } {
            entry.word = word(v[entry.index].bytes(), skip);
        }
    });
}

/// The group of `entries`, which begin at `start`, with the number of bytes in which their texts agree; `None` if they are
/// equal. `skip` of those bytes are known.
fn differing<T: Text>(
    entries: &[Entry],
    start: usize,
    v: &[T],
    skip: usize,
    plan: Plan,
) -> Option<(Range<usize>, usize)> {
    let first = v[entries[0].index].bytes();
    let (alike, shortest, longest) =
        (AtomicUsize::new(first.len()), AtomicUsize::new(first.len()), AtomicUsize::new(0));
    plan.each_piece(entries.len(), plan.grain(GRAIN), &|range| {
        let mut least = alike.load(Relaxed);
        let mut len = (first.len(), first.len());
        for entry in &entries[range] {
            let text = v[entry.index].bytes();
            least = least.min(skip + shared(&first[skip..least], &text[skip..]));
            len = (len.0.min(text.len()), len.1.max(text.len()));
        }
        // Joining the threads orders these before the loads below.
        alike.fetch_min(least, Relaxed);
        shortest.fetch_min(len.0, Relaxed);
        longest.fetch_max(len.1, Relaxed);
    });
    let (alike, shortest, longest) = (alike.into_inner(), shortest.into_inner(), longest.into_inner());
    (alike < shortest || shortest < longest).then_some((start..start + entries.len(), alike))
}

/// Sorts the groups of equal words, which were read behind `skip` bytes.
fn settle_ties<T: Text>(entries: &mut [Entry], v: &[T], skip: usize) {
    let alone = Plan { threads: 1, sequential_below: None };
    // A list, not a recursion: long texts that agree must not deepen the stack.
    let mut open = vec![(0..entries.len(), skip)];
    while let Some((range, skip)) = open.pop() {
        let mut start = range.start;
        while start < range.end {
            let word = entries[start].word;
            let len = entries[start..range.end].iter().take_while(|entry| entry.word == word).count();
            let group = start..start + len;
            start += len;
            // All eight bytes are there unless the last one is a zero.
            let known = skip + if word as u8 == 0 { 0 } else { 8 };
            let own = &mut entries[group.clone()];
            if len <= FEW || known == skip {
                if len > 1 && !end_alike(own, v, skip) {
                    own.sort_by(|a, b| rest(v, a, known).cmp(rest(v, b, known)));
                }
            } else if let Some((_, alike)) = differing(own, 0, v, known, alone) {
                read_words(own, v, alike, alone);
                radix::sort_entries(own, alone);
                open.push((group, alike));
            }
        }
    }
}

/// Whether texts whose words behind `skip` bytes are equal end with them, and so are equal.
fn end_alike<T: Text>(entries: &[Entry], v: &[T], skip: usize) -> bool {
    let len = v[entries[0].index].bytes().len();
    len <= skip + 8 && entries.iter().all(|entry| v[entry.index].bytes().len() == len)
}

fn rest<'v, T: Text>(v: &'v [T], entry: &Entry, skip: usize) -> &'v [u8] {
    v[entry.index].bytes().get(skip..).unwrap_or_default()
}

/// The eight bytes behind the first `skip`, the first one most significant, zeros behind the end.
#[inline(always)]
fn word(bytes: &[u8], skip: usize) -> u64 {
    let bytes = bytes.get(skip..).unwrap_or_default();
    if let Some(first) = bytes.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    bytes.iter().rev().fold(0, |word, &byte| word >> 8 | u64::from(byte) << 56)
}

/// In how many bytes from the front two texts agree.
fn shared(a: &[u8], b: &[u8]) -> usize {
    let mut at = 0;
    while let (Some(x), Some(y)) = (a[at..].first_chunk::<8>(), b[at..].first_chunk::<8>()) {
        let differ = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differ != 0 {
            return at + (differ.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    at + a[at..].iter().zip(&b[at..]).take_while(|(x, y)| x == y).count()
}
