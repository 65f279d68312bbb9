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

use crate::word::Says;
use alloc::vec;
use alloc::vec::Vec;
use core::hint::select_unpredictable as select;
use core::mem::{ManuallyDrop, MaybeUninit};

/// How two heads are compared.
pub(crate) trait Match<H> {
    /// What the words of heads say of their order.
    fn says() -> Says;
    /// Whether `H` is known to be `Copy`, so that a copy of its bits may be compared in its place.
    fn is_plain() -> bool;
    /// The word of a head.
    fn word(head: &H) -> u64;
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
const PRICE: u32 = 3;
/// As much trust as can be had.
const MOST_TRUST: u32 = 64;

/// A loser tree over lanes `0..`.
pub(crate) struct Tree<H> {
    /// Empty while the tree is taken apart. Else a power of two, called width: the champion's lane, then the losers'; the
    /// children of node `i` are `2 i` and `2 i + 1`, and the leaf of lane `l`, which exists in thought only, is
    /// `width + l`. A node where nobody lost has the width in it. So has the champion's while its head is taken out.
    nodes: Vec<u32>,
    /// By lane; at least as many as there are lanes in nodes. While the tree stands the head of every lane that is in a
    /// node is initialised, and no other.
    heads: Vec<MaybeUninit<H>>,
    /// By lane, where words say something: of every initialised head. In a standing tree, the one at the width is
    /// `u64::MAX`.
    words: Vec<u64>,
    /// While the tree is taken apart: which heads are initialised. As long as `heads`.
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
            heads: Vec::new(),
            words: Vec::new(),
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
    pub(crate) fn stage<M: Match<H>>(&mut self, lane: usize, head: H) {
        debug_assert!(!self.is_built());
        if self.heads.len() <= lane {
            self.heads.resize_with(lane + 1, MaybeUninit::uninit);
            self.alive.resize(lane + 1, false);
        }
        if M::says() != Says::Nothing {
            if self.words.len() <= lane {
                self.words.resize(lane + 1, 0);
            }
            self.words[lane] = M::word(&head);
        }
        self.heads[lane].write(head);
        self.alive[lane] = true;
    }

    /// Takes the tree apart.
    #[cold]
    pub(crate) fn dismantle(&mut self) {
        (self.rival, self.streak) = (NONE, 0);
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
            if lane < self.words.len() {
                self.words.swap(to, lane);
            }
            to += 1;
        }
        self.heads.truncate(to);
        self.alive.truncate(to);
        self.words.truncate(to);
    }

    /// Puts the tree together for `lanes` lanes. K - 1 comparisons; one that panics leaves everything as it was.
    #[cold]
    pub(crate) fn build<M: Match<H>>(&mut self, lanes: usize, order: &mut M) {
        let width = lanes.max(1).next_power_of_two();
        let nobody = width as u32;
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
        if M::says() != Says::Nothing {
            self.words.resize(width + 1, 0);
            self.words[width] = u64::MAX;
        }
        self.heads.resize_with(lanes, MaybeUninit::uninit);
        self.alive.clear();
        self.alive.resize(lanes, false);
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
        self.put::<M>(champion, head);
        self.nodes[0] = champion as u32;
    }

    /// [`replace`](Self::replace) and [`take_champion`](Self::take_champion) at once.
    #[inline(always)]
    pub(crate) fn exchange<M: Match<H>>(&mut self, lane: usize, mut head: H, order: &mut M) -> (usize, H) {
        if self.rival != NONE {
            match self.pass(lane, head, order) {
                Ok(champion) => return (lane, champion),
                Err(back) => head = back,
            }
        }
        let champion = self.climb(lane, head, order);
        self.streak = select(champion == lane as u32, self.streak + 1, 0);
        if self.streak >= self.patience {
            self.begin_run(champion, order);
        }
        let champion = champion as usize;
        // SAFETY: the champion's head is initialised, and its lane is in no node.
        (champion, unsafe { self.heads.get_unchecked(champion).assume_init_read() })
    }

    /// [`replace`](Self::replace) without a look for runs, for callers who have their own.
    #[inline(always)]
    pub(crate) fn replace_plainly<M: Match<H>>(&mut self, lane: usize, head: H, order: &mut M) {
        self.nodes[0] = self.climb(lane, head, order);
    }

