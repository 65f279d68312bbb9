//! K sorted runs into one by whole stretches: a loser tree over the heads, and whenever one run is ahead of its rival
//! for long, the stretch is found by galloping and handed on in one piece.
//!
//! This is the way for data in which the sources change rarely (disjoint ranges, clusters, many duplicates): a change
//! costs about 2 log2 K comparisons plus those of the gallop, the rest is copying. It is also the way for elements that
//! are dear to move or to compare, since each is moved once and, for text, mostly compared by its word.
//!
//! Elements are compared where they lie in their source and nowhere else, so this suits any type.

use crate::run::Run;
use crate::tree::{Match, Tree};
use crate::word::{Says, says, text, word};
use core::marker::PhantomData;

/// Changes of the source after which the average stretch is looked at.
const WINDOW: usize = 32;

/// Compares heads by reference into the runs.
struct ByRef<'f, T, F> {
    less: &'f mut F,
    elements: PhantomData<T>,
}

impl<T, F: FnMut(&T, &T) -> bool> Match<*const T> for ByRef<'_, T, F> {
    #[inline(always)]
    fn says() -> Says {
        Says::Nothing
    }

    #[inline(always)]
    fn is_plain() -> bool {
        true
    }

    #[inline(always)]
    fn word(_head: &*const T, _skip: usize) -> u64 {
        0
    }

    #[inline(always)]
    fn text(_head: &*const T) -> &[u8] {
        &[]
    }

    #[inline(always)]
    fn wins(&mut self, a: &*const T, b: &*const T, tie: bool) -> bool {
        // SAFETY: heads point to elements of the runs, which `StretchMerge::new`'s caller keeps alive.
        let (a, b) = unsafe { (&**a, &**b) };
        if tie { !(self.less)(b, a) } else { (self.less)(a, b) }
    }
}

/// The same, with words beside the heads; only for an order that is the type's own.
struct ByWord<'f, T, F>(ByRef<'f, T, F>);

impl<T, F: FnMut(&T, &T) -> bool> Match<*const T> for ByWord<'_, T, F> {
    #[inline(always)]
    fn says() -> Says {
        says::<T>()
    }

    #[inline(always)]
    fn is_plain() -> bool {
        true
    }

    #[inline(always)]
    fn word(head: &*const T, skip: usize) -> u64 {
        // SAFETY: heads point to elements of the runs, which `StretchMerge::new`'s caller keeps alive.
        word(unsafe { &**head }, skip)
    }

    #[inline(always)]
    fn text(head: &*const T) -> &[u8] {
        // SAFETY: as above.
        text(unsafe { &**head })
    }

    #[inline(always)]
    fn wins(&mut self, a: &*const T, b: &*const T, tie: bool) -> bool {
        self.0.wins(a, b, tie)
    }
}

/// When to look for stretches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// At every change of the source; gives up when they turn out shorter than this on average.
    AllStretches {
        /// Elements per change of the source.
        at_least: usize,
    },
    /// When one source has won several times in a row; never gives up.
    LongOnes,
}

/// A merge of runs in progress.
pub(crate) struct StretchMerge<'r, T> {
    /// What is left of each run, its head included.
    runs: &'r mut [Run<T>],
    tree: Tree<*const T>,
}

impl<'r, T> StretchMerge<'r, T> {
    /// # Safety
    /// The elements of the runs stay alive and in place for as long as this exists.
    pub(crate) unsafe fn new(runs: &'r mut [Run<T>]) -> Self {
        Self { runs, tree: Tree::new() }
    }

    /// Hands stretches to `emit` in merged order, until the runs are empty or the pace gives up; then the runs hold
    /// what was not handed on.
    ///
    /// With `own_order`, `less` is the order of `T` itself, so that text may be compared by words.
    pub(crate) fn go(
        &mut self,
        pace: Pace,
        own_order: bool,
        less: &mut impl FnMut(&T, &T) -> bool,
        emit: &mut impl FnMut(Run<T>),
    ) {
        let by_ref = ByRef { less, elements: PhantomData };
        if own_order && says::<T>() != Says::Nothing {
            self.merge(pace, &mut ByWord(by_ref), emit);
        } else {
            let mut by_ref = by_ref;
            self.merge(pace, &mut by_ref, emit);
        }
    }

    fn merge<M: Match<*const T>>(&mut self, pace: Pace, order: &mut M, emit: &mut impl FnMut(Run<T>)) {
        for lane in 0..self.runs.len() {
            if let Some(head) = self.head(lane) {
                self.tree.stage(lane, head);
            }
        }
        self.tree.build(self.runs.len(), order);
        let (mut changes, mut moved, mut alive, mut last, mut streak) = (0, 0, self.alive(), usize::MAX, 0);
        while let Some((lane, _)) = self.tree.champion() {
            if alive == 1 {
                let run = self.runs[lane];
                // SAFETY: all of the run.
                self.runs[lane] = unsafe { run.skip(run.len) };
                return emit(run);
            }
            streak = if lane == last { streak + 1 } else { 0 };
            last = lane;
            let n = if pace != Pace::LongOnes || streak >= 3 { self.stretch(lane, order) } else { 1 };
            let run = self.runs[lane];
            // SAFETY: the stretch is within the run.
            unsafe {
                self.runs[lane] = run.skip(n);
                emit(run.first(n));
            }
            self.tree.take_champion();
            match self.head(lane) {
                Some(head) => self.tree.replace_plainly(lane, head, order),
                None => {
                    alive -= 1;
                    self.tree.retire(lane, order);
                }
            }
            if let Pace::AllStretches { at_least } = pace {
                (changes, moved) = (changes + 1, moved + n);
                if changes == WINDOW {
                    if moved < WINDOW * at_least {
                        return;
                    }
                    (changes, moved) = (0, 0);
                }
            }
        }
    }

    fn alive(&self) -> usize {
        self.runs.iter().filter(|run| run.len > 0).count()
    }

    /// The head of a run, if it has one.
    #[inline(always)]
    fn head(&self, lane: usize) -> Option<*const T> {
        let run = self.runs[lane];
        (run.len > 0).then_some(run.at)
    }

    /// How many elements of the champion's lane go before its rival: at least one.
    fn stretch<M: Match<*const T>>(&self, lane: usize, order: &mut M) -> usize {
        let run = self.runs[lane];
        let Some((rival_lane, rival)) = self.tree.find_rival(order) else { return run.len };
        // SAFETY: the champion's run has its head, which is known to go first.
        let rest = unsafe { run.skip(1) };
        // SAFETY: the elements are alive by the promise to `new`.
        1 + unsafe { rest.gallop(|x| order.wins(&core::ptr::from_ref(x), rival, lane < rival_lane)) }
    }
}
