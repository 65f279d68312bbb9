//! The loser tree: which of K heads is the smallest, answered again after one of them was replaced.
//!
//! A tournament with the heads as players. Every inner node remembers who **lost** there, the champion stands on top.
//! When the champion's lane brings its next head, only the matches on the way from its leaf to the top are played again,
//! and at each of them the opponent is the loser stored there, since everybody else on that way had lost to the old
//! champion:
//!
//! ```text
//!                 champion 3 (lane 2)
//!                       |
//!                 [ 5, lane 0 ]             replace 3 by 6:  6 against 4 -> 4 goes on, 6 stays
//!               /               \                            4 against 5 -> 4 is the new champion
//!        [ 9, lane 1 ]     [ 4, lane 3 ]
//!         /        \         /        \
//!      lane 0    lane 1   lane 2    lane 3
//! ```
//!
//! That is at most ceil(log2 K) comparisons for each head, against up to twice as many in a binary heap (Knuth, *The Art
//! of Computer Programming* 3, 5.4.1). What makes it fast on a processor of today:
//!
//! - Nodes hold lane numbers only; heads lie by lane and never move. All opponents of a way are known from its leaf, so
//!   they are loaded while the new head is still on its way from its source.
//! - Who goes on is chosen by conditional moves, not by a branch that cannot be predicted.
//! - Where an integer says all of a head (`word.rs`), a match is one subtraction with borrow and one move: 2 cycles.
//! - Ties go to the lower lane, which makes the merge stable. An opponent comes from the other side of its node, so
//!   whether it wins a tie is a bit of the leaf's number, not one more comparison.
//! - When one lane wins several times in a row its best rival is found, and one comparison with it, which a processor
//!   predicts, replaces the way up until the run is over.
//!
//! A comparison that panics takes the tree apart; the next question puts it together again. The heads are where they
//! were, so nothing is lost.

mod climb;
mod on_run;
mod prefix;

use crate::word::Says;
use alloc::vec;
use alloc::vec::Vec;
use climb::Climb;
use core::hint::select_unpredictable as select;
use core::mem::{ManuallyDrop, MaybeUninit};

/// How two heads are compared.
pub(crate) trait Match<H> {
    /// What the words of heads say of their order.
    fn says() -> Says;
    /// Whether `H` is known to be `Copy`, so that a copy of its bits may be compared in its place, and for nothing.
    fn is_plain() -> bool;
    /// The word of a head; where words are those of texts, after so many bytes.
    fn word(head: &H, skip: usize) -> u64;
    /// The text of a head, where words are those of texts.
    fn text(head: &H) -> &[u8];
    /// Whether `a` goes before `b`; `tie` is the answer for equals.
    fn wins(&mut self, a: &H, b: &H, tie: bool) -> bool;
}

/// No lane: [`Tree::rival`] while nobody is on a run.
const NONE: u32 = u32::MAX;
/// The most lanes there can be.
pub(crate) const MAX_LANES: usize = 1 << 31;
/// After so many wins in a row of one lane its rival is found, unless runs are trusted.
const PATIENCE: u32 = 6;
/// What the search for a rival costs, in items on a run. Where these have paid for it there is no wait for wins in a row.
const PRICE: u32 = 2;
/// As much trust as can be had.
const MOST_TRUST: u32 = 64;

