//! Types whose order is known to be that of their bits: integers, `bool`, `char`, floats by `total_cmp`, text and bytes.
//!
//! Their sorts are radix sorts, whichever method asks for them: `par_sort`, the `_by_key` forms with such a key, and the
//! `_by` forms when the comparison is the function itself (`f64::total_cmp`, `u32::cmp`, not a closure around it, which
//! could do anything). Among these equal means indistinguishable or the sort is stable, so nobody can tell.

use crate::known;
use crate::permute;
use crate::plan::Plan;
use crate::radix::{self, RadixKey};
use crate::texts;
use std::any::TypeId;

/// The type of a function item.
fn of<F: 'static>(_: &F) -> TypeId {
    TypeId::of::<F>()
}

macro_rules! for_each_integer {
    ($known:ident => $do:block) => {
        for_each_integer!(@ $known, $do, u64 u32 u16 u8 usize i64 i32 i16 i8 isize u128 i128 bool char)
    };
    (@ $known:ident, $do:block, $($type:ty)*) => {$({ type $known = $type; $do })*};
}

macro_rules! for_each_text {
    ($known:ident => $do:block) => {
        for_each_text!(@ $known, $do, String, &'static str, Box<str>, Vec<u8>, &'static [u8], Box<[u8]>)
    };
    (@ $known:ident, $do:block, $($type:ty),*) => {$({ type $known = $type; $do })*};
}

/// Sorts `v` stably if its elements are such, by their `Ord`.
pub(crate) fn sort<T: Send>(v: &mut [T], plan: Plan) -> bool {
    for_each_text!(Known => {
        if known::is::<T, Known>() {
            // SAFETY: `T` is `Known` up to a lifetime, and text is sorted the same way whatever that is.
            texts::sort(unsafe { known::cast::<T, Known>(v) }, plan);
            return true;
        }
    });
    for_each_integer!(Known => {
        if known::is::<T, Known>() {
            // SAFETY: `T` is `Known`, which has no lifetimes.
            radix::sort(unsafe { known::cast::<T, Known>(v) }, plan);
            return true;
        }
    });
    false
}

/// Sorts `v` if `cmp` is a function known to compare such elements.
pub(crate) fn sort_by<T: Send, F>(v: &mut [T], _cmp: &F, plan: Plan) -> bool {
    let function = known::id::<F>();
    if known::is::<T, f64>() && function == of(&f64::total_cmp) {
        // SAFETY: `T` is `f64`.
        radix::sort(unsafe { known::cast::<T, f64>(v) }, plan);
        return true;
    }
    if known::is::<T, f32>() && function == of(&f32::total_cmp) {
        // SAFETY: `T` is `f32`.
        radix::sort(unsafe { known::cast::<T, f32>(v) }, plan);
        return true;
    }
    for_each_text!(Known => {
        if known::is::<T, Known>() && function == of(&<Known as Ord>::cmp) {
            return sort(v, plan);
        }
    });
    for_each_integer!(Known => {
        if known::is::<T, Known>() && function == of(&<Known as Ord>::cmp) {
            return sort(v, plan);
        }
    });
    false
}

/// Sorts `v` stably if `key` makes such keys.
pub(crate) fn by_key<T: Send, K>(v: &mut [T], key: &(impl Fn(&T) -> K + Sync), plan: Plan) -> bool {
    for_each_integer!(Known => {
        if known::is::<K, Known>() {
            // SAFETY: `K` is `Known`, which is `Copy`.
            radix::sort_by_key(v, |item| unsafe { std::mem::transmute_copy::<K, Known>(&key(item)) }, plan);
            return true;
        }
    });
    false
}

/// Sorts `v` stably if `key` makes such keys, of at most 64 bits; it is called once for each element.
pub(crate) fn by_cached_key<T: Send, K>(v: &mut [T], key: &(impl Fn(&T) -> K + Sync), plan: Plan) -> bool {
    for_each_integer!(Known => {
        if known::is::<K, Known>() && <Known as RadixKey>::BITS <= 64 {
            // SAFETY: `K` is `Known`, which is `Copy`.
            let word = |item: &T| unsafe { std::mem::transmute_copy::<K, Known>(&key(item)) }.window(0);
            let mut entries = radix::entries(v, &word, plan);
            radix::sort_entries(&mut entries, plan);
            // SAFETY: the entries were made with every index once, and sorting them runs no user code.
            unsafe { permute::gather(v, &|i| entries[i].index, plan) };
            return true;
        }
    });
    false
}
