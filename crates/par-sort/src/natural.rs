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
use std::marker::PhantomData;

/// So few integers are sorted by comparisons: std's sort of a thousand is as quick as two distributions.
const FEW: usize = 1500;
/// The same for floats, whose digits are less even.
const FEW_FLOATS: usize = 4000;

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
            // A function without parameters of type is compiled here, once, and not wherever somebody sorts something.
            fn sort(v: &mut [Known], plan: Plan) {
                texts::sort(v, plan);
            }
            // SAFETY: `T` is `Known` up to a lifetime, and text is sorted the same way whatever that is.
            sort(unsafe { known::cast::<T, Known>(v) }, plan);
            return true;
        }
    });
    let Some(sign) = sign_of::<T>() else { return false };
    macro_rules! sort_as {
        ($known:ty, $sort:expr) => {{
            fn sort(v: &mut [$known], sign: u128, plan: Plan) {
                $sort(v, sign, plan);
            }
            // SAFETY: `T` was found to be an integer, `bool` or `char`, of this size: plain bits, which are only moved.
            sort(unsafe { known::cast::<T, $known>(v) }, sign, plan);
        }};
    }
    // Numbers of 32 and 64 bits, which are sorted most, are compiled with their sign; the others learn it when they run.
    match (size_of::<T>(), sign != 0) {
        (4, false) => sort_as!(u32, sort_numbers),
        (4, true) => sort_as!(i32, sort_numbers),
        (8, false) => sort_as!(u64, sort_numbers),
        (8, true) => sort_as!(i64, sort_numbers),
        (1, _) => sort_as!(u8, sort_bits),
        (2, _) => sort_as!(u16, sort_bits),
        _ => sort_as!(u128, sort_bits),
    }
    true
}

/// Sorts numbers with their own order, of which few are sorted by it.
fn sort_numbers<K: RadixKey + Ord + Send>(v: &mut [K], _sign: u128, plan: Plan) {
    if plan.is_short(v.len(), FEW) {
        return v.sort_unstable();
    }
    radix::sort(v, plan);
}

/// Sorts integers by their bits. `sign` is what [`sign_of`] says of them.
fn sort_bits<K: Send>(v: &mut [K], sign: u128, plan: Plan) {
    radix::sort_by_key(v, |item| Bits::new(item, sign), plan);
}

/// Sorts `v` in the order of `total_cmp` if its elements are floats.
pub(crate) fn sort_floats<T>(v: &mut [T], plan: Plan) -> bool {
    macro_rules! sort_as {
        ($float:ty) => {
            if known::is::<T, $float>() {
                fn sort(v: &mut [$float], plan: Plan) {
                    if plan.is_short(v.len(), FEW_FLOATS) {
                        return v.sort_unstable_by(<$float>::total_cmp);
                    }
                    radix::sort(v, plan);
                }
                // SAFETY: `T` is this type.
                sort(unsafe { known::cast::<T, $float>(v) }, plan);
                return true;
            }
        };
    }
    sort_as!(f64);
    sort_as!(f32);
    false
}

