//! Who shares a chopstick with whom.

use super::DinnerError;
use crate::rng::Rng;
use std::collections::BTreeSet;

/// Who shares a chopstick with whom: a graph whose vertices are philosophers and whose edges are chopsticks. A philosopher
/// eats with all chopsticks around the plate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Topology {
    /// Dijkstra's table: philosopher `i` needs chopsticks `i` and `i + 1`, and the last shares chopstick 0 with the first.
    #[default]
    Ring,
    /// Every two philosophers share a chopstick, so one eats at a time.
    Complete,
    /// Rows and columns as near to a square as the number allows; chopsticks lie between neighbours.
    Grid,
    /// A connected graph drawn from the dinner's seed: a ring, and then chopsticks between random pairs until there are
    /// `degree` for each philosopher on average.
    Random {
        /// Chopsticks around a plate, on average; at least 2 because of the ring.
        degree: usize,
    },
    /// Chopstick `i` lies between the two philosophers of the `i`-th pair.
    Custom(Vec<(usize, usize)>),
}

/// The table as it was laid.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The two philosophers beside each chopstick.
    pub(crate) ends: Vec<(usize, usize)>,
    /// What each philosopher needs, in the order a naive one reaches for it: on the ring left, then right.
    pub(crate) needs: Vec<Vec<usize>>,
    /// Who shares a chopstick with each philosopher; ascending, each once.
    pub(crate) neighbours: Vec<Vec<usize>>,
    pub(crate) ring: bool,
}

impl Plan {
    pub(crate) fn new(topology: &Topology, philosophers: usize, seed: u64) -> Result<Self, DinnerError> {
        let n = philosophers;
        let ends = match topology {
            Topology::Ring => ring(n),
            Topology::Complete => (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect(),
            Topology::Grid => grid(n),
            Topology::Random { degree } => random(n, *degree, seed),
            Topology::Custom(ends) => ends.clone(),
        };
        for &(a, b) in &ends {
            if a.max(b) >= n || (a == b && n > 1) {
                return Err(DinnerError::BadEdge { edge: (a, b), philosophers: n });
            }
        }
        let ring = matches!(topology, Topology::Ring);
        let mut around = vec![Vec::new(); n];
        for (chopstick, &(a, b)) in ends.iter().enumerate() {
            around[a].push((b, chopstick));
            if a != b {
                around[b].push((a, chopstick));
            }
        }
        let needs =
            (0..n).map(|p| if ring { left_then_right(p, n) } else { counter_clockwise(p, n, &around[p]) }).collect();
        let others = |list: &Vec<(usize, usize)>| list.iter().map(|&(other, _)| other).collect::<BTreeSet<_>>();
        let neighbours =
            around.iter().enumerate().map(|(p, list)| others(list).into_iter().filter(|&q| q != p).collect());
        Ok(Self { neighbours: neighbours.collect(), needs, ends, ring })
    }

    pub(crate) fn philosophers(&self) -> usize {
        self.needs.len()
    }
}

fn ring(n: usize) -> Vec<(usize, usize)> {
    (0..n).map(|i| ((i + n - 1) % n, i)).collect()
}

fn left_then_right(p: usize, n: usize) -> Vec<usize> {
    let mut needs = vec![p, (p + 1) % n];
    needs.dedup();
    needs
}

/// Beginning with the neighbour before `p`, so that on any circle within the graph everybody may hold one and want the next.
fn counter_clockwise(p: usize, n: usize, around: &[(usize, usize)]) -> Vec<usize> {
    let mut around = around.to_vec();
    around.sort_by_key(|&(other, chopstick)| ((p + n - other) % n, chopstick));
    around.into_iter().map(|(_, chopstick)| chopstick).collect()
}

fn grid(n: usize) -> Vec<(usize, usize)> {
    let columns = (1..=n).find(|c| c * c >= n).unwrap_or(1);
    let right = (0..n).filter(|p| (p + 1) % columns != 0 && p + 1 < n).map(|p| (p, p + 1));
    let below = (0..n).filter(|p| p + columns < n).map(|p| (p, p + columns));
    right.chain(below).collect()
}

fn random(n: usize, degree: usize, seed: u64) -> Vec<(usize, usize)> {
    let mut rng = Rng::new(seed, u64::MAX);
    let mut ends = ring(n);
    let wanted = (n.saturating_mul(degree) / 2).min(n * n.saturating_sub(1) / 2);
    let mut present: BTreeSet<(usize, usize)> = ends.iter().map(|&(a, b)| (a.min(b), a.max(b))).collect();
    while present.len() < wanted {
        let (a, b) = (rng.below(n), rng.below(n));
        if a != b && present.insert((a.min(b), a.max(b))) {
            ends.push((a, b));
        }
    }
    ends
}
