//! Sets of resources.

use std::collections::BTreeSet;

/// How many resources there are.
pub const RESOURCES: usize = 1024;
/// How many different sets are used in turn.
pub const SETS: usize = 64;

/// `SETS` sets of `k` different resources, each ascending; another `stream` gives others.
pub fn sets(k: usize, stream: u64) -> Vec<Vec<usize>> {
    let mut state = 7 + stream;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % RESOURCES
    };
    let mut set = || {
        let mut set = BTreeSet::new();
        while set.len() < k {
            set.insert(next());
        }
        set.into_iter().collect()
    };
    (0..SETS).map(|_| set()).collect()
}
