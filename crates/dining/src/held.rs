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

/// What is written down of a thread.
struct Hands {
    /// The locks that it holds, oldest first, of those that were taken while somebody wanted to know.
    list: Vec<Held>,
    /// Which orders it has looked at.
    memory: Memory,
}

impl Hands {
    const fn new() -> Self {
        Self { list: Vec::new(), memory: Memory::new() }
    }
}

per_thread! {
    /// How many locks this thread holds.
    static COUNT: Cell<usize> = Cell::new(0);
}

per_thread! {
    static HANDS: RefCell<Hands> = RefCell::new(Hands::new());
}

/// Whether the list is kept: in debug builds, for the check against nested waits, and while [`detect`] is installed.
#[inline]
fn is_kept() -> bool {
    cfg!(debug_assertions) || detect::was_installed()
}

/// This thread has taken a lock.
#[inline]
pub(crate) fn push(lock: impl FnOnce() -> Label, at: &'static Location<'static>) {
    COUNT.with(|count| count.set(count.get() + 1));
    if is_kept() {
        let held = Held { lock: lock(), at };
        // Fails only while the thread ends; what it takes then is in no report.
        let _ = HANDS.try_with(|hands| hands.borrow_mut().list.push(held));
    }
}

/// This thread gives a lock back.
#[inline]
pub(crate) fn pop(lock: impl FnOnce() -> Label) {
    let _ = COUNT.try_with(|count| count.set(count.get() - 1));
    if is_kept() {
        let id = lock().id;
        let _ = HANDS.try_with(|hands| {
            let list = &mut hands.borrow_mut().list;
            match list.last() {
                Some(held) if held.lock.id == id => drop(list.pop()),
                _ => list.retain(|held| held.lock.id != id),
            }
        });
    }
}

/// How many locks this thread holds.
#[inline]
pub(crate) fn count() -> usize {
    COUNT.try_with(Cell::get).unwrap_or(0)
}

/// What this thread holds, as far as it was written down.
pub(crate) fn list() -> Vec<Held> {
    HANDS.try_with(|hands| hands.borrow().list.clone()).unwrap_or_default()
}

/// Whether it is on the list.
pub(crate) fn is_listed(id: u64) -> bool {
    HANDS.try_with(|hands| hands.borrow().list.iter().any(|held| held.lock.id == id)).unwrap_or(false)
}

/// What is held and the memory of orders, unless nothing is on the list.
#[inline]
pub(crate) fn with_memory(look: impl FnOnce(&[Held], &mut Memory) -> bool) -> bool {
    let look = |hands: &RefCell<Hands>| {
        let Hands { list, memory } = &mut *hands.borrow_mut();
        !list.is_empty() && look(list, memory)
    };
    HANDS.try_with(look).unwrap_or(false)
}
