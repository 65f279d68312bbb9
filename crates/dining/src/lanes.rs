//! Small sets of a crowded table, past its one critical section.
//!
//! The books of a table are one critical section: the cheapest way by far to take many resources, and where two threads that do nothing but
//! take and give back meet each time. From the first such meeting on each resource has a word of its own as well, and a set of at most
//! [`FEW`] is taken word by word, all or nothing, as long as nobody holds or waits by the books.
//!
//! ```text
//! take(S):          the books are in use: no.  each r of S: FREE -> HELD, or no.  the books are in use: no.
//! give(S), or "no": each r of S: FREE.  the books are in use: look at S with the books locked
//! by the books:     say that they are in use; look at S
//! look at r:        HELD, and free in the books: note that it is held.  FREE, and noted: it is given back in the books
//! ```
//!
//! **Exclusion.** Who takes by words writes them and then reads `in_use`; who takes by the books writes `in_use` and then reads the words
//! (Dekker's rule; both sides have a sequentially consistent barrier between). So one of two that meet sees the other: either the former
//! gives back what it took, or the latter finds it held and waits or goes without.
//!
//! **No one is forgotten.** The same rule for giving: who gives back by words writes them and then reads `in_use`. So whoever asks the books and
//! stays has either found the word `FREE`, or the giver finds the books in use and looks at its set there. It does not matter who looks:
//! a note says that the word's holder has the resource, whoever that is by now, and the first to find such a word `FREE` gives the resource back
//! in the books. If everybody has left the books meanwhile a note may stay until the next one comes, who looks before anything else.
//! While somebody waits nobody takes by words, so the bound on overtaking is the books' alone.

use crate::arbiter::Arbiter;
use crate::set::Set;
use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
use std::sync::OnceLock;

/// From here on the books are cheaper even for two.
pub(crate) const FEW: usize = 8;

const FREE: u32 = 0;
const HELD: u32 = 1;

/// The word of a resource, on a line of its own: with four on a line two threads took a third longer for sets of eight.
#[derive(Debug)]
#[repr(align(64))]
struct Lane {
    /// | state  | who holds it                                           | who may change it     |
    /// |--------|--------------------------------------------------------|-----------------------|
    /// | `FREE` | nobody by words                                        | anybody to `HELD`     |
    /// | `HELD` | who changed it; or nobody yet, if it is only trying    | who changed it        |
    state: AtomicU32,
    /// The books say that it is held because the word says so. Changed with the books locked.
    noted: AtomicBool,
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
    in_use: AtomicU32,
}

