//! What happens under the lock of a barrier: everything but an arrival, and a look, in a round that nobody disturbs.

use super::word::{Word, whole};
use super::{Action, Arrival, Barrier, BarrierError};
use crate::sync::{MutexGuard, Ordering, planted};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Instant;

/// What the lock guards, beside the word while that is [`Word::LOCKED`].
pub(super) struct Core {
    /// Of those who have arrived in this generation, how many have left for good: the next does without them.
    leaving: usize,
    /// Nobody may arrive before a reset.
    pub(super) broken: bool,
    /// Of those who have arrived in the generation of this number, how many will not ask how it ended.
    silent: (u64, usize),
    /// Broken generations, each with how many are still going to ask. The word has `NOTES` as long as there are some.
    breaks: Vec<(u64, usize)>,
    /// Taken out while it runs.
    action: Option<Action>,
}

impl Core {
    pub(super) fn new(action: Option<Action>) -> Self {
        Self { leaving: 0, broken: false, silent: (0, 0), breaks: Vec::new(), action }
    }

    fn silent_in(&self, generation: u64) -> usize {
        if self.silent.0 == generation { self.silent.1 } else { 0 }
    }

    /// One member of `generation`, which is still open, will not ask.
    fn keep_silent(&mut self, generation: u64) {
        self.silent = (generation, self.silent_in(generation) + 1);
    }
}

type Locked<'a> = MutexGuard<'a, Core>;

impl Barrier {
    /// From here on the word changes under the lock alone, which the caller holds; says what it is now.
    fn lock_word(&self) -> Word {
        let word = self.look();
        if word.has(Word::LOCKED) {
            return word;
        }
        Word(self.word.fetch_or(Word::LOCKED, Ordering::AcqRel) | Word::LOCKED)
    }

    /// Counts a thread in: one that leaves, or one that found the word locked.
    #[cold]
    #[track_caller]
    pub(super) fn join_under_lock(&self, leaves: bool) -> Result<Arrival, BarrierError> {
        let mut core = self.core.lock();
        let mut word = self.lock_word();
        while word.has(Word::TRIPPING) {
            self.changed.wait(&mut core);
            word = self.lock_word();
        }
        let parties = self.parties.load(Ordering::Relaxed);
        assert!(parties > 0, "every party has left this barrier for good");
        if core.broken {
            self.parties.store(parties - usize::from(leaves), Ordering::Relaxed);
            return Err(BarrierError::Broken);
        }
        let arrival = self.arrival(word, parties);
        core.leaving += usize::from(leaves);
        if leaves && !arrival.leader {
            core.keep_silent(arrival.generation);
        }
        let word = if arrival.leader { word.last_arrival() } else { word.arrival() };
        self.word.store(word.0, Ordering::Release);
        if arrival.leader {
            self.trip(core);
        }
        Ok(arrival)
    }

