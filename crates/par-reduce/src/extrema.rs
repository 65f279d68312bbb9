//! Least and greatest elements, and where they are. Of equal elements the one with the lowest index wins.
//!
//! Numbers go through vector registers: each block of [`BLOCK`] gives its extreme value and only the first block that
//! beats all before it is remembered; at the end of a chunk that one block is searched for the position. So the
//! position costs next to nothing and is exact. Other types are compared one by one.

use crate::number::{as_numbers, beats, kernel::Extreme};
use crate::reducer::{Cost, Reducer};
use std::cmp::Ordering;

/// Elements whose extreme value is found before one looks whether it is a new record.
const BLOCK: usize = 2048;

/// The position of the extreme number in a part of a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<T> {
    pub(crate) index: usize,
    pub(crate) value: T,
}

impl Reducer {
    /// The first position of the extreme number that is not NaN.
    pub(crate) fn arg_number<T: Extreme, const MAX: bool>(&self, x: &[T]) -> Option<Found<T>> {
        let (level, bytes) = (self.level(), size_of::<T>());
        let partial = |r: std::ops::Range<usize>| {
            let start = r.start;
            let mut best: Option<Found<T>> = None;
            for (i, block) in x[r.clone()].chunks(BLOCK).enumerate() {
                let value = T::extreme::<MAX>(level, block);
                if best.is_none_or(|best| beats::<T, MAX>(&value, &best.value)) {
                    best = Some(Found { index: start + i * BLOCK, value });
                }
            }
            let Found { index, value } = best?;
            // A block of NaN shows the neutral infinity without having it; then any block may.
            let in_block = T::position(level, &x[index..r.end.min(index.saturating_add(BLOCK))], value);
            let found = in_block.map(|i| index + i).or_else(|| T::position(level, &x[r], value).map(|i| start + i));
            found.map(|index| Found { index, value })
        };
        self.reduce(x.len(), self.chunk_by_bytes(x.len(), bytes), Cost::Bytes(bytes), partial, first::<T, MAX>)
            .flatten()
    }

    /// The first position of the extreme element; `better(a, b)`: `a`, which lies to the right, wins against `b`.
    fn arg_with<T: Sync>(&self, x: &[T], better: impl Fn(&T, &T) -> bool + Sync) -> Option<usize> {
        let partial = |r: std::ops::Range<usize>| {
            let start = r.start;
            r.fold(start, |best, i| if better(&x[i], &x[best]) { i } else { best })
        };
        let combine = |a: usize, b: usize| if better(&x[b], &x[a]) { b } else { a };
        self.reduce(x.len(), self.chunk_by_len(x.len()), Cost::Unknown, partial, combine)
    }

    /// As `arg_with`; elements that are `alien` lose against all others.
    fn arg_extreme<T: PartialOrd + Sync, const MAX: bool>(
        &self,
        x: &[T],
        alien: impl Fn(&T) -> bool + Sync,
    ) -> Option<usize> {
        macro_rules! numbers {
            ($($t:ident)*) => {$(
                if let Some(x) = as_numbers::<T, $t>(x) {
                    return self.arg_number::<$t, MAX>(x).map(|found| found.index);
                }
            )*};
        }
        numbers!(f64 f32 i32 i64 u32 u64 usize isize u8 i8 u16 i16);
        let best = self.arg_with(x, |a, b| beats::<T, MAX>(a, b) || (alien(b) && !alien(a)));
        best.filter(|&i| !alien(&x[i]))
    }

    /// See [`min`].
    pub fn min<'a, T: Ord + Sync>(&self, x: &'a [T]) -> Option<&'a T> {
        self.arg_extreme::<T, false>(x, |_| false).map(|i| &x[i])
    }

    /// See [`max`].
    pub fn max<'a, T: Ord + Sync>(&self, x: &'a [T]) -> Option<&'a T> {
        self.arg_extreme::<T, true>(x, |_| false).map(|i| &x[i])
    }

    /// See [`min_max`].
    pub fn min_max<'a, T: Ord + Sync>(&self, x: &'a [T]) -> Option<(&'a T, &'a T)> {
        Some((self.min(x)?, self.max(x)?))
    }

    /// See [`argmin`].
    pub fn argmin<T: PartialOrd + Sync>(&self, x: &[T]) -> Option<usize> {
        self.arg_extreme::<T, false>(x, like_nan)
    }

    /// See [`argmax`].
    pub fn argmax<T: PartialOrd + Sync>(&self, x: &[T]) -> Option<usize> {
        self.arg_extreme::<T, true>(x, like_nan)
    }

    /// See [`argmin_by`].
    pub fn argmin_by<T: Sync>(&self, x: &[T], compare: impl Fn(&T, &T) -> Ordering + Sync) -> Option<usize> {
        self.arg_with(x, |a, b| compare(a, b).is_lt())
    }

    /// See [`argmax_by`].
    pub fn argmax_by<T: Sync>(&self, x: &[T], compare: impl Fn(&T, &T) -> Ordering + Sync) -> Option<usize> {
        self.arg_with(x, |a, b| compare(a, b).is_gt())
    }
}

