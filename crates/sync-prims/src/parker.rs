//! The bed of one sleeping thread: a word that says why it was woken, a mutex and a condition variable.
//!
//! Whoever queues up takes the parker of its thread and leaves a clone in the line. The waker takes the clone out and sets
//! the word *under the lock of the line* (that decides the outcome), and rings the condition variable after it has left
//! that lock (that costs a system call, and only if the word says that the thread sleeps). A sleeper that meanwhile looks
//! at the word may be gone, even be asleep elsewhere on the same parker, when the bell rings: it then wakes, finds its new
//! word unset and sleeps on.
//!
//! A task of an asynchronous program sleeps on a parker too (feature `async`): it leaves its waker there instead of sleeping on
//! the condition variable.
//!
//! Parkers are kept per thread, so that blocking allocates nothing after the first time.

use crate::sync::{AtomicU32, Condvar, Mutex, Ordering, planted, thread_local};
use crate::wait_policy::WaitPolicy;
use std::cell::Cell;
use std::ops::Deref;
use std::sync::Arc;
#[cfg(feature = "async")]
use std::task::Waker;
use std::time::Instant;

/// In the line, awake.
const WAITING: u32 = 0;
/// In the line, asleep or about to be.
const SLEEPING: u32 = 1;
/// In the line, a task.
#[cfg(feature = "async")]
const TASK: u32 = 2;
/// Out of the line: woken, and given what it waited for or told to look again.
pub(crate) const NOTIFIED: u32 = 3;
/// Out of the line: what it waited for will never come.
pub(crate) const CLOSED: u32 = 4;
/// Out of the line: somebody else has done what it waited to do.
pub(crate) const SERVED: u32 = 5;

/// Where one thread sleeps.
#[derive(Debug)]
pub(crate) struct Parker {
    /// | word       | the thread is            | next                                             |
    /// |------------|--------------------------|--------------------------------------------------|
    /// | `WAITING`  | in the line, awake       | `SLEEPING` by the thread itself, under `lock`    |
    /// | `SLEEPING` | in the line, asleep      | a reason, by a waker under the lock of the line  |
    /// | `TASK`     | a task in the line       | a reason, by a waker under the lock of the line  |
    /// | a reason   | out of the line          | `WAITING`, by the thread when it queues up again |
    word: AtomicU32,
    /// Held by the sleeper from its last look at `word` until it sleeps.
    lock: Mutex<()>,
    bell: Condvar,
    /// How to wake a task, once it has said so; `None` for threads.
    #[cfg(feature = "async")]
    task: Mutex<Option<Waker>>,
}

/// Who was woken, if it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Woken {
    /// A thread that is awake and will see it.
    Awake,
    /// A thread that has to be rung for.
    Asleep,
    #[cfg(feature = "async")]
    Task,
}

impl Parker {
    fn new() -> Self {
        Self {
            word: AtomicU32::new(WAITING),
            lock: Mutex::new(()),
            bell: Condvar::new(),
            #[cfg(feature = "async")]
            task: Mutex::new(None),
        }
    }

    /// The reason of the wake-up, if there was one.
    pub(crate) fn reason(&self) -> Option<u32> {
        let word = self.word.load(Ordering::Acquire);
        (word >= NOTIFIED).then_some(word)
    }

    /// Decides the stay: whoever calls this holds the lock of the line and has taken the clone out of it. Who is not awake has
    /// to be [rung](Self::ring) for.
    fn decide(&self, reason: u32) -> Woken {
        match self.word.swap(reason, Ordering::AcqRel) {
            SLEEPING => Woken::Asleep,
            #[cfg(feature = "async")]
            TASK => Woken::Task,
            _ => Woken::Awake,
        }
    }

    /// Wakes the thread or task. After [`decide`](Self::decide), outside all locks.
    fn ring(&self) {
        #[cfg(feature = "async")]
        if let Some(task) = self.swap_task(None) {
            return task.wake();
        }
        // A sleeper that looked before the word was set holds the lock until it sleeps: pass through it.
        if !planted("ring without passing the mutex") {
            drop(self.lock.lock());
        }
        self.bell.notify_one();
    }

