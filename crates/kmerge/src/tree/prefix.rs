//! What all texts begin with.
//!
//! A word is eight bytes of a text. Where all texts begin alike (paths, addresses) the first eight say nothing, so the
//! tree keeps the common beginning of its heads, once, and words are the eight bytes behind it. A new head that begins
//! differently shortens it; when words have been equal too often, a longer one is sought. Either costs a look at all
//! heads; a shortening happens at most once for each byte, a search once for as many equal words as there are heads.

use super::{Match, NONE, Tree};
use crate::word::Says;

/// Equal words, besides as many as there are leaves, after which a longer prefix is sought.
const TIES: usize = 32;

impl<H> Tree<H> {
    /// The word of a head that will be in this tree, which has it in no lane yet.
    #[inline(always)]
    pub(super) fn word_of<M: Match<H>>(&mut self, head: &H) -> u64 {
        if M::says() == Says::First {
            if self.ties > TIES + self.width() {
                self.lengthen::<M>(head);
            }
            if !M::text(head).starts_with(&self.prefix) {
                let common = common(&self.prefix, M::text(head));
                self.prefix.truncate(common);
                self.reread_words::<M>();
            }
        }
        M::word(head, self.prefix.len())
    }

    /// Reads the words of the heads of a tree that is taken apart, which will have this width.
    pub(super) fn read_words<M: Match<H>>(&mut self, width: usize) {
        if M::says() == Says::Nothing {
            return;
        }
        self.prefix.clear();
        self.words.resize(width + 1, 0);
        self.words[width] = u64::MAX;
        for (lane, _) in self.alive.iter().enumerate().filter(|(_, alive)| **alive) {
            // SAFETY: the head is initialised.
            self.words[lane] = M::word(unsafe { self.heads[lane].assume_init_ref() }, 0);
        }
        // Ask for a prefix as soon as the tree stands.
        self.ties = usize::MAX / 2;
    }

    /// Seeks what the heads in the nodes and this one begin with.
    #[cold]
    #[inline(never)]
    fn lengthen<M: Match<H>>(&mut self, head: &H) {
        self.ties = 0;
        let text = M::text(head);
        let mut length = text.len();
        for &lane in self.nodes.iter().filter(|&&lane| lane as usize != self.nodes.len()) {
            // SAFETY: the head of a lane that is in a node is initialised.
            let other = M::text(unsafe { self.heads[lane as usize].assume_init_ref() });
            length = common(&text[..length], other);
        }
        if length > self.prefix.len() {
            self.prefix.clear();
            self.prefix.extend_from_slice(&text[..length]);
            self.reread_words::<M>();
        }
    }

    /// The prefix has changed. A run under way ends, as its limit is a word.
    #[cold]
    #[inline(never)]
    fn reread_words<M: Match<H>>(&mut self) {
        (self.rival, self.streak) = (NONE, 0);
        for &lane in self.nodes.iter().filter(|&&lane| lane as usize != self.nodes.len()) {
            // SAFETY: the head of a lane that is in a node is initialised.
            let head = unsafe { self.heads[lane as usize].assume_init_ref() };
            self.words[lane as usize] = M::word(head, self.prefix.len());
        }
    }
}

/// How many bytes both begin with.
fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
