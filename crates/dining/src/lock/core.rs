//! Whether a lock is taken, in one word; and when that word does not suffice, where to look.
//!
//! A lock that nobody waits for is a word of its own and touches nothing shared. As soon as somebody has to wait for it, or a
//! transaction holds it, the word says `SLOW` and the [desk](super::desk) says who holds it, until nobody waits any more.

use crate::detect;
use crate::held::Label;
use crate::sync::atomic::{AtomicUsize, Ordering};
use std::sync::atomic::AtomicU64;

const FREE: usize = 0;
const HELD: usize = 1;
const SLOW: usize = 2;

/// A lock without its value.
#[derive(Debug)]
#[allow(unnameable_types, reason = "hidden methods of `LockGroup`, which nobody else implements, speak of it")]
pub struct Core {
    /// | state    | who holds it                   | who may change it                                        |
    /// |----------|--------------------------------|----------------------------------------------------------|
    /// | `FREE`   | nobody                         | anybody to `HELD`; the desk adds `SLOW`                  |
    /// | `HELD`   | who changed it from `FREE`     | the holder to `FREE`; the desk adds `SLOW`               |
    /// | `SLOW`, with or without `HELD` | see the desk | the desk alone, to `FREE` or `HELD` when nobody waits |
    state: AtomicUsize,
    /// The number under which the desk knows it, plus one; 0 if it was never there. Changed with the desk locked.
    number: AtomicUsize,
    /// Who it is in reports, never used twice in a process; 0 if nobody asked.
    id: AtomicU64,
    pub(super) name: Option<&'static str>,
}

crate::sync::const_unless_checked! {
    impl [] Core {
        /// Free.
        pub(super) fn new(name: Option<&'static str>) -> Self {
            Self { state: AtomicUsize::new(FREE), number: AtomicUsize::new(0), id: AtomicU64::new(0), name }
        }
    }
}

impl Core {
    /// Takes it if that needs no look at the desk. Pairs with [`give_quick`](Self::give_quick) and [`set_plain`](Self::set_plain).
    #[inline]
    pub(super) fn take_quick(&self) -> bool {
        self.state.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Gives it back if that needs no look at the desk.
    #[inline]
    pub(super) fn give_quick(&self) -> bool {
        self.state.compare_exchange(HELD, FREE, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Whether it is held by somebody and nobody waits; may be outdated at once.
    pub(super) fn is_plainly_held(&self) -> bool {
        self.state.load(Ordering::Relaxed) == HELD
    }

    /// Whether nobody holds it and nobody waits; may be outdated at once.
    pub(super) fn looks_free(&self) -> bool {
        self.state.load(Ordering::Relaxed) == FREE
    }

    /// With the desk locked: whether the desk knows who holds it.
    pub(super) fn is_slow(&self) -> bool {
        self.state.load(Ordering::Relaxed) & SLOW != 0
    }

    /// With the desk locked: from now on the desk says who holds it. `Some(held)` if that is news.
    pub(super) fn set_slow(&self) -> Option<bool> {
        let before = self.state.fetch_or(SLOW, Ordering::AcqRel);
        (before & SLOW == 0).then_some(before & HELD != 0)
    }

    /// With the desk locked: nobody waits, and the word suffices again.
    pub(super) fn set_plain(&self, held: bool) {
        self.state.store(if held { HELD } else { FREE }, Ordering::Release);
    }

    /// The desk's number, if it has one.
    pub(super) fn number(&self) -> Option<usize> {
        self.number.load(Ordering::Relaxed).checked_sub(1)
    }

    /// With the desk locked.
    pub(super) fn set_number(&self, number: usize) {
        self.number.store(number + 1, Ordering::Relaxed);
    }

    /// Who it is in reports.
    #[inline]
    pub(crate) fn label(&self) -> Label {
        let id = match self.id.load(Ordering::Relaxed) {
            0 => self.identify(),
            id => id,
        };
        Label { id, name: self.name }
    }

    #[cold]
    fn identify(&self) -> u64 {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let fresh = IDS.fetch_add(1, Ordering::Relaxed);
        match self.id.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => fresh,
            Err(id) => id,
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if let Some(number) = self.number() {
            super::desk::retire(number);
        }
        detect::forget(*self.id.get_mut());
    }
}