    /// Stores the head of a lane of a standing tree and returns its word.
    #[inline(always)]
    fn put<M: Match<H>>(&mut self, lane: usize, head: H) -> u64 {
        let word = M::word(&head);
        if M::says() != Says::Nothing {
            self.words[lane] = word;
        }
        self.heads[lane].write(head);
        word
    }

    /// The next head of the lane on a run comes straight back if it goes before the rival. If not the run is over.
    #[inline(always)]
    fn pass<M: Match<H>>(&mut self, lane: usize, head: H, order: &mut M) -> Result<H, H> {
        let word = M::word(&head);
        let passes = match M::says() {
            Says::All => word <= self.limit,
            Says::First if word != self.limit => word < self.limit,
            _ if self.rival as usize == self.nodes.len() => true,
            _ => return self.pass_by_head(lane, head, order),
        };
        if passes {
            self.streak = self.streak.wrapping_add(1);
            return Ok(head);
        }
        self.end_run();
        Err(head)
    }

    /// [`pass`](Self::pass) where words say too little and there is a rival.
    #[inline(always)]
    fn pass_by_head<M: Match<H>>(&mut self, lane: usize, head: H, order: &mut M) -> Result<H, H> {
        let held = Held { tree: self, lane, head: ManuallyDrop::new(head) };
        // SAFETY: the rival is in a node, so it has a head.
        let rival = unsafe { held.tree.heads[held.tree.rival as usize].assume_init_ref() };
        let passes = order.wins(&held.head, rival, (lane as u32) < held.tree.rival);
        let mut held = ManuallyDrop::new(held);
        // SAFETY: `held` is forgotten, so the head is taken once.
        let head = unsafe { ManuallyDrop::take(&mut held.head) };
        if passes {
            held.tree.streak = held.tree.streak.wrapping_add(1);
            return Ok(head);
        }
        held.tree.end_run();
        Err(head)
    }

    /// Finds the rival of the champion, who is in no node.
    #[cold]
    #[inline(never)]
    fn begin_run<M: Match<H>>(&mut self, champion: u32, order: &mut M) {
        let climb = Climb { tree: self, hand: champion };
        let rival = climb.tree.best_on_the_way(champion, order);
        core::mem::forget(climb);
        self.streak = 0;
        self.trust(self.trust.saturating_sub(PRICE));
        if M::says() != Says::Nothing {
            // The word of nobody is the greatest; who wins ties against the rival may be equal to it.
            let (word, wins_ties) = (self.words[rival as usize], champion < rival);
            let less = M::says() == Says::All && !wins_ties;
            let Some(limit) = word.checked_sub(u64::from(less)) else { return };
            self.limit = limit;
        }
        self.rival = rival;
    }

    /// The lane on a run is not the champion again.
    #[inline]
    fn end_run(&mut self) {
        self.trust(self.trust.saturating_add(self.streak).min(MOST_TRUST));
        (self.rival, self.streak) = (NONE, 0);
    }

    #[inline]
    fn trust(&mut self, trust: u32) {
        self.trust = trust;
        self.patience = if trust >= PRICE { 0 } else { PATIENCE };
    }

