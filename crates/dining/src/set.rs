//! A set of numbered resources as bits.

use std::fmt;
use std::sync::Arc;

/// How many words a set keeps in place; larger ones are shared behind a pointer.
const FEW: usize = 8;

/// The resources `64 * index + i` for every bit `i` of `bits`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) index: u32,
    pub(crate) bits: u64,
}

/// A set of resources: its words ascending, none empty. Cloning allocates nothing.
#[derive(Clone)]
pub(crate) enum Set {
    Few([Word; FEW], u32),
    Many(Arc<[Word]>),
}

impl Set {
    /// Any order, duplicates welcome.
    pub(crate) fn new(resources: &[usize]) -> Self {
        let mut words: Vec<Word> = Vec::new();
        let mut sorted = resources.to_vec();
        sorted.sort_unstable();
        for resource in sorted {
            let (index, bit) = ((resource / 64) as u32, 1 << (resource % 64));
            match words.last_mut() {
                Some(last) if last.index == index => last.bits |= bit,
                _ => words.push(Word { index, bits: bit }),
            }
        }
        if words.len() > FEW {
            return Self::Many(words.into());
        }
        let mut few = [Word::default(); FEW];
        few[..words.len()].copy_from_slice(&words);
        Self::Few(few, words.len() as u32)
    }

    #[inline]
    pub(crate) fn words(&self) -> &[Word] {
        match self {
            Self::Few(words, len) => &words[..*len as usize],
            Self::Many(words) => words,
        }
    }

    /// The resources, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words().iter().flat_map(|word| {
            let mut bits = word.bits;
            std::iter::from_fn(move || {
                let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
                bits &= bits - 1;
                Some(word.index as usize * 64 + bit)
            })
        })
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_sorted_and_has_no_duplicates() {
        for wanted in [vec![], vec![5], vec![700, 3, 3, 64, 63, 700], (0..1024).rev().collect::<Vec<_>>()] {
            let set = Set::new(&wanted);
            let mut sorted = wanted.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(set.iter().collect::<Vec<_>>(), sorted);
        }
    }
}