    /// All have arrived, and the word says so: runs the action without the lock, then opens the next generation.
    pub(super) fn trip<'a>(&'a self, mut core: Locked<'a>) {
        let mut done = Ok(());
        if let Some(mut action) = core.action.take() {
            drop(core);
            done = catch_unwind(AssertUnwindSafe(&mut action));
            core = self.core.lock();
            core.action = Some(action);
        }
        match done {
            Ok(()) => self.open_next(core, self.look()),
            Err(panic) => {
                self.break_generation(core, self.look(), 1, true);
                resume_unwind(panic);
            }
        }
    }

    /// Ends the generation of `word`, which is locked, as broken, and the barrier with it if it `stays` so. `know` of its
    /// members need not ask.
    fn break_generation(&self, mut core: Locked<'_>, word: Word, know: usize, stays: bool) {
        let generation = self.number(word);
        let asking = word.arrived() - know - core.silent_in(generation);
        if asking > 0 && !planted("break a generation without a note") {
            core.breaks.push((generation, asking));
        }
        core.broken = stays;
        self.open_next(core, word);
    }

    /// Opens the generation after that of `word`, which is locked, and wakes those who sleep.
    fn open_next(&self, mut core: Locked<'_>, word: Word) {
        let generation = self.number(word) + 1;
        let parties = self.parties.load(Ordering::Relaxed) - std::mem::take(&mut core.leaving);
        let locked = if core.broken || parties == 0 { Word::LOCKED } else { 0 };
        let notes = if core.breaks.is_empty() { 0 } else { Word::NOTES };
        let next = Word::opening(generation, locked | notes);
        self.remember(generation);
        // An arrival that finds the word free takes the parties for those of its generation.
        if planted("free the word before the parties are counted") {
            self.word.store(next.0, Ordering::Release);
        }
        self.parties.store(parties, Ordering::Relaxed);
        self.word.store(next.0, Ordering::Release);
        drop(core);
        if !planted("open a generation without waking") {
            self.changed.notify_all();
        }
    }

    /// Sleeps until the generation of `arrival` has ended, and asks how.
    #[cold]
    pub(super) fn sleep_and_ask(&self, arrival: Arrival, deadline: Option<Instant>) -> Result<(), BarrierError> {
        let Arrival { generation, .. } = arrival;
        let mut core = self.core.lock();
        while self.number(self.look()) == generation {
            // A sleeper needs somebody who wakes it: from here on the others arrive under the lock.
            let word = if planted("sleep on a free word") { self.look() } else { self.lock_word() };
            if self.number(word) != generation {
                break;
            }
            // Once all have arrived nobody's time can be over any more: the action decides.
            let Some(deadline) = deadline.filter(|_| !word.has(Word::TRIPPING)) else {
                self.changed.wait(&mut core);
                continue;
            };
            let timed_out = self.changed.wait_until(&mut core, deadline).timed_out();
            let word = self.look();
            let still_open = self.number(word) == generation && !word.has(Word::TRIPPING);
            if timed_out && (still_open || planted("time out without looking at the generation")) {
                self.break_generation(core, word, 1, true);
                return Err(BarrierError::TimedOut);
            }
        }
        if self.was_broken(&mut core, generation) { Err(BarrierError::Broken) } else { Ok(()) }
    }

    /// A member of `generation` goes without asking how it ends.
    #[cold]
    pub(super) fn go_without_asking(&self, generation: u64) {
        let mut core = self.core.lock();
        if self.number(self.look()) == generation {
            core.keep_silent(generation);
        } else {
            self.was_broken(&mut core, generation);
        }
    }

    /// Whether `generation`, which has ended, was broken. Each member asks once.
    fn was_broken(&self, core: &mut Locked<'_>, generation: u64) -> bool {
        let Some(place) = core.breaks.iter().position(|(broken, _)| *broken == generation) else { return false };
        core.breaks[place].1 -= 1;
        if core.breaks[place].1 == 0 {
            core.breaks.swap_remove(place);
            if core.breaks.is_empty() {
                self.word.fetch_and(!Word::NOTES, Ordering::Relaxed);
            }
        }
        true
    }

    pub(super) fn abort_under_lock(&self) {
        let mut core = self.core.lock();
        let word = self.lock_word();
        if word.has(Word::TRIPPING) {
            core.broken = true;
        } else {
            self.break_generation(core, word, 0, true);
        }
    }

    pub(super) fn reset_under_lock(&self) {
        let mut core = self.core.lock();
        let word = self.lock_word();
        if word.arrived() > 0 && !word.has(Word::TRIPPING) {
            // In one step: nobody may find the barrier broken in between.
            self.break_generation(core, word, 0, false);
            return;
        }
        core.broken = false;
        if word.arrived() == 0 && self.parties.load(Ordering::Relaxed) > 0 {
            self.word.store(word.0 & !Word::LOCKED, Ordering::Release);
        }
    }

    /// The whole number of the word's generation.
    pub(super) fn number(&self, word: Word) -> u64 {
        whole(self.epoch.load(Ordering::Relaxed), word.generation())
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{Barrier, Word};

    /// How many notes there are, and whether the word says that there are some.
    fn notes(barrier: &Barrier) -> (usize, bool) {
        (barrier.core.lock().breaks.len(), barrier.look().has(Word::NOTES))
    }

    #[test]
    fn a_note_is_kept_as_long_as_somebody_will_ask() {
        let barrier = Barrier::new(4);
        let asks = barrier.arrive().unwrap();
        drop(barrier.arrive().unwrap());
        barrier.abort();
        assert_eq!(notes(&barrier), (1, true));
        assert!(asks.wait().is_err());
        assert_eq!(notes(&barrier), (0, false));

        barrier.reset();
        drop(barrier.arrive().unwrap());
        drop(barrier.arrive().unwrap());
        barrier.abort();
        assert_eq!(notes(&barrier), (0, false), "nobody is left who would ask");

        barrier.reset();
        let first = barrier.arrive().unwrap();
        barrier.reset();
        let second = barrier.arrive().unwrap();
        barrier.arrive_and_drop().unwrap();
        barrier.abort();
        assert_eq!(notes(&barrier), (2, true));
        drop(first);
        assert_eq!(notes(&barrier), (1, true));
        drop(second);
        assert_eq!(notes(&barrier), (0, false));
    }
}
