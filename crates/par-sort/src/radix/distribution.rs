//! The first digit of a long slice, distributed by all threads.
//!
//! ```text
//! 1. A sample says how the keys are spread, and so which bucket each belongs to.
//! 2. Every piece counts what it has of each bucket.
//! 3. Sums over buckets, then pieces, say where each piece puts what it has of each bucket: stable, no two alike.
//! 4. Every piece distributes to the scratch.
//! 5. Each bucket goes back by its next digits, in parallel, while it is in the cache.
//! ```
//!
//! Up to step 4 the slice owns every element, a panic or a key that changed meanwhile just ends the attempt. In step 5 a
//! bucket owns its elements in the scratch until they went back; [`Unreturned`] returns those that did not when a panic
//! ends the step early.

use super::cells::{self, Cells};
use super::digits::{self, Tally, Words};
use crate::memory;
use crate::parts::Parts;
use crate::plan::{Pieces, Plan};
use std::mem::MaybeUninit;
use std::ops::Range;

/// Below this length one thread takes evenly spread keys for one bucket.
const ALONE: usize = 1 << 15;
/// Elements in a piece, at least.
const GRAIN: usize = 1 << 14;
/// Buckets shorter than this are never distributed by all threads.
const LARGE: usize = 1 << 17;
/// Elements in a bucket, about, as long as that takes no more than `FEW` buckets: so many streams the caches hold well.
const BUCKET: usize = 1 << 12;
const FEW: usize = 1 << 8;
/// Bytes in a bucket, about, where that takes more buckets: they and their scratch fit into the second cache.
const CACHED: usize = 1 << 18;
/// Buckets at most.
const BUCKETS: usize = 1 << 10;

/// How often a bucket may turn out too large for one thread.
const DEPTH: u32 = 8;

/// Sorts `v` stably by its keys from bit `skip` on. `scratch` is as long as `v`, `depth` 0. `false` if the keys contradict
/// themselves, or there is no memory; `v` is then as it was.
pub(crate) fn sort<T: Send, W: Words<T>>(
    v: &mut [T],
    scratch: &mut [MaybeUninit<T>],
    words: &W,
    skip: u32,
    plan: Plan,
    depth: u32,
) -> bool {
    if depth == DEPTH {
        return false;
    }
    let count =
        if plan.threads == 1 { 1 } else { (v.len() / plan.grain(GRAIN)).clamp(1, plan.threads.saturating_mul(2)) };
    let pieces = Pieces::new(v.len(), count);
    let wanted = (v.len() / plan.grain(BUCKET)).clamp(16, FEW).max((size_of_val(v) / CACHED).min(BUCKETS));
    let mut sample = Vec::new();
    let found = digits::differing(W::BITS, skip, |skip| {
        sample = cells::sample(v, words, skip, wanted);
        let (min, max) = sample.iter().fold((u64::MAX, 0), |(min, max), &word| (word.min(min), word.max(max)));
        if min < max { (min, max) } else { bounds(Parts::new(v), words, skip, pieces, plan) }
    });
    let Some((skip, bounds)) = found else { return true };
    let cells = Cells::new(&sample, bounds, wanted);
    let ends = if pieces.count == 1 && v.len() < plan.grain(ALONE) && cells.even().is_some() {
        // SAFETY: all of `v`, which is borrowed exclusively and owns its elements until `finish`.
        digits::copy(unsafe { Parts::new(v).uninit().slice(0..v.len()) }, scratch);
        vec![v.len()]
    } else {
        let Some(ends) = distribute(v, scratch, words, skip, &cells, pieces, plan) else { return false };
        ends
    };
    finish(v, scratch, words, skip, &ends, plan, depth);
    true
}

fn bounds<T: Send, W: Words<T>>(parts: Parts<T>, words: &W, skip: u32, pieces: Pieces, plan: Plan) -> (u64, u64) {
    let mut found = vec![(0, 0); pieces.count];
    let results = Parts::new(&mut found);
    plan.each(pieces.count, &|i| {
        // SAFETY: pieces are disjoint, and piece `i` has result `i` for itself.
        let (piece, result) = unsafe { (parts.slice(pieces.range(i)), results.slice(i..i + 1)) };
        result[0] = digits::bounds(piece, words, skip);
    });
    found.iter().fold((u64::MAX, 0), |(min, max), &(low, high)| (min.min(low), max.max(high)))
}