/// Whether a value cannot even be compared with itself.
fn like_nan<T: PartialOrd>(value: &T) -> bool {
    value.partial_cmp(value).is_none()
}

/// The better of two, `a` being to the left of `b`.
fn first<T: Extreme, const MAX: bool>(a: Option<Found<T>>, b: Option<Found<T>>) -> Option<Found<T>> {
    match (a, b) {
        (Some(left), Some(right)) if beats::<T, MAX>(&right.value, &left.value) => b,
        (None, _) => b,
        _ => a,
    }
}

/// The least element, the first of equals; `None` if there is none.
///
/// Integers are compared in vector registers; floats have [`min_float`](crate::min_float).
///
/// ```
/// assert_eq!(par_reduce::min(&[3, 1, 2]), Some(&1));
/// assert_eq!(par_reduce::min(&["pear", "apple"]), Some(&"apple"));
/// ```
pub fn min<T: Ord + Sync>(x: &[T]) -> Option<&T> {
    Reducer::new().min(x)
}

/// The greatest element, the *first* of equals (std's `max` gives the last); `None` if there is none.
///
/// ```
/// assert_eq!(par_reduce::max(&[3, 1, 2]), Some(&3));
/// ```
pub fn max<T: Ord + Sync>(x: &[T]) -> Option<&T> {
    Reducer::new().max(x)
}

/// The least and the greatest element, each the first of its equals.
///
/// ```
/// assert_eq!(par_reduce::min_max(&[3, 1, 2]), Some((&1, &3)));
/// ```
pub fn min_max<T: Ord + Sync>(x: &[T]) -> Option<(&T, &T)> {
    Reducer::new().min_max(x)
}

/// The index of the least element, the lowest one of equals. What cannot be compared with itself (a NaN) never wins;
/// `None` if there is nothing else.
///
/// Numbers are compared in vector registers. `-0.0` and `0.0` are equal. Where a NaN should win, see
/// [`argmin_float`](crate::argmin_float).
///
/// ```
/// assert_eq!(par_reduce::argmin(&[2.0, f64::NAN, -1.0, -1.0]), Some(2));
/// assert_eq!(par_reduce::argmin(&[f32::NAN]), None);
/// assert_eq!(par_reduce::argmin(&["pear", "apple"]), Some(1));
/// ```
pub fn argmin<T: PartialOrd + Sync>(x: &[T]) -> Option<usize> {
    Reducer::new().argmin(x)
}

/// The index of the greatest element, the lowest one of equals; see [`argmin`].
///
/// ```
/// assert_eq!(par_reduce::argmax(&[5_u8, 9, 9]), Some(1));
/// ```
pub fn argmax<T: PartialOrd + Sync>(x: &[T]) -> Option<usize> {
    Reducer::new().argmax(x)
}

/// The index of the least element by `compare`, the lowest one of equals.
///
/// ```
/// assert_eq!(par_reduce::argmin_by(&["bb", "c", "a"], |a, b| a.len().cmp(&b.len())), Some(1));
/// ```
pub fn argmin_by<T: Sync>(x: &[T], compare: impl Fn(&T, &T) -> Ordering + Sync) -> Option<usize> {
    Reducer::new().argmin_by(x, compare)
}

/// The index of the greatest element by `compare`, the lowest one of equals.
///
/// ```
/// assert_eq!(par_reduce::argmax_by(&["bb", "c", "aa"], |a, b| a.len().cmp(&b.len())), Some(0));
/// ```
pub fn argmax_by<T: Sync>(x: &[T], compare: impl Fn(&T, &T) -> Ordering + Sync) -> Option<usize> {
    Reducer::new().argmax_by(x, compare)
}
