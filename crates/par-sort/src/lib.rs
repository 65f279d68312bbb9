#![doc = include_str!("../README.md")]

mod apart;
mod argsort;
mod blocks;
mod cached;
mod displaced;
mod known;
mod leaf;
mod memory;
mod natural;
mod par_sort;
mod partition;
mod parts;
mod permute;
mod plan;
mod quick;
mod radix;
mod ranks;
mod scan;
mod select;
mod sorter;
mod texts;

pub use par_sort::ParSort;
pub use radix::{Float, RadixKey};
pub use sorter::{ScratchSorter, Sorter};

use std::cell::Cell;

const _: () = {
    const fn send_sync<T: Send + Sync>() {}
    const fn sorts<T: ?Sized + ParSort<E>, E>() {}
    send_sync::<Sorter>();
    // Elements that may move between threads but not be shared are sorted in parallel too.
    sorts::<[Cell<u8>], Cell<u8>>();
};
