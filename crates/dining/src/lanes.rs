//! Small sets of a crowded table, past its one critical section.
//!
//! The books of a table are one critical section: the cheapest way by far to take many resources, and where two threads that do nothing but
//! take and give back meet each time. From the first such meeting on each resource has a word of its own as well, and a set of at most
//! [`FEW`] is taken word by word, all or nothing, as long as nobody holds or waits by the books.
//!
//! ```text
//! take(S):          the books are in use: no.  each r of S: FREE -> HELD, or no.  the books are in use: no.
//! give(S), or "no": each r of S: HELD -> FREE; what is NOTED instead is given back by the books
//! by the books:     say that they are in use; each r of S that they do not know as held: HELD -> NOTED, and write down that it is held
//! ```
//!
//! **Exclusion.** Who takes by words writes them and then reads `in_use`; who takes by the books writes `in_use` and then reads the words
//! (Dekker's rule; both sides have a sequentially consistent barrier between). So one of two that meet sees the other: either the former
//! gives back what it took, or the latter finds it held and waits or goes without.
//!
//! **No one is forgotten.** Who waits by the books has found each resource free, known as held, or `HELD` and made it `NOTED`, and whoever
//! gives a `NOTED` one back does so by the books. While somebody waits nobody takes by words, so the bound on overtaking is the books' alone.

use crate::arbiter::Arbiter;
use crate::set::Set;
use crate::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::OnceLock;

/// From here on the books are cheaper even for two.
pub(crate) const FEW: usize = 8;

const FREE: u32 = 0;
const HELD: u32 = 1;
const NOTED: u32 = 2;

/// The word of a resource.
#[derive(Debug)]
#[repr(align(16))]
struct Lane {
    /// | state   | who holds it                                | who may change it                                 |
    /// |---------|---------------------------------------------|---------------------------------------------------|
    /// | `FREE`  | nobody by words                             | anybody to `HELD`                                 |
    /// | `HELD`  | who changed it                              | the holder to `FREE`; with the books locked, to `NOTED` |
    /// | `NOTED` | the same, and it is in the books as held    | the holder, with the books locked, to `FREE`      |
    state: AtomicU32,
    /// Sets taken whose first resource this is; written by the holder alone.
    granted: AtomicU64,
}

/// On a line of its own: everybody reads it, and what lies beside it in a table changes with each set.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Lanes {
    lanes: OnceLock<Box<[Lane]>>,
    len: usize,
    /// How many hold, wait or ask by the books; changed with the books locked. Not counted before the lanes are open.
    in_use: AtomicUsize,
}

/// What came of asking.
pub(crate) enum Taken {
    All,
    /// Nothing was taken, but these have to be given back by the books.
    Nothing(Vec<usize>),
}

impl Lanes {
    /// For resources below `len`; closed, except in a model, where everything is a meeting.
    pub(crate) fn new(len: usize) -> Self {
        let lanes = Self { lanes: OnceLock::new(), len, in_use: AtomicUsize::new(0) };
        if cfg!(any(loom, shuttle)) && len > 0 {
            lanes.open(0);
        }
        lanes
    }

    /// With the books locked, where `in_use` hold or wait: small sets may go by words from now on.
    #[cold]
    pub(crate) fn open(&self, in_use: usize) {
        let lane = |_| Lane { state: AtomicU32::new(FREE), granted: AtomicU64::new(0) };
        self.lanes.get_or_init(|| {
            self.in_use.store(in_use, Ordering::Relaxed);
            (0..self.len).map(lane).collect()
        });
    }

    #[inline]
    pub(crate) fn are_open(&self) -> bool {
        self.lanes.get().is_some()
    }

    /// Whether it is worth trying; may be outdated at once.
    #[inline]
    pub(crate) fn are_passable(&self) -> bool {
        self.are_open() && self.in_use.load(Ordering::Relaxed) == 0
    }

    /// Whether nobody holds anything of `set` by words; may be outdated at once.
    pub(crate) fn look_free(&self, set: &Set) -> bool {
        self.lanes.get().is_some_and(|lanes| set.iter().all(|r| lanes[r].state.load(Ordering::Relaxed) == FREE))
    }

