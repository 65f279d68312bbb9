//! The word of a barrier: which generation is being formed, how many have arrived, and whether the lock has a say.

/// | bits   | what                        | changed                                                                 |
/// |--------|-----------------------------|-------------------------------------------------------------------------|
/// | 32..64 | generation, its lower half  | by the last to arrive, or by whoever breaks it                          |
/// | 3..32  | arrivals in this generation | by each arrival                                                         |
/// | 2      | [`TRIPPING`](Self::TRIPPING)| set by the last to arrive, cleared with the new generation              |
/// | 1      | [`NOTES`](Self::NOTES)      | set by whoever breaks a generation, cleared by its last member          |
/// | 0      | [`LOCKED`](Self::LOCKED)    | set and cleared under the lock, and set by the last to arrive           |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

const ONE_ARRIVAL: u64 = 1 << 3;
const ONE_GENERATION: u64 = 1 << 32;

impl Word {
    /// Whoever arrives, sleeps, breaks or leaves takes the lock first: the word changes under the lock alone.
    pub(super) const LOCKED: u64 = 1;
    /// Some generation was broken and not all of its members know yet: whoever leaves asks under the lock.
    pub(super) const NOTES: u64 = 2;
    /// All have arrived and the last runs the action.
    pub(super) const TRIPPING: u64 = 4;
    /// The bits for arrivals hold that many, and some room is left.
    pub(super) const MOST_ARRIVALS: usize = (1 << 28) - 1;

    /// A generation without arrivals.
    pub(super) fn opening(generation: u64, flags: u64) -> Self {
        Self(generation << 32 | flags)
    }

    pub(super) fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }

    pub(super) fn arrived(self) -> usize {
        (self.0 % ONE_GENERATION / ONE_ARRIVAL) as usize
    }

    /// The lower half of the generation's number.
    pub(super) fn generation(self) -> u32 {
        (self.0 / ONE_GENERATION) as u32
    }

    /// Whether this is the generation of that number, as far as its lower half tells.
    pub(super) fn is_in(self, generation: u64) -> bool {
        self.generation() == generation as u32
    }

    /// One more has arrived.
    pub(super) fn arrival(self) -> Self {
        Self(self.0 + ONE_ARRIVAL)
    }

    /// The last has arrived and is about to run the action.
    pub(super) fn last_arrival(self) -> Self {
        Self(self.arrival().0 | Self::LOCKED | Self::TRIPPING)
    }

    /// The generation after this one. Notes stay.
    pub(super) fn next_generation(self) -> Self {
        Self::opening(u64::from(self.generation()) + 1, self.0 & Self::NOTES)
    }
}

/// The number of the generation whose lower half is `short`; `near` is one less than half of 2^32 away from it.
pub(super) fn whole(near: u64, short: u32) -> u64 {
    near.wrapping_add_signed(i64::from(short.wrapping_sub(near as u32).cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::{Word, whole};

    #[test]
    fn a_round_of_three_in_words() {
        let mut word = Word::opening(u64::from(u32::MAX), Word::NOTES);
        assert_eq!((word.arrived(), word.generation()), (0, u32::MAX));
        word = word.arrival().arrival();
        assert_eq!((word.arrived(), word.generation(), word.has(Word::LOCKED)), (2, u32::MAX, false));
        let tripping = word.last_arrival();
        assert_eq!((tripping.arrived(), tripping.has(Word::TRIPPING), tripping.has(Word::LOCKED)), (3, true, true));
        assert_eq!(word.next_generation(), Word::opening(1 << 32, Word::NOTES), "the lower half wraps");
        assert_eq!(Word(Word::MOST_ARRIVALS as u64 * 8).arrived(), Word::MOST_ARRIVALS);
    }

    #[test]
    fn short_numbers_become_whole_again() {
        for near in [0, 1, (1 << 31) - 1, 1 << 32, (1 << 40) - 7] {
            for distance in [0, 1, -1, 1000, -1000, (1 << 31) - 1, -(1 << 31)] {
                if let Some(number) = u64::checked_add_signed(near, distance) {
                    assert_eq!(whole(near, number as u32), number, "{near} and {distance}");
                }
            }
        }
    }
}
