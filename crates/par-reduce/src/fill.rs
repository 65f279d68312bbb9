//! [`fill_with`]: every element from its index.

use crate::disjoint::Disjoint;
use crate::reducer::{Cost, Reducer};

impl Reducer {
    /// See [`fill_with`].
    pub fn fill_with<T: Send>(&self, out: &mut [T], value: impl Fn(usize) -> T + Sync) {
        let len = out.len();
        let cells = Disjoint::new(out);
        self.for_each(len, self.chunk_by_len(len), Cost::Unknown, |r| {
            // SAFETY: chunks do not overlap and `for_each` visits each once.
            let part = unsafe { cells.part(r.clone()) };
            r.zip(part).for_each(|(i, slot)| *slot = value(i));
        });
    }
}

/// Sets `out[i] = value(i)` for every index, in no particular order.
///
/// ```
/// let mut squares = [0; 5];
/// par_reduce::fill_with(&mut squares, |i| i * i);
/// assert_eq!(squares, [0, 1, 4, 9, 16]);
/// ```
///
/// # Panics
/// If `value` panics; some elements are then set and the others as they were.
pub fn fill_with<T: Send>(out: &mut [T], value: impl Fn(usize) -> T + Sync) {
    Reducer::new().fill_with(out, value);
}
