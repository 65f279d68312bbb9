//! Nearly sorted input: few elements stand in the wrong place, and only they are sorted.
//!
//! ```text
//! 1. Sieve: keep an ascending chain at the front of each piece, take what breaks it out of the slice.
//! 2. Sort what was taken out, by value and then by where it came from.
//! 3. Find by galloping where each belongs among the kept ones.
//! 4. Move the kept ones apart, in stretches, and put the others in.
//! ```
//!
//! An element that falls below the last kept one is either small itself (take it out) or stands behind a large one
//! (take that out instead, if the chain then holds). When several in a row would have to go, the kept ones were wrong:
//! they are put back and the chain is shortened. Too many taken out means that the input is not nearly sorted; all is
//! put back and the caller sorts in another way. After "drop-merge sort" (E. Ronström, 2016), made stable by remembering
//! origins, made panic-safe, and cut into pieces for threads.
//!
//! Ownership: an element taken out lives in `Piece::out` alone, its place in the slice is a hole. [`Sieve`]'s `Drop` puts
//! every one back into some hole, so the slice owns each element once whenever this module is left, by a panic or not.
//! Step 4 runs no user code.

use crate::parts::Parts;
use crate::plan::{Pieces, Plan};
use std::cmp::Ordering;
use std::mem::ManuallyDrop;
use std::ops::Range;

/// Fewer elements than this are no piece of their own.
const GRAIN: usize = 1 << 15;
/// Pieces, at most.
const MOST: usize = 16;
/// So many taken out in a row mean that the chain before them is wrong.
const ROW: usize = 8;
/// Elements whose places one task finds.
const SEARCHES: usize = 1 << 9;
/// How far the chain is shortened at most before giving up.
const BACK: usize = 32;

/// An element taken out.
struct Out<T> {
    value: ManuallyDrop<T>,
    /// Where it stood, counted in its piece; later in the slice.
    origin: usize,
}

/// A part of the slice in the sieve.
struct Piece<T> {
    /// The piece is `start..end`; kept elements lie in `kept.0..kept.1`, unread ones in `unread..end`. Between them, and
    /// before `kept.0`, are as many holes as `out` has elements.
    start: usize,
    end: usize,
    kept: (usize, usize),
    unread: usize,
    /// Ascending by origin.
    out: Vec<Out<T>>,
    /// Taken out in a row up to `unread`.
    row: usize,
    gave_up: bool,
}

struct Sieve<T> {
    slice: Parts<T>,
    pieces: Vec<Piece<T>>,
    /// Taken out of all pieces, once they are collected.
    out: Vec<Out<T>>,
}

impl<T> Drop for Sieve<T> {
    fn drop(&mut self) {
        let mut out = self.out.drain(..);
        for piece in &mut self.pieces {
            let holes = (piece.start..piece.kept.0).chain(piece.kept.1..piece.unread);
            let mut own = piece.out.drain(..);
            for hole in holes {
                let Some(item) = own.next().or_else(|| out.next()) else { return };
                // SAFETY: `hole` is inside the slice and empty (the invariant of `Piece`), the item is owned by `item`.
                unsafe { self.slice.at(hole).write(ManuallyDrop::into_inner(item.value)) };
            }
        }
    }
}

/// Sorts `v` stably if it is nearly sorted; otherwise gives `false` and leaves `v` as it was.
pub(crate) fn sort<T: Send>(v: &mut [T], cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) -> bool {
    let len = v.len();
    // By the length alone: whether it works out must not depend on the number of threads.
    let cut = Pieces::new(len, (len / plan.grain(GRAIN)).min(MOST));
    let pieces = (0..cut.count).map(|i| Piece::new(cut.range(i))).collect();
    let mut sieve = Sieve { slice: Parts::new(v), pieces, out: Vec::new() };
    let slice = sieve.slice;
    let pieces = Parts::new(&mut sieve.pieces);
    plan.each(cut.count, &|i| {
        // SAFETY: one task has piece `i`, and pieces of the slice are disjoint.
        let piece = unsafe { &mut pieces.slice(i..i + 1)[0] };
        piece.sieve(slice, cmp);
    });
    if sieve.pieces.iter().any(|piece| piece.gave_up) || !sieve.chain(cmp) {
        sieve.restore();
        return false;
    }
    sieve.collect();
    sieve.compact(plan);
    sieve.out.sort_by(|a, b| cmp(&a.value, &b.value));
    let places = sieve.places(cmp, plan);
    sieve.close(len, &places, plan);
    true
}

impl<T> Piece<T> {
    fn new(range: Range<usize>) -> Self {
        Self {
            start: range.start,
            end: range.end,
            kept: (range.start, range.start),
            unread: range.start,
            out: Vec::new(),
            row: 0,
            gave_up: false,
        }
    }

