//! What `tests/loom.rs` needs of the algorithms in [`shared`](crate::shared), with threads in place of processes: loom
//! knows no processes, and a thread that stops in the middle and is declared dead is as good.
#![allow(missing_docs, reason = "not part of the crate: exists under loom only")]

use crate::shared::bell::Wait;
use crate::shared::lock::{Lock, State};
use crate::shared::meeting::{Meeting, Met};
use crate::shared::owner::{Census, Owner};
use crate::shared::permits::Permits;
use crate::shared::ring::{Ring, Shape, Slots, Stop};
use crate::sync::{AtomicU64, HEARTBEAT, Ordering};
use loom::cell::UnsafeCell;
use loom::sync::Arc;

/// Sleeps end by themselves from now on, as they do outside; without, a lost wake-up is a deadlock that loom finds.
pub fn with_heartbeat(on: bool) {
    HEARTBEAT.set(on);
}

/// One who can die.
#[derive(Clone, Debug)]
pub struct Citizen {
    id: u64,
    /// One bit for each of the dead.
    dead: Arc<AtomicU64>,
}

impl Citizen {
    pub fn all<const N: usize>() -> [Self; N] {
        let dead = Arc::new(AtomicU64::new(0));
        std::array::from_fn(|i| Self { id: i as u64 + 1, dead: Arc::clone(&dead) })
    }

    /// Everything this one did comes before its death, as the kernel sees to for a process.
    pub fn die(self) {
        self.dead.fetch_or(1 << self.id, Ordering::AcqRel);
    }
}

impl Census for Citizen {
    fn me(&self) -> Owner {
        Owner(self.id)
    }

    fn is_dead(&self, owner: Owner) -> bool {
        self.dead.load(Ordering::Acquire) >> owner.0 & 1 == 1
    }
}

/// A lock and what it guards; loom sees any access that the lock does not order.
#[derive(Debug, Default)]
pub struct Guarded {
    lock: Lock,
    value: UnsafeCell<u64>,
}

// SAFETY: loom checks what would make it unsound.
unsafe impl Sync for Guarded {}
// SAFETY: as above.
unsafe impl Send for Guarded {}

impl Guarded {
    /// Adds 1, or dies half way; true if an owner before had died. `vouch` declares the value sound.
    pub fn add(&self, me: &Citizen, vouch: bool) -> bool {
        let state = self.lock.lock(me, Wait::forever).expect("there is no deadline");
        // SAFETY: loom checks it.
        self.value.with_mut(|value| unsafe { *value += 1 });
        self.lock.unlock(if vouch { State::Sound } else { state });
        state == State::Abandoned
    }

    pub fn add_and_die(&self, me: Citizen) {
        self.lock.lock(&me, Wait::forever);
        // SAFETY: loom checks it.
        self.value.with_mut(|value| unsafe { *value += 1 });
        me.die();
    }

    pub fn try_get(&self, me: &Citizen) -> Option<(u64, bool)> {
        let state = self.lock.try_lock(me)?;
        // SAFETY: loom checks it.
        let value = self.value.with(|value| unsafe { *value });
        self.lock.unlock(State::Sound);
        Some((value, state == State::Abandoned))
    }
}

#[derive(Debug)]
struct Cells(Vec<UnsafeCell<u64>>);

impl Slots<u64> for Cells {
    fn put(&self, index: usize, items: &[u64]) {
        for (i, item) in items.iter().enumerate() {
            // SAFETY: loom checks it.
            self.0[index + i].with_mut(|slot| unsafe { *slot = *item });
        }
    }

    fn take(&self, index: usize, out: &mut [u64]) {
        for (i, item) in out.iter_mut().enumerate() {
            // SAFETY: loom checks it.
            *item = self.0[index + i].with(|slot| unsafe { *slot });
        }
    }
}

/// The queue without its spinning.
#[derive(Debug)]
pub struct Queue {
    ring: Ring,
    cells: Cells,
    shape: Shape,
}

// SAFETY: loom checks what would make it unsound.
unsafe impl Sync for Queue {}
// SAFETY: as above.
unsafe impl Send for Queue {}

impl Queue {
    pub fn new(capacity: usize) -> Self {
        let shape = Shape::new(capacity).expect("small");
        let cells = Cells((0..shape.slots).map(|_| UnsafeCell::new(0)).collect());
        Self { ring: Ring::default(), cells, shape }
    }

    /// False if the queue is closed.
    pub fn push(&self, me: &Citizen, item: u64) -> bool {
        let mut wait = Wait::forever();
        loop {
            match self.ring.try_push(self.shape, &self.cells, me, &[item]) {
                Ok(_) => return true,
                Err(Stop::Closed) => return false,
                Err(Stop::Later) => self.ring.sleep_for_room(self.shape, &mut wait),
            }
        }
    }

    pub fn push_and_die(&self, me: Citizen, item: u64, late: bool) {
        self.ring.die_pushing(self.shape, &self.cells, &me, &[item], late);
        me.die();
    }

    pub fn pop(&self, me: &Citizen) -> Option<u64> {
        let (mut wait, mut item) = (Wait::forever(), [0]);
        loop {
            match self.ring.try_pop(self.shape, &self.cells, me, &mut item) {
                Ok(_) => return Some(item[0]),
                Err(Stop::Closed) => return None,
                Err(Stop::Later) => self.ring.sleep_for_item(self.shape, &mut wait),
            }
        }
    }

    pub fn close(&self, me: &Citizen) {
        self.ring.close(me);
    }
}

#[derive(Debug, Default)]
pub struct Semaphore(Permits);

impl Semaphore {
    pub fn acquire(&self) {
        assert!(self.0.acquire(Wait::forever()));
    }

    pub fn add(&self, n: u32) {
        assert!(self.0.add(n));
    }

    pub fn available(&self) -> u32 {
        self.0.available()
    }
}

#[derive(Debug, Default)]
pub struct Barrier(Meeting);

impl Barrier {
    /// Whether this was the last; `None` if broken.
    pub fn wait(&self, parties: u32) -> Option<bool> {
        match self.0.wait(parties, Wait::forever()) {
            Met::Leader => Some(true),
            Met::Follower => Some(false),
            Met::Broken => None,
        }
    }

    pub fn abort(&self) {
        self.0.abort();
    }
}