/// A loser tree over lanes `0..`.
pub(crate) struct Tree<H> {
    /// Empty while the tree is taken apart. Else a power of two, called width: the champion's lane, then the losers'; the
    /// children of node `i` are `2 i` and `2 i + 1`, and the leaf of lane `l`, which exists in thought only, is
    /// `width + l`. A node where nobody lost has the width in it. So has the champion's while its head is taken out.
    nodes: Vec<u32>,
    /// While the tree stands: whether the width is in none of the nodes but, when its head is taken out, the champion's.
    is_full: bool,
    /// By lane. While the tree stands the head of every lane that is in a node is initialised, and there is one more, at
    /// the width: nobody's, which no match is decided by. If heads are plain it is a copy of some head.
    heads: Vec<MaybeUninit<H>>,
    /// By lane, in a standing tree where words say something: of every initialised head, after the prefix. The one at
    /// the width is `u64::MAX`.
    words: Vec<u64>,
    /// Where words are those of texts: what all of them begin with. Words say what follows.
    prefix: Vec<u8>,
    /// How many words have been equal since the prefix was sought.
    ties: usize,
    /// While the tree is taken apart: which heads are initialised. As many as lanes; then there
    /// are as many heads.
    alive: Vec<bool>,
    /// While the champion's lane is on a run: the best of all others, or the width if there is none. Else [`NONE`].
    rival: u32,
    /// On a run, where words say something: a lesser word goes before the rival, a greater one does not. An equal one
    /// does where words say all.
    limit: u64,
    /// How often in a row the champion came from the same lane; on a run, how many items it has had.
    streak: u32,
    /// At this streak a run begins.
    patience: u32,
    /// Items on runs that have not been spent on searches for a rival.
    trust: u32,
}

impl<H> Tree<H> {
    pub(crate) const fn new() -> Self {
        Self {
            nodes: Vec::new(),
            is_full: false,
            heads: Vec::new(),
            words: Vec::new(),
            prefix: Vec::new(),
            ties: 0,
            alive: Vec::new(),
            rival: NONE,
            limit: 0,
            streak: 0,
            patience: PATIENCE,
            trust: 0,
        }
    }

    /// Whether the tree stands; when not, [`stage`](Self::stage) and [`build`](Self::build) it.
    #[inline(always)]
    pub(crate) fn is_built(&self) -> bool {
        !self.nodes.is_empty()
    }

    /// The number of leaves.
    #[inline(always)]
    pub(crate) fn width(&self) -> usize {
        self.nodes.len()
    }

    /// Adds the head of a lane without one to a tree that does not stand.
    pub(crate) fn stage(&mut self, lane: usize, head: H) {
        debug_assert!(!self.is_built());
        if self.heads.len() <= lane {
            self.heads.resize_with(lane + 1, MaybeUninit::uninit);
            self.alive.resize(lane + 1, false);
        }
        self.heads[lane].write(head);
        self.alive[lane] = true;
    }

    /// Takes the tree apart.
    #[cold]
    pub(crate) fn dismantle(&mut self) {
        (self.rival, self.streak) = (NONE, 0);
        self.heads.truncate(self.alive.len());
        let width = self.nodes.len();
        for lane in self.nodes.drain(..) {
            if lane as usize != width {
                self.alive[lane as usize] = true;
            }
        }
    }

    /// Closes the gaps of lanes that are no more in a tree that is taken apart. They have no heads.
    pub(crate) fn close_gaps(&mut self, mut is_gone: impl FnMut(usize) -> bool) {
        debug_assert!(!self.is_built());
        let mut to = 0;
        for lane in 0..self.heads.len() {
            if is_gone(lane) {
                debug_assert!(!self.alive[lane]);
                continue;
            }
            self.heads.swap(to, lane);
            self.alive.swap(to, lane);
            to += 1;
        }
        self.heads.truncate(to);
        self.alive.truncate(to);
    }