/// The places that a piece has in a bucket and that are still free.
#[derive(Clone, Copy, Debug, Default)]
struct Free {
    next: usize,
    end: usize,
}

/// Copies `v` to the scratch in the order of the buckets, stably. Gives the ends of the buckets, `None` if keys changed
/// meanwhile or there is no memory to note the buckets: the scratch is then of no use.
fn distribute<T: Send, W: Words<T>>(
    v: &mut [T],
    scratch: &mut [MaybeUninit<T>],
    words: &W,
    skip: u32,
    cells: &Cells,
    pieces: Pieces,
    plan: Plan,
) -> Option<Vec<usize>> {
    let buckets = cells.buckets();
    let mut free = vec![Free::default(); pieces.count * buckets];
    // Where a bucket is soon found it is found twice, else it is noted.
    let mut notes: Vec<MaybeUninit<u16>> =
        if cells.even().is_some() { Vec::new() } else { memory::try_uninit(v.len())? };
    let (parts, rows, notes) = (Parts::new(v), Parts::new(&mut free), Parts::new(&mut notes));
    plan.each(pieces.count, &|i| {
        // SAFETY: pieces and rows are disjoint.
        let (piece, row) = unsafe { (parts.slice(pieces.range(i)), rows.slice(i * buckets..(i + 1) * buckets)) };
        if let Some(even) = cells.even() {
            return piece.iter().for_each(|item| row[even.of(words.word(item, skip))].end += 1);
        }
        // SAFETY: pieces are disjoint, in the notes too.
        let notes = unsafe { notes.slice(pieces.range(i)) };
        for (item, note) in piece.iter().zip(notes) {
            let bucket = cells.of(words.word(item, skip));
            row[bucket].end += 1;
            note.write(bucket as u16);
        }
    });
    let ends = running_sums(&mut free, buckets);
    let mut kept_word = vec![false; pieces.count];
    let (parts, rows, to) = (Parts::new(v), Parts::new(&mut free), Parts::new(scratch));
    let results = Parts::new(&mut kept_word);
    plan.each(pieces.count, &|i| {
        let range = pieces.range(i);
        // SAFETY: pieces, rows and results are disjoint.
        let (piece, row, result) = unsafe {
            (parts.slice(range.clone()), rows.slice(i * buckets..(i + 1) * buckets), results.slice(i..i + 1))
        };
        result[0] = if let Some(even) = cells.even() {
            let buckets = piece.iter().map(|item| even.of(words.word(item, skip)));
            place(piece, buckets, row, to)
        } else {
            // SAFETY: pieces are disjoint, and every note was written.
            let notes = unsafe { notes.slice(range).assume_init_ref() };
            place(piece, notes.iter().map(|&note| note as usize), row, to)
        };
    });
    kept_word.iter().all(|&kept| kept).then_some(ends)
}

/// Copies the elements of a piece to the places it has in their buckets; `false` if there are not as many as were counted.
fn place<T>(piece: &[T], buckets: impl Iterator<Item = usize>, row: &mut [Free], to: Parts<MaybeUninit<T>>) -> bool {
    for (item, bucket) in piece.iter().zip(buckets) {
        let free = &mut row[bucket];
        let place = free.next;
        if place == free.end {
            return false;
        }
        free.next = place + 1;
        // SAFETY: this piece's own place in the scratch: the ranges of all pieces and buckets are disjoint. The copy is
        // bitwise, the slice stays the owner.
        unsafe { to.at(place).write(MaybeUninit::new(std::ptr::from_ref(item).read())) };
    }
    // As many as there are places, and none over an end: every place is filled.
    true
}

