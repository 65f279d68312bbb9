//! Several locks at once.

use crate::gate::TimedOut;
use crate::held;
use crate::lock::core::Core;
use crate::lock::{Granted, Guard, Lock, take, try_take};
use std::panic::Location;
use std::time::{Duration, Instant};

/// Locks that can be taken together: tuples of up to eight `&Lock`, with values of different types, and arrays, slices and vectors of
/// `&Lock`. Not meant to be implemented elsewhere.
pub trait LockGroup<'a>: sealed::Sealed {
    /// A guard for each lock, in the same shape and order; a `Vec` for slices and vectors.
    type Guard;

    /// Shows each lock, in order, until `f` gives `false`; gives `false` if it did.
    #[doc(hidden)]
    fn each(&self, f: &mut impl FnMut(&'a Core) -> bool) -> bool;

    /// After all have been granted.
    #[doc(hidden)]
    fn guards(self, granted: Granted) -> Self::Guard;
}

/// That a set shows exactly the locks that it makes guards of is what [`Lock`]'s safety rests on, so nobody else implements it.
mod sealed {
    #[allow(unnameable_types, reason = "that is the point")]
    pub trait Sealed {}
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
/// Until all are free. A waiter is overtaken at most 16 times by conflicting calls of threads that hold nothing; then the whole set is
/// reserved, oldest first. Calls of threads that hold another lock are not counted and pass reservations: a circle could close.
///
/// # Complexity
/// O(k log k) for k locks; every guard unlocks by itself.
#[inline]
#[track_caller]
pub fn lock_all<'a, S: LockGroup<'a>>(set: S) -> S::Guard {
    let at = Location::caller();
    let granted = take(&set, None, object_to_nesting, at);
    set.guards(granted.unwrap_or_else(|_| unreachable!("without a deadline the time is never up")))
}

#[track_caller]
fn object_to_nesting() {
    assert!(
        held::count() == 0,
        "this thread holds a lock and is about to wait for a set, which can deadlock; take all of them in one lock_all"
    );
}

/// As [`lock_all`], or `None` if it would have to wait. Two such calls that meet at the same moment may both give `None`.
#[inline]
#[track_caller]
pub fn try_lock_all<'a, S: LockGroup<'a>>(set: S) -> Option<S::Guard> {
    let granted = try_take(&set, Location::caller())?;
    Some(set.guards(granted))
}

/// As [`lock_all`], for a limited time. Whoever gives up leaves nothing behind.
///
/// # Errors
/// [`TimedOut`] if it takes longer than `timeout`; `Duration::MAX` means no limit.
#[track_caller]
pub fn lock_all_timeout<'a, S: LockGroup<'a>>(set: S, timeout: Duration) -> Result<S::Guard, TimedOut> {
    let at = Location::caller();
    let granted = take(&set, Instant::now().checked_add(timeout), object_to_nesting, at)?;
    Ok(set.guards(granted))
}

impl<T, const N: usize> sealed::Sealed for [&Lock<T>; N] {}

impl<'a, T, const N: usize> LockGroup<'a> for [&'a Lock<T>; N] {
    type Guard = [Guard<'a, T>; N];

    #[inline]
    fn each(&self, f: &mut impl FnMut(&'a Core) -> bool) -> bool {
        self.iter().all(|lock| f(lock.core()))
    }

    #[inline]
    fn guards(self, granted: Granted) -> Self::Guard {
        self.map(|lock| lock.guard(granted))
    }
}

impl<T> sealed::Sealed for &[&Lock<T>] {}

impl<'a, T> LockGroup<'a> for &[&'a Lock<T>] {
    type Guard = Vec<Guard<'a, T>>;

    #[inline]
    fn each(&self, f: &mut impl FnMut(&'a Core) -> bool) -> bool {
        self.iter().all(|lock| f(lock.core()))
    }

    #[inline]
    fn guards(self, granted: Granted) -> Self::Guard {
        self.iter().map(|lock| lock.guard(granted)).collect()
    }
}

impl<T> sealed::Sealed for &Vec<&Lock<T>> {}

impl<'a, T> LockGroup<'a> for &Vec<&'a Lock<T>> {
    type Guard = Vec<Guard<'a, T>>;

    #[inline]
    fn each(&self, f: &mut impl FnMut(&'a Core) -> bool) -> bool {
        self.as_slice().each(f)
    }

    #[inline]
    fn guards(self, granted: Granted) -> Self::Guard {
        self.as_slice().guards(granted)
    }
}

impl<T> sealed::Sealed for Vec<&Lock<T>> {}

impl<'a, T> LockGroup<'a> for Vec<&'a Lock<T>> {
    type Guard = Vec<Guard<'a, T>>;

    #[inline]
    fn each(&self, f: &mut impl FnMut(&'a Core) -> bool) -> bool {
        self.as_slice().each(f)
    }

    #[inline]
    fn guards(self, granted: Granted) -> Self::Guard {
        self.as_slice().guards(granted)
    }
}

macro_rules! tuples {
    ($(($($T:ident $i:tt),+))+) => {$(
        impl<$($T),+> sealed::Sealed for ($(&Lock<$T>,)+) {}

        impl<'a, $($T),+> LockGroup<'a> for ($(&'a Lock<$T>,)+) {
            type Guard = ($(Guard<'a, $T>,)+);

            #[inline]
            fn each(&self, f: &mut impl FnMut(&'a Core) -> bool) -> bool {
                $(f(self.$i.core()))&&+
            }

            #[inline]
            fn guards(self, granted: Granted) -> Self::Guard {
                ($(self.$i.guard(granted),)+)
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
