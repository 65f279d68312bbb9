//! A counter of permits that threads wait for.
//!
//! One word holds the free permits and two flags, and as long as nobody waits it is all there is: to acquire is one
//! compare-and-swap, to release is one add. Whoever finds too few permits takes the lock, *sets `QUEUED` in the same word*
//! by a compare-and-swap that fails if a release came in between, and queues up. From then on a release finds the flag in
//! what its add returns, takes the lock and serves the line. There is no store-load race to fence off, because permits and
//! flag are one word, and a release without waiters needs no system call.
//!
//! ```text
//! acquire(n):  word has no flag and >= n permits?  take them                        (fast path)
//!              lock; queue empty and >= n permits? take them
//!                    else set QUEUED, queue up;  unlock; poll, then sleep until served
//! release(n):  add n permits; QUEUED was set?  lock; serve; unlock; wake            (fast path: not set)
//! serve:       while the first in line wants no more than there is: take it for him, he leaves the line
//!              line empty? clear QUEUED
//! ```
//!
//! *First in, first out*: while `QUEUED` is set nobody takes the fast path, and permits are handed to the first in line
//! under the lock, so that a thread that arrives later cannot overtake a sleeper on its way up. *Barging*: `QUEUED` does
//! not shut the fast path and those in line are only told to look again, so a running thread goes on at once and a
//! sleeper may find that it woke in vain (it then queues up in its old place).
//!
//! Sources: E. W. Dijkstra, *Cooperating sequential processes* (P and V); the packed word is glibc's `sem_t`, the hand-off
//! to the head of the line tokio's and Java's fair semaphore.

use crate::line::Line;
use crate::parker::{CLOSED, Wakes};
use crate::sync::{AtomicUsize, Mutex, Ordering, back_off, const_fn};
use crate::wait_policy::WaitPolicy;
use std::fmt;
use std::time::Instant;

mod acquire;
mod error;
mod permit;
mod waiting;

pub use error::{AcquireTimeoutError, Closed, TooManyPermits, TryAcquireError};
pub use permit::{OwnedPermit, Permit};

/// Who gets a permit that becomes free while threads wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fairness {
    /// The one that waits longest, always; a large request at the head holds up smaller ones behind it, so it cannot
    /// starve.
    #[default]
    Fifo,
    /// Whoever comes first, a running thread rather than a sleeping one: more throughput where permits are held for
    /// shorter than a wake-up takes, at the price that a waiter can be overtaken any number of times.
    Barging,
}

/// A counting semaphore that blocks: fair or barging, with timeouts, many permits at once, and close.
///
/// ```
/// use sync_prims::Semaphore;
/// let three_at_once = Semaphore::new(3);
/// std::thread::scope(|s| {
///     for _ in 0..10 {
///         s.spawn(|| {
///             let _permit = three_at_once.acquire().unwrap();
///             // ... at most three threads are here ...
///         }); // the permit is given back when it is dropped, also by a panic
///     }
/// });
/// assert_eq!(three_at_once.available_permits(), 3);
/// ```
///
/// # Fairness
/// [`Fairness::Fifo`] unless made [`with_fairness`](Self::with_fairness). The order of arrival is the order in which threads
/// enter the line, after a few microseconds of polling if the line was empty. `try_acquire` never overtakes a line.
///
/// # Timeouts
/// Each call has one absolute deadline. A timeout of zero is a try. `Duration::MAX` is no limit. A permit that is granted
/// in the moment of the deadline is kept: the call then succeeds. Who times out lets those behind it move up.
///
/// # Closing
/// After [`close`](Self::close) nobody gets a permit and everybody who waits is woken with [`Closed`]; permits held stay
/// valid and can be given back.
///
/// # Memory ordering
/// Giving permits back (or [adding](Self::add_permits) them) happens before the acquire that gets them.
///
/// # Differences
/// std has no semaphore. From tokio's: blocks threads, not tasks, with timeouts and deadlines, and barging on request. From
/// C++20's and POSIX's: permits are guards, there is an order among waiters, and adding too many is an error.
pub struct Semaphore {
    /// Free permits times [`ONE`], plus [`CLOSED_BIT`] and [`QUEUED`].
    ///
    /// | bit        | set                                       | cleared                                          |
    /// |------------|-------------------------------------------|--------------------------------------------------|
    /// | `CLOSED`   | by `close`, for good                      | never                                            |
    /// | `QUEUED`   | under `line`, with the first to queue up  | under `line`, when the last has left it          |
    ///
    /// Permits go up at any time; down on the fast path if no flag forbids it, else under `line`, or by `forget_permits`.
    word: AtomicUsize,
    /// The flags that shut the fast path: `CLOSED`, and `QUEUED` where nobody may overtake.
    shut: usize,
    fairness: Fairness,
    policy: WaitPolicy,
    /// Those who wait, each with how many permits it wants.
    line: Mutex<Line<usize>>,
}