/// Sequentially consistent. On x86-64 an exchange is that as well, at half the price of the instruction that a fence is made of.
#[inline]
fn barrier() {
    if cfg!(all(target_arch = "x86_64", not(any(loom, miri)))) {
        std::hint::black_box(&AtomicU32::new(0)).swap(1, Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    All,
    Nothing,
    /// Nothing, but some of it was taken for a moment in which somebody may have asked the books: [look](Lanes::look).
    NothingButLook,
}

impl Lanes {
    /// For resources below `len`; closed, except in a model, where everything is a meeting.
    pub(crate) fn new(len: usize) -> Self {
        let lanes = Self { lanes: OnceLock::new(), len, in_use: AtomicU32::new(0) };
        if cfg!(any(loom, shuttle)) && len > 0 {
            lanes.open(0);
        }
        lanes
    }

    /// With the books locked, where `in_use` hold or wait: small sets may go by words from now on.
    #[cold]
    pub(crate) fn open(&self, in_use: u32) {
        let lane = |_| Lane { state: AtomicU32::new(FREE), noted: AtomicBool::new(false), granted: AtomicU64::new(0) };
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
        let Some(lanes) = self.lanes.get() else { return Taken::Nothing };
        if self.in_use.load(Ordering::Relaxed) != 0 {
            return Taken::Nothing;
        }
        let mut taken = 0;
        let all = set.all(|r| {
            let took = lanes[r].state.compare_exchange(FREE, HELD, Ordering::SeqCst, Ordering::Relaxed).is_ok();
            taken += usize::from(took);
            took
        });
        if !all {
            return self.take_back(set, taken);
        }
        // loom takes `SeqCst` on an access for less than it is, so there it is a fence.
        if cfg!(loom) {
            fence(Ordering::SeqCst);
        }
        if self.in_use.load(Ordering::SeqCst) != 0 {
            return self.take_back(set, usize::MAX);
        }
        if let Some(first) = set.iter().next() {
            let granted = &lanes[first].granted;
            granted.store(granted.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        Taken::All
    }

    #[cold]
    fn take_back(&self, set: &Set, taken: usize) -> Taken {
        if self.give(set, taken) { Taken::NothingButLook } else { Taken::Nothing }
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
        // Nobody has noted them meanwhile: the books are locked.
        self.give(set, taken);
        false
    }

    /// Gives back the first `most` of `set`, which were taken by words; whether it has to be [looked at](Self::look) in the books as well.
    #[inline]
    pub(crate) fn give(&self, set: &Set, most: usize) -> bool {
        let Some(lanes) = self.lanes.get() else { return false };
        let (mut left, mut noted) = (most, false);
        set.all(|r| {
            let more = left > 0;
            if more {
                // For promptness alone: who noted it may have left the books to look for a moment, and would look in vain.
                noted |= lanes[r].noted.load(Ordering::Relaxed);
                lanes[r].state.store(FREE, Ordering::Release);
            }
            left -= usize::from(more);
            more
        });
        // Pairs with the barrier in `begin`.
        barrier();
        noted || self.in_use.load(Ordering::Relaxed) != 0
    }

    /// With the books locked: makes them agree with the words of `set`. `call` is told who may go on.
    #[inline]
    pub(crate) fn look<W: Clone>(&self, set: &Set, books: &mut Arbiter<W>, mut call: impl FnMut(&W)) {
        let Some(lanes) = self.lanes.get() else { return };
        for r in set.iter() {
            let lane = &lanes[r];
            match (lane.state.load(Ordering::Acquire) == HELD, lane.noted.load(Ordering::Relaxed)) {
                // Where the books have a holder already, who has the word will find them in use and give it back.
                (true, false) if !books.is_held(r) => {
                    lane.noted.store(true, Ordering::Relaxed);
                    books.note_held(r);
                }
                (false, true) => {
                    lane.noted.store(false, Ordering::Relaxed);
                    books.release(&Set::new(&[r]), &mut call);
                }
                _ => {}
            }
        }
    }

    /// With the books locked: somebody asks there for `set`.
    #[inline]
    pub(crate) fn begin<W: Clone>(&self, set: &Set, books: &mut Arbiter<W>, call: impl FnMut(&W)) {
        if self.are_open() {
            self.in_use.store(self.in_use.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            // Pairs with the readings of `in_use` in `take` and `give`.
            barrier();
            self.look(set, books, call);
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

    const ALL: usize = usize::MAX;

    fn open() -> (Lanes, Arbiter<()>) {
        let lanes = Lanes::new(10);
        lanes.open(0);
        (lanes, Arbiter::new(10, 16))
    }

    #[test]
    fn closed_lanes_let_nobody_pass_and_count_nobody() {
        let (lanes, mut books, pair) = (Lanes::new(10), Arbiter::<()>::new(10, 16), Set::new(&[3, 7]));
        assert_eq!(lanes.take(&pair), Taken::Nothing);
        lanes.begin(&pair, &mut books, |_| ());
        lanes.open(1);
        assert!(!lanes.are_passable());
        lanes.end();
        assert!(lanes.are_passable() && lanes.take(&pair) == Taken::All);
        assert_eq!(lanes.granted(), 1);
    }

    #[test]
    fn what_is_held_by_words_is_noted_and_comes_back_by_the_books() {
        let ((lanes, mut books), pair, other) = (open(), Set::new(&[3, 7]), Set::new(&[7, 8]));
        assert!(lanes.take(&pair) == Taken::All && !lanes.look_free(&other));
        assert_eq!(lanes.take(&other), Taken::Nothing);
        lanes.begin(&other, &mut books, |_| ());
        assert!(books.is_held(7) && !books.is_held(8) && !books.try_quick(&other));
        assert!(lanes.give(&pair, ALL), "somebody asks the books");
        lanes.look(&pair, &mut books, |_| ());
        assert!(books.try_quick(&other) && lanes.look_free(&pair));
    }

    #[test]
    fn a_note_whose_asker_has_left_is_found_by_the_next() {
        let ((lanes, mut books), pair) = (open(), Set::new(&[3, 7]));
        assert_eq!(lanes.take(&pair), Taken::All);
        lanes.begin(&pair, &mut books, |_| ());
        lanes.end();
        assert!(lanes.give(&pair, ALL), "it is noted, though nobody asks the books any more");
        // Somebody passes before the giver has looked, and has the note.
        assert!(books.is_held(3) && lanes.take(&pair) == Taken::All);
        lanes.begin(&pair, &mut books, |_| ());
        assert!(books.is_held(3) && lanes.give(&pair, ALL));
        lanes.begin(&pair, &mut books, |_| ());
        assert!(books.try_quick(&pair));
    }

    #[test]
    fn who_only_tries_is_not_noted_where_the_books_have_a_holder() {
        let ((lanes, mut books), seven) = (open(), Set::new(&[7]));
        lanes.begin(&seven, &mut books, |_| ());
        assert!(books.try_quick(&seven));
        // Somebody who read `in_use` before that has the word for a moment.
        assert!(lanes.adopt(&seven));
        lanes.begin(&seven, &mut books, |_| ());
        assert!(lanes.give(&seven, ALL));
        lanes.look(&seven, &mut books, |_| ());
        assert!(books.is_held(7), "given back by somebody who had nothing");
    }

    #[test]
    fn a_set_taken_by_the_books_can_be_adopted_as_a_whole_only() {
        let ((lanes, _), pair, all) = (open(), Set::new(&[3, 7]), Set::new(&[1, 2, 3]));
        assert_eq!(lanes.take(&pair), Taken::All);
        assert!(!lanes.adopt(&all) && lanes.look_free(&Set::new(&[1, 2])));
        assert!(!lanes.give(&pair, ALL) && lanes.adopt(&all));
        assert!(!lanes.give(&all, ALL) && lanes.look_free(&all));
    }
}
