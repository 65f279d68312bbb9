//! Deadlocks as values: who holds what, who waits for whom, and the cycle.
//!
//! [`install`] watches the [`Lock`](crate::Lock)s of the process. Two things are told apart:
//!
//! - A **deadlock**: threads that wait for one another in a circle, now. It is found by the thread that closes the circle, right
//!   before it would wait, and is reported once. There are no false ones: `try_lock`, time-outs, transactions that step back, and
//!   locks under a gate cannot appear.
//! - A **potential deadlock**: locks were taken in orders that contradict each other, by whomever and whenever. Nobody is stuck. Orders under a
//!   common gate lock, and locks that were only tried, do not count.
//!
//! ```
//! use dining::{Lock, detect};
//!
//! let handle = detect::install(detect::Config::new().on_potential(|_| ()));
//! let (a, b) = (Lock::named("a", 1), Lock::named("b", 2));
//! drop((a.lock(), b.lock()));
//! drop((b.lock(), a.lock())); // two threads that do this at the same time can deadlock
//! assert_eq!(handle.potentials().len(), 1);
//! assert!(handle.deadlocks().is_empty() && detect::snapshot().cycles().is_empty());
//! ```
//!
//! **Cost.** Not installed: a relaxed load for each lock and unlock. Installed: a thread keeps a list of what it holds, with source
//! lines, and looks up each nested lock in a table of its own; only an order that this thread has not seen, and a thread that is about to
//! wait, touch anything shared.

mod blocked;
mod graph;
mod order;
mod report;

pub(crate) use blocked::Blocked;
pub use graph::{Claimed, Cycle, Link, LockLabel, Party, WaitGraph};
pub(crate) use order::Memory;
pub use report::{DeadlockReport, OrderStep, PotentialDeadlock};

use crate::held::{self, Held};
use crate::lock::core::Core;
use crate::lock::desk;
use crate::lock_all::LockGroup;
use order::OrderGraph;
use parking_lot::Mutex;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Never installed: threads keep no lists.
const NEVER: u8 = 0;
/// Was installed: lists are kept, so that none is out of date when it is installed again.
const LISTS: u8 = 1;
/// Waits are listed.
const WAITS: u8 = 2;
/// Waits are listed, and the order of locks is watched.
const ORDER: u8 = 3;

/// What is watched: the most that any installation asks for.
static STATE: AtomicU8 = AtomicU8::new(NEVER);
/// Counts the times that nobody watched the order any more.
static EPOCH: AtomicU64 = AtomicU64::new(0);
static LISTENERS: Mutex<Vec<Arc<Listener>>> = Mutex::new(Vec::new());
static ORDERS: Mutex<Option<OrderGraph>> = Mutex::new(None);

type OnDeadlock = Box<dyn Fn(&DeadlockReport) + Send + Sync>;
type OnPotential = Box<dyn Fn(&PotentialDeadlock) + Send + Sync>;

/// What to watch, and whom to tell.
#[must_use = "nothing is watched before `install`"]
pub struct Config {
    on_deadlock: OnDeadlock,
    on_potential: OnPotential,
    order: bool,
    break_deadlocks: bool,
}

struct Listener {
    config: Config,
    deadlocks: Mutex<Vec<DeadlockReport>>,
    potentials: Mutex<Vec<PotentialDeadlock>>,
}

/// Detection, as long as it lives.
#[must_use = "detection ends when it is dropped"]
pub struct Handle {
    listener: Arc<Listener>,
}

impl Config {
    /// Deadlocks and potential deadlocks are written to standard error.
    pub fn new() -> Self {
        Self {
            on_deadlock: Box::new(|report| eprintln!("deadlock:\n{report}")),
            on_potential: Box::new(|report| eprintln!("potential deadlock, nobody is stuck:\n{report}")),
            order: true,
            break_deadlocks: false,
        }
    }

    /// Tells `tell` instead of standard error. It runs on the thread that closes the circle, with nothing of this crate locked; a panic
    /// in it is caught and noted on standard error.
    pub fn on_deadlock(mut self, tell: impl Fn(&DeadlockReport) + Send + Sync + 'static) -> Self {
        self.on_deadlock = Box::new(tell);
        self
    }

    /// The same for potential deadlocks. It runs on the thread that took the second of two contradicting orders, before it takes the lock.
    pub fn on_potential(mut self, tell: impl Fn(&PotentialDeadlock) + Send + Sync + 'static) -> Self {
        self.on_potential = Box::new(tell);
        self
    }

    /// Whether the order of locks is watched; it is by default.
    pub fn order(mut self, order: bool) -> Self {
        self.order = order;
        self
    }

    /// Whether the thread that closes a circle panics with the report instead of waiting for ever. What it holds is given back as it unwinds,
    /// and the others go on. Off by default.
    pub fn break_deadlocks(mut self, break_deadlocks: bool) -> Self {
        self.break_deadlocks = break_deadlocks;
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("order", &self.order)
            .field("break_deadlocks", &self.break_deadlocks)
            .finish_non_exhaustive()
    }
}