const CLOSED_BIT: usize = 1;
const QUEUED: usize = 2;
/// One permit in `word`.
const ONE: usize = 4;
/// Set in `word` when there are more than [`Semaphore::MAX_PERMITS`].
const TOO_MANY: usize = 1 << (usize::BITS - 1);

impl Semaphore {
    /// The most permits that can be free at a time.
    pub const MAX_PERMITS: usize = usize::MAX >> 3;

    const_fn! {
        /// With `permits` free, served first in, first out.
        ///
        /// # Panics
        /// If there are more than [`MAX_PERMITS`](Self::MAX_PERMITS).
        #[track_caller]
        pub const fn new(permits: usize) -> Self {
            Self::with_fairness(permits, Fairness::Fifo)
        }
    }

    const_fn! {
        /// With `permits` free, served as `fairness` says.
        ///
        /// # Panics
        /// If there are more than [`MAX_PERMITS`](Self::MAX_PERMITS).
        #[track_caller]
        pub const fn with_fairness(permits: usize, fairness: Fairness) -> Self {
            Self::with_policy(permits, fairness, WaitPolicy::new())
        }
    }

    const_fn! {
        /// As [`with_fairness`](Self::with_fairness), and waiting as `policy` says.
        ///
        /// # Panics
        /// If there are more than [`MAX_PERMITS`](Self::MAX_PERMITS).
        #[track_caller]
        pub const fn with_policy(permits: usize, fairness: Fairness, policy: WaitPolicy) -> Self {
            assert!(permits <= Self::MAX_PERMITS, "a semaphore holds at most Semaphore::MAX_PERMITS permits");
            let shut = match fairness {
                Fairness::Fifo => CLOSED_BIT | QUEUED,
                Fairness::Barging => CLOSED_BIT,
            };
            Self { word: AtomicUsize::new(permits * ONE), shut, fairness, policy, line: Mutex::new(Line::new()) }
        }
    }

    /// Adds `n` permits for good and serves those who wait for them.
    ///
    /// # Panics
    /// If more than [`MAX_PERMITS`](Self::MAX_PERMITS) would be free. No permit is added then.
    #[track_caller]
    pub fn add_permits(&self, n: usize) {
        if let Err(error) = self.try_add_permits(n) {
            panic!("{error}");
        }
    }

    /// Adds `n` permits for good and serves those who wait for them.
    ///
    /// # Errors
    /// [`TooManyPermits`] if more than [`MAX_PERMITS`](Self::MAX_PERMITS) would be free. No permit is added then.
    pub fn try_add_permits(&self, n: usize) -> Result<(), TooManyPermits> {
        let added = self.word.fetch_update(Ordering::Release, Ordering::Relaxed, |word| {
            let permits = (word / ONE).checked_add(n).filter(|&permits| permits <= Self::MAX_PERMITS)?;
            Some(permits * ONE + word % ONE)
        });
        let before = added.map_err(|_| TooManyPermits::new(n))?;
        if before & QUEUED != 0 && n > 0 {
            self.serve(self.line.lock());
        }
        Ok(())
    }