    /// Puts the tree together for `lanes` lanes. K - 1 comparisons; one that panics leaves everything as it was.
    #[cold]
    pub(crate) fn build<M: Match<H>>(&mut self, lanes: usize, order: &mut M) {
        // Nodes hold lanes, and the width for nobody, in 32 bits.
        assert!(lanes <= MAX_LANES, "there are {lanes} sequences; at most 2^31 can be merged");
        let width = lanes.max(1).next_power_of_two();
        let nobody = width as u32;
        self.read_words::<M>(width);
        let mut winners = vec![nobody; 2 * width];
        for (lane, _) in self.alive.iter().enumerate().filter(|(_, alive)| **alive) {
            winners[width + lane] = lane as u32;
        }
        let mut losers = vec![nobody; width];
        for at in (1..width).rev() {
            let (a, b) = (winners[2 * at], winners[2 * at + 1]);
            let second = a == nobody || (b != nobody && self.beats(b, a, order));
            (winners[at], losers[at]) = if second { (b, a) } else { (a, b) };
        }
        losers[0] = winners[1];
        self.alive.clear();
        self.alive.resize(lanes, false);
        self.heads.resize_with(width + 1, MaybeUninit::uninit);
        if M::is_plain() && losers[0] != nobody {
            // SAFETY: the bits of a `Copy` type.
            self.heads[width] = unsafe { core::ptr::read(&self.heads[losers[0] as usize]) };
        }
        self.is_full = !losers.contains(&nobody);
        self.nodes = losers;
        (self.rival, self.streak) = (NONE, 0);
    }

    /// The champion of a standing tree and its lane.
    #[inline(always)]
    pub(crate) fn champion(&self) -> Option<(usize, &H)> {
        self.player(*self.nodes.first()?)
    }

    /// The lane and the head of somebody in a node.
    #[inline(always)]
    fn player(&self, lane: u32) -> Option<(usize, &H)> {
        let lane = lane as usize;
        // SAFETY: the head of a lane that is in a node is initialised, by the field's invariant.
        (lane != self.nodes.len()).then(|| (lane, unsafe { self.heads[lane].assume_init_ref() }))
    }

    /// Takes the champion out. Until [`replace`](Self::replace) is called with its lane the tree has none.
    #[inline(always)]
    pub(crate) fn take_champion(&mut self) -> Option<(usize, H)> {
        let width = self.nodes.len();
        let lane = core::mem::replace(self.nodes.first_mut()?, width as u32) as usize;
        // SAFETY: the head of a lane that is in a node is initialised; from here on this one is not.
        (lane != width).then(|| (lane, unsafe { self.heads[lane].assume_init_read() }))
    }

    /// Gives the champion's lane, whose head was taken out, its next one.
    #[inline(always)]
    pub(crate) fn replace<M: Match<H>>(&mut self, lane: usize, head: H, order: &mut M) {
        let (champion, head) = self.exchange(lane, head, order);
        let word = self.word_of::<M>(&head);
        self.put::<M>(champion as u32, head, word);
        self.nodes[0] = champion as u32;
    }

    /// [`replace`](Self::replace) and [`take_champion`](Self::take_champion) at once.
    #[inline(always)]
    pub(crate) fn exchange<M: Match<H>>(&mut self, lane: usize, head: H, order: &mut M) -> (usize, H) {
        let word = self.word_of::<M>(&head);
        let champion;
        if self.rival != NONE {
            let head = ManuallyDrop::new(head);
            let passes = self.passes_by_word::<M>(word);
            let passes = passes.unwrap_or_else(|| self.passes_by_head(lane, &head, order));
            let head = ManuallyDrop::into_inner(head);
            if passes {
                self.streak = self.streak.wrapping_add(1);
                return (lane, head);
            }
            self.put::<M>(lane as u32, head, word);
            champion = self.end_run(lane, word, order);
        } else {
            self.put::<M>(lane as u32, head, word);
            champion = self.climb(lane as u32, word, 1, order);
            self.streak = select(champion == lane as u32, self.streak + 1, 0);
            if self.streak >= self.patience {
                self.begin_run(champion, order);
            }
        }
        let champion = champion as usize;
        // SAFETY: the champion's head is initialised, and its lane is in no node.
        (champion, unsafe { self.heads.get_unchecked(champion).assume_init_read() })
    }

    /// [`replace`](Self::replace) without a look for runs, for callers who have their own.
    #[inline(always)]
    pub(crate) fn replace_plainly<M: Match<H>>(&mut self, lane: usize, head: H, order: &mut M) {
        let word = self.word_of::<M>(&head);
        self.put::<M>(lane as u32, head, word);
        self.nodes[0] = self.climb(lane as u32, word, 1, order);
    }

