//! Sorting by keys that are dear to make: each is made once, in parallel.

use crate::blocks;
use crate::natural;
use crate::parts::Parts;
use crate::permute;
use crate::plan::Plan;

/// Elements whose keys one task makes.
const GRAIN: usize = 1 << 10;

/// Sorts `v` stably by `key`, which is called once for each element.
pub(crate) fn sort<T: Send, K: Ord + Send>(v: &mut [T], key: &(impl Fn(&T) -> K + Sync), plan: Plan) {
    if v.len() < 2 {
        return;
    }
    if natural::by_cached_key(v, key, plan) {
        return;
    }
    let mut keys = keys(v, key, plan);
    blocks::sort(&mut keys, &|a: &(K, usize), b: &(K, usize)| a.0.cmp(&b.0), plan);
    let places: Vec<usize> = keys.into_iter().map(|(_, index)| index).collect();
    // SAFETY: every index was put into `keys` once, and a sort, whatever the comparison does, leaves a permutation.
    unsafe { permute::gather(v, &|i| places[i], plan) };
}

fn keys<T: Send, K: Send>(v: &mut [T], key: &(impl Fn(&T) -> K + Sync), plan: Plan) -> Vec<(K, usize)> {
    let mut made: Vec<Option<(K, usize)>> = Vec::new();
    made.resize_with(v.len(), || None);
    let (parts, to) = (Parts::new(v), Parts::new(&mut made));
    plan.each_piece(v.len(), plan.grain(GRAIN), &|range| {
        // SAFETY: pieces are disjoint, in both slices.
        let (items, made) = unsafe { (parts.slice(range.clone()), to.slice(range.clone())) };
        for ((item, made), index) in items.iter().zip(made).zip(range) {
            *made = Some((key(item), index));
        }
    });
    made.into_iter().flatten().collect()
}