    /// The champion's lane, its head taken out, has no other: the rest play on.
    #[cold]
    pub(crate) fn retire<M: Match<H>>(&mut self, lane: usize, order: &mut M) {
        (self.rival, self.streak) = (NONE, 0);
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

    /// The best head besides that of the champion, of this lane: it lost to the champion, so it waits on its way.
    fn best_on_the_way<M: Match<H>>(&self, lane: u32, order: &mut M) -> u32 {
        let nobody = self.nodes.len() as u32;
        let mut at = (nobody + lane) as usize / 2;
        let mut best = nobody;
        while at > 0 {
            let here = self.nodes[at];
            if here != nobody && (best == nobody || self.beats(here, best, order)) {
                best = here;
            }
            at /= 2;
        }
        best
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

    /// Gives `lane`, which is in no node, a head and plays the matches from its leaf to the top. Returns the champion's
    /// lane, which is in no node then.
    #[inline(always)]
    fn climb<M: Match<H>>(&mut self, lane: usize, head: H, order: &mut M) -> u32 {
        let word = self.put::<M>(lane, head);
        let lane = lane as u32;
        match M::says() {
            Says::All => self.climb_by_words(lane, word),
            Says::First => self.climb_by_first_words(lane, word, order),
            Says::Nothing if M::is_plain() => self.climb_by_copies(lane, order),
            Says::Nothing => self.climb_by(lane, |tree, way| tree.wins(way, order)),
        }
    }

    /// [`climb`](Self::climb) where words say all: no branch but the loop's.
    #[inline(always)]
    fn climb_by_words(&mut self, lane: u32, mut word: u64) -> u32 {
        let width = self.nodes.len();
        debug_assert!(self.words.len() == width + 1 && (lane as usize) < width);
        let (nodes, words) = (self.nodes.as_mut_ptr(), self.words.as_ptr());
        let mut at = width + lane as usize;
        let mut hand = lane;
        // SAFETY: `at` is below twice the width, so its parents are nodes; lanes in nodes are at most the width, and there
        // is a word for each of these.
        unsafe {
            while at > 1 {
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
    fn climb_by_first_words<M: Match<H>>(&mut self, lane: u32, mut word: u64, order: &mut M) -> u32 {
        self.climb_by(lane, |tree, way| {
            let theirs = tree.words[way.opponent];
            let lost = if theirs == word { tree.wins(way, order) } else { theirs < word };
            word = select(lost, theirs, word);
            lost
        })
    }

    /// [`climb`](Self::climb) with a copy of the hand's head in registers.
    #[inline(always)]
    fn climb_by_copies<M: Match<H>>(&mut self, lane: u32, order: &mut M) -> u32 {
        let read = |tree: &Self, lane: usize| {
            // SAFETY: lanes on the way have heads. These are `Copy`, so a copy may be looked at (and is never dropped).
            unsafe { core::ptr::read(tree.heads.as_ptr().add(lane)) }
        };
        let mut copy = read(self, lane as usize);
        self.climb_by(lane, |tree, way| {
            let theirs = read(tree, way.opponent);
            // SAFETY: both are copies of heads.
            let lost = unsafe { order.wins(theirs.assume_init_ref(), copy.assume_init_ref(), way.is_second) };
            // SAFETY: the bits of a `Copy` type.
            copy = unsafe { select(lost, theirs, core::ptr::read(&copy)) };
            lost
        })
    }

    /// [`climb`](Self::climb), asking `is_lost` whether the opponent wins.
    #[inline(always)]
    fn climb_by(&mut self, lane: u32, mut is_lost: impl FnMut(&Self, &Way) -> bool) -> u32 {
        let width = self.nodes.len();
        let mut at = width + lane as usize;
        let mut climb = Climb { tree: self, hand: lane };
        while at > 1 {
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
    fn wins<M: Match<H>>(&self, way: &Way, order: &mut M) -> bool {
        // SAFETY: both lanes have a head: the opponent is in a node, the hand was in one or is the lane climbing.
        let (a, b) = unsafe {
            let head = |lane: usize| self.heads.get_unchecked(lane).assume_init_ref();
            (head(way.opponent), head(way.hand))
        };
        order.wins(a, b, way.is_second)
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

/// A word and, below it, what decides between equal ones: two of them take one comparison with borrow.
#[inline(always)]
const fn pair(word: u64, low: u64) -> u128 {
    (word as u128) << 64 | low as u128
}

/// A match on the way up: the lanes that meet, and whether the hand comes from the second child, so that the opponent
/// goes first if they are equal.
struct Way {
    opponent: usize,
    hand: usize,
    is_second: bool,
}

/// A player on the way up, in no node. Dropped, which only a panicking comparison does, it takes the tree apart.
struct Climb<'t, H> {
    tree: &'t mut Tree<H>,
    /// The lane, or the width if nobody is on the way.
    hand: u32,
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

/// A head that is compared before it has a place. Dropped, which only a panicking comparison does, it takes the tree apart
/// and goes there.
struct Held<'t, H> {
    tree: &'t mut Tree<H>,
    lane: usize,
    head: ManuallyDrop<H>,
}

impl<H> Drop for Held<'_, H> {
    #[cold]
    fn drop(&mut self) {
        self.tree.dismantle();
        // SAFETY: this drop runs once.
        self.tree.heads[self.lane].write(unsafe { ManuallyDrop::take(&mut self.head) });
        self.tree.alive[self.lane] = true;
    }
}
