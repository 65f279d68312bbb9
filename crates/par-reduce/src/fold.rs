//! Reductions by the caller's closures: [`fold`], [`map_reduce`], [`count_if`].

use crate::reducer::{Cost, Reducer};

impl Reducer {
    /// See [`fold`].
    pub fn fold<T: Sync, A: Send>(
        &self,
        x: &[T],
        identity: impl Fn() -> A + Sync,
        fold: impl Fn(A, &T) -> A + Sync,
        combine: impl Fn(A, A) -> A,
    ) -> A {
        let partial = |r: std::ops::Range<usize>| x[r].iter().fold(identity(), &fold);
        self.reduce(x.len(), self.chunk_by_len(x.len()), Cost::Unknown, partial, combine).unwrap_or_else(&identity)
    }

    /// See [`map_reduce`].
    pub fn map_reduce<T: Sync, A: Send>(
        &self,
        x: &[T],
        map: impl Fn(&T) -> A + Sync,
        identity: impl Fn() -> A,
        combine: impl Fn(A, A) -> A + Sync,
    ) -> A {
        // A chunk has at least one element, so that `identity` is the answer for the empty slice alone.
        let partial = |r: std::ops::Range<usize>| x[r].iter().map(&map).reduce(&combine);
        let both = |a: Option<A>, b: Option<A>| match (a, b) {
            (Some(a), Some(b)) => Some(combine(a, b)),
            (a, b) => a.or(b),
        };
        self.reduce(x.len(), self.chunk_by_len(x.len()), Cost::Unknown, partial, both)
            .flatten()
            .unwrap_or_else(identity)
    }

    /// See [`count_if`].
    pub fn count_if<T: Sync>(&self, x: &[T], pred: impl Fn(&T) -> bool + Sync) -> usize {
        self.fold(x, || 0, |count, value| count + usize::from(pred(value)), |a, b| a + b)
    }
}

/// Folds each chunk from `identity()` with `fold`, then combines the chunks, left to right, with `combine`.
///
/// `combine` must be associative and `identity()` neutral for it, and `fold(a, x)` must be `combine(a, fold(identity(),
/// x))`; then the answer is that of a sequential fold. The order is kept, so `combine` need not commute. Where these laws
/// hold only nearly, as for floats, the answer still depends on the input alone: chunks and tree are fixed.
///
/// ```
/// let words = ["fold ", "keeps ", "the ", "order"];
/// let text = par_reduce::fold(&words, String::new, |text, word| text + word, |a, b| a + &b);
/// assert_eq!(text, "fold keeps the order");
/// ```
///
/// # Panics
/// If a closure panics: with its payload, once no thread runs a closure any more. What was folded so far is dropped.
///
/// # Complexity
/// O(n) calls of `fold`, at most 128 of `identity` and `combine`, or one for each 4096 elements. The first chunks run on the
/// calling thread and are timed; others are woken only if more than 20 µs of work are left.
pub fn fold<T: Sync, A: Send>(
    x: &[T],
    identity: impl Fn() -> A + Sync,
    fold: impl Fn(A, &T) -> A + Sync,
    combine: impl Fn(A, A) -> A,
) -> A {
    Reducer::new().fold(x, identity, fold, combine)
}

/// Maps every element and combines the results, left to right; `identity()` is the answer for no element.
///
/// `combine` must be associative; it need not commute. See [`fold`] for panics and cost.
///
/// ```
/// let longest = par_reduce::map_reduce(&["a", "abc", "ab"], |w| w.len(), || 0, usize::max);
/// assert_eq!(longest, 3);
/// ```
pub fn map_reduce<T: Sync, A: Send>(
    x: &[T],
    map: impl Fn(&T) -> A + Sync,
    identity: impl Fn() -> A,
    combine: impl Fn(A, A) -> A + Sync,
) -> A {
    Reducer::new().map_reduce(x, map, identity, combine)
}

/// How many elements satisfy `pred`.
///
/// ```
/// assert_eq!(par_reduce::count_if(&[1, 2, 3, 4], |n| n % 2 == 0), 2);
/// ```
pub fn count_if<T: Sync>(x: &[T], pred: impl Fn(&T) -> bool + Sync) -> usize {
    Reducer::new().count_if(x, pred)
}
