//! What may be done with bit copies of elements.
//!
//! A fast merge goes level by level, so from the second level on it compares elements in a buffer while their source
//! still holds the bits it got them from. A comparator may change what it compares (through a `Cell`); then the copy is
//! the element, and the source is out of date. Who may use such a merge is therefore a question of ownership.

use crate::word::is;

/// What a merge may do with its sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sources {
    /// The elements move out at the end. Their places are ours to write to: after a panic every element goes back to
    /// some place of the source, in the state in which it was compared last.
    Owned,
    /// The elements are `Copy`, so there is no cell in them and any copy is as good as the original. Nothing is written.
    Copied,
}

/// Whether `T` is a type known to be `Copy`, where the bounds do not say so.
#[inline(always)]
pub(crate) fn is_plain<T>() -> bool {
    macro_rules! any_of {
        ($($known:ty),*) => { $(is::<T, $known>())||* };
    }
    any_of!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char, ())
        || any_of!(&'static str, &'static [u8], core::time::Duration)
}

#[cfg(test)]
mod tests {
    use super::is_plain;
    use alloc::string::String;
    use core::cell::Cell;

    #[test]
    fn only_known_types_are_plain() {
        assert!(is_plain::<u64>() && is_plain::<&str>() && is_plain::<f32>() && is_plain::<()>());
        assert!(!is_plain::<String>() && !is_plain::<Cell<u8>>() && !is_plain::<&mut u8>() && !is_plain::<&Cell<u8>>());
    }
}