/// Sorts `v` if `cmp` is a function known to compare such elements.
pub(crate) fn sort_by<T: Send, F>(v: &mut [T], _cmp: &F, plan: Plan) -> bool {
    let function = known::id::<F>();
    if function == of(&f64::total_cmp) || function == of(&f32::total_cmp) {
        return sort_floats(v, plan);
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
    let Some(sign) = sign_of::<K>() else { return false };
    radix::sort_by_key(v, |item| Bits::new(&key(item), sign), plan);
    true
}

/// Sorts `v` stably if `key` makes such keys, of at most 64 bits; it is called once for each element.
pub(crate) fn by_cached_key<T: Send, K>(v: &mut [T], key: &(impl Fn(&T) -> K + Sync), plan: Plan) -> bool {
    let Some(sign) = sign_of::<K>().filter(|_| Bits::<K>::BITS <= 64) else { return false };
    let mut entries = radix::entries(v, &|item| Bits::new(&key(item), sign).window(0), plan);
    radix::sort_entries(&mut entries, plan);
    // SAFETY: the entries were made with every index once, and sorting them runs no user code.
    unsafe { permute::gather(v, &|i| entries[i].index, plan) };
    true
}

/// An integer of a type that is only known at run time to be one. So a call with keys of any type compiles one sort, not
/// one for each integer there is.
struct Bits<K> {
    word: u128,
    of: PhantomData<fn() -> K>,
}

impl<K> Bits<K> {
    /// `sign` is what [`sign_of`] says of `K`.
    #[inline(always)]
    fn new(key: &K, sign: u128) -> Self {
        macro_rules! read {
            ($unsigned:ty) => {{
                // SAFETY: `sign_of` has found `K` to be an integer, `bool` or `char`, of this size: plain bits.
                u128::from(unsafe { std::mem::transmute_copy::<K, $unsigned>(key) })
            }};
        }
        let word = match size_of::<K>() {
            1 => read!(u8),
            2 => read!(u16),
            4 => read!(u32),
            8 => read!(u64),
            16 => read!(u128),
            _ => 0,
        };
        // The sign bit turned round: negative numbers come first.
        Self { word: word ^ sign, of: PhantomData }
    }
}

impl<K> RadixKey for Bits<K> {
    const BITS: u32 = if size_of::<K>() > 16 { 128 } else { 8 * size_of::<K>() as u32 };

    #[inline(always)]
    fn window(&self, skip: u32) -> u64 {
        if skip >= Self::BITS {
            0
        } else if Self::BITS <= 64 {
            (self.word as u64) << (64 - Self::BITS) << skip
        } else {
            (self.word << (128 - Self::BITS) << skip >> 64) as u64
        }
    }
}

/// The sign bit of a signed integer, 0 for another integer, `bool` or `char`; `None` for any other type.
fn sign_of<K>() -> Option<u128> {
    for_each_integer!(Known => {
        if known::is::<K, Known>() {
            return Some(<Known as Sign>::BIT);
        }
    });
    None
}

/// Where an integer has its sign.
trait Sign {
    const BIT: u128;
}

macro_rules! sign {
    ($($signed:ty)*; $($other:ty)*) => {
        $(impl Sign for $signed { const BIT: u128 = 1 << (<$signed>::BITS - 1); })*
        $(impl Sign for $other { const BIT: u128 = 0; })*
    };
}

sign!(i8 i16 i32 i64 i128 isize; u8 u16 u32 u64 u128 usize bool char);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_found_at_run_time_has_the_digits_of_its_type() {
        macro_rules! check {
            ($($integer:ty)*) => {$(
                let sign = sign_of::<$integer>().unwrap();
                for value in [<$integer>::MIN, <$integer>::MIN + 1, <$integer>::MAX / 3, <$integer>::MAX] {
                    for skip in 0..=<$integer>::BITS + 1 {
                        assert_eq!(Bits::new(&value, sign).window(skip), value.window(skip), "{value}, {skip}");
                    }
                }
            )*};
        }
        check!(u8 i8 u16 i16 u32 i32 u64 i64 u128 i128 usize isize);
    }

    #[test]
    fn truth_and_characters_keep_their_order_and_nothing_else_is_an_integer() {
        let truth = [false, true].map(|value| Bits::new(&value, sign_of::<bool>().unwrap()).window(0));
        assert!(truth[0] < truth[1]);
        let letters = ['\0', 'a', 'é', char::MAX].map(|value| Bits::new(&value, sign_of::<char>().unwrap()).window(0));
        assert!(letters.is_sorted_by(|a, b| a < b));
        assert!(sign_of::<f64>().is_none() && sign_of::<String>().is_none() && sign_of::<()>().is_none());
    }
}
