//! The first digit of a long slice, distributed by all threads.
//!
//! ```text
//! 1. Every piece finds its least and greatest key.
//! 2. Every piece counts its digits.
//! 3. Sums over digits, then pieces, say where each piece puts what it has of each digit: stable, no two alike.
//! 4. Every piece distributes to the scratch.
//! 5. Buckets go back one by one, in parallel, and are sorted there while they are in the cache.
//! ```
//!
//! Up to step 4 the slice owns every element, a panic or a key that changed meanwhile just ends the attempt. In step 5 a
//! bucket owns its elements in the scratch until it went back; [`Unreturned`] returns those that did not when a panic
//! ends the step early.

use super::digits::{self, BUCKETS, Digit, Words};
use crate::parts::Parts;
use crate::permute::put_back;
use crate::plan::{Pieces, Plan};
use std::mem::MaybeUninit;
use std::ops::Range;

/// Elements in a piece, at least.
const GRAIN: usize = 1 << 14;
/// Buckets shorter than this are never distributed by all threads.
const LARGE: usize = 1 << 17;

/// Sorts `v` stably by its keys from bit `skip` on. `scratch` is as long as `v`. `false` if the keys contradict
/// themselves; `v` is then as it was.
pub(crate) fn sort<T: Send, W: Words<T>>(
    v: &mut [T],
    scratch: &mut [MaybeUninit<T>],
    words: &W,
    mut skip: u32,
    plan: Plan,
) -> bool {
    let pieces = Pieces::new(v.len(), (v.len() / plan.grain(GRAIN)).clamp(1, plan.threads * 2));
    let (min, max) = loop {
        let (min, max) = bounds(v, words, skip, pieces, plan);
        if min < max {
            break (min, max);
        }
        skip += 64;
        if skip >= W::BITS {
            return true;
        }
    };
    let digit = Digit::new(min, max, width(v.len()));
    let Some(ends) = distribute(v, scratch, words, skip, digit, pieces, plan) else { return false };
    let exact = digit.is_exact() && skip + 64 >= W::BITS;
    finish(v, scratch, words, skip, &ends, exact, plan);
    true
}

/// Bits of the first digit: buckets that fit the first cache, and not more streams than the TLB has entries.
fn width(len: usize) -> u32 {
    len.ilog2().saturating_sub(9).clamp(6, digits::WIDTH)
}

fn bounds<T: Send, W: Words<T>>(v: &mut [T], words: &W, skip: u32, pieces: Pieces, plan: Plan) -> (u64, u64) {
    let mut found = vec![(0, 0); pieces.count];
    let (parts, results) = (Parts::new(v), Parts::new(&mut found));
    plan.each(pieces.count, |i| {
        // SAFETY: pieces are disjoint, and piece `i` has result `i` for itself.
        let (piece, result) = unsafe { (parts.slice(pieces.range(i)), results.slice(i..i + 1)) };
        result[0] = digits::bounds(piece, words, skip);
    });
    found.iter().fold((u64::MAX, 0), |(min, max), &(low, high)| (min.min(low), max.max(high)))
}

/// Copies `v` to the scratch in the order of the digits, stably. Gives the ends of the buckets, `None` if keys changed
/// meanwhile: the scratch is then of no use.
fn distribute<T: Send, W: Words<T>>(
    v: &mut [T],
    scratch: &mut [MaybeUninit<T>],
    words: &W,
    skip: u32,
    digit: Digit,
    pieces: Pieces,
    plan: Plan,
) -> Option<Vec<usize>> {
    let mut places = vec![0_usize; pieces.count * BUCKETS];
    let (parts, rows) = (Parts::new(v), Parts::new(&mut places));
    plan.each(pieces.count, |i| {
        // SAFETY: pieces and rows are disjoint.
        let (piece, row) = unsafe { (parts.slice(pieces.range(i)), rows.slice(i * BUCKETS..(i + 1) * BUCKETS)) };
        for item in piece {
            row[digit.of(words.word(item, skip))] += 1;
        }
    });
    let ends = running_sums(&mut places, digit);
    if ends.last() != Some(&v.len()) {
        return None;
    }
    let limits = limits(&places, &ends, digit);
    let mut kept_word = vec![false; pieces.count];
    let (parts, rows, to) = (Parts::new(v), Parts::new(&mut places), Parts::new(scratch));
    let results = Parts::new(&mut kept_word);
    plan.each(pieces.count, |i| {
        // SAFETY: pieces, rows and results are disjoint.
        let (piece, row, result) = unsafe {
            (parts.slice(pieces.range(i)), rows.slice(i * BUCKETS..(i + 1) * BUCKETS), results.slice(i..i + 1))
        };
        let limits = &limits[i * BUCKETS..(i + 1) * BUCKETS];
        for item in piece {
            let bucket = digit.of(words.word(item, skip));
            if row[bucket] == limits[bucket] {
                return;
            }
            // SAFETY: below the limit, so this piece's own place in the scratch: the ranges between first place and limit
            // are disjoint for all pieces and buckets. The copy is bitwise, the slice stays the owner.
            unsafe { to.at(row[bucket]).write(MaybeUninit::new(std::ptr::from_ref(item).read())) };
            row[bucket] += 1;
        }
        // As many as there are places, and none over a limit: every place is filled.
        result[0] = true;
    });
    kept_word.iter().all(|&kept| kept).then_some(ends)
}

