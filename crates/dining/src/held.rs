//! What this thread holds: a count always, names and source lines where somebody wants to know.

use crate::detect::{self, Memory};
use crate::sync::per_thread;
use std::cell::{Cell, RefCell};
use std::panic::Location;

/// Who a lock is in reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) id: u64,
    pub(crate) name: Option<&'static str>,
}

/// A lock and the line that took it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) lock: Label,
    pub(crate) at: &'static Location<'static>,
}

/// How many locks a thread can hold without a list on the heap.
const AT_HAND: usize = 8;

type Rest = (Option<&'static str>, &'static Location<'static>);

const NOTHING: Rest = (None, Location::caller());

/// What a thread holds. It needs no destructor, which makes it half as dear to get at.
struct Hands {
    /// How many locks.
    count: Cell<usize>,
    /// How many of them are on the list: those that were taken while somebody wanted to know.
    listed: Cell<usize>,
    /// The list, oldest first, ids and the rest apart, so that comparing ids reads no more than was written at once; what has no
    /// place here is in `MORE`.
    ids: [Cell<u64>; AT_HAND],
    rest: [Cell<Rest>; AT_HAND],
}

impl Hands {
    #[inline]
    fn put(&self, place: usize, held: Held) {
        self.ids[place].set(held.lock.id);
        self.rest[place].set((held.lock.name, held.at));
    }

    fn get(&self, place: usize) -> Held {
        let (name, at) = self.rest[place].get();
        Held { lock: Label { id: self.ids[place].get(), name }, at }
    }
}

per_thread! {
    static HANDS: Hands = Hands {
        count: Cell::new(0),
        listed: Cell::new(0),
        ids: [const { Cell::new(0) }; AT_HAND],
        rest: [const { Cell::new(NOTHING) }; AT_HAND],
    };
}

per_thread! {
    static MORE: RefCell<Vec<Held>> = RefCell::new(Vec::new());
}

per_thread! {
    /// Which orders this thread has looked at.
    static MEMORY: RefCell<Memory> = RefCell::new(Memory::new());
}

/// Whether the list is kept: in debug builds, for the check against nested waits, and while [`detect`] is installed.
#[inline]
fn is_kept() -> bool {
    cfg!(debug_assertions) || detect::was_installed()
}

/// This thread has taken a lock.
#[inline]
pub(crate) fn push(lock: impl FnOnce() -> Label, at: &'static Location<'static>) {
    let _ = HANDS.try_with(|hands| {
        hands.count.set(hands.count.get() + 1);
        if is_kept() {
            let (held, listed) = (Held { lock: lock(), at }, hands.listed.get());
            hands.listed.set(listed + 1);
            if listed < AT_HAND {
                hands.put(listed, held);
            } else {
                push_more(held);
            }
        }
    });
}

#[cold]
fn push_more(held: Held) {
    // Fails only while the thread ends; what it takes then is in no report.
    let _ = MORE.try_with(|more| more.borrow_mut().push(held));
}

/// This thread gives a lock back.
#[inline]
pub(crate) fn pop(lock: impl FnOnce() -> Label) {
    let _ = HANDS.try_with(|hands| {
        hands.count.set(hands.count.get() - 1);
        if is_kept() {
            let (id, listed) = (lock().id, hands.listed.get());
            match hands.ids.get(listed.wrapping_sub(1)) {
                Some(last) if last.get() == id => hands.listed.set(listed - 1),
                _ => remove(hands, id),
            }
        }
    });
}

/// Takes it out wherever it is; it may not be there, if it was taken while nobody wanted to know.
#[cold]
fn remove(hands: &Hands, id: u64) {
    let mut list = copy(hands);
    list.retain(|held| held.lock.id != id);
    hands.listed.set(list.len());
    let more = list.split_off(list.len().min(AT_HAND));
    list.into_iter().enumerate().for_each(|(place, held)| hands.put(place, held));
    let _ = MORE.try_with(|old| *old.borrow_mut() = more);
}

fn copy(hands: &Hands) -> Vec<Held> {
    let at_hand = (0..hands.listed.get().min(AT_HAND)).map(|place| hands.get(place));
    let more = MORE.try_with(|more| more.borrow().clone()).unwrap_or_default();
    at_hand.chain(more).collect()
}

/// How many locks this thread holds.
#[inline]
pub(crate) fn count() -> usize {
    HANDS.try_with(|hands| hands.count.get()).unwrap_or(0)
}

/// What this thread holds, as far as it was written down.
pub(crate) fn list() -> Vec<Held> {
    HANDS.try_with(copy).unwrap_or_default()
}

/// Whether it is on the list.
pub(crate) fn is_listed(id: u64) -> bool {
    list().iter().any(|held| held.lock.id == id)
}

/// A hash of what is held that begins with `seed`, and the memory of orders, unless nothing is on the list.
#[inline]
pub(crate) fn with_memory(seed: u64, look: impl FnOnce(u64, &mut Memory) -> bool) -> bool {
    let hash = |hands: &Hands| {
        let listed = hands.listed.get();
        let at_hand = hands.ids.iter().take(listed).fold(seed, |hash, id| Memory::mix(hash, id.get()));
        if listed <= AT_HAND {
            return (listed > 0).then_some(at_hand);
        }
        let more = |more: &RefCell<Vec<Held>>| {
            more.borrow().iter().fold(at_hand, |hash, held| Memory::mix(hash, held.lock.id))
        };
        MORE.try_with(more).ok()
    };
    let Some(hash) = HANDS.try_with(hash).ok().flatten() else { return false };
    MEMORY.try_with(|memory| look(hash, &mut memory.borrow_mut())).unwrap_or(false)
}
