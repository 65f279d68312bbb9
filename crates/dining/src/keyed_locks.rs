//! Locks that exist while somebody uses them. A key gets a number of an arbiter when it is first wanted, and loses it with the last
//! guard or waiter.

use crate::arbiter::Arbiter;
use crate::gate::{Counter, TimedOut, Way};
use crate::policy::Policy;
use crate::resource_table::{nesting, next_id};
use crate::set::Set;
use crate::sync::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A lock for each key, made on demand and gone when unused; any set of keys can be taken at once, all or nothing.
///
/// ```
/// use dining::KeyedLocks;
///
/// let users = KeyedLocks::new();
/// let both = users.lock_many(["ada", "grace", "ada"]);
/// assert_eq!(users.len(), 2);
/// drop(both);
/// assert!(users.is_empty());
/// ```
///
/// A waiter is overtaken at most 16 times by calls that conflict with it; then its set is reserved, oldest first. Nobody may *wait* for
/// more keys while holding some: debug builds panic instead, with the advice to take all in one call.
pub struct KeyedLocks<K> {
    id: u64,
    /// Locked before the arbiter.
    names: Mutex<Names<K>>,
    counter: Counter,
}

struct Names<K> {
    /// Each key's number and how many guards and waiters use it.
    numbers: HashMap<Arc<K>, (usize, usize)>,
    vacant: Vec<usize>,
}

/// Keys that have numbers as long as this lives.
struct Named<'a, K: Eq + Hash> {
    locks: &'a KeyedLocks<K>,
    keys: Vec<Arc<K>>,
    set: Set,
}

/// Keys held. They are unlocked when it is dropped.
#[must_use = "the keys are unlocked as soon as it is dropped"]
pub struct KeyedGuard<'a, K: Eq + Hash> {
    named: Named<'a, K>,
    /// Stays on its thread: the check against nesting counts per thread.
    thread: PhantomData<*const ()>,
}

impl<K: Eq + Hash> KeyedLocks<K> {
    /// No key is locked.
    pub fn new() -> Self {
        let names = Names { numbers: HashMap::new(), vacant: Vec::new() };
        let counter = Counter::new(Arbiter::new(0, Policy::default().bound()), 0);
        Self { id: next_id(), names: Mutex::new(names), counter }
    }

    /// Locks one key.
    ///
    /// # Panics
    /// In debug builds, if it would wait while this thread holds a key of this collection.
    ///
    /// # Blocking
    /// Until the key is free.
    #[track_caller]
    pub fn lock(&self, key: K) -> KeyedGuard<'_, K> {
        self.lock_many([key])
    }

    /// Locks all of `keys` at once, in any order, duplicates included.
    ///
    /// # Panics
    /// As [`lock`](Self::lock).
    ///
    /// # Blocking
    /// Until all are free at once.
    #[track_caller]
    pub fn lock_many(&self, keys: impl IntoIterator<Item = K>) -> KeyedGuard<'_, K> {
        self.take(keys, None).unwrap_or_else(|_| unreachable!("without a deadline the time is never up"))
    }

    /// As [`lock_many`](Self::lock_many), or `None` if it would have to wait.
    pub fn try_lock_many(&self, keys: impl IntoIterator<Item = K>) -> Option<KeyedGuard<'_, K>> {
        let named = self.name(keys);
        let granted = self.counter.try_take(&named.set);
        granted.is_some().then(|| self.guard(named))
    }

    /// As [`lock_many`](Self::lock_many), for a limited time. Whoever gives up leaves nothing behind.
    ///
    /// # Errors
    /// [`TimedOut`] if it takes longer than `timeout`; `Duration::MAX` means no limit.
    #[track_caller]
    pub fn lock_many_timeout(
        &self,
        keys: impl IntoIterator<Item = K>,
        timeout: Duration,
    ) -> Result<KeyedGuard<'_, K>, TimedOut> {
        self.take(keys, Instant::now().checked_add(timeout))
    }

    /// How many keys are locked or waited for.
    pub fn len(&self) -> usize {
        self.names.lock().numbers.len()
    }

    /// Whether no key is in use.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[track_caller]
    fn take(
        &self,
        keys: impl IntoIterator<Item = K>,
        deadline: Option<Instant>,
    ) -> Result<KeyedGuard<'_, K>, TimedOut> {
        let named = self.name(keys);
        if self.counter.take_quick(&named.set).is_none() {
            self.counter.wait_for(&named.set, deadline, || nesting::check(self.id))?;
        }
        Ok(self.guard(named))
    }

    fn guard<'a>(&self, named: Named<'a, K>) -> KeyedGuard<'a, K> {
        nesting::enter(self.id);
        KeyedGuard { named, thread: PhantomData }
    }

    /// Gives each key a number; the caller's own code (iterator, hash) runs with nothing taken but the names.
    fn name(&self, keys: impl IntoIterator<Item = K>) -> Named<'_, K> {
        let wanted: Vec<Arc<K>> = keys.into_iter().map(Arc::new).collect();
        let mut named = Named { locks: self, keys: Vec::with_capacity(wanted.len()), set: Set::new(&[]) };
        let mut names = self.names.lock();
        let mut numbers = Vec::with_capacity(wanted.len());
        for key in wanted {
            let fresh = names.vacant.last().copied().unwrap_or(names.numbers.len());
            let (number, users) = names.numbers.entry(Arc::clone(&key)).or_insert((fresh, 0));
            *users += 1;
            numbers.push(*number);
            if *users == 1 && *number == fresh {
                names.vacant.pop();
            }
            named.keys.push(key);
        }
        let most = names.numbers.len() + names.vacant.len();
        drop(names);
        self.counter.lock().grow(most);
        named.set = Set::new(&numbers);
        named
    }
}

impl<K: Eq + Hash> Default for KeyedLocks<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Eq + Hash> Drop for Named<'_, K> {
    fn drop(&mut self) {
        let mut names = self.locks.names.lock();
        for key in &self.keys {
            let Some((number, users)) = names.numbers.get_mut(key) else { continue };
            *users -= 1;
            if *users == 0 {
                let number = *number;
                names.numbers.remove(key);
                names.vacant.push(number);
            }
        }
    }
}

impl<K: Eq + Hash> Drop for KeyedGuard<'_, K> {
    fn drop(&mut self) {
        // Unlocked first; the numbers go back with `named`, when nothing is held under them any more.
        self.named.locks.counter.give(&self.named.set, Way::Books);
        nesting::leave(self.named.locks.id);
    }
}

impl<K> fmt::Debug for KeyedLocks<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedLocks").field("used", &self.names.lock().numbers.len()).finish()
    }
}

impl<K: Eq + Hash + fmt::Debug> fmt::Debug for KeyedGuard<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.named.keys).finish()
    }
}
