//! Runs: one lane wins several times in a row, and one comparison with its best rival replaces the way up.

use super::climb::{Climb, pair};
use super::{MOST_TRUST, Match, NONE, PATIENCE, PRICE, Tree};
use crate::word::Says;
use core::hint::select_unpredictable as select;
use core::mem::ManuallyDrop;

impl<H> Tree<H> {
    /// The next head of the lane on a run comes straight back if it goes before the rival. If not the run is over.
    #[inline(always)]
    pub(super) fn pass<M: Match<H>>(&mut self, lane: usize, head: H, word: u64, order: &mut M) -> Result<H, H> {
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
        self.ties += usize::from(M::says() == Says::First);
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

    /// The best head besides that of the champion, of this lane: it lost to the champion, so it waits on its way.
    pub(super) fn best_on_the_way<M: Match<H>>(&self, lane: u32, order: &mut M) -> u32 {
        let nobody = self.nodes.len() as u32;
        let mut at = (nobody + lane) as usize / 2;
        let mut best = nobody;
        while at > 0 {
            let here = self.nodes[at];
            // Nobody's word is the greatest and his lane as well.
            let better = if M::says() == Says::All {
                pair(self.words[here as usize], here.into()) < pair(self.words[best as usize], best.into())
            } else {
                here != nobody && (best == nobody || self.beats(here, best, order))
            };
            best = select(better, here, best);
            at /= 2;
        }
        best
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
