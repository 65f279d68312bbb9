//! The way from a leaf to the top, for each kind of head.

use super::{Match, Tree};
use crate::word::Says;
use core::hint::select_unpredictable as select;
use core::mem::{ManuallyDrop, MaybeUninit, transmute_copy};

impl<H> Tree<H> {
    /// Plays the matches of `lane`, which is in no node, from its leaf up to the node `top`, which is above it. Returns the
    /// winner's lane, which is in no node then.
    #[inline(always)]
    pub(super) fn climb<M: Match<H>>(&mut self, lane: u32, word: u64, top: usize, order: &mut M) -> u32 {
        match M::says() {
            Says::All => self.climb_by_words(lane, word, top),
            Says::First => self.climb_by_first_words(lane, word, top, order),
            Says::Nothing if M::is_plain() && self.is_full => self.climb_by_copies::<M, true>(lane, top, order),
            Says::Nothing if M::is_plain() => self.climb_by_copies::<M, false>(lane, top, order),
            Says::Nothing => self.climb_by(lane, top, |tree, way| tree.wins(way, order)),
        }
    }

    /// [`climb`](Self::climb) where words say all: no branch but the loop's.
    #[inline(always)]
    fn climb_by_words(&mut self, lane: u32, mut word: u64, top: usize) -> u32 {
        let width = self.nodes.len();
        debug_assert!(self.words.len() == width + 1 && (lane as usize) < width && top > 0);
        let (nodes, words) = (self.nodes.as_mut_ptr(), self.words.as_ptr());
        let mut at = width + lane as usize;
        let mut hand = lane;
        // SAFETY: `at` is below twice the width, so its parents are nodes; lanes in nodes are at most the width, and there
        // is a word for each of these.
        unsafe {
            while at > top {
                // 1 if the hand comes from the second child: then the opponent wins ties.
                let second = at as u64 % 2;
                at /= 2;
                let node = nodes.add(at);
                let opponent = *node;
                let theirs = *words.add(opponent as usize);
                // The width, a bit that no lane has, if nobody is here: with the greatest of words, he loses ties as well.
                let nobody = u64::from(opponent) & width as u64;
                let lost = pair(theirs, nobody) < pair(word, second);
                *node = select(lost, hand, opponent);
                hand = select(lost, opponent, hand);
                word = select(lost, theirs, word);
            }
        }
        hand
    }

    /// [`climb`](Self::climb) where words decide most matches.
    #[inline(always)]
    fn climb_by_first_words<M: Match<H>>(&mut self, lane: u32, mut word: u64, top: usize, order: &mut M) -> u32 {
        let mut ties = 0;
        let champion = self.climb_by(lane, top, |tree, way| {
            let theirs = tree.words[way.opponent];
            ties += usize::from(theirs == word);
            let lost = if theirs == word { tree.wins(way, order) } else { theirs < word };
            word = select(lost, theirs, word);
            lost
        });
        self.ties += ties;
        champion
    }

    /// [`climb`](Self::climb) with a copy of the hand's head in registers, and no branch but the loop's and the order's.
    #[inline(always)]
    fn climb_by_copies<M: Match<H>, const FULL: bool>(&mut self, lane: u32, top: usize, order: &mut M) -> u32 {
        let width = self.nodes.len();
        let mut at = width + lane as usize;
        // SAFETY: the lane has a head, and heads are plain.
        let mut copy = unsafe { self.copy(lane) };
        let mut climb = Climb { tree: self, hand: lane };
        while at > top {
            let is_second = at % 2 == 1;
            at /= 2;
            // SAFETY: `at` is below the width, which is the number of nodes. Somebody in a node has a head, and so has
            // nobody where heads are plain.
            let (opponent, theirs) = unsafe {
                let opponent = *climb.tree.nodes.get_unchecked(at);
                (opponent, climb.tree.copy(opponent))
            };
            let lost = order.wins(&theirs, &copy, is_second) & (FULL || opponent as usize != width);
            // SAFETY: as above.
            unsafe { *climb.tree.nodes.get_unchecked_mut(at) = select(lost, climb.hand, opponent) };
            climb.hand = select(lost, opponent, climb.hand);
            copy = select_copy(lost, theirs, copy);
        }
        let hand = climb.hand;
        core::mem::forget(climb);
        hand
    }