    /// Takes all of a small set by words, or nothing.
    #[inline]
    pub(crate) fn take(&self, set: &Set) -> Taken {
        let Some(lanes) = self.lanes.get() else { return Taken::Nothing(Vec::new()) };
        if self.in_use.load(Ordering::Relaxed) != 0 {
            return Taken::Nothing(Vec::new());
        }
        for (taken, r) in set.iter().enumerate() {
            if lanes[r].state.compare_exchange(FREE, HELD, Ordering::SeqCst, Ordering::Relaxed).is_err() {
                return Taken::Nothing(self.give(set.iter().take(taken)));
            }
        }
        // loom takes `SeqCst` on an access for less than it is, so there it is a fence.
        if cfg!(loom) {
            fence(Ordering::SeqCst);
        }
        if self.in_use.load(Ordering::SeqCst) != 0 {
            return Taken::Nothing(self.give(set.iter()));
        }
        if let Some(first) = set.iter().next() {
            let granted = &lanes[first].granted;
            granted.store(granted.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        Taken::All
    }

    /// With the books locked, who has taken `set` there and for whose resources nobody waits: holds it by words from now on, if nobody else is
    /// just trying. Otherwise each would find the books in use by the other, and all would stay there for ever.
    pub(crate) fn adopt(&self, set: &Set) -> bool {
        let Some(lanes) = self.lanes.get() else { return false };
        let take =
            |&r: &usize| lanes[r].state.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok();
        let taken = set.iter().take_while(take).count();
        if taken == set.iter().count() {
            return true;
        }
        // Nobody notes them meanwhile: the books are locked.
        self.give(set.iter().take(taken));
        false
    }

    /// Gives back what was taken by words. What it returns is noted and has to be given back by the books.
    #[inline]
    pub(crate) fn give(&self, resources: impl Iterator<Item = usize>) -> Vec<usize> {
        let Some(lanes) = self.lanes.get() else { return Vec::new() };
        let mut noted = Vec::new();
        for r in resources {
            if lanes[r].state.compare_exchange(HELD, FREE, Ordering::Release, Ordering::Relaxed).is_err() {
                noted.push(r);
            }
        }
        noted
    }

    /// With the books locked: noted ones that their holder gives back.
    pub(crate) fn free(&self, noted: &[usize]) {
        for lane in self.lanes.get().into_iter().flat_map(|lanes| noted.iter().map(|&r| &lanes[r])) {
            lane.state.store(FREE, Ordering::Release);
        }
    }

    /// With the books locked: somebody asks there for `set`, and what is held by words is written down.
    #[inline]
    pub(crate) fn begin<W: Clone>(&self, set: &Set, books: &mut Arbiter<W>) {
        let Some(lanes) = self.lanes.get() else { return };
        self.in_use.store(self.in_use.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        // Pairs with the reading of `in_use` in `take`.
        fence(Ordering::SeqCst);
        for r in set.iter() {
            // Where the books have a holder already, who has the word will find them in use and give it back.
            let is_known = lanes[r].state.load(Ordering::Acquire) != HELD || books.is_held(r);
            if !is_known && lanes[r].state.compare_exchange(HELD, NOTED, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                books.note_held(r);
            }
        }
    }

    /// With the books locked: somebody holds, waits or asks no more.
    #[inline]
    pub(crate) fn end(&self) {
        if self.are_open() {
            self.in_use.store(self.in_use.load(Ordering::Relaxed) - 1, Ordering::Release);
        }
    }

    /// Sets taken by words.
    pub(crate) fn granted(&self) -> u64 {
        let lanes = self.lanes.get().into_iter().flat_map(|lanes| lanes.iter());
        lanes.map(|lane| lane.granted.load(Ordering::Relaxed)).sum()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    fn open() -> (Lanes, Arbiter<()>) {
        let lanes = Lanes::new(10);
        lanes.open(0);
        (lanes, Arbiter::new(10, 16))
    }

    #[test]
    fn closed_lanes_let_nobody_pass_and_count_nobody() {
        let (lanes, mut books, pair) = (Lanes::new(10), Arbiter::<()>::new(10, 16), Set::new(&[3, 7]));
        assert!(matches!(lanes.take(&pair), Taken::Nothing(noted) if noted.is_empty()));
        lanes.begin(&pair, &mut books);
        lanes.open(1);
        assert!(!lanes.are_passable());
        lanes.end();
        assert!(lanes.are_passable() && matches!(lanes.take(&pair), Taken::All));
        assert_eq!(lanes.granted(), 1);
    }

    #[test]
    fn what_is_held_by_words_is_noted_and_comes_back_by_the_books() {
        let ((lanes, mut books), pair, other) = (open(), Set::new(&[3, 7]), Set::new(&[7, 8]));
        assert!(matches!(lanes.take(&pair), Taken::All) && !lanes.look_free(&other));
        assert!(matches!(lanes.take(&other), Taken::Nothing(noted) if noted.is_empty()));
        lanes.begin(&other, &mut books);
        assert!(books.is_held(7) && !books.is_held(8) && !books.try_quick(&other));
        lanes.end();
        let noted = lanes.give(pair.iter());
        assert_eq!(noted, [7]);
        lanes.free(&noted);
        books.release(&Set::new(&noted), |_| ());
        assert!(books.try_quick(&other) && lanes.look_free(&pair));
    }

    #[test]
    fn a_set_taken_by_the_books_can_be_adopted_as_a_whole_only() {
        let ((lanes, _), pair, all) = (open(), Set::new(&[3, 7]), Set::new(&[1, 2, 3]));
        assert!(matches!(lanes.take(&pair), Taken::All));
        assert!(!lanes.adopt(&all) && lanes.look_free(&Set::new(&[1, 2])));
        assert!(lanes.give(pair.iter()).is_empty() && lanes.adopt(&all));
        assert!(lanes.give(all.iter()).is_empty() && lanes.look_free(&all));
    }
}
