//! The live wait-for graph: threads that wait for a [`Lock`](crate::Lock), what they hold and what they want.
//!
//! A thread enters right before it sleeps, with the desk locked, and leaves after it woke, before it can give anything
//! back. While somebody is listed, what it holds does not change. So "A wants what B holds" is true whenever both are listed, a circle
//! of such edges is a deadlock for certain, and the last of a circle to enter closes it: each is found, once, and nothing else is.
//! Whoever waits for a limited time, or is a wounded transaction, is listed without edges.

use super::{Claimed, DeadlockReport, LockLabel, Party, WaitGraph};
use crate::held::{Held, Label};
use std::collections::{BTreeMap, HashSet};

#[derive(Debug)]
struct Entry {
    thread: String,
    holds: Vec<Held>,
    wants: Vec<Held>,
    gives_up: bool,
}

/// Who waits.
#[derive(Debug, Default)]
pub(crate) struct Blocked {
    entries: BTreeMap<u64, Entry>,
    /// Of the locks that those who wait hold: under which number the holder is listed.
    holders: BTreeMap<u64, u64>,
    next: u64,
}

impl Blocked {
    /// The calling thread is about to wait.
    pub(crate) fn enter(&mut self, holds: Vec<Held>, wants: Vec<Held>, gives_up: bool) -> u64 {
        let wait = self.next;
        self.next += 1;
        self.holders.extend(holds.iter().map(|held| (held.lock.id, wait)));
        self.entries.insert(wait, Entry { thread: super::thread_name(), holds, wants, gives_up });
        wait
    }

    /// It has woken.
    pub(crate) fn leave(&mut self, wait: u64) {
        let Some(entry) = self.entries.remove(&wait) else { return };
        for held in entry.holds {
            if self.holders.get(&held.lock.id) == Some(&wait) {
                self.holders.remove(&held.lock.id);
            }
        }
    }

    /// It will not wait for ever.
    pub(crate) fn will_give_up(&mut self, wait: u64) {
        if let Some(entry) = self.entries.get_mut(&wait) {
            entry.gives_up = true;
        }
    }

    /// The deadlock that this wait is part of. Looks at those it waits for, directly or not, alone.
    pub(crate) fn deadlock_through(&self, wait: u64) -> Option<DeadlockReport> {
        let (mut seen, mut left) = (HashSet::new(), vec![wait]);
        while let Some(at) = left.pop() {
            let Some(entry) = self.entries.get(&at).filter(|entry| !entry.gives_up) else { continue };
            for holder in entry.wants.iter().filter_map(|want| self.holders.get(&want.lock.id)) {
                if *holder == wait {
                    return DeadlockReport::through(wait, self.graph());
                }
                if seen.insert(*holder) {
                    left.push(*holder);
                }
            }
        }
        None
    }

    pub(crate) fn graph(&self) -> WaitGraph {
        let party = |(&id, entry): (&u64, &Entry)| Party {
            id,
            name: entry.thread.clone(),
            holds: entry.holds.iter().map(claimed).collect(),
            wants: entry.wants.iter().map(claimed).collect(),
            gives_up: entry.gives_up,
        };
        WaitGraph::new(self.entries.iter().map(party).collect())
    }
}

pub(super) fn claimed(held: &Held) -> Claimed {
    Claimed { lock: lock_label(held.lock), at: held.at }
}

fn lock_label(Label { id, name }: Label) -> LockLabel {
    LockLabel { id, name: name.map_or_else(|| format!("lock {id}"), str::to_owned) }
}
