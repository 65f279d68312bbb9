//! Least and greatest floats, with a say in what NaN means.

use crate::extrema::Best;
use crate::isa::Level;
use crate::number::{Float, any, beats};
use crate::reducer::{Cost, Reducer};
use std::ops::Range;

/// What a NaN among the inputs means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nan {
    /// The result is NaN as soon as one input is, as NumPy's `min` has it.
    Propagate,
    /// NaN counts as missing, as [`f64::min`] has it.
    Ignore,
}

/// Elements in which NaN is looked for before they are compared, while they are in the L1 cache.
const BLOCK: usize = 2048;

/// The extreme value of a part.
#[derive(Clone, Copy, Debug)]
enum Part<T> {
    /// Nothing but NaN, which is ignored.
    Nothing,
    Value(T),
    /// A NaN, which wins.
    Nan,
}

impl Reducer {
    fn extreme_float<T: Float, const MAX: bool>(&self, x: &[T], nan: Nan) -> Option<T> {
        let (level, bytes) = (self.level(), size_of::<T>());
        let partial = move |r: Range<usize>| {
            let block = if nan == Nan::Propagate { BLOCK } else { r.len() };
            x[r].chunks(block.max(1)).fold(Part::Nothing, |part, block| {
                if nan == Nan::Propagate && any(level, block, T::is_nan) {
                    return Part::Nan;
                }
                let value = settle::<T, MAX>(level, block, T::extreme::<MAX>(level, block));
                combine::<T, MAX>(part, value)
            })
        };
        let part =
            self.reduce(x.len(), self.chunk_by_bytes(x.len(), bytes), Cost::Bytes(bytes), partial, combine::<T, MAX>)?;
        match part {
            Part::Nothing => None,
            Part::Value(value) => Some(value),
            Part::Nan => Some(T::NAN),
        }
    }

    fn arg_float<T: Float, const MAX: bool>(&self, x: &[T], nan: Nan) -> Option<usize> {
        if nan == Nan::Ignore {
            return self.arg_number::<T, MAX>(x);
        }
        let (level, bytes) = (self.level(), size_of::<T>());
        // A chunk stays in the L2 cache between the search for NaN and the comparison.
        let partial = move |r: Range<usize>| {
            let has_nan = any(level, &x[r.clone()], T::is_nan);
            if has_nan { Best { part: r, value: T::NAN } } else { Best::of::<MAX>(level, x, r) }
        };
        let better = |left: Best<T>, right: Best<T>| match (left.value.is_nan(), right.value.is_nan()) {
            (true, _) => left,
            (false, true) => right,
            (false, false) => left.or::<MAX>(right),
        };
        let best = self.reduce(x.len(), self.chunk_by_bytes(x.len(), bytes), Cost::Bytes(bytes), partial, better)?;
        if best.value.is_nan() {
            let in_part = x[best.part.clone()].iter().position(|value| value.is_nan());
            return in_part.map(|i| best.part.start + i);
        }
        best.locate(level, x)
    }

    /// See [`min_float`].
    pub fn min_float<T: Float>(&self, x: &[T], nan: Nan) -> Option<T> {
        self.extreme_float::<T, false>(x, nan)
    }

    /// See [`max_float`].
    pub fn max_float<T: Float>(&self, x: &[T], nan: Nan) -> Option<T> {
        self.extreme_float::<T, true>(x, nan)
    }

    /// See [`argmin_float`].
    pub fn argmin_float<T: Float>(&self, x: &[T], nan: Nan) -> Option<usize> {
        self.arg_float::<T, false>(x, nan)
    }

    /// See [`argmax_float`].
    pub fn argmax_float<T: Float>(&self, x: &[T], nan: Nan) -> Option<usize> {
        self.arg_float::<T, true>(x, nan)
    }
}

/// What the comparison of a block leaves open: which zero it is, and whether an infinity is an element or only the
/// neutral start.
fn settle<T: Float, const MAX: bool>(level: Level, block: &[T], value: T) -> Part<T> {
    if value == T::ZERO {
        let better = if MAX { T::ZERO } else { T::MINUS_ZERO };
        let is_better = |y: T| y == T::ZERO && y.is_sign_negative() != MAX;
        return Part::Value(if any(level, block, is_better) { better } else { value });
    }
    let neutral = if MAX { T::NEG_INFINITY } else { T::INFINITY };
    if value == neutral && !block.contains(&value) {
        return Part::Nothing;
    }
    Part::Value(value)
}

fn combine<T: Float, const MAX: bool>(a: Part<T>, b: Part<T>) -> Part<T> {
    match (a, b) {
        (Part::Nan, _) | (_, Part::Nan) => Part::Nan,
        (Part::Nothing, other) | (other, Part::Nothing) => other,
        (Part::Value(x), Part::Value(y)) => {
            // Equal values differ only if they are zeros: -0.0 counts as less.
            let better = beats::<T, MAX>(&y, &x) || (x == y && y.is_sign_negative() != MAX);
            Part::Value(if better { y } else { x })
        }
    }
}

/// The least float, or `None` if there is none. `-0.0` counts as less than `0.0`.
///
/// With [`Nan::Propagate`] a NaN among the inputs is the result (always [`f64::NAN`]), with [`Nan::Ignore`] only the others
/// count, and `None` also means that there were no others.
///
/// ```
/// use par_reduce::{Nan, min_float};
///
/// let x = [2.0, f64::NAN, 1.0];
/// assert_eq!(min_float(&x, Nan::Ignore), Some(1.0));
/// assert!(min_float(&x, Nan::Propagate).unwrap().is_nan());
/// ```
pub fn min_float<T: Float>(x: &[T], nan: Nan) -> Option<T> {
    Reducer::new().min_float(x, nan)
}

/// The greatest float, or `None` if there is none; see [`min_float`]. `0.0` counts as greater than `-0.0`.
pub fn max_float<T: Float>(x: &[T], nan: Nan) -> Option<T> {
    Reducer::new().max_float(x, nan)
}

/// The index of the least float, the lowest one of equals. With [`Nan::Propagate`] the first NaN wins, as NumPy has it;
/// with [`Nan::Ignore`] this is [`argmin`](crate::argmin). `-0.0` and `0.0` are equal.
///
/// ```
/// use par_reduce::{Nan, argmin_float};
///
/// assert_eq!(argmin_float(&[2.0, f64::NAN, 1.0], Nan::Propagate), Some(1));
/// ```
pub fn argmin_float<T: Float>(x: &[T], nan: Nan) -> Option<usize> {
    Reducer::new().argmin_float(x, nan)
}

/// The index of the greatest float, the lowest one of equals; see [`argmin_float`].
pub fn argmax_float<T: Float>(x: &[T], nan: Nan) -> Option<usize> {
    Reducer::new().argmax_float(x, nan)
}
