//! Least and greatest elements, and where they are. Of equal elements the one with the lowest index wins.
//!
//! Numbers go through vector registers, which know values and no places: each chunk gives its extreme value, and only the
//! first chunk whose value beats all others is searched for the place, at the end. So the place costs next to nothing and is
//! exact. Other types are compared one by one.

use crate::isa::Level;
use crate::number::{as_numbers, beats, kernel::Extreme};
use crate::reducer::{Cost, Reducer};
use std::cmp::Ordering;
use std::ops::Range;

/// A part of a slice and its extreme value.
#[derive(Clone, Debug)]
pub(crate) struct Best<T> {
    pub(crate) part: Range<usize>,
    pub(crate) value: T,
}

impl<T: Extreme> Best<T> {
    #[inline]
    pub(crate) fn of<const MAX: bool>(level: Level, x: &[T], part: Range<usize>) -> Self {
        Self { value: T::extreme::<MAX>(level, &x[part.clone()]), part }
    }

    /// The better one, `self` being to the left of `right`.
    pub(crate) fn or<const MAX: bool>(self, right: Self) -> Self {
        if beats::<T, MAX>(&right.value, &self.value) { right } else { self }
    }

    /// The first place of the value in `x`, of which this is the best part.
    pub(crate) fn locate(self, level: Level, x: &[T]) -> Option<usize> {
        let in_part = T::position(level, &x[self.part.clone()], self.value).map(|i| self.part.start + i);
        // A part of nothing but NaN shows the neutral infinity without having it; then any part may.
        in_part.or_else(|| T::position(level, x, self.value))
    }
}

/// Returns `$found` if the elements of `$x` are numbers that vector registers compare, of which type `$n` then is one.
macro_rules! if_numbers {
    ($x:ident: [$t:ident] as $n:ident => $found:expr) => {
        if_numbers!(@ $x $t $n $found; f64 f32 i32 i64 u32 u64 usize isize u8 i8 u16 i16)
    };
    (@ $x:ident $t:ident $n:ident $found:expr; $($number:ident)*) => {$({
        type $n = $number;
        if let Some($x) = as_numbers::<$t, $n>($x) {
            return $found;
        }
    })*};
}

impl Reducer {
    /// The first position of the extreme number that is not NaN.
    pub(crate) fn arg_number<T: Extreme, const MAX: bool>(&self, x: &[T]) -> Option<usize> {
        let (level, bytes) = (self.level(), size_of::<T>());
        let partial = move |r| Best::of::<MAX>(level, x, r);
        let chunk = self.chunk_by_bytes(x.len(), bytes);
        self.reduce(x.len(), chunk, Cost::Bytes(bytes), partial, Best::or::<MAX>)?.locate(level, x)
    }

    /// The first positions of the least and the greatest number: the second look at a chunk finds it in the cache.
    fn arg_both_numbers<T: Extreme>(&self, x: &[T]) -> Option<(usize, usize)> {
        let (level, bytes) = (self.level(), size_of::<T>());
        let partial = move |r: Range<usize>| (Best::of::<false>(level, x, r.clone()), Best::of::<true>(level, x, r));
        let combine = |a: (Best<T>, Best<T>), b: (Best<T>, Best<T>)| (a.0.or::<false>(b.0), a.1.or::<true>(b.1));
        let chunk = self.chunk_by_bytes(x.len(), bytes);
        let (least, greatest) = self.reduce(x.len(), chunk, Cost::Bytes(bytes), partial, combine)?;
        Some((least.locate(level, x)?, greatest.locate(level, x)?))
    }

    /// The first position of the extreme element; `better(a, b)`: `a`, which lies to the right, wins against `b`.
    fn arg_with<T: Sync>(&self, x: &[T], better: impl Fn(&T, &T) -> bool + Sync) -> Option<usize> {
        let partial = |r: Range<usize>| {
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
        if_numbers!(x: [T] as N => self.arg_number::<N, MAX>(x));
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
        let both = || {
            if_numbers!(x: [T] as N => self.arg_both_numbers::<N>(x));
            let (less, greater) = (|a: &T, b: &T| a < b, |a: &T, b: &T| a > b);
            Some((self.arg_with(x, less)?, self.arg_with(x, greater)?))
        };
        both().map(|(least, greatest)| (&x[least], &x[greatest]))
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

/// The least and the greatest element, each the first of its equals. Numbers are read from memory once for both.
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