    fn sieve(&mut self, slice: Parts<T>, cmp: &impl Fn(&T, &T) -> Ordering) {
        let most = 64 + (self.end - self.start) / 8;
        while self.unread < self.end {
            // SAFETY: both are owned by the slice: `unread` is not read yet, and kept ones are kept.
            let falls = |new: usize, old: usize| unsafe { cmp(&*slice.at(new), &*slice.at(old)).is_lt() };
            let kept = self.kept.1;
            if kept == self.kept.0 || !falls(self.unread, kept - 1) {
                self.keep_run(slice, cmp);
                self.row = 0;
            } else if kept >= self.kept.0 + 2 && !falls(self.unread, kept - 2) {
                self.take_back(slice);
                self.row = 0;
            } else {
                self.take_out(slice);
                self.row += 1;
                if self.row >= ROW && !self.shorten(slice, cmp) {
                    self.gave_up = true;
                }
            }
            if self.gave_up || self.out.len() > most {
                self.gave_up = true;
                return;
            }
        }
    }

    /// Keeps the next element and all that follow it in ascending order.
    fn keep_run(&mut self, slice: Parts<T>, cmp: &impl Fn(&T, &T) -> Ordering) {
        let from = self.unread;
        // SAFETY: not read yet, so owned by the slice, and this piece is ours.
        let run = unsafe { slice.slice(from..self.end) };
        let mut len = 1;
        while len < run.len() && !cmp(&run[len], &run[len - 1]).is_lt() {
            len += 1;
        }
        // SAFETY: `kept.1 <= from`; what lies between is holes, so the move overwrites holes or itself. The state below
        // is adjusted before user code runs again.
        unsafe { std::ptr::copy(slice.at(from), slice.at(self.kept.1), len) };
        self.kept.1 += len;
        self.unread += len;
    }

    /// Takes the next element out.
    fn take_out(&mut self, slice: Parts<T>) {
        // SAFETY: not read yet, so owned by the slice; from now on by `out`, and its place is a hole.
        let value = ManuallyDrop::new(unsafe { slice.at(self.unread).read() });
        self.out.push(Out { value, origin: self.unread });
        self.unread += 1;
    }

    /// Takes the last kept element out again.
    fn take_back(&mut self, slice: Parts<T>) {
        self.take_kept(slice, self.kept.1 - 1);
        self.kept.1 -= 1;
    }

    /// Takes the first kept element out again.
    fn take_front(&mut self, slice: Parts<T>) {
        self.take_kept(slice, self.kept.0);
        self.kept.0 += 1;
    }

    /// Takes the kept element at `place` out; the caller shortens `kept`.
    fn take_kept(&mut self, slice: Parts<T>, place: usize) {
        // It stood behind the kept ones before it and those taken out with smaller origins.
        let kept_before = self.start + place - self.kept.0;
        let mut out_before = self.out.len();
        while out_before > 0 && self.out[out_before - 1].origin >= kept_before + out_before {
            out_before -= 1;
        }
        // SAFETY: kept, so owned by the slice; from now on by `out`, and the caller makes its place a hole.
        let value = ManuallyDrop::new(unsafe { slice.at(place).read() });
        self.out.insert(out_before, Out { value, origin: kept_before + out_before });
    }

    /// The last `ROW` were taken out because of a chain that is too high: puts them back as unread and shortens the
    /// chain until the first of them fits. `false` if that takes too much.
    fn shorten(&mut self, slice: Parts<T>, cmp: &impl Fn(&T, &T) -> Ordering) -> bool {
        for _ in 0..self.row {
            let Some(item) = self.out.pop() else { return false };
            self.unread -= 1;
            // SAFETY: the last `row` items are the last `row` places before `unread`, which are holes since then.
            unsafe { slice.at(self.unread).write(ManuallyDrop::into_inner(item.value)) };
        }
        self.row = 0;
        for _ in 0..BACK {
            // SAFETY: the first is unread, the second kept if there is one; both are owned by the slice.
            let falls = |kept: usize| unsafe { cmp(&*slice.at(self.unread), &*slice.at(kept)).is_lt() };
            if self.kept.1 == self.kept.0 || !falls(self.kept.1 - 1) {
                return true;
            }
            self.take_back(slice);
        }
        false
    }
}

