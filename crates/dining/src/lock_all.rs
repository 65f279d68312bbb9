//! Several locks at once.

use crate::gate::TimedOut;
use crate::lock::{Guard, Lock, take, try_take};
use crate::set::Set;
use std::time::{Duration, Instant};

/// Locks that can be taken together: tuples of up to eight `&Lock`, with values of different types, and arrays, slices and vectors of
/// `&Lock`. Not meant to be implemented elsewhere.
pub trait LockGroup<'a> {
    /// A guard for each lock, in the same shape and order; a `Vec` for slices and vectors.
    type Guard;

    #[doc(hidden)]
    fn numbers(&self) -> Vec<usize>;

    /// After the numbers have been granted.
    #[doc(hidden)]
    fn guards(self) -> Self::Guard;
}

/// Takes all locks of a set at once, waiting until all are free. No order has to be kept, and duplicates are fine: all of it is
/// taken or nothing, so nobody holds one lock while waiting for the next.
///
/// ```
/// use dining::{Lock, lock_all};
///
/// let (from, to) = (Lock::new(70), Lock::new(30));
/// let (mut a, mut b) = lock_all((&from, &to));
/// *a -= 20;
/// *b += 20;
/// # assert_eq!((*a, *b), (50, 50));
/// ```
///
/// # Panics
/// In debug builds, if it would wait while this thread holds another [`Lock`]: that can deadlock. Take all in one call.
///
/// # Blocking
/// Until all are free. A waiter is overtaken at most 16 times by calls that conflict with it; then the whole set is reserved, oldest
/// first.
///
/// # Complexity
/// O(k log k) for k locks; every guard unlocks by itself.
#[track_caller]
pub fn lock_all<'a, S: LockGroup<'a>>(set: S) -> S::Guard {
    let nested = |held: &[usize]| {
        assert!(
            !cfg!(debug_assertions) || held.is_empty(),
            "this thread holds a lock and is about to wait for a set, which can deadlock; take all of them in one lock_all"
        );
    };
    take(&Set::new(&set.numbers()), None, nested)
        .unwrap_or_else(|_| unreachable!("without a deadline the time is never up"));
    set.guards()
}

/// As [`lock_all`], or `None` if it would have to wait.
pub fn try_lock_all<'a, S: LockGroup<'a>>(set: S) -> Option<S::Guard> {
    try_take(&Set::new(&set.numbers())).then(|| set.guards())
}

/// As [`lock_all`], for a limited time. Whoever gives up leaves nothing behind.
///
/// # Errors
/// [`TimedOut`] if it takes longer than `timeout`; `Duration::MAX` means no limit.
#[track_caller]
pub fn lock_all_timeout<'a, S: LockGroup<'a>>(set: S, timeout: Duration) -> Result<S::Guard, TimedOut> {
    take(&Set::new(&set.numbers()), Instant::now().checked_add(timeout), |_| ())?;
    Ok(set.guards())
}

impl<'a, T, const N: usize> LockGroup<'a> for [&'a Lock<T>; N] {
    type Guard = [Guard<'a, T>; N];

    fn numbers(&self) -> Vec<usize> {
        self.iter().map(|lock| lock.number()).collect()
    }

    fn guards(self) -> Self::Guard {
        self.map(Lock::guard)
    }
}

impl<'a, T> LockGroup<'a> for &[&'a Lock<T>] {
    type Guard = Vec<Guard<'a, T>>;

    fn numbers(&self) -> Vec<usize> {
        self.iter().map(|lock| lock.number()).collect()
    }

    fn guards(self) -> Self::Guard {
        self.iter().map(|lock| lock.guard()).collect()
    }
}

impl<'a, T> LockGroup<'a> for &Vec<&'a Lock<T>> {
    type Guard = Vec<Guard<'a, T>>;

    fn numbers(&self) -> Vec<usize> {
        self.as_slice().numbers()
    }

    fn guards(self) -> Self::Guard {
        self.as_slice().guards()
    }
}

impl<'a, T> LockGroup<'a> for Vec<&'a Lock<T>> {
    type Guard = Vec<Guard<'a, T>>;

    fn numbers(&self) -> Vec<usize> {
        self.as_slice().numbers()
    }

    fn guards(self) -> Self::Guard {
        self.as_slice().guards()
    }
}

macro_rules! tuples {
    ($(($($T:ident $i:tt),+))+) => {$(
        impl<'a, $($T),+> LockGroup<'a> for ($(&'a Lock<$T>,)+) {
            type Guard = ($(Guard<'a, $T>,)+);

            fn numbers(&self) -> Vec<usize> {
                vec![$(self.$i.number()),+]
            }

            fn guards(self) -> Self::Guard {
                ($(self.$i.guard(),)+)
            }
        }
    )+};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
