//! Who holds what and who waits for whom, as a value.
//!
//! A party waits for *all* of what it wants, so one wanted lock in the hands of a party that cannot move is enough to
//! block it: a deadlock is a cycle in the graph "waits for something that is held by". Cycles are searched in two steps:
//! strongly connected components (Tarjan 1972, iterative) leave only parties that lie on some cycle; in each component
//! the shortest cycle through every party is found by breadth-first search, and each is kept once. A large knot is
//! thus shown as the small rings it is made of.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::{self, Display, Write};
use std::panic::Location;

/// A lock, chopstick or resource as it is named in a report.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LockLabel {
    /// Unique among the locks of one graph.
    pub id: u64,
    /// What to call it; never empty.
    pub name: String,
}

/// A lock in somebody's hands, or wanted, and the source line that took it or asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Claimed {
    /// Which lock.
    pub lock: LockLabel,
    /// The line that called for it.
    pub at: &'static Location<'static>,
}

/// A thread, philosopher or transaction in the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Party {
    /// Unique among the parties of one graph.
    pub id: u64,
    /// What to call it; never empty.
    pub name: String,
    /// What it holds now.
    pub holds: Vec<Claimed>,
    /// What it waits for; empty if it is not waiting.
    pub wants: Vec<Claimed>,
    /// It will not wait for ever (a time-out, a transaction that steps back), so no cycle runs through it.
    pub gives_up: bool,
}

/// One step of a cycle: `party` holds `holds` and waits for `wants`, which the next link's party holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// Id of the party.
    pub party: u64,
    /// Name of the party.
    pub name: String,
    /// What the previous link's party waits for.
    pub holds: Claimed,
    /// What this party waits for.
    pub wants: Claimed,
}

/// Parties that wait for one another in a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cycle {
    /// Each link waits for the next, the last for the first. The party with the smallest id comes first.
    pub links: Vec<Link>,
}

/// Who holds what and who waits for whom at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitGraph {
    /// Everybody known to hold or to want something.
    pub parties: Vec<Party>,
}

impl WaitGraph {
    pub(crate) fn new(parties: Vec<Party>) -> Self {
        Self { parties }
    }

    /// The cycles: for every party on a cycle the shortest one through it, each once. Empty if nobody is deadlocked.
    ///
    /// # Complexity
    /// O(parties + edges) where the cycles are plain rings; up to parties times that in a knot.
    pub fn cycles(&self) -> Vec<Cycle> {
        let next = self.edges();
        let component = components(&next);
        let mut size = vec![0_usize; next.len()];
        component.iter().for_each(|&c| size[c] += 1);
        let (mut seen, mut covered) = (HashSet::new(), HashSet::new());
        let mut cycles = Vec::new();
        for start in 0..next.len() {
            let within = |to: usize| component[to] == component[start];
            let looped = next[start].contains(&start);
            let plain = next[start].iter().filter(|&&to| within(to)).count() <= 1;
            // On a plain ring the search from any other member finds the same cycle again.
            if (size[component[start]] < 2 && !looped) || (plain && covered.contains(&start)) {
                continue;
            }
            if let Some(ring) = shortest_cycle(&next, start, within) {
                let ring = smallest_first(ring);
                covered.extend(ring.iter().copied());
                if seen.insert(ring.clone()) {
                    cycles.push(self.cycle(&ring));
                }
            }
        }
        cycles
    }

    /// Whether somebody can never move again.
    pub fn is_deadlocked(&self) -> bool {
        let next = self.edges();
        let component = components(&next);
        let mut seen = HashSet::new();
        next.iter().enumerate().any(|(from, to)| to.contains(&from) || !seen.insert(component[from]))
    }

    /// For each party, by index, those that hold something it wants.
    fn edges(&self) -> Vec<Vec<usize>> {
        let mut holder: HashMap<u64, usize> = HashMap::new();
        for (i, party) in self.parties.iter().enumerate() {
            holder.extend(party.holds.iter().map(|held| (held.lock.id, i)));
        }
        let holders = |party: &Party| {
            let mut to: Vec<usize> = party.wants.iter().filter_map(|want| holder.get(&want.lock.id).copied()).collect();
            to.sort_unstable();
            to.dedup();
            to
        };
        self.parties.iter().map(|party| if party.gives_up { Vec::new() } else { holders(party) }).collect()
    }

    /// The shortest cycle through a party.
    pub(crate) fn cycle_through(&self, party: u64) -> Option<Cycle> {
        let start = self.parties.iter().position(|other| other.id == party)?;
        let ring = shortest_cycle(&self.edges(), start, |_| true)?;
        Some(self.cycle(&smallest_first(ring)))
    }

    fn cycle(&self, ring: &[usize]) -> Cycle {
        let wanted_from = |from: usize, to: usize| -> Claimed {
            let holds = |want: &&Claimed| self.parties[to].holds.iter().any(|held| held.lock.id == want.lock.id);
            self.parties[from].wants.iter().find(holds).expect("an edge says that `to` holds what `from` wants").clone()
        };
        let link = |i: usize| {
            let (before, here) = (ring[(i + ring.len() - 1) % ring.len()], ring[i]);
            let party = &self.parties[here];
            let asked = wanted_from(before, here);
            let holds = party.holds.iter().find(|held| held.lock.id == asked.lock.id).expect("the same edge").clone();
            Link {
                party: party.id,
                name: party.name.clone(),
                holds,
                wants: wanted_from(here, ring[(i + 1) % ring.len()]),
            }
        };
        Cycle { links: (0..ring.len()).map(link).collect() }
    }

