//! Numbered resources, taken several at once.

use crate::arbiter::Arbiter;
use crate::gate::{Counter, TimedOut, Way};
use crate::lanes::FEW;
use crate::policy::Policy;
use crate::set::Set;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Resources `0..n`, of which any set can be taken at once: all or nothing, so no order has to be kept and nothing deadlocks.
///
/// Sets that do not touch never wait for each other. Among those who conflict, the [`Policy`] bounds how often a waiter is
/// overtaken. Prepare a [`Claim`] once and use it often: sorting and checking are done then.
///
/// ```
/// use dining::{Policy, ResourceTable};
///
/// let printers = ResourceTable::new(4, Policy::default());
/// let both = printers.prepare(&[3, 1])?;
/// let hold = printers.acquire(&both);
/// assert!(printers.try_acquire(&printers.prepare(&[1])?).is_none());
/// drop(hold);
/// assert!(printers.try_acquire(&both).is_some());
/// # Ok::<(), dining::UnknownResource>(())
/// ```
///
/// # Nesting
/// The guarantees assume that nobody *waits* for more while holding something of the same table. In debug builds a thread that is
/// about to do so without a limit of time panics instead, with the advice to prepare one claim for all.
pub struct ResourceTable {
    /// Told apart from other tables, so that a claim cannot be used on the wrong one.
    id: u64,
    len: usize,
    policy: Policy,
    counter: Counter,
}

/// A set of resources of one table, checked and sorted, to be used as often as needed and by any thread.
#[derive(Clone)]
#[must_use = "a claim takes nothing by itself; pass it to `acquire`"]
pub struct Claim {
    table: u64,
    set: Set,
    /// At most [`FEW`], and not none.
    is_small: bool,
}

/// Resources held. They are given back when it is dropped.
#[must_use = "the resources are given back as soon as it is dropped"]
pub struct Hold<'a> {
    table: &'a ResourceTable,
    set: Set,
    way: Way,
    /// Stays on its thread: the check against nesting counts per thread.
    thread: PhantomData<*const ()>,
}

/// A claim named a resource that the table does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownResource {
    /// The number asked for.
    pub resource: usize,
    /// How many the table has.
    pub len: usize,
}

/// What a table has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableStats {
    /// Sets granted.
    pub granted: u64,
    /// Requests that had to wait.
    pub waited: u64,
    /// Waiters who reached the bound and got a reservation. With [`Policy::Fifo`] each does.
    pub reserved: u64,
    /// The most often that one waiter was overtaken.
    pub most_overtaken: u32,
    /// Threads that wait now.
    pub waiting: usize,
}

/// A number of its own for each table.
pub(crate) fn next_id() -> u64 {
    static TABLES: AtomicU64 = AtomicU64::new(0);
    TABLES.fetch_add(1, Ordering::Relaxed)
}

impl ResourceTable {
    /// Resources `0..n`, all free.
    pub fn new(n: usize, policy: Policy) -> Self {
        Self { id: next_id(), len: n, policy, counter: Counter::new(Arbiter::new(n, policy.bound()), n) }
    }

    /// How many resources there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Checks and sorts a set once. Duplicates count once; an empty claim is granted at once, always.
    ///
    /// # Errors
    /// [`UnknownResource`] for the first number that is not below [`len`](Self::len).
    ///
    /// # Complexity
    /// O(k log k) for k resources.
    pub fn prepare(&self, resources: &[usize]) -> Result<Claim, UnknownResource> {
        match resources.iter().find(|&&resource| resource >= self.len) {
            Some(&resource) => Err(UnknownResource { resource, len: self.len }),
            None => {
                let set = Set::new(resources);
                let is_small = (1..=FEW).contains(&set.iter().take(FEW + 1).count());
                Ok(Claim { table: self.id, set, is_small })
            }
        }
    }