    /// Takes up to `n` free permits out of circulation for good; says how many. Permits that are held are not touched.
    pub fn forget_permits(&self, n: usize) -> usize {
        let taken = self.word.fetch_update(Ordering::Acquire, Ordering::Relaxed, |word| {
            let forgotten = n.min(word / ONE);
            (forgotten > 0).then(|| word - forgotten * ONE)
        });
        taken.map_or(0, |before| n.min(before / ONE))
    }

    /// Takes all free permits out of circulation for good; says how many.
    pub fn drain_permits(&self) -> usize {
        self.forget_permits(usize::MAX)
    }

    /// No permit is given out any more, and all who wait are woken with [`Closed`]. Permits held stay valid.
    pub fn close(&self) {
        self.word.fetch_or(CLOSED_BIT, Ordering::AcqRel);
        let mut more = true;
        while more {
            let mut wakes = Wakes::new();
            let mut line = self.line.lock();
            while !wakes.is_full()
                && let Some(parker) = line.leave()
            {
                wakes.add(parker, CLOSED);
            }
            more = wakes.is_full();
            self.leave(line);
            wakes.ring();
        }
    }

    /// Whether [`close`](Self::close) has been called.
    pub fn is_closed(&self) -> bool {
        self.word.load(Ordering::Acquire) & CLOSED_BIT != 0
    }

    /// Permits free now: a snapshot.
    pub fn available_permits(&self) -> usize {
        self.word.load(Ordering::Acquire) / ONE
    }

    /// Threads in line now: a snapshot.
    pub fn waiters(&self) -> usize {
        self.line.lock().len()
    }

    /// Who is served first.
    pub fn fairness(&self) -> Fairness {
        self.fairness
    }

    /// The fast path.
    #[inline]
    fn try_take(&self, n: usize) -> Result<(), TryAcquireError> {
        self.try_take_unless(self.shut, n)
    }

    /// Takes `n` permits out of the word unless it has one of the flags `shut`.
    #[inline]
    fn try_take_unless(&self, shut: usize, n: usize) -> Result<(), TryAcquireError> {
        let want = n * ONE;
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            // The flags are less than one permit, so the comparison does not see them.
            if word & shut != 0 || word < want {
                return refusal(word, n);
            }
            match self.word.compare_exchange_weak(word, word - want, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => {
                    back_off();
                    word = now; // as likely as any: permits go up and down
                }
            }
        }
    }

    #[inline]
    #[track_caller]
    fn take(&self, n: usize) -> Result<(), Closed> {
        self.take_until(n, || None).map_err(|_| Closed::new()) // without a deadline nothing times out
    }

    /// The clock behind `deadline` is only asked when the fast path fails.
    #[inline]
    #[track_caller]
    fn take_until(&self, n: usize, deadline: impl FnOnce() -> Option<Instant>) -> Result<(), AcquireTimeoutError> {
        check(n);
        match self.try_take(n) {
            Ok(()) => Ok(()),
            Err(TryAcquireError::Closed) => Err(AcquireTimeoutError::Closed),
            Err(TryAcquireError::NoPermits) => self.take_slowly(n, deadline()),
        }
    }

    /// Gives `n` permits back.
    #[inline]
    fn release(&self, n: usize) {
        let after = self.word.fetch_add(n * ONE, Ordering::Release).wrapping_add(n * ONE);
        if after & (QUEUED | TOO_MANY) != 0 {
            self.released(after);
        }
    }
}

/// Why the word does not give `n` permits; none are always there until the end.
#[cold]
fn refusal(word: usize, n: usize) -> Result<(), TryAcquireError> {
    match word & CLOSED_BIT != 0 {
        true => Err(TryAcquireError::Closed),
        false if n == 0 => Ok(()),
        false => Err(TryAcquireError::NoPermits),
    }
}

#[inline]
#[track_caller]
fn check(n: usize) {
    assert!(
        n <= Semaphore::MAX_PERMITS,
        "a semaphore never has more than Semaphore::MAX_PERMITS permits, {n} were asked for"
    );
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("available_permits", &self.available_permits())
            .field("waiters", &self.waiters())
            .field("closed", &self.is_closed())
            .field("fairness", &self.fairness)
            .finish()
    }
}
