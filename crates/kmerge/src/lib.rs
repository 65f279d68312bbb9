#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;
#[cfg(feature = "parallel")]
extern crate std;

mod adaptors;
mod block;
mod kernel;
mod kmerge;
mod merger;
mod order;
mod plain;
mod plan;
mod run;
mod runs;
mod slices;
mod split;
mod stretch;
mod tree;
mod try_kmerge;
mod word;

#[cfg(feature = "parallel")]
mod par;
#[cfg(feature = "parallel")]
mod rounds;
#[cfg(feature = "parallel")]
mod share;
#[cfg(feature = "parallel")]
mod stash;

pub use adaptors::{AtLeast, Dedup, Difference, Groups, Keep, WithSource};
pub use kmerge::{KMerge, kmerge, kmerge_by, kmerge_by_key};
pub use order::{By, ByKey, Descending, Natural, Order};
pub use runs::{merge_runs, merge_runs_by, merge_runs_by_key, merge_runs_by_with_scratch, merge_runs_with_scratch};
pub use slices::{
    merge, merge_by, merge_by_key, merge_into, merge_into_by, merge_into_by_key, merge_vecs, merge_vecs_by,
    merge_vecs_by_key,
};
pub use split::{co_rank, split_by_rank, split_evenly};
pub use try_kmerge::{TryKMerge, try_kmerge, try_kmerge_by, try_kmerge_by_key};

#[cfg(feature = "parallel")]
pub use par::{
    par_merge, par_merge_by, par_merge_by_key, par_merge_into, par_merge_into_by, par_merge_into_by_key,
    par_merge_runs, par_merge_runs_by, par_merge_runs_by_key, par_merge_runs_by_with_limit,
    par_merge_runs_by_with_scratch, par_merge_runs_with_scratch, par_merge_vecs, par_merge_vecs_by,
    par_merge_vecs_by_key,
};
#[cfg(feature = "parallel")]
pub use rounds::par_merge_rounds;

const _: () = {
    use core::cell::Cell;
    const fn send<T: Send>() {}
    const fn send_sync<T: Send + Sync>() {}
    send::<KMerge<alloc::vec::IntoIter<Cell<u8>>, Natural>>();
    send_sync::<KMerge<alloc::vec::IntoIter<u8>, Natural>>();
    send_sync::<TryKMerge<alloc::vec::IntoIter<Result<u8, u8>>, u8, Natural>>();
    send_sync::<Groups<alloc::vec::IntoIter<u8>, Natural>>();
};