impl<T: Send> Sieve<T> {
    /// Makes the kept elements of all pieces one chain, by taking out on both sides of a cut that falls.
    fn chain(&mut self, cmp: &impl Fn(&T, &T) -> Ordering) -> bool {
        for right in 1..self.pieces.len() {
            for tries in 0.. {
                let last = (0..right).rev().find(|&i| self.pieces[i].kept.0 < self.pieces[i].kept.1);
                let (Some(left), true) = (last, self.pieces[right].kept.0 < self.pieces[right].kept.1) else { break };
                let (high, low) = (self.pieces[left].kept.1 - 1, self.pieces[right].kept.0);
                // SAFETY: both are kept, so owned by the slice.
                if unsafe { !cmp(&*self.slice.at(low), &*self.slice.at(high)).is_lt() } {
                    break;
                }
                if tries == BACK {
                    return false;
                }
                let slice = self.slice;
                self.pieces[left].take_back(slice);
                self.pieces[right].take_front(slice);
            }
        }
        true
    }

    /// Collects what was taken out of all pieces, in the order in which it stood.
    fn collect(&mut self) {
        let total = self.pieces.iter().map(|piece| piece.out.len()).sum();
        self.out.reserve_exact(total);
        for piece in &mut self.pieces {
            self.out.append(&mut piece.out);
        }
        // From here on `origin` counts the kept ones that stood before.
        for (i, item) in self.out.iter_mut().enumerate() {
            item.origin -= i;
        }
    }

    /// Puts everything back where it stood.
    fn restore(mut self) {
        for piece in &mut self.pieces {
            // From the right: the kept ones move up to where they stood, the others into the gaps.
            let (mut to, mut kept) = (piece.unread, piece.kept.1);
            while let Some(item) = piece.out.pop() {
                let stretch = to - item.origin - 1;
                // SAFETY: as many places from `origin` to `to` as kept elements stood there; they are holes or the
                // elements themselves. No user code runs here.
                unsafe {
                    std::ptr::copy(self.slice.at(kept - stretch), self.slice.at(item.origin + 1), stretch);
                    self.slice.at(item.origin).write(ManuallyDrop::into_inner(item.value));
                }
                kept -= stretch;
                to = item.origin;
            }
            piece.kept = (piece.start, piece.unread);
        }
    }

    /// Moves the kept elements of the first half of the pieces to the front of the slice, the others to its end, and makes
    /// two pieces of them, the holes in between.
    fn compact(&mut self, plan: Plan) {
        let slice = self.slice;
        let (front, back) = self.pieces.split_at(self.pieces.len() / 2);
        let (start, end) = (self.pieces[0].start, self.pieces[self.pieces.len() - 1].end);
        let middle = back[0].start;
        let mut moved = [0; 2];
        let results = Parts::new(&mut moved);
        let kept = |pieces: &[Piece<T>]| -> Vec<Range<usize>> { pieces.iter().map(|p| p.kept.0..p.kept.1).collect() };
        let (front, back) = (kept(front), kept(back));
        plan.each(2, &|side| {
            // SAFETY: each side has its own pieces of the slice and its own result. Elements move over holes and over elements
            // that moved already: to the left from the first on, to the right from the last on.
            unsafe {
                let moved = &mut results.slice(side..side + 1)[0];
                if side == 0 {
                    for kept in &front {
                        std::ptr::copy(slice.at(kept.start), slice.at(start + *moved), kept.len());
                        *moved += kept.len();
                    }
                } else {
                    for kept in back.iter().rev() {
                        *moved += kept.len();
                        std::ptr::copy(slice.at(kept.start), slice.at(end - *moved), kept.len());
                    }
                }
            }
        });
        let (mut front, mut back) = (Piece::new(start..middle), Piece::new(middle..end));
        (front.kept, front.unread) = ((start, start + moved[0]), middle);
        (back.kept, back.unread) = ((end - moved[1], end), end);
        self.pieces = vec![front, back];
    }

    /// How many elements are kept on the left side, and where those of the right side begin.
    fn sides(&self) -> (usize, usize) {
        (self.pieces[0].kept.1, self.pieces[1].kept.0)
    }