    /// The graph in Graphviz' language: boxes are locks, ellipses parties; a solid arrow runs from a lock to its holder, a
    /// dashed one from a waiter to the lock. What lies on a cycle is red.
    pub fn to_dot(&self) -> String {
        let on_cycle: HashSet<(u64, u64)> = self
            .cycles()
            .iter()
            .flat_map(|cycle| &cycle.links)
            .flat_map(|l| [(l.party, l.holds.lock.id), (l.party, l.wants.lock.id)])
            .collect();
        let colour = |party: u64, lock: u64| if on_cycle.contains(&(party, lock)) { ",color=red" } else { "" };
        let mut locks: HashMap<u64, &str> = HashMap::new();
        let mut out = String::from("digraph waits {\n  rankdir=LR;\n");
        for party in &self.parties {
            let _ = writeln!(out, "  p{} [label={:?}];", party.id, party.name);
            for held in &party.holds {
                locks.insert(held.lock.id, &held.lock.name);
                let _ = writeln!(
                    out,
                    "  l{} -> p{} [label=\"held\"{}];",
                    held.lock.id,
                    party.id,
                    colour(party.id, held.lock.id)
                );
            }
            for want in &party.wants {
                locks.insert(want.lock.id, &want.lock.name);
                let style = colour(party.id, want.lock.id);
                let _ = writeln!(out, "  p{} -> l{} [label=\"wanted\",style=dashed{style}];", party.id, want.lock.id);
            }
        }
        let mut locks: Vec<_> = locks.into_iter().collect();
        locks.sort_unstable();
        for (id, name) in locks {
            let _ = writeln!(out, "  l{id} [label={name:?},shape=box];");
        }
        out + "}\n"
    }

    /// The graph and its cycles as JSON.
    pub fn to_json(&self) -> String {
        let claimed = |list: &[Claimed]| list.iter().map(claimed_json).collect::<Vec<_>>().join(",");
        let party = |p: &Party| {
            let (name, holds, wants) = (crate::json::string(&p.name), claimed(&p.holds), claimed(&p.wants));
            let (id, gives_up) = (p.id, p.gives_up);
            format!("{{\"id\":{id},\"name\":{name},\"holds\":[{holds}],\"wants\":[{wants}],\"gives_up\":{gives_up}}}")
        };
        let cycle = |c: &Cycle| {
            let ids: Vec<String> = c.links.iter().map(|link| link.party.to_string()).collect();
            format!("[{}]", ids.join(","))
        };
        let parties: Vec<String> = self.parties.iter().map(party).collect();
        let cycles: Vec<String> = self.cycles().iter().map(cycle).collect();
        format!("{{\"parties\":[{}],\"cycles\":[{}]}}", parties.join(","), cycles.join(","))
    }
}

fn claimed_json(claimed: &Claimed) -> String {
    let at = crate::json::string(&claimed.at.to_string());
    format!("{{\"id\":{},\"name\":{},\"at\":{at}}}", claimed.lock.id, crate::json::string(&claimed.lock.name))
}

impl Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, link) in self.links.iter().enumerate() {
            let next = &self.links[(i + 1) % self.links.len()].name;
            let (holds, wants) = (&link.holds, &link.wants);
            writeln!(
                f,
                "{} holds {} and waits for {}, which {next} holds",
                link.name, holds.lock.name, wants.lock.name
            )?;
            writeln!(f, "    taken at {}, waiting at {}", holds.at, wants.at)?;
        }
        Ok(())
    }
}

/// The strongly connected component of each node (Tarjan, with a stack of its own: a ring may be long).
fn components(next: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let n = next.len();
    let (mut index, mut low, mut component) = (vec![NONE; n], vec![NONE; n], vec![NONE; n]);
    let (mut stack, mut visits, mut count, mut found) = (Vec::new(), Vec::new(), 0, 0);
    for root in 0..n {
        if index[root] != NONE {
            continue;
        }
        visits.push((root, 0));
        while let Some((node, edge)) = visits.pop() {
            if edge == 0 {
                (index[node], low[node]) = (count, count);
                count += 1;
                stack.push(node);
            }
            if let Some(&to) = next[node].get(edge) {
                visits.push((node, edge + 1));
                if index[to] == NONE {
                    visits.push((to, 0));
                } else if component[to] == NONE {
                    low[node] = low[node].min(index[to]);
                }
                continue;
            }
            if low[node] == index[node] {
                while let Some(member) = stack.pop() {
                    component[member] = found;
                    if member == node {
                        break;
                    }
                }
                found += 1;
            }
            if let Some(&(parent, _)) = visits.last() {
                low[parent] = low[parent].min(low[node]);
            }
        }
    }
    component
}

/// The shortest way from `start` back to it.
fn shortest_cycle(next: &[Vec<usize>], start: usize, within: impl Fn(usize) -> bool) -> Option<Vec<usize>> {
    let mut from: HashMap<usize, usize> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for &to in next[node].iter().filter(|&&to| within(to)) {
            if to == start {
                let mut ring = vec![node];
                while ring.last() != Some(&start) {
                    ring.push(from[ring.last().expect("never empty")]);
                }
                ring.reverse();
                return Some(ring);
            }
            from.entry(to).or_insert_with(|| {
                queue.push_back(to);
                node
            });
        }
    }
    None
}

fn smallest_first(mut ring: Vec<usize>) -> Vec<usize> {
    let smallest = (0..ring.len()).min_by_key(|&i| ring[i]).unwrap_or(0);
    ring.rotate_left(smallest);
    ring
}