/// Turns counts (in `end`, a row for each piece) into places, and gives the ends of the buckets.
fn running_sums(free: &mut [Free], buckets: usize) -> Vec<usize> {
    let mut sum = 0;
    let mut ends = Vec::with_capacity(buckets);
    for bucket in 0..buckets {
        for at in (bucket..free.len()).step_by(buckets) {
            let next = sum;
            sum += free[at].end;
            free[at] = Free { next, end: sum };
        }
        ends.push(sum);
    }
    ends
}

/// Returns the buckets to `v`, each sorted.
fn finish<T: Send, W: Words<T>>(
    v: &mut [T],
    scratch: &mut [MaybeUninit<T>],
    words: &W,
    skip: u32,
    ends: &[usize],
    plan: Plan,
    depth: u32,
) {
    let tasks = tasks(v.len(), ends, plan);
    let v = Parts::new(v).uninit();
    let mut unreturned = Unreturned { to: v, from: Parts::new(scratch), returned: vec![0; ends.len()], ends };
    let (to, from) = (unreturned.to, unreturned.from);
    let returned = Parts::new(&mut unreturned.returned);
    let range = |bucket: usize| if bucket == 0 { 0..ends[0] } else { ends[bucket - 1]..ends[bucket] };
    // What is too large for one thread is sorted by all of them, one after another.
    for task in tasks.iter().filter(|task| task.large) {
        let bucket = task.buckets.start;
        // SAFETY: buckets are disjoint, in both slices, and each has a count for itself. The elements move from the scratch
        // to the slice, which the count says from then on.
        let (v, scratch) = unsafe {
            let (v, scratch) = (to.slice(range(bucket)), from.slice(range(bucket)));
            digits::copy(scratch, v);
            returned.slice(bucket..bucket + 1)[0] = v.len();
            (v.assume_init_mut(), scratch)
        };
        if !sort(v, scratch, words, skip, plan, depth + 1) {
            v.sort_by(|a, b| words.compare(a, b, skip));
        }
    }
    plan.each(tasks.len(), &|i| {
        let mut tally = Tally::default();
        for bucket in tasks[i].buckets.clone().filter(|_| !tasks[i].large) {
            // SAFETY: as above; the scratch holds the bucket's elements.
            unsafe {
                let (v, scratch) = (to.slice(range(bucket)), from.slice(range(bucket)));
                let returned = &mut returned.slice(bucket..bucket + 1)[0];
                digits::settle(scratch, v, words, skip, &mut tally, returned);
            }
        }
    });
}

/// Neighbouring buckets that one task returns and sorts.
struct Task {
    buckets: Range<usize>,
    len: usize,
    /// One bucket so long that all threads share it.
    large: bool,
}

fn tasks(len: usize, ends: &[usize], plan: Plan) -> Vec<Task> {
    let fair = (len / plan.threads.saturating_mul(16)).max(plan.grain(GRAIN) / 4);
    let large = (len / plan.threads / 2).max(plan.grain(LARGE));
    let mut tasks: Vec<Task> = Vec::new();
    let mut start = 0;
    for (bucket, &end) in ends.iter().enumerate() {
        let own = end - start;
        let is_large = plan.threads > 1 && own > large;
        match tasks.last_mut() {
            Some(task) if !is_large && !task.large && task.len + own <= fair => {
                task.buckets.end = bucket + 1;
                task.len += own;
            }
            _ => tasks.push(Task { buckets: bucket..bucket + 1, len: own, large: is_large }),
        }
        start = end;
    }
    tasks
}

/// Returns, when dropped, what a panic kept from returning.
struct Unreturned<'e, T> {
    to: Parts<MaybeUninit<T>>,
    from: Parts<MaybeUninit<T>>,
    /// How many elements at the front of each bucket are back.
    returned: Vec<usize>,
    /// The ends of the buckets.
    ends: &'e [usize],
}

impl<T> Drop for Unreturned<'_, T> {
    fn drop(&mut self) {
        let mut start = 0;
        for (&end, &returned) in self.ends.iter().zip(&self.returned) {
            // SAFETY: all tasks of the parallel step are over. What did not return is in the scratch, and its places in the
            // slice are free.
            unsafe { digits::copy(self.from.slice(start + returned..end), self.to.slice(start + returned..end)) };
            start = end;
        }
    }
}