    /// For each element of `out`, now sorted: how many kept ones go before it. Never falling, at most all of them.
    fn places(&mut self, cmp: &(impl Fn(&T, &T) -> Ordering + Sync), plan: Plan) -> Vec<usize> {
        let (slice, (left, right)) = (self.slice, self.sides());
        let total = left + self.pieces[1].kept.1 - right;
        let place = |item: &Out<T>, among: Range<usize>| {
            item.place(among, |i| {
                // SAFETY: a kept element, so owned by the slice; whoever calls has the elements `among` for itself.
                unsafe { cmp(&*slice.at(if i < left { i } else { i - left + right }), &item.value) }
            })
        };
        let pieces = Pieces::at_most(self.out.len(), plan.grain(SEARCHES));
        // The first of each piece, on this thread: between two of them lie the kept elements that one task alone looks at.
        let mut cuts: Vec<usize> = Vec::with_capacity(pieces.count + 1);
        for i in 0..pieces.count {
            let least = cuts.last().copied().unwrap_or(0);
            cuts.push(place(&self.out[pieces.range(i).start], least..total));
        }
        cuts.push(total);
        let mut places = vec![0; self.out.len()];
        let (items, results) = (Parts::new(&mut self.out), Parts::new(&mut places));
        plan.each(pieces.count, &|i| {
            // SAFETY: pieces are disjoint, in both.
            let (items, results) = unsafe { (items.slice(pieces.range(i)), results.slice(pieces.range(i))) };
            let mut least = cuts[i];
            for (item, result) in items.iter().zip(results) {
                least = place(item, least..cuts[i + 1]);
                *result = least;
            }
        });
        places
    }

    /// Moves the kept elements apart, from both ends to the middle, and puts the others in. No user code.
    fn close(mut self, len: usize, places: &[usize], plan: Plan) {
        let (slice, (left, right)) = (self.slice, self.sides());
        // From here on nobody owns the elements of `out` but their places: its values are not dropped.
        let mut out = std::mem::take(&mut self.out);
        self.pieces.clear();
        let middle = places.partition_point(|&place| place <= left);
        let items = Parts::new(&mut out);
        // SAFETY: each side has its own items, once each, and its own part of the slice: the left one ends where the right one
        // begins, at `left + middle`, and both take in as many items as there are holes.
        let put = |item: usize, at: usize| unsafe {
            slice.at(at).copy_from_nonoverlapping((&raw const (*items.at(item)).value).cast(), 1);
        };
        plan.each(2, &|side| {
            if side == 0 {
                let (mut kept, mut end) = (left, left + middle);
                for (item, &place) in places[..middle].iter().enumerate().rev() {
                    let stretch = kept - place;
                    // SAFETY: to the right, over holes and elements that moved already.
                    unsafe { std::ptr::copy(slice.at(place), slice.at(end - stretch), stretch) };
                    put(item, end - stretch - 1);
                    kept = place;
                    end -= stretch + 1;
                }
            } else {
                let (mut from, mut to) = (right, left + middle);
                for (item, &place) in places.iter().enumerate().skip(middle) {
                    let stretch = place - left + right - from;
                    // SAFETY: to the left, over holes and elements that moved already.
                    unsafe { std::ptr::copy(slice.at(from), slice.at(to), stretch) };
                    put(item, to + stretch);
                    from += stretch;
                    to += stretch + 1;
                }
                debug_assert!(from == to && to <= len);
            }
        });
    }
}

impl<T> Out<T> {
    /// How many kept ones go before this one, of those `among` which that is decided; `above(i)` compares kept one `i` with it.
    fn place(&self, among: Range<usize>, above: impl Fn(usize) -> Ordering) -> usize {
        // Kept ones below the item by value, found by steps that double, then halve.
        let (mut least, end) = (among.start, among.end);
        let (mut step, mut top) = (1, least);
        while top < end && above(top).is_lt() {
            least = top + 1;
            top += step;
            step *= 2;
        }
        least = first(least, top.min(end), |i| !above(i).is_lt());
        // Among equals, those that stood before it.
        if self.origin > least && least < end && !above(least).is_gt() {
            let most = self.origin.min(end);
            least = if above(most - 1).is_gt() { first(least, most, |i| above(i).is_gt()) } else { most };
        }
        least
    }
}

/// The first index of `from..to` at which `test` holds, `to` if none; it must not hold before one where it does not.
fn first(mut from: usize, mut to: usize, test: impl Fn(usize) -> bool) -> usize {
    while from < to {
        let middle = from + (to - from) / 2;
        if test(middle) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displaced_elements_return_to_their_places_among_equals() {
        for len in [600, 20_000, 150_000_usize] {
            let mut v: Vec<(usize, usize)> = (0..len).map(|i| (i / 5, 0)).collect();
            for i in 0..len / 400 {
                v.swap(i * 7919 % len, i * 104_729 % len);
            }
            v.iter_mut().enumerate().for_each(|(i, pair)| pair.1 = i);
            let mut right = v.clone();
            right.sort_by_key(|pair| pair.0);
            for (threads, sequential_below) in [(1, None), (2, None), (2, Some(0))] {
                let mut v = v.clone();
                let plan = Plan { threads, sequential_below };
                assert!(sort(&mut v, &|a, b| a.0.cmp(&b.0), plan), "{len} are nearly sorted");
                assert!(v == right, "{len}");
            }
        }
    }
}
