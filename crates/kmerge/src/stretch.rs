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

/// Elements on a run after which the rest of it is sought by galloping.
const LONG: u32 = 16;
/// So many elements ahead texts are fetched: each lies in a place of its own, which a processor does not foresee.
const AHEAD: usize = 6;
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
        // A comparator may change cells in elements, so none is compared that has been handed on.
        false
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
        false
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
    /// When one source has been on a run for long; never gives up.
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
        match pace {
            Pace::AllStretches { at_least } => self.by_stretches(at_least, order, emit),
            Pace::LongOnes => self.by_items(order, emit),
        }
    }

    fn by_stretches<M: Match<*const T>>(&mut self, at_least: usize, order: &mut M, emit: &mut impl FnMut(Run<T>)) {
        let (mut changes, mut moved, mut alive) = (0, 0, self.alive());
        while let Some((lane, _)) = self.tree.champion() {
            if alive == 1 {
                let run = self.runs[lane];
                // SAFETY: all of the run.
                self.runs[lane] = unsafe { run.skip(run.len) };
                return emit(run);
            }
            let n = self.stretch(lane, order);
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
            (changes, moved) = (changes + 1, moved + n);
            if changes == WINDOW {
                if moved < WINDOW * at_least {
                    return;
                }
                (changes, moved) = (0, 0);
            }
        }
    }

    /// One element after the other, as the lazy merge does it.
    fn by_items<M: Match<*const T>>(&mut self, order: &mut M, emit: &mut impl FnMut(Run<T>)) {
        let mut next = self.tree.take_champion();
        while let Some((lane, at)) = next {
            emit(Run { at, len: 1 });
            // SAFETY: `at` was the head of the run.
            self.runs[lane] = unsafe { self.runs[lane].skip(1) };
            if M::says() == Says::First && self.runs[lane].len > AHEAD {
                // SAFETY: within the run, whose elements are alive by the promise to `new`.
                fetch(M::text(&unsafe { self.runs[lane].at.add(AHEAD) }));
            }
            if let Some((rival_lane, rival)) = self.tree.rival_after(LONG) {
                let run = self.runs[lane];
                // SAFETY: the elements are alive by the promise to `new`, and the stretch is within the run.
                unsafe {
                    let n = run.gallop(|x| order.wins(&core::ptr::from_ref(x), rival, lane < rival_lane));
                    emit(run.first(n));
                    self.runs[lane] = run.skip(n);
                }
            }
            next = match self.head(lane) {
                Some(head) => Some(self.tree.exchange(lane, head, order)),
                None => {
                    self.tree.retire(lane, order);
                    self.tree.take_champion()
                }
            };
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

/// Has the beginning of a text brought to the cache, if the processor has a word for it.
#[inline(always)]
fn fetch(text: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which reads nothing; SSE belongs to the architecture.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(text.as_ptr().cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = text;
}
