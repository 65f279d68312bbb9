//! Runs: one lane wins several times in a row, and one comparison with its best rival replaces the way up.

use super::climb::{Climb, pair, select_copy};
use super::{MOST_TRUST, Match, NONE, PATIENCE, PRICE, Tree};
use crate::word::Says;
use core::hint::select_unpredictable as select;
use core::mem::ManuallyDrop;

impl<H> Tree<H> {
    /// Whether the next head of the lane on a run goes before the rival, as far as words say.
    #[inline(always)]
    pub(super) fn passes_by_word<M: Match<H>>(&self, word: u64) -> Option<bool> {
        match M::says() {
            Says::All => Some(word <= self.limit),
            Says::First if word != self.limit => Some(word < self.limit),
            _ => (self.rival as usize == self.nodes.len()).then_some(true),
        }
    }

    /// The same by the heads; there is a rival. Should the comparison panic, the head is in the tree.
    #[inline(always)]
    pub(super) fn passes_by_head<M: Match<H>>(&mut self, lane: usize, head: &ManuallyDrop<H>, order: &mut M) -> bool {
        self.ties += usize::from(M::says() == Says::First);
        let held = Held { tree: self, lane, head };
        // SAFETY: the rival is in a node, so it has a head.
        let rival = unsafe { held.tree.heads.get_unchecked(held.tree.rival as usize).assume_init_ref() };
        let passes = order.wins(head, rival, (lane as u32) < held.tree.rival);
        core::mem::forget(held);
        passes
    }

    /// The lane and the head of the rival, if the champion's lane has had so many items on a run.
    #[inline(always)]
    pub(crate) fn rival_after(&self, items: u32) -> Option<(usize, &H)> {
        if self.rival == NONE || self.streak < items { None } else { self.player(self.rival) }
    }

    /// Finds the rival of the champion, who is in no node.
    #[inline(never)]
    pub(super) fn begin_run<M: Match<H>>(&mut self, champion: u32, order: &mut M) {
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

    /// The lane on a run, which has its next head, has lost to the rival, who is the champion then: returns his lane, which
    /// is in no node. As he is known, the matches from his node to the top need not be played.
    #[inline(never)]
    pub(super) fn end_run<M: Match<H>>(&mut self, lane: usize, word: u64, order: &mut M) -> u32 {
        let lane = lane as u32;
        self.trust(self.trust.saturating_add(self.streak).min(MOST_TRUST));
        self.streak = 0;
        let champion = core::mem::replace(&mut self.rival, NONE);
        // The rival waits where both ways meet. One level below is the last match of the lane.
        let apart = (lane ^ champion).ilog2();
        let below = (self.nodes.len() + lane as usize) >> apart;
        let hand = self.climb(lane, word, below, order);
        debug_assert_eq!(self.nodes[below / 2], champion);
        self.nodes[below / 2] = hand;
        if self.patience == 0 {
            self.begin_run(champion, order);
        }
        champion
    }

    #[inline]
    fn trust(&mut self, trust: u32) {
        self.trust = trust;
        self.patience = if trust >= PRICE { 0 } else { PATIENCE };
    }

    /// The best head besides that of the champion, of this lane: it lost to the champion, so it waits on its way.
    pub(super) fn best_on_the_way<M: Match<H>>(&self, lane: u32, order: &mut M) -> u32 {
        match M::says() {
            Says::All => return self.best_word_on_the_way(lane),
            Says::Nothing if M::is_plain() => return self.best_copy_on_the_way(lane, order),
            _ => {}
        }
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

    /// The same where words say all, with no branch but the loop's.
    #[inline(always)]
    fn best_word_on_the_way(&self, lane: u32) -> u32 {
        // Nobody's word is the greatest and his lane as well.
        let (mut best, mut best_word) = (self.nodes.len() as u32, u64::MAX);
        let mut at = (best + lane) as usize / 2;
        while at > 0 {
            let here = self.nodes[at];
            let word = self.words[here as usize];
            let better = pair(word, here.into()) < pair(best_word, best.into());
            best = select(better, here, best);
            best_word = select(better, word, best_word);
            at /= 2;
        }
        best
    }

    /// The same by copies of the heads, with no branch but the loop's and the order's.
    #[inline(always)]
    fn best_copy_on_the_way<M: Match<H>>(&self, lane: u32, order: &mut M) -> u32 {
        let nobody = self.nodes.len() as u32;
        let mut at = (nobody + lane) as usize / 2;
        if at == 0 {
            return nobody;
        }
        let mut best = self.nodes[at];
        // SAFETY: somebody in a node has a head, and so has nobody where heads are plain.
        let copy = |lane: u32| unsafe { self.copy(lane) };
        let mut best_copy = copy(best);
        while at > 1 {
            at /= 2;
            let here = self.nodes[at];
            let theirs = copy(here);
            let wins = order.wins(&theirs, &best_copy, here < best);
            let better = (here != nobody) & ((best == nobody) | wins);
            best = select(better, here, best);
            best_copy = select_copy(better, theirs, best_copy);
        }
        best
    }
}

/// A head that is compared before it has a place. Dropped, which only a panicking comparison does, it takes the tree apart
/// and goes there; nobody else takes it then.
struct Held<'t, H> {
    tree: &'t mut Tree<H>,
    lane: usize,
    head: &'t ManuallyDrop<H>,
}

impl<H> Drop for Held<'_, H> {
    #[cold]
    fn drop(&mut self) {
        self.tree.dismantle();
        // SAFETY: `Tree::exchange`, which has the head, does not come to take it, and this drop runs once.
        self.tree.heads[self.lane].write(unsafe { core::ptr::from_ref::<H>(self.head).read() });
        self.tree.alive[self.lane] = true;
    }
}