    /// Sleeps until woken, and says why; `None` if `deadline` came first. Then look again under the lock of the line.
    pub(crate) fn sleep(&self, deadline: Option<Instant>) -> Option<u32> {
        let mut guard = self.lock.lock();
        // Fails if the reason is there already. The word stays `SLEEPING` after a timeout: who rings then rings in vain.
        let _ = self.word.compare_exchange(WAITING, SLEEPING, Ordering::Acquire, Ordering::Acquire);
        loop {
            if let Some(reason) = self.reason() {
                return Some(reason);
            }
            match deadline {
                None => self.bell.wait(&mut guard),
                Some(deadline) => {
                    if self.bell.wait_until(&mut guard, deadline).timed_out() {
                        return self.reason();
                    }
                }
            }
        }
    }

    /// Whether the task was woken; if not, `waker` is what will wake it.
    #[cfg(feature = "async")]
    pub(crate) fn is_woken(&self, waker: &Waker) -> bool {
        // Whoever decides the stay rings afterwards: either this look sees the reason, or the bell finds this waker. One that
        // rings for an earlier stay may take it too; then the task is polled and brings it again.
        if !planted("a task looks before it leaves its waker") {
            self.swap_task(Some(waker.clone()));
        }
        let woken = self.reason().is_some();
        if planted("a task looks before it leaves its waker") {
            self.swap_task(Some(waker.clone()));
        }
        woken
    }

    /// Changes the waker. The old one is out of the lock when it is used or dropped: both are somebody else's code, which may
    /// poll the task again.
    #[cfg(feature = "async")]
    fn swap_task(&self, waker: Option<Waker>) -> Option<Waker> {
        std::mem::replace(&mut *self.task.lock(), waker)
    }

    /// Polls as `policy` says, then [sleeps](Self::sleep).
    pub(crate) fn wait(&self, policy: WaitPolicy, deadline: Option<Instant>) -> Option<u32> {
        let mut polling = policy.start();
        loop {
            if let Some(reason) = self.reason() {
                return Some(reason);
            }
            if !polling.step() {
                return self.sleep(deadline);
            }
        }
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
    /// The thread's spare parker, or a new one, as good as new.
    pub(crate) fn take() -> Self {
        // Without thread-locals (the thread is ending) a fresh one does.
        let parker = SPARE.try_with(Cell::take).ok().flatten().unwrap_or_else(|| Arc::new(Parker::new()));
        let seat = Self(Some(parker));
        seat.reset();
        seat
    }

    /// For a task.
    #[cfg(feature = "async")]
    pub(crate) fn take_for_task() -> Self {
        let seat = Self::take();
        seat.word.store(TASK, Ordering::Relaxed);
        seat
    }

    /// As new, for a thread that queues up again. Not while a clone is in a line.
    pub(crate) fn reset(&self) {
        self.word.store(WAITING, Ordering::Relaxed);
    }

    /// What the line keeps.
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
        // The next user may be a thread, which has no waker.
        #[cfg(feature = "async")]
        if let Some(parker) = &parker {
            drop(parker.swap_task(None));
        }
        let _ = SPARE.try_with(|spare| spare.set(parker));
    }
}

const HELD: &str = "a seat holds its parker until dropped";

/// Threads whose wake-up is decided and that are still to be rung for, once the lock of the line is left. On the stack.
#[derive(Debug)]
pub(crate) struct Wakes {
    sleepers: [Option<Arc<Parker>>; Self::MOST],
    sleeping: usize,
    /// How many were decided, asleep or not.
    decided: usize,
    /// How many of them were threads, which are sure to go on at once.
    threads: usize,
}

impl Wakes {
    /// How many one pass through the lock may decide.
    const MOST: usize = 16;

    pub(crate) const fn new() -> Self {
        Self { sleepers: [const { None }; Self::MOST], sleeping: 0, decided: 0, threads: 0 }
    }

    /// Decides the stay of one that has just left the line. Under the lock of the line.
    pub(crate) fn add(&mut self, parker: Arc<Parker>, reason: u32) {
        self.decided += 1;
        let woken = parker.decide(reason);
        self.threads += usize::from(matches!(woken, Woken::Awake | Woken::Asleep));
        if woken != Woken::Awake {
            self.sleepers[self.sleeping] = Some(parker);
            self.sleeping += 1;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.decided
    }

    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    pub(crate) fn is_full(&self) -> bool {
        self.decided == Self::MOST
    }

    /// Wakes them all. Outside all locks.
    pub(crate) fn ring(self) {
        self.sleepers[..self.sleeping].iter().flatten().for_each(|parker| parker.ring());
    }
}
