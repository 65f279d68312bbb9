//! In which order locks are taken, over the whole run, and orders that contradict each other.
//!
//! Whoever asks for lock `b`, ready to wait for it, while holding `a` draws an edge a -> b, with everything held at that moment. A circle of
//! edges is a potential deadlock if threads could stand at all its edges at once: if no two of them were drawn with a common lock
//! in hand. That is what tells a circle under a *gate* lock from a real one (Havelund 2000, "Goodlock"). Asking without waiting
//! (`try_`, time-outs) and asking in a transaction draw no edge, for neither can wait for ever.
//!
//! A thread remembers which (held, asked) it has looked at, so a program that has settled down touches nothing shared. The search is
//! cut off after [`STEPS`] steps: in a graph full of gates a potential deadlock can then go unreported, but never a false one appear.

use super::blocked::claimed;
use super::report::{OrderStep, PotentialDeadlock};
use crate::held::{Held, Label};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How far one search goes.
const STEPS: usize = 100_000;

/// One way in which an edge was drawn.
#[derive(Debug)]
struct Seen {
    /// Ids of all locks in hand, ascending.
    held: Vec<u64>,
    step: OrderStep,
}

/// Every edge seen.
#[derive(Debug, Default)]
pub(super) struct OrderGraph {
    /// From, to, and the ways with the fewest locks in hand: of two, none holds all that the other holds.
    edges: BTreeMap<u64, BTreeMap<u64, Vec<Seen>>>,
    /// To, from: the same edges backwards.
    before: HashMap<u64, HashSet<u64>>,
    /// The circles that have been reported, as sorted ids.
    reported: HashSet<Vec<u64>>,
}

fn is_subset(few: &[u64], many: &[u64]) -> bool {
    few.iter().all(|id| many.binary_search(id).is_ok())
}

impl OrderGraph {
    /// Adds what a thread that holds `held` does when it asks for `asked`; gives what that contradicts.
    pub(super) fn observe(&mut self, thread: &str, held: &[Held], asked: &[Held]) -> Vec<PotentialDeadlock> {
        let mut ids: Vec<u64> = held.iter().map(|held| held.lock.id).collect();
        ids.sort_unstable();
        let mut found = Vec::new();
        for from in held {
            for to in asked.iter().filter(|to| ids.binary_search(&to.lock.id).is_err()) {
                if self.draw(thread, &ids, from, to) {
                    found.extend(self.circle(from.lock.id, to.lock.id));
                }
            }
        }
        found
    }

    /// Whether this way was not covered by one with fewer locks.
    fn draw(&mut self, thread: &str, held: &[u64], from: &Held, to: &Held) -> bool {
        let ways = self.edges.entry(from.lock.id).or_default().entry(to.lock.id).or_default();
        if ways.iter().any(|way| is_subset(&way.held, held)) {
            return false;
        }
        ways.retain(|way| !is_subset(held, &way.held));
        let step = OrderStep { thread: thread.to_owned(), held: claimed(from), asked: claimed(to) };
        ways.push(Seen { held: held.to_vec(), step });
        self.before.entry(to.lock.id).or_default().insert(from.lock.id);
        true
    }

    /// A circle through the newest way from `from` to `to` that was not reported before.
    fn circle(&mut self, from: u64, to: u64) -> Option<PotentialDeadlock> {
        let useful = self.leading_to(from);
        if !useful.contains(&to) {
            return None;
        }
        let first = self.edges[&from][&to].last()?;
        let path = self.walk(first, from, to, &useful)?;
        let mut ids: Vec<u64> = path.iter().map(|way| way.step.held.lock.id).collect();
        ids.sort_unstable();
        let steps = path.iter().map(|way| way.step.clone()).collect();
        self.reported.insert(ids).then_some(PotentialDeadlock { steps })
    }

    /// From where one gets to `target`.
    fn leading_to(&self, target: u64) -> HashSet<u64> {
        let (mut found, mut left) = (HashSet::from([target]), vec![target]);
        while let Some(at) = left.pop() {
            let fresh = self.before.get(&at).into_iter().flatten().filter(|&&node| found.insert(node));
            left.extend(fresh.copied());
        }
        found
    }

    /// Depth first from `to` back to `from`; no two ways with a common lock in hand.
    fn walk<'a>(&'a self, first: &'a Seen, from: u64, to: u64, useful: &HashSet<u64>) -> Option<Vec<&'a Seen>> {
        let ways_from = |node: u64| -> Vec<(u64, &'a Seen)> {
            let next = self.edges.get(&node).into_iter().flatten().filter(|(next, _)| useful.contains(next));
            next.flat_map(|(&next, ways)| ways.iter().map(move |way| (next, way))).collect()
        };
        let mut in_hand: HashSet<u64> = first.held.iter().copied().collect();
        let mut path = vec![first];
        let mut choices = vec![ways_from(to)];
        for _ in 0..STEPS {
            match choices.last_mut()?.pop() {
                None => {
                    choices.pop();
                    let back = path.pop()?;
                    in_hand.retain(|id| !back.held.contains(id));
                }
                Some((_, way)) if way.held.iter().any(|id| in_hand.contains(id)) => {}
                Some((next, way)) => {
                    in_hand.extend(&way.held);
                    path.push(way);
                    if next == from {
                        return Some(path);
                    }
                    choices.push(ways_from(next));
                }
            }
        }
        None
    }

    /// A lock is gone.
    pub(super) fn forget(&mut self, id: u64) {
        for to in self.edges.remove(&id).unwrap_or_default().into_keys() {
            self.before.entry(to).and_modify(|from| from.retain(|&other| other != id));
        }
        for from in self.before.remove(&id).unwrap_or_default() {
            self.edges.entry(from).and_modify(|to| drop(to.remove(&id)));
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// What a thread has looked at already: hashes of (all in hand, asked for), a newer one in place of an older.
#[derive(Debug)]
pub(crate) struct Memory(Vec<u64>);

const PLACES: usize = 1024;

impl Memory {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds an id to a hash.
    #[inline]
    pub(crate) fn mix(hash: u64, id: u64) -> u64 {
        (hash.rotate_left(23) ^ id).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    /// Whether this is asked for with this hand, a hash of all that is held, for the first time; remembers it.
    #[inline]
    pub(super) fn is_new(&mut self, hand: u64, asked: Label) -> bool {
        let hash = Self::mix(hand, asked.id) | 1;
        if self.0.is_empty() {
            self.0 = vec![0; PLACES];
        }
        let place = &mut self.0[(hash >> 54) as usize];
        std::mem::replace(place, hash) != hash
    }
}
