//! Which pool is current on this thread, and which worker the thread is.
//!
//! **What the safety rests on:** the pointer in `pool` is set by [`enter`] only, for as long as the call of its closure
//! lasts, during which the pool is borrowed; before it returns or unwinds, the pointer that was there before is back.

use crate::core::{Core, next_home};
use crate::pool::Pool;
use crate::sync::thread_local;
use std::cell::Cell;
use std::ptr;

struct Context {
    /// The pool whose work this thread is doing, null for none.
    pool: Cell<*const Pool>,
    /// The core this thread works for as a worker, null for none: compared, never dereferenced.
    employer: Cell<*const Core>,
    /// It has gone home: it looks for no more work.
    retired: Cell<bool>,
    /// Which one.
    index: Cell<usize>,
    /// A number of its own, from 1; 0 is not yet given.
    home: Cell<usize>,
}

thread_local! {
    static CONTEXT: Context = const {
        Context {
            pool: Cell::new(ptr::null()),
            employer: Cell::new(ptr::null()),
            retired: Cell::new(false),
            index: Cell::new(0),
            home: Cell::new(0),
        }
    };
}

/// Runs `f` with `pool` as the current one.
pub(crate) fn enter<R>(pool: &Pool, f: impl FnOnce() -> R) -> R {
    struct Back(*const Pool);
    impl Drop for Back {
        fn drop(&mut self) {
            CONTEXT.with(|context| context.pool.set(self.0));
        }
    }
    let before = CONTEXT.with(|context| context.pool.replace(pool));
    let _back = Back(before);
    f()
}

/// Runs `f` with the current pool, the global one if none was entered.
pub(crate) fn with_current<R>(f: impl FnOnce(&Pool) -> R) -> R {
    let pool = CONTEXT.try_with(|context| context.pool.get()).unwrap_or(ptr::null());
    // SAFETY: not null, it was set by an `enter` that is still on this thread's stack, and which has borrowed the pool.
    f(unsafe { pool.as_ref() }.unwrap_or_else(|| Pool::global()))
}

/// Marks this thread as worker `index` of `core`, for the rest of its life.
pub(crate) fn become_worker(core: &Core, index: usize) {
    CONTEXT.with(|context| {
        context.employer.set(core);
        context.index.set(index);
    });
}

/// Says that this worker looks for no more work.
pub(crate) fn retire() {
    CONTEXT.with(|context| context.retired.set(true));
}

/// Whether this thread is a worker of `core` that will still look for work.
pub(crate) fn is_at_work_for(core: &Core) -> bool {
    worker_of(core).is_some() && CONTEXT.try_with(|context| !context.retired.get()).unwrap_or(false)
}

/// Which worker of `core` this thread is, if it is one.
pub(crate) fn worker_of(core: &Core) -> Option<usize> {
    let worker = |context: &Context| ptr::eq(context.employer.get(), core).then(|| context.index.get());
    CONTEXT.try_with(worker).ok().flatten()
}

/// Where this thread begins to search `slots` slots.
pub(crate) fn home(slots: usize) -> usize {
    let home = CONTEXT
        .try_with(|context| {
            if context.home.get() == 0 {
                context.home.set(next_home());
            }
            context.home.get()
        })
        .unwrap_or(0);
    if slots == 0 { 0 } else { home * 4 % slots }
}
