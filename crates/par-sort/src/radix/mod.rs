//! Sorting by digits of keys: stable; one distribution through memory for keys of any spread, two or three more in the cache.

mod cells;
mod digits;
mod distribution;
mod key;

pub use key::{Float, RadixKey};

use crate::blocks;
use crate::memory;
use crate::parts::Parts;
use crate::permute;
use crate::plan::Plan;
use crate::scan::{self, Look};
use digits::{Tally, Words};
use std::marker::PhantomData;

/// Below this length one thread is quicker alone.
const SHORT: usize = 1 << 15;
/// Below this length one distribution is enough.
const ONE: usize = 1 << 12;
/// Below this length std's sort is quicker.
const TINY: usize = 256;
/// Elements larger than this (bytes) stay where they are while pairs of key and index are sorted.
const HEAVY: usize = 40;

/// `skip`, which is 0 for keys of one window: said so that the compiler leaves the shift by it out of the loops.
#[inline(always)]
fn beyond<K: RadixKey>(skip: u32) -> u32 {
    if K::BITS <= 64 { 0 } else { skip }
}

/// Keys made by a function.
struct ByKey<F, K> {
    key: F,
    made: PhantomData<fn() -> K>,
}

impl<T, K: RadixKey, F: Fn(&T) -> K + Sync> Words<T> for ByKey<F, K> {
    const BITS: u32 = K::BITS;

    #[inline(always)]
    fn word(&self, item: &T, skip: u32) -> u64 {
        (self.key)(item).window(beyond::<K>(skip))
    }
}

/// Elements that are keys themselves.
struct Itself;

impl<K: RadixKey> Words<K> for Itself {
    const BITS: u32 = K::BITS;

    #[inline(always)]
    fn word(&self, item: &K, skip: u32) -> u64 {
        item.window(beyond::<K>(skip))
    }
}

/// A key of up to 64 bits and where it came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) word: u64,
    pub(crate) index: usize,
}

/// Entries by their words.
struct ByWord;

impl Words<Entry> for ByWord {
    const BITS: u32 = 64;

    #[inline(always)]
    fn word(&self, item: &Entry, _skip: u32) -> u64 {
        item.word
    }
}

/// Sorts `v` stably by the keys that the elements are.
pub(crate) fn sort<K: RadixKey + Send>(v: &mut [K], plan: Plan) {
    sort_words(v, &Itself, plan);
}

/// Sorts `v` stably by the keys that `key` makes; it is called several times for each element.
pub(crate) fn sort_by_key<T: Send, K: RadixKey>(v: &mut [T], key: impl Fn(&T) -> K + Sync, plan: Plan) {
    if size_of::<T>() > HEAVY && K::BITS <= 64 && !plan.is_short(v.len(), TINY) {
        return sort_heavy(v, &key, plan);
    }
    sort_words(v, &ByKey { key, made: PhantomData }, plan);
}

/// Sorts entries stably by their words.
pub(crate) fn sort_entries(entries: &mut [Entry], plan: Plan) {
    sort_words(entries, &ByWord, plan);
}

/// The entries of `v`: one for each element, in order, made in parallel.
pub(crate) fn entries<T: Send>(v: &mut [T], word: &(impl Fn(&T) -> u64 + Sync), plan: Plan) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(v.len());
    memory::large_pages(entries.spare_capacity_mut());
    entries.resize(v.len(), Entry { word: 0, index: 0 });
    let (parts, to) = (Parts::new(v), Parts::new(&mut entries));
    plan.each_piece(v.len(), plan.grain(SHORT), &|range| {
        // SAFETY: pieces are disjoint, in both slices.
        let (items, entries) = unsafe { (parts.slice(range.clone()), to.slice(range.clone())) };
        for ((item, entry), index) in items.iter().zip(entries).zip(range) {
            *entry = Entry { word: word(item), index };
        }
    });
    entries
}

/// Sorts entries instead of elements and moves each element once; `key` is called once for each.
fn sort_heavy<T: Send, K: RadixKey>(v: &mut [T], key: &(impl Fn(&T) -> K + Sync), plan: Plan) {
    let mut entries = entries(v, &|item| key(item).window(0), plan);
    sort_entries(&mut entries, plan);
    // SAFETY: the entries were made with every index once, and sorting them runs no user code.
    unsafe { permute::gather(v, &|i| entries[i].index, plan) };
}

fn sort_words<T: Send, W: Words<T>>(v: &mut [T], words: &W, plan: Plan) {
    let cmp = |a: &T, b: &T| words.compare(a, b, 0);
    if size_of::<T>() == 0 || plan.is_short(v.len(), TINY) {
        return v.sort_by(cmp);
    }
    let look = scan::look(v, &cmp);
    if look == Look::Runs {
        blocks::sort(v, &cmp, plan);
    } else if look == Look::Mixed || !blocks::presorted(v, look, &cmp, plan, &|tail| distribute(tail, words, plan)) {
        distribute(v, words, plan);
    }
}

fn distribute<T: Send, W: Words<T>>(v: &mut [T], words: &W, plan: Plan) {
    let long_enough = v.len() >= TINY.min(plan.grain(TINY));
    let Some(mut scratch) = long_enough.then(|| memory::try_uninit(v.len())).flatten() else {
        return blocks::sort(v, &|a: &T, b: &T| words.compare(a, b, 0), plan);
    };
    let threads = if plan.is_short(v.len(), SHORT) { 1 } else { plan.threads };
    let plan = Plan { threads, ..plan };
    if threads == 1 && v.len() < plan.grain(ONE) {
        digits::sort(v, &mut scratch, words, 0, &mut Tally::default(), 0);
    } else if !distribution::sort(v, &mut scratch, words, 0, plan, 0) {
        v.sort_by(|a, b| words.compare(a, b, 0));
    }
}
