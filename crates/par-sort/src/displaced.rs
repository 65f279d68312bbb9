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

/// Fewer elements than this are no piece of their own.
const GRAIN: usize = 1 << 15;
/// Pieces, at most.
const MOST: usize = 16;
/// So many taken out in a row mean that the chain before them is wrong.
const ROW: usize = 8;
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
    sieve.out.sort_by(|a, b| cmp(&a.value, &b.value));
    let places = sieve.places(cmp);
    sieve.close(len, &places);
    true
}

impl<T> Piece<T> {
    fn new(range: std::ops::Range<usize>) -> Self {
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

impl<T> Sieve<T> {
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

    /// For each element of `out`, now sorted: how many kept ones go before it. Never falling, at most all of them.
    fn places(&self, cmp: &impl Fn(&T, &T) -> Ordering) -> Vec<usize> {
        let total: usize = self.pieces.iter().map(|piece| piece.kept.1 - piece.kept.0).sum();
        let mut least = 0;
        let place = |item: &Out<T>| {
            let above = |i: usize| cmp(self.kept(i), &item.value);
            // Kept ones below the item by value, found by steps that double, then halve.
            let mut step = 1;
            let mut top = least;
            while top < total && above(top).is_lt() {
                least = top + 1;
                top += step;
                step *= 2;
            }
            least = first(least, top.min(total), |i| !above(i).is_lt());
            // Among equals, those that stood before it.
            if item.origin > least && least < total && !above(least).is_gt() {
                let most = item.origin.min(total);
                least = if above(most - 1).is_gt() { first(least, most, |i| above(i).is_gt()) } else { most };
            }
            least
        };
        self.out.iter().map(place).collect()
    }

    /// Kept element number `i`, counted over all pieces.
    fn kept(&self, mut i: usize) -> &T {
        for piece in &self.pieces {
            let count = piece.kept.1 - piece.kept.0;
            if i < count {
                // SAFETY: kept, so owned by the slice; nobody changes it while `self` is borrowed.
                return unsafe { &*self.slice.at(piece.kept.0 + i) };
            }
            i -= count;
        }
        unreachable!("fewer elements were kept");
    }

    /// Moves the kept elements apart and puts the others in. No user code.
    fn close(mut self, len: usize, places: &[usize]) {
        let mut kept = 0;
        for piece in &self.pieces {
            let count = piece.kept.1 - piece.kept.0;
            // SAFETY: to the left, over holes and over elements that moved already.
            unsafe { std::ptr::copy(self.slice.at(piece.kept.0), self.slice.at(kept), count) };
            kept += count;
        }
        let mut end = len;
        for (item, &place) in self.out.drain(..).zip(places).rev() {
            let stretch = kept - place;
            // SAFETY: to the right; `end - kept` holes are left, one for each item not yet placed, so the place below
            // the stretch is a hole.
            unsafe {
                std::ptr::copy(self.slice.at(place), self.slice.at(end - stretch), stretch);
                self.slice.at(end - stretch - 1).write(ManuallyDrop::into_inner(item.value));
            }
            kept = place;
            end -= stretch + 1;
        }
        self.pieces.clear();
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
