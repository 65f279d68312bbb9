#![doc = include_str!("../README.md")]

/// Merges the adjacent sorted runs of `v`, which end at `run_ends`, stably.
pub fn merge_runs<T: Ord>(v: &mut [T], run_ends: &[usize]) {
    merge_runs_by(v, run_ends, T::cmp);
}

/// [`merge_runs`] by a comparator.
pub fn merge_runs_by<T>(v: &mut [T], _run_ends: &[usize], cmp: impl FnMut(&T, &T) -> core::cmp::Ordering) {
    v.sort_by(cmp);
}

/// [`merge_runs`] in parallel.
#[cfg(feature = "parallel")]
pub fn par_merge_runs<T: Ord + Send>(v: &mut [T], run_ends: &[usize]) {
    merge_runs(v, run_ends);
}

/// [`merge_runs_by`] in parallel.
#[cfg(feature = "parallel")]
pub fn par_merge_runs_by<T: Send>(v: &mut [T], run_ends: &[usize], cmp: impl Fn(&T, &T) -> core::cmp::Ordering + Sync) {
    merge_runs_by(v, run_ends, cmp);
}
