//! A value behind a lock that can be taken together with others.

mod cell;
pub(crate) mod core;
pub(crate) mod desk;

use self::cell::{Cell, Lent};
use self::core::Core;
use self::desk::{Age, Request, Wounded};
use crate::detect;
use crate::gate::TimedOut;
use crate::held;
use crate::lock_all::LockGroup;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::time::Instant;

/// A value that one thread at a time may use, alone or together with others through [`lock_all`](crate::lock_all), or in a
/// [`transaction`](crate::transaction) where the set is not known beforehand.
///
/// Nobody is overtaken more than 16 times by threads that hold no other lock (whoever holds one passes, or a circle could close). A thread that waits *while holding* another lock takes part in the usual
/// rules: keep an order among such locks, or take them together. [`detect`](crate::detect) watches both.
///
/// A free lock is taken and given back by its own word alone. Those who have to wait meet under one short lock of the process, so this is
/// a lock for sets, not for the hottest counter.
pub struct Lock<T> {
    core: Core,
    /// Lent to whoever `core` has been granted to, and to nobody else.
    value: Cell<T>,
}

/// Access to the value of a [`Lock`]. Dropping it unlocks.
///
/// If a set names a lock twice, the guard at its first position has the value; the others are *twins*, and using one panics.
#[must_use = "the lock is released as soon as it is dropped"]
pub struct Guard<'a, T> {
    core: &'a Core,
    /// Holds the value; `None` in a twin.
    value: Option<Lent<'a, T>>,
}

/// That this thread has just been granted locks, and the line that asked for them. Made in this module alone, right after a word or the desk has
/// said so; it reaches nobody outside of this crate.
#[derive(Clone, Copy, Debug)]
#[allow(unnameable_types, reason = "hidden methods of `LockGroup`, which nobody else implements, speak of it")]
pub struct Granted {
    at: &'static Location<'static>,
}

crate::sync::const_unless_checked! {
    impl [T] Lock<T> {
        /// Unlocked, around `value`.
        pub fn new(value: T) -> Self {
            Self { core: Core::new(None), value: Cell::new(value) }
        }

        /// As [`new`](Self::new), with a name for reports and [`Debug`] output.
        pub fn named(name: &'static str, value: T) -> Self {
            Self { core: Core::new(Some(name)), value: Cell::new(value) }
        }
    }
}

/// Takes the locks of a group, all or nothing.
#[inline]
pub(crate) fn take<'a, S: LockGroup<'a>>(
    set: &S,
    deadline: Option<Instant>,
    object: impl FnOnce(),
    at: &'static Location<'static>,
) -> Result<Granted, TimedOut> {
    if detect::is_on() && deadline.is_none() {
        detect::intend(set, at);
    }
    if !take_quick(set) && !take_soon(set) {
        let mut cores = members(set);
        desk::take(Request { cores: &mut cores, deadline, at }, object)?;
    }
    Ok(Granted { at })
}

/// As [`take`], without waiting.
#[inline]
pub(crate) fn try_take<'a, S: LockGroup<'a>>(set: &S, at: &'static Location<'static>) -> Option<Granted> {
    (take_quick(set) || desk::try_take(&mut members(set))).then_some(Granted { at })
}

/// Looks again for a moment before joining those who sleep: most holders are done in a moment. Where somebody sleeps already it is his turn.
#[cold]
fn take_soon<'a, S: LockGroup<'a>>(set: &S) -> bool {
    let (mut took, mut slept) = (false, false);
    desk::PATIENCE.look(|| {
        slept = !set.each(&mut |core: &Core| !core.is_slow());
        took = !slept && set.each(&mut |core: &Core| core.looks_free()) && take_quick(set);
        took || slept
    });
    took
}

/// One after the other, giving back what was taken if one is not free.
#[inline]
fn take_quick<'a, S: LockGroup<'a>>(set: &S) -> bool {
    let mut taken = 0;
    let all = set.each(&mut |core: &Core| {
        let free = core.take_quick();
        taken += usize::from(free);
        free
    });
    if !all && taken > 0 {
        set.each(&mut |core: &Core| {
            give(core);
            taken -= 1;
            taken > 0
        });
    }
    all
}

#[inline]
fn give(core: &Core) {
    if !core.give_quick() {
        desk::give(core);
    }
}

#[cold]
fn members<'a, S: LockGroup<'a>>(set: &S) -> Vec<&'a Core> {
    let mut cores = Vec::new();
    set.each(&mut |core| {
        cores.push(core);
        true
    });
    cores
}

impl<T> Lock<T> {
    /// The name it was given.
    pub fn name(&self) -> Option<&'static str> {
        self.core.name
    }

    /// Locks.
    ///
    /// # Panics
    /// In debug builds, if this thread holds this lock already: it would wait for itself for ever.
    ///
    /// # Blocking
    /// Until the holder unlocks; see [`Lock`] for the order.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> Guard<'_, T> {
        let at = Location::caller();
        let itself = || {
            let mine = held::is_listed(self.core.label().id);
            assert!(!mine, "this thread holds this lock already and would wait for itself");
        };
        let granted = take(&(self,), None, itself, at);
        self.guard(granted.unwrap_or_else(|_| unreachable!("without a deadline the time is never up")))
    }

    /// Locks if that is possible at once: nobody holds it, nobody tries whether it is free together with others, and it is reserved for nobody.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> Option<Guard<'_, T>> {
        let taken = self.core.take_quick() || (!self.core.is_plainly_held() && desk::try_take(&mut vec![&self.core]));
        taken.then(|| self.guard(Granted { at: Location::caller() }))
    }

    /// The value; nobody else can hold the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// The value, without the lock.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// For a transaction, which is wounded if an older one wants what it holds.
    #[track_caller]
    pub(crate) fn lock_for(&self, age: &Age, at: &'static Location<'static>) -> Result<Guard<'_, T>, Wounded> {
        age.take(&self.core, at)?;
        Ok(self.guard(Granted { at }))
    }

    /// For whoever has been granted this lock, once for each place that it has in the set; all before the first guard is dropped.
    #[inline]
    #[allow(unsafe_code, reason = "lends the value; see `cell.rs`")]
    pub(crate) fn guard(&self, granted: Granted) -> Guard<'_, T> {
        // SAFETY: `lend` wants the lock granted to this thread until the `Lent` is gone. `Granted` says the first, for it is made in this module
        // alone, after the grant and for the locks of this call. `Guard::drop`, which alone gives back, drops its `Lent` before.
        let value = unsafe { self.value.lend() };
        if value.is_some() {
            held::push(|| self.core.label(), granted.at);
        }
        Guard { core: &self.core, value }
    }
}

const TWIN: &str = "this lock is in the set more than once; use the guard at its first position";

impl<T> Guard<'_, T> {
    /// Whether the set named the lock more than once and the value is with the guard at its first position.
    pub fn is_twin(&self) -> bool {
        self.value.is_none()
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        self.value.as_deref().expect(TWIN)
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[inline]
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_deref_mut().expect(TWIN)
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // The value first: whoever is granted the lock expects it free.
        if self.value.take().is_some() {
            held::pop(|| self.core.label());
            give(self.core);
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Lock");
        if let Some(name) = self.core.name {
            out.field("name", &name);
        }
        // By the rules: a value taken behind the word's back would look like a twin to the next owner.
        match self.try_lock() {
            Some(value) => out.field("value", &*value).finish(),
            None => out.field("value", &format_args!("<locked>")).finish(),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Guard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => f.debug_tuple("Guard").field(&**value).finish(),
            None => f.write_str("Guard(<twin>)"),
        }
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Lock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
