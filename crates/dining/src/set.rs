//! A set of numbered resources as bits.

use std::fmt;
use std::sync::Arc;

/// How many words a set keeps in place; larger ones are shared behind a pointer.
const SOME: usize = 8;
/// Copying two words instead of eight is a sixth of the time of taking and giving back a pair.
const FEW: usize = 2;

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
    Some([Word; SOME], u32),
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
        fn padded<const N: usize>(words: &[Word]) -> [Word; N] {
            std::array::from_fn(|i| words.get(i).copied().unwrap_or_default())
        }
        match words.len() {
            n if n <= FEW => Self::Few(padded(&words), words.len() as u32),
            n if n <= SOME => Self::Some(padded(&words), words.len() as u32),
            _ => Self::Many(words.into()),
        }
    }

    #[inline]
    pub(crate) fn words(&self) -> &[Word] {
        match self {
            Self::Few(words, len) => &words[..*len as usize],
            Self::Some(words, len) => &words[..*len as usize],
            Self::Many(words) => words,
        }
    }

    /// Whether `f` is true of all resources; asks in ascending order, until one is not.
    #[inline]
    pub(crate) fn all(&self, mut f: impl FnMut(usize) -> bool) -> bool {
        for word in self.words() {
            let mut bits = word.bits;
            while bits != 0 {
                if !f(word.index as usize * 64 + bits.trailing_zeros() as usize) {
                    return false;
                }
                bits &= bits - 1;
            }
        }
        true
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
