//! What this thread holds: a count always, names and source lines where somebody wants to know.

use crate::detect;
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

per_thread! {
    /// How many locks this thread holds.
    static COUNT: Cell<usize> = Cell::new(0);
}

per_thread! {
    /// Those of them that were taken while somebody wanted to know, oldest first.
    static LIST: RefCell<Vec<Held>> = RefCell::new(Vec::new());
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
        let _ = LIST.try_with(|list| list.borrow_mut().push(held));
    }
}

/// This thread gives a lock back.
#[inline]
pub(crate) fn pop(lock: impl FnOnce() -> Label) {
    let _ = COUNT.try_with(|count| count.set(count.get() - 1));
    if is_kept() {
        let id = lock().id;
        let _ = LIST.try_with(|list| {
            let mut list = list.borrow_mut();
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
    LIST.try_with(|list| list.borrow().clone()).unwrap_or_default()
}

/// As [`list`], without the copy.
pub(crate) fn with_list<R>(look: impl FnOnce(&[Held]) -> R) -> Option<R> {
    LIST.try_with(|list| look(&list.borrow())).ok()
}