    /// A copy of the head of a lane.
    ///
    /// # Safety
    /// The lane has a head; it is `Copy`.
    #[inline(always)]
    pub(super) unsafe fn copy(&self, lane: u32) -> ManuallyDrop<H> {
        debug_assert!((lane as usize) < self.heads.len());
        // SAFETY: by the caller; a copy of a `Copy` type may be looked at.
        unsafe { core::ptr::read(self.heads.as_ptr().add(lane as usize).cast()) }
    }

    /// [`climb`](Self::climb), asking `is_lost` whether the opponent wins.
    #[inline(always)]
    fn climb_by(&mut self, lane: u32, top: usize, mut is_lost: impl FnMut(&Self, &Way) -> bool) -> u32 {
        let width = self.nodes.len();
        let mut at = width + lane as usize;
        let mut climb = Climb { tree: self, hand: lane };
        while at > top {
            let is_second = at % 2 == 1;
            at /= 2;
            // SAFETY: `at` is below the width, which is the number of nodes.
            let opponent = unsafe { *climb.tree.nodes.get_unchecked(at) };
            if opponent as usize == width {
                continue;
            }
            let way = Way { opponent: opponent as usize, hand: climb.hand as usize, is_second };
            let lost = is_lost(climb.tree, &way);
            // SAFETY: as above.
            unsafe { *climb.tree.nodes.get_unchecked_mut(at) = select(lost, climb.hand, opponent) };
            climb.hand = select(lost, opponent, climb.hand);
        }
        let hand = climb.hand;
        core::mem::forget(climb);
        hand
    }

    /// Whether the opponent goes before the hand, by the heads themselves.
    #[inline(always)]
    pub(super) fn wins<M: Match<H>>(&self, way: &Way, order: &mut M) -> bool {
        // SAFETY: both lanes have a head: the opponent is in a node, the hand was in one or is the lane climbing.
        let (a, b) = unsafe {
            let head = |lane: usize| self.heads.get_unchecked(lane).assume_init_ref();
            (head(way.opponent), head(way.hand))
        };
        order.wins(a, b, way.is_second)
    }
}

/// `select` for copies of heads. Floats would be chosen by a branch, as their registers know no conditional move. (Bits that may
/// be uninitialised: a key and its item may have padding between them.)
#[inline(always)]
pub(super) fn select_copy<H>(first: bool, a: ManuallyDrop<H>, b: ManuallyDrop<H>) -> ManuallyDrop<H> {
    macro_rules! as_bits {
        ($bits:ty) => {{
            // SAFETY: of the same size, and any bytes will do; those that come back are the bytes of `a` or `b`.
            unsafe {
                let (a, b): (MaybeUninit<$bits>, MaybeUninit<$bits>) = (transmute_copy(&a), transmute_copy(&b));
                transmute_copy(&select(first, a, b))
            }
        }};
    }
    match size_of::<H>() {
        4 => as_bits!(u32),
        8 => as_bits!(u64),
        _ => select(first, a, b),
    }
}

/// A word and, below it, what decides between equal ones: two of them take one comparison with borrow.
#[inline(always)]
pub(super) const fn pair(word: u64, low: u64) -> u128 {
    (word as u128) << 64 | low as u128
}

/// A match on the way up: the lanes that meet, and whether the hand comes from the second child, so that the opponent
/// goes first if they are equal.
pub(super) struct Way {
    pub(super) opponent: usize,
    pub(super) hand: usize,
    pub(super) is_second: bool,
}

/// A player on the way up, in no node. Dropped, which only a panicking comparison does, it takes the tree apart.
pub(super) struct Climb<'t, H> {
    pub(super) tree: &'t mut Tree<H>,
    /// The lane, or the width if nobody is on the way.
    pub(super) hand: u32,
}

impl<H> Drop for Climb<'_, H> {
    #[cold]
    fn drop(&mut self) {
        let width = self.tree.nodes.len();
        self.tree.dismantle();
        if self.hand as usize != width {
            self.tree.alive[self.hand as usize] = true;
        }
    }
}