/// Watches all [`Lock`](crate::Lock)s of the process from now on, until the handle is dropped. Installed twice, both are told.
///
/// What a thread holds already when detection is installed for the first time is not known in release builds; it appears in no report.
pub fn install(config: Config) -> Handle {
    let listener = Arc::new(Listener { config, deadlocks: Mutex::new(Vec::new()), potentials: Mutex::new(Vec::new()) });
    let mut listeners = LISTENERS.lock();
    listeners.push(Arc::clone(&listener));
    watch(&listeners);
    Handle { listener }
}

fn watch(listeners: &[Arc<Listener>]) {
    let order = listeners.iter().any(|listener| listener.config.order);
    let state = if order {
        ORDER
    } else if listeners.is_empty() {
        LISTS
    } else {
        WAITS
    };
    let before = STATE.swap(state, Ordering::Relaxed);
    if before == ORDER && state != ORDER {
        EPOCH.fetch_add(1, Ordering::Relaxed);
        ORDERS.lock().iter_mut().for_each(OrderGraph::clear);
    }
}

/// Who waits for whom at this moment, as far as they wait for [`Lock`](crate::Lock)s. Empty unless detection is installed. Threads that run are
/// not in it, whatever they hold.
pub fn snapshot() -> WaitGraph {
    desk::with(|desk| desk.blocked.graph())
}

impl Handle {
    /// The deadlocks since this was installed.
    pub fn deadlocks(&self) -> Vec<DeadlockReport> {
        self.listener.deadlocks.lock().clone()
    }

    /// The potential deadlocks since this was installed.
    pub fn potentials(&self) -> Vec<PotentialDeadlock> {
        self.listener.potentials.lock().clone()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut listeners = LISTENERS.lock();
        listeners.retain(|listener| !Arc::ptr_eq(listener, &self.listener));
        watch(&listeners);
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("config", &self.listener.config)
            .field("deadlocks", &self.listener.deadlocks.lock().len())
            .field("potentials", &self.listener.potentials.lock().len())
            .finish()
    }
}

/// Whether somebody wants to know.
#[inline]
pub(crate) fn is_on() -> bool {
    STATE.load(Ordering::Relaxed) >= WAITS
}

/// Whether somebody ever wanted to know.
#[inline]
pub(crate) fn was_installed() -> bool {
    STATE.load(Ordering::Relaxed) != NEVER
}

/// This thread is about to ask for the locks of `set`, ready to wait.
#[inline]
pub(crate) fn intend<'a, S: LockGroup<'a>>(set: &S, at: &'static Location<'static>) {
    if held::count() > 0 && STATE.load(Ordering::Relaxed) == ORDER && has_news(set) {
        observe(set, at);
    }
}

#[inline]
fn has_news<'a, S: LockGroup<'a>>(set: &S) -> bool {
    held::with_memory(EPOCH.load(Ordering::Relaxed), |hand, memory| {
        let mut news = false;
        set.each(&mut |core: &Core| {
            news |= memory.is_new(hand, core.label());
            true
        });
        news
    })
}

#[cold]
fn observe<'a, S: LockGroup<'a>>(set: &S, at: &'static Location<'static>) {
    let mut asked = Vec::new();
    set.each(&mut |core: &Core| {
        asked.push(Held { lock: core.label(), at });
        true
    });
    let found = ORDERS.lock().get_or_insert_default().observe(&thread_name(), &held::list(), &asked);
    for report in found {
        for listener in listeners().iter().filter(|listener| listener.config.order) {
            listener.potentials.lock().push(report.clone());
            tell(&*listener.config.on_potential, &report);
        }
    }
}

/// Tells everybody of a deadlock; whether it is to be broken.
#[cold]
pub(crate) fn report_deadlock(report: &DeadlockReport) -> bool {
    let listeners = listeners();
    for listener in &listeners {
        listener.deadlocks.lock().push(report.clone());
        tell(&*listener.config.on_deadlock, report);
    }
    listeners.iter().any(|listener| listener.config.break_deadlocks)
}

fn listeners() -> Vec<Arc<Listener>> {
    LISTENERS.lock().clone()
}

fn tell<R>(tell: &dyn Fn(&R), report: &R) {
    if catch_unwind(AssertUnwindSafe(|| tell(report))).is_err() {
        eprintln!("dining: a callback of `detect` panicked; the report is in the handle");
    }
}

/// A lock is gone; its id is never used again.
#[inline]
pub(crate) fn forget(id: u64) {
    if id != 0 && is_on() {
        ORDERS.lock().iter_mut().for_each(|orders| orders.forget(id));
    }
}

/// The name of this thread, or its number.
fn thread_name() -> String {
    let thread = std::thread::current();
    match thread.name() {
        Some(name) => name.to_owned(),
        None => {
            let digits: String = format!("{:?}", thread.id()).chars().filter(char::is_ascii_digit).collect();
            format!("thread {digits}")
        }
    }
}
