//! The bed of one sleeping thread: a word that says why it was woken, a mutex and a condition variable.
//!
//! Whoever queues up takes the parker of its thread and leaves a clone in the queue. The waker sets the word *under the
//! lock of the queue* (that decides the outcome) and rings the condition variable after it has left that lock (that costs
//! a system call). A sleeper that meanwhile looks at the word may be gone, even be asleep elsewhere on the same parker, when
//! the bell rings: it then wakes, finds its new word unset and sleeps on.
//!
//! Parkers are kept per thread, so that blocking allocates nothing after the first time.

use crate::sync::{AtomicU32, Condvar, Mutex, Ordering, planted, thread_local};
use std::cell::Cell;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

/// The word of a thread that nobody has woken yet; every other value is a reason and means that it is out of the queue.
pub(crate) const WAITING: u32 = 0;

/// Where one thread sleeps.
#[derive(Debug)]
pub(crate) struct Parker {
    /// [`WAITING`], or the reason of the wake-up; set once per stay, under the lock of the queue that holds the clone.
    word: AtomicU32,
    /// Guards nothing but the moment between a sleeper's last look at `word` and its sleep.
    lock: Mutex<()>,
    bell: Condvar,
}

impl Parker {
    /// The reason of the wake-up, or [`WAITING`].
    pub(crate) fn word(&self) -> u32 {
        self.word.load(Ordering::Acquire)
    }

    /// Decides the stay: whoever calls this holds the lock of the queue and has taken the clone out of it.
    pub(crate) fn decide(&self, reason: u32) {
        self.word.store(reason, Ordering::Release);
    }

    /// Wakes the thread if it sleeps. After [`decide`](Self::decide), outside all locks.
    pub(crate) fn ring(&self) {
        // A sleeper that looked before the word was set holds the lock until it sleeps: pass through it.
        if !planted("ring without passing the mutex") {
            drop(self.lock.lock());
        }
        self.bell.notify_one();
    }

    /// Sleeps until woken, and says why.
    pub(crate) fn sleep(&self) -> u32 {
        let mut guard = self.lock.lock();
        loop {
            match self.word() {
                WAITING => self.bell.wait(&mut guard),
                reason => return reason,
            }
        }
    }

    /// Sleeps until woken or until `deadline`; [`WAITING`] if nobody came. Look again under the lock of the queue then.
    pub(crate) fn sleep_until(&self, deadline: Instant) -> u32 {
        let mut guard = self.lock.lock();
        loop {
            let word = self.word();
            if word != WAITING || self.bell.wait_until(&mut guard, deadline).timed_out() {
                return self.word();
            }
        }
    }

    /// Sleeps until woken or until `deadline`, `None` being no limit.
    pub(crate) fn sleep_until_some(&self, deadline: Option<Instant>) -> u32 {
        deadline.map_or_else(|| self.sleep(), |deadline| self.sleep_until(deadline))
    }
}

thread_local! {
    /// A parker that this thread may use next.
    #[allow(clippy::missing_const_for_thread_local, reason = "the model checkers' macros know no const initialiser")]
    static SPARE: Cell<Option<Arc<Parker>>> = Cell::new(None);
}

/// A parker in use by this thread; dropping it keeps the parker for the next time.
#[derive(Debug)]
pub(crate) struct Seat(Option<Arc<Parker>>);

impl Seat {
    /// The thread's spare parker, or a new one; its word is [`WAITING`].
    pub(crate) fn take() -> Self {
        // Without thread-locals (the thread is ending) a fresh one does.
        let parker = SPARE.try_with(Cell::take).ok().flatten().unwrap_or_else(|| {
            Arc::new(Parker { word: AtomicU32::new(WAITING), lock: Mutex::new(()), bell: Condvar::new() })
        });
        parker.word.store(WAITING, Ordering::Relaxed);
        Self(Some(parker))
    }

    /// What the queue keeps.
    pub(crate) fn parker(&self) -> Arc<Parker> {
        Arc::clone(self.0.as_ref().expect(HELD))
    }
}

impl Deref for Seat {
    type Target = Parker;
    fn deref(&self) -> &Parker {
        self.0.as_ref().expect(HELD)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let parker = self.0.take();
        let _ = SPARE.try_with(|spare| spare.set(parker));
    }
}

const HELD: &str = "a seat holds its parker until dropped";
