//! The lock word behind [`Mutex`](super::Mutex) and [`Queue`](super::Queue): a futex mutex (Drepper, "Futexes are
//! tricky", 2011, the second of its three) whose word names the owner, so that a waiter can find that it is dead.
//!
//! | word                 | means                                                        | next                               |
//! |----------------------|--------------------------------------------------------------|------------------------------------|
//! | `FREE`               | nobody has it                                                | a name, by a locker's CAS          |
//! | `ABANDONED`          | nobody has it; its last owner died, and nobody vouched since | a name, by a locker's CAS          |
//! | name                 | that process has it, nobody said that he sleeps              | `FREE` or `ABANDONED`, by its swap |
//! | name, `CONTENDED`    | as above, and the owner rings when it unlocks                | likewise; another name, if it died |
//!
//! Who has slept takes the lock as `CONTENDED`, because others may sleep still. A waiter whose sleep ends with a
//! heartbeat asks whether the owner lives; a dead one's word cannot change any more except by a successor's CAS, so
//! exactly one waiter inherits. The robust futexes of the kernel would need a list of held locks that glibc registers
//! as its own for every thread; naming the owner needs nobody's leave.

use super::bell::{Bell, Wait};
use super::memory::Plain;
use super::owner::{Census, Owner};
use crate::sync::{AtomicU64, Ordering, planted};

const FREE: u64 = 0;
/// Like a name with process id 0, which no process has.
const ABANDONED: u64 = 1 << 32;
const CONTENDED: u64 = 1 << 31;

/// Looks before the first sleep. A lock held for longer than that is worth a system call.
const SPINS: u32 = if cfg!(loom) { 0 } else { 200 };

#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Lock {
    /// See the table of the module.
    word: AtomicU64,
    /// Rung by an owner that unlocks a `CONTENDED` lock.
    bell: Bell,
}

// SAFETY: two atomics.
unsafe impl Plain for Lock {}

/// In which state a lock was found, or is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Sound,
    /// An owner died with it and nobody has vouched for what it guards.
    Abandoned,
}

impl Lock {
    /// Takes the lock; `None` if the wait is over before.
    #[inline]
    pub(crate) fn lock(&self, census: &impl Census, wait: impl FnOnce() -> Wait) -> Option<State> {
        match self.word.compare_exchange(FREE, census.me().0, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => Some(State::Sound),
            Err(_) => self.lock_slowly(census, wait()),
        }
    }

    /// Takes the lock if it is free or its owner dead.
    pub(crate) fn try_lock(&self, census: &impl Census) -> Option<State> {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if let Some(owner) = owner_in(word)
                && !census.is_dead(owner)
            {
                return None;
            }
            match self.take(word, census.me().0 | word & CONTENDED) {
                Ok(state) => return Some(state),
                Err(now) => word = now,
            }
        }
    }

    /// Replaces a word that is free or a dead owner's.
    fn take(&self, word: u64, mine: u64) -> Result<State, u64> {
        if planted("inherit without agreeing") {
            self.word.store(mine, Ordering::Relaxed);
        } else {
            self.word.compare_exchange(word, mine, Ordering::Acquire, Ordering::Relaxed)?;
        }
        Ok(if word == FREE { State::Sound } else { State::Abandoned })
    }

    #[cold]
    fn lock_slowly(&self, census: &impl Census, mut wait: Wait) -> Option<State> {
        for _ in 0..SPINS {
            let word = self.word.load(Ordering::Relaxed);
            if owner_in(word).is_none()
                && let Ok(state) = self.take(word, census.me().0)
            {
                return Some(state);
            }
            std::hint::spin_loop();
        }
        let mine = census.me().0 | if planted("take it as if nobody slept") { 0 } else { CONTENDED };
        loop {
            let seen = self.bell.seen();
            let word = self.word.load(Ordering::Relaxed);
            let Some(owner) = owner_in(word) else {
                if let Ok(state) = self.take(word, mine) {
                    return Some(state);
                }
                continue;
            };
            if wait.is_over() {
                return None;
            }
            let marked = word | CONTENDED;
            if word != marked
                && !planted("sleep unannounced")
                && self.word.compare_exchange(word, marked, Ordering::Relaxed, Ordering::Relaxed).is_err()
            {
                continue;
            }
            self.bell.sleep(seen, &mut wait);
            if self.word.load(Ordering::Relaxed) == marked
                && census.is_dead(owner)
                && let Ok(state) = self.take(marked, mine)
            {
                return Some(state);
            }
        }
    }

    /// Gives the lock back. Only for who has it.
    #[inline]
    pub(crate) fn unlock(&self, state: State) {
        let free = if state == State::Sound { FREE } else { ABANDONED };
        let order = if planted("unlock relaxed") { Ordering::Relaxed } else { Ordering::Release };
        if self.word.swap(free, order) & CONTENDED != 0 {
            self.bell.ring(1);
        }
    }
}

/// The process that the word names.
#[inline]
fn owner_in(word: u64) -> Option<Owner> {
    let name = word & !CONTENDED;
    (name as u32 != 0).then_some(Owner(name))
}