/// Turns counts (a row for each piece) into first places, and gives the ends of the buckets.
fn running_sums(places: &mut [usize], digit: Digit) -> Vec<usize> {
    let mut sum = 0;
    let mut ends = Vec::with_capacity(digit.buckets());
    for bucket in 0..digit.buckets() {
        for at in (bucket..places.len()).step_by(BUCKETS) {
            sum += std::mem::replace(&mut places[at], sum);
        }
        ends.push(sum);
    }
    ends
}

/// Where the places of each piece and bucket end: where the next piece's begin.
fn limits(places: &[usize], ends: &[usize], digit: Digit) -> Vec<usize> {
    let mut limits = vec![0; places.len()];
    let last_row = places.len() - BUCKETS;
    limits[..last_row].copy_from_slice(&places[BUCKETS..]);
    limits[last_row..last_row + digit.buckets()].copy_from_slice(ends);
    limits
}

/// Returns the buckets to `v` and sorts each, unless the digit was `exact`.
fn finish<T: Send, W: Words<T>>(
    v: &mut [T],
    scratch: &mut [MaybeUninit<T>],
    words: &W,
    skip: u32,
    ends: &[usize],
    exact: bool,
    plan: Plan,
) {
    if exact {
        // SAFETY: the scratch holds every element once; no user code runs.
        return unsafe { put_back(v, scratch, plan) };
    }
    let tasks = tasks(v.len(), ends, plan);
    let mut unreturned =
        Unreturned { to: Parts::new(v), from: Parts::new(scratch), returned: vec![false; tasks.len()], tasks };
    let (to, from, tasks) = (unreturned.to, unreturned.from, &unreturned.tasks);
    let returned = Parts::new(&mut unreturned.returned);
    let give_back = |i: usize| {
        let task = &tasks[i];
        // SAFETY: tasks are disjoint, in both slices, and task `i` has flag `i` for itself. The elements of the task's
        // range move from the scratch to the slice, which the flag says from then on.
        unsafe {
            let (v, scratch) = (to.slice(task.range.clone()), from.slice(task.range.clone()));
            std::ptr::copy_nonoverlapping(scratch.as_ptr().cast::<T>(), v.as_mut_ptr(), v.len());
            returned.slice(i..i + 1)[0] = true;
            (v, scratch)
        }
    };
    // What is too large for one thread is sorted by all of them, one after another.
    for (i, _) in tasks.iter().enumerate().filter(|(_, task)| task.large) {
        let (v, scratch) = give_back(i);
        if !sort(v, scratch, words, skip, plan) {
            v.sort_by(|a, b| words.compare(a, b, skip));
        }
    }
    plan.each(tasks.len(), |i| {
        let task = &tasks[i];
        if task.large {
            return;
        }
        let (v, scratch) = give_back(i);
        let mut start = task.range.start;
        for &end in &ends[task.buckets.clone()] {
            let own = start - task.range.start..end - task.range.start;
            digits::sort(&mut v[own.clone()], &mut scratch[own], words, skip, 0);
            start = end;
        }
    });
}

/// Neighbouring buckets that one task returns and sorts.
struct Task {
    buckets: Range<usize>,
    range: Range<usize>,
    /// One bucket so long that all threads share it.
    large: bool,
}

fn tasks(len: usize, ends: &[usize], plan: Plan) -> Vec<Task> {
    let fair = (len / (plan.threads * 16)).max(plan.grain(GRAIN) / 4);
    let large = (len / plan.threads / 2).max(plan.grain(LARGE));
    let mut tasks: Vec<Task> = Vec::new();
    let mut start = 0;
    for (bucket, &end) in ends.iter().enumerate() {
        let is_large = plan.threads > 1 && end - start > large;
        match tasks.last_mut() {
            Some(task) if !is_large && !task.large && end - task.range.start <= fair => {
                task.buckets.end = bucket + 1;
                task.range.end = end;
            }
            _ => tasks.push(Task { buckets: bucket..bucket + 1, range: start..end, large: is_large }),
        }
        start = end;
    }
    tasks
}

/// Returns, when dropped, what a panic kept from returning.
struct Unreturned<T> {
    to: Parts<T>,
    from: Parts<MaybeUninit<T>>,
    tasks: Vec<Task>,
    returned: Vec<bool>,
}

impl<T> Drop for Unreturned<T> {
    fn drop(&mut self) {
        for (task, _) in self.tasks.iter().zip(&self.returned).filter(|&(_, &returned)| !returned) {
            // SAFETY: all tasks of the parallel step are over. This one did not move its elements, so the scratch owns
            // them, and its range of the slice is free.
            unsafe {
                let (v, scratch) = (self.to.slice(task.range.clone()), self.from.slice(task.range.clone()));
                std::ptr::copy_nonoverlapping(scratch.as_ptr().cast::<T>(), v.as_mut_ptr(), v.len());
            }
        }
    }
}