    /// Stores the head of a lane of a standing tree and its word.
    #[inline(always)]
    fn put<M: Match<H>>(&mut self, lane: u32, head: H, word: u64) {
        let lane = lane as usize;
        if M::says() != Says::Nothing {
            self.words[lane] = word;
        }
        self.heads[lane].write(head);
    }

    /// The champion's lane, its head taken out, has no other: the rest play on.
    #[cold]
    pub(crate) fn retire<M: Match<H>>(&mut self, lane: usize, order: &mut M) {
        (self.rival, self.streak, self.is_full) = (NONE, 0, false);
        let nobody = self.nodes.len() as u32;
        let mut climb = Climb { tree: self, hand: nobody };
        let mut at = (nobody as usize + lane) / 2;
        while at > 0 {
            let here = climb.tree.nodes[at];
            if here != nobody && (climb.hand == nobody || climb.tree.beats(here, climb.hand, order)) {
                climb.tree.nodes[at] = core::mem::replace(&mut climb.hand, here);
            }
            at /= 2;
        }
        climb.tree.nodes[0] = climb.hand;
        core::mem::forget(climb);
    }

    /// The lane and the head of the best besides the champion.
    pub(crate) fn find_rival<M: Match<H>>(&self, order: &mut M) -> Option<(usize, &H)> {
        let (lane, _) = self.champion()?;
        self.player(self.best_on_the_way(lane as u32, order))
    }

    /// Whether the head of lane `a` goes before that of lane `b`; both have one.
    #[inline(always)]
    fn beats<M: Match<H>>(&self, a: u32, b: u32, order: &mut M) -> bool {
        let tie = a < b;
        let (a, b) = (a as usize, b as usize);
        if M::says() != Says::Nothing {
            let (x, y) = (self.words[a], self.words[b]);
            if x != y || M::says() == Says::All {
                return x < y || (x == y && tie);
            }
        }
        // SAFETY: both lanes have a head, as every caller has found out or keeps by the tree's invariants.
        let (a, b) = unsafe { (self.heads[a].assume_init_ref(), self.heads[b].assume_init_ref()) };
        order.wins(a, b, tie)
    }

    /// All heads with their lanes, in order of the lanes.
    pub(crate) fn into_heads(mut self) -> Vec<(usize, H)> {
        self.take_heads()
    }

    fn take_heads(&mut self) -> Vec<(usize, H)> {
        self.dismantle();
        let mut heads = Vec::with_capacity(self.alive.len());
        for (lane, alive) in self.alive.iter_mut().enumerate() {
            if core::mem::take(alive) {
                // SAFETY: the head was alive and is not any more.
                heads.push((lane, unsafe { self.heads[lane].assume_init_read() }));
            }
        }
        heads
    }

    /// How many heads there are.
    pub(crate) fn count(&self) -> usize {
        let in_nodes = self.nodes.iter().filter(|&&lane| lane as usize != self.nodes.len()).count();
        in_nodes + self.alive.iter().filter(|&&alive| alive).count()
    }
}

impl<H> Drop for Tree<H> {
    fn drop(&mut self) {
        if core::mem::needs_drop::<H>() {
            // A head whose drop panics must not keep the others from being dropped: they are in a vector of their own.
            drop(self.take_heads());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_LANES, Match, Tree};
    use crate::word::Says;

    struct Numbers;

    impl Match<u8> for Numbers {
        fn says() -> Says {
            Says::Nothing
        }
        fn is_plain() -> bool {
            true
        }
        fn word(_: &u8, _: usize) -> u64 {
            0
        }
        fn text(_: &u8) -> &[u8] {
            &[]
        }
        fn wins(&mut self, a: &u8, b: &u8, tie: bool) -> bool {
            a < b || (a == b && tie)
        }
    }

    #[test]
    #[should_panic(expected = "at most 2^31 can be merged")]
    fn more_lanes_than_nodes_can_name_are_refused() {
        Tree::new().build(MAX_LANES + 1, &mut Numbers);
    }
}