    /// Takes everything the claim names, waiting until all of it is free at once.
    ///
    /// # Panics
    /// If the claim was prepared by another table; in debug builds also if it would wait while this thread holds something of this
    /// table.
    ///
    /// # Blocking
    /// Until the resources are given back by those who hold them. A waiter is overtaken by requests that conflict with it at most as
    /// often as the [`Policy`] says; then its set is reserved, and reservations are served oldest first. If every hold is finite,
    /// so is every wait (except under [`Policy::Barging`]).
    ///
    /// # Complexity
    /// One short critical section, O(k / 64 + 1) in words, and the same for giving back; no allocation unless it waits. Once threads have met in
    /// that section, sets of at most eight go past it at one atomic exchange for each resource, and the table has 64 bytes more for each.
    #[inline]
    #[track_caller]
    pub fn acquire(&self, claim: &Claim) -> Hold<'_> {
        let granted = self.take(claim, None);
        granted.unwrap_or_else(|_| unreachable!("without a deadline the time is never up"))
    }

    /// As [`acquire`](Self::acquire), or `None` if the caller would have to wait: because something is held, or is reserved for
    /// somebody who has waited too long. Two such calls that meet at the same moment may both give `None`.
    #[track_caller]
    pub fn try_acquire(&self, claim: &Claim) -> Option<Hold<'_>> {
        self.try_take(claim, false).map(|way| self.hold(claim, way))
    }

    /// As [`acquire`](Self::acquire), for a limited time. Whoever gives up leaves nothing behind, no reservation either.
    ///
    /// # Errors
    /// [`TimedOut`] if it takes longer than `timeout`; `Duration::MAX` means no limit.
    #[track_caller]
    pub fn acquire_timeout(&self, claim: &Claim, timeout: Duration) -> Result<Hold<'_>, TimedOut> {
        self.take(claim, Instant::now().checked_add(timeout))
    }

    /// As [`acquire`](Self::acquire), until a moment.
    ///
    /// # Errors
    /// [`TimedOut`] if it would take longer.
    #[track_caller]
    pub fn acquire_until(&self, claim: &Claim, deadline: Instant) -> Result<Hold<'_>, TimedOut> {
        self.take(claim, Some(deadline))
    }

    /// What has happened so far.
    pub fn stats(&self) -> TableStats {
        let arbiter = self.counter.lock();
        let counts = arbiter.counts();
        TableStats {
            granted: self.counter.granted(&arbiter),
            waited: counts.waited,
            reserved: counts.reserved,
            most_overtaken: counts.most_overtaken,
            waiting: arbiter.waiting(),
        }
    }

    #[inline]
    #[track_caller]
    fn take(&self, claim: &Claim, deadline: Option<Instant>) -> Result<Hold<'_>, TimedOut> {
        let way = match self.try_take(claim, true) {
            Some(way) => way,
            None => self.counter.wait_for(&claim.set, deadline, || nesting::check(self.id)).map(|()| Way::Books)?,
        };
        Ok(self.hold(claim, way))
    }

    #[inline]
    #[track_caller]
    fn try_take(&self, claim: &Claim, patience: bool) -> Option<Way> {
        assert!(
            claim.table == self.id,
            "the claim belongs to another table; prepare it with the table that it is used on"
        );
        match (claim.is_small, patience) {
            (true, _) => self.counter.take_few(&claim.set, patience),
            (false, true) => self.counter.take_quick(&claim.set),
            (false, false) => self.counter.try_take(&claim.set),
        }
    }

    #[inline]
    fn hold(&self, claim: &Claim, way: Way) -> Hold<'_> {
        nesting::enter(self.id);
        Hold { table: self, set: claim.set.clone(), way, thread: PhantomData }
    }
}

impl Hold<'_> {
    /// The resources held, ascending, each once.
    pub fn resources(&self) -> impl Iterator<Item = usize> + '_ {
        self.set.iter()
    }
}

impl Drop for Hold<'_> {
    #[inline]
    fn drop(&mut self) {
        self.table.counter.give(&self.set, self.way);
        nesting::leave(self.table.id);
    }
}

impl Claim {
    /// The resources claimed, ascending, each once.
    pub fn resources(&self) -> impl Iterator<Item = usize> + '_ {
        self.set.iter()
    }
}

impl fmt::Debug for ResourceTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceTable")
            .field("len", &self.len)
            .field("policy", &self.policy)
            .field("stats", &self.stats())
            .finish()
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Claim").field(&self.set).finish()
    }
}

impl fmt::Debug for Hold<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hold").field(&self.set).finish()
    }
}

impl fmt::Display for UnknownResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "resource {} is not in a table of {}", self.resource, self.len)
    }
}

impl std::error::Error for UnknownResource {}

/// Which tables this thread holds something of; nothing in release builds.
pub(crate) mod nesting {
    #[cfg(all(debug_assertions, not(any(loom, shuttle))))]
    mod kept {
        use std::cell::RefCell;

        thread_local!(static HELD: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) });

        #[track_caller]
        pub(crate) fn check(table: u64) {
            let nested = HELD.try_with(|held| held.borrow().contains(&table)).unwrap_or(false);
            assert!(
                !nested,
                "this thread holds something of this table and is about to wait for more, which can deadlock; prepare one claim for all of it (of keys: lock_many)"
            );
        }

        pub(crate) fn enter(table: u64) {
            let _ = HELD.try_with(|held| held.borrow_mut().push(table));
        }

        pub(crate) fn leave(table: u64) {
            let _ = HELD.try_with(|held| {
                let mut held = held.borrow_mut();
                if let Some(place) = held.iter().rposition(|&other| other == table) {
                    held.swap_remove(place);
                }
            });
        }
    }

    #[cfg(not(all(debug_assertions, not(any(loom, shuttle)))))]
    mod kept {
        #[inline]
        pub(crate) fn check(_: u64) {}
        #[inline]
        pub(crate) fn enter(_: u64) {}
        #[inline]
        pub(crate) fn leave(_: u64) {}
    }

    pub(crate) use kept::{check, enter, leave};
}
