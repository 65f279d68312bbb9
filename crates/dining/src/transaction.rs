//! Locks whose set is not known in advance.

use crate::lock::desk::Age;
pub use crate::lock::desk::Wounded;
use crate::lock::{Guard, Lock};
use crate::sync::per_thread;
use std::cell::Cell;
use std::panic::Location;

per_thread! {
    /// Whether this thread is in a transaction.
    static UNDER_WAY: Cell<bool> = Cell::new(false);
}

/// A transaction under way; see [`transaction`].
#[derive(Debug)]
pub struct Tx {
    age: Age,
    attempts: u64,
}

/// Runs `f`, which takes locks one after the other through its [`Tx`] in whatever order it finds out that it needs them. Nothing
/// deadlocks: where two transactions want each other's locks, the younger one lets go of all it has and begins again.
///
/// `f` may thus run several times. Take the locks first and change values when all are there: what was changed before a
/// [`Wounded`] stays changed. A transaction keeps its age over all attempts, so it becomes the oldest in time and gets through.
///
/// ```
/// use dining::{Lock, transaction};
///
/// // Each entry says where the next is: the set is known only after the walk.
/// let list = [Lock::new(2), Lock::new(0), Lock::new(1)];
/// let visited = transaction(|tx| {
///     let first = tx.lock(&list[0])?;
///     let second = tx.lock(&list[*first])?;
///     let third = tx.lock(&list[*second])?;
///     Ok([*first, *second, *third])
/// });
/// assert_eq!(visited, [2, 1, 0]);
/// ```
///
/// # Panics
/// Inside another transaction of the same thread: pass the outer [`Tx`] on. A panic of `f` is passed on; all locks are given back.
///
/// # Blocking
/// Until `f` has had all it asked for. Locks of other owners are waited for; who takes them without a transaction
/// ([`Lock::lock`], [`lock_all`](crate::lock_all)) cannot be wounded, so the usual rules hold towards those: whoever is
/// in a transaction takes everything through it.
///
/// # Complexity
/// Every lock taken in a transaction is looked after at one short lock of the process, so where the set is known,
/// [`lock_all`](crate::lock_all) is cheaper.
///
/// Source: Rosenkrantz, Stearns and Lewis, "System level concurrency control for distributed database systems" (1978), wound-wait.
#[track_caller]
pub fn transaction<R>(mut f: impl FnMut(&mut Tx) -> Result<R, Wounded>) -> R {
    let _once = Once::new();
    let mut tx = Tx { age: Age::new(), attempts: 1 };
    loop {
        match f(&mut tx) {
            Ok(result) => return result,
            // All guards are gone: they cannot outlive the attempt.
            Err(Wounded { .. }) => tx.age.begin_again(),
        }
        tx.attempts += 1;
    }
}

impl Tx {
    /// Takes a lock, waiting for it if need be.
    ///
    /// # Errors
    /// [`Wounded`] if an older transaction wants something this one holds: return it, and all begins again.
    ///
    /// # Panics
    /// If this transaction holds the lock already.
    #[track_caller]
    pub fn lock<'t, T>(&'t self, lock: &'t Lock<T>) -> Result<Guard<'t, T>, Wounded> {
        lock.lock_for(&self.age, Location::caller())
    }

    /// How many times `f` has begun, this time included.
    pub fn attempts(&self) -> u64 {
        self.attempts
    }
}

/// Refuses a transaction within another: the locks of the outer one could not be let go.
struct Once;

impl Once {
    #[track_caller]
    fn new() -> Self {
        let within = UNDER_WAY.with(|under_way| under_way.replace(true));
        assert!(!within, "a transaction inside a transaction: use the outer one's `Tx`");
        Self
    }
}

impl Drop for Once {
    fn drop(&mut self) {
        let _ = UNDER_WAY.try_with(|under_way| under_way.set(false));
    }
}
