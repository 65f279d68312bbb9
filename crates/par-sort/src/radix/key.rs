//! What can be sorted by its digits.

use std::cmp::Reverse;

/// A key that is a string of [`BITS`](Self::BITS) bits whose unsigned order is the order wanted.
///
/// Implemented for integers, `bool`, `char`, floats (by [`f64::total_cmp`]: negative NaN, negative infinity, negative
/// numbers, -0.0, +0.0, positive numbers, infinity, NaN), tuples, arrays and references of keys, and
/// [`Reverse`] of a key. An implementation of your own that contradicts itself gives a wrong order, never undefined
/// behaviour, and loses nothing.
///
/// ```
/// use par_sort::{ParSort, RadixKey};
///
/// #[derive(Debug, PartialEq)]
/// struct Version { major: u16, minor: u16, patch: u32 }
///
/// impl RadixKey for Version {
///     const BITS: u32 = 64;
///     fn window(&self, skip: u32) -> u64 {
///         (self.major, self.minor, self.patch).window(skip)
///     }
/// }
///
/// let version = |major, minor, patch| Version { major, minor, patch };
/// let mut versions = [version(1, 10, 0), version(1, 9, 3), version(0, 1, 0)];
/// versions.par_sort_radix();
/// assert_eq!(versions, [version(0, 1, 0), version(1, 9, 3), version(1, 10, 0)]);
/// ```
pub trait RadixKey {
    /// The number of bits of a key; the same for all values.
    const BITS: u32;

    /// The 64 bits that follow the first `skip` ones, from the highest bit of the result on, and zeros where the key
    /// has ended.
    fn window(&self, skip: u32) -> u64;
}

/// A floating-point number: `f32` or `f64`.
pub trait Float: RadixKey + Send + sealed::Sealed {}

mod sealed {
    #[expect(unnameable_types, reason = "that nobody can name it is what seals `Float`")]
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

impl Float for f32 {}
impl Float for f64 {}

/// The window of a key of `width <= 64` bits that stand at the low end of `bits`.
#[inline(always)]
fn short(bits: u64, width: u32, skip: u32) -> u64 {
    if skip < width { bits << (64 - width) << skip } else { 0 }
}

macro_rules! integers {
    ($($unsigned:ty, $signed:ty);*) => {$(
        impl RadixKey for $unsigned {
            const BITS: u32 = Self::BITS;
            #[inline(always)]
            fn window(&self, skip: u32) -> u64 {
                short(*self as u64, <Self as RadixKey>::BITS, skip)
            }
        }
        impl RadixKey for $signed {
            const BITS: u32 = Self::BITS;
            #[inline(always)]
            fn window(&self, skip: u32) -> u64 {
                // The sign bit turned round: negative numbers come first.
                self.wrapping_sub(Self::MIN).cast_unsigned().window(skip)
            }
        }
    )*};
}

integers!(u8, i8; u16, i16; u32, i32; u64, i64; usize, isize);

impl RadixKey for u128 {
    const BITS: u32 = 128;
    #[inline(always)]
    fn window(&self, skip: u32) -> u64 {
        if skip < 128 { (self << skip >> 64) as u64 } else { 0 }
    }
}

impl RadixKey for i128 {
    const BITS: u32 = 128;
    #[inline(always)]
    fn window(&self, skip: u32) -> u64 {
        self.wrapping_sub(Self::MIN).cast_unsigned().window(skip)
    }
}

macro_rules! floats {
    ($($float:ty, $signed:ty);*) => {$(
        impl RadixKey for $float {
            const BITS: u32 = <$signed>::BITS;
            #[inline(always)]
            fn window(&self, skip: u32) -> u64 {
                // As in `total_cmp`: the bits of a negative number count downwards.
                let bits = self.to_bits().cast_signed();
                let turned = bits ^ (((bits >> (<$signed>::BITS - 1)).cast_unsigned() >> 1).cast_signed());
                turned.window(skip)
            }
        }
    )*};
}

floats!(f32, i32; f64, i64);

impl RadixKey for bool {
    const BITS: u32 = 1;
    #[inline(always)]
    fn window(&self, skip: u32) -> u64 {
        short(u64::from(*self), 1, skip)
    }
}

impl RadixKey for char {
    const BITS: u32 = 21;
    #[inline(always)]
    fn window(&self, skip: u32) -> u64 {
        short(u64::from(u32::from(*self)), 21, skip)
    }
}

impl RadixKey for () {
    const BITS: u32 = 0;
    #[inline(always)]
    fn window(&self, _skip: u32) -> u64 {
        0
    }
}

impl<K: RadixKey + ?Sized> RadixKey for &K {
    const BITS: u32 = K::BITS;
    #[inline(always)]
    fn window(&self, skip: u32) -> u64 {
        (**self).window(skip)
    }
}

impl<K: RadixKey> RadixKey for Reverse<K> {
    const BITS: u32 = K::BITS;
    #[inline(always)]
    fn window(&self, skip: u32) -> u64 {
        // Every bit of the key turned round, none behind its end.
        let left = K::BITS.saturating_sub(skip).min(64);
        let mask = if left == 0 { 0 } else { u64::MAX << (64 - left) };
        !self.0.window(skip) & mask
    }
}

/// The window of two keys of which the first has `first` bits.
#[inline(always)]
fn chain(first: u32, skip: u32, head: impl Fn(u32) -> u64, tail: impl Fn(u32) -> u64) -> u64 {
    if skip >= first {
        return tail(skip - first);
    }
    let left = first - skip;
    if left >= 64 { head(skip) } else { head(skip) | tail(0) >> left }
}

macro_rules! tuples {
    ($first:ident . $i:tt $(, $rest:ident . $j:tt)*) => {
        impl<$first: RadixKey $(, $rest: RadixKey)*> RadixKey for ($first, $($rest,)*) {
            const BITS: u32 = $first::BITS $(+ $rest::BITS)*;
            #[inline(always)]
            fn window(&self, skip: u32) -> u64 {
                tuples!(@window self, skip, $first.$i $(, $rest.$j)*)
            }
        }
    };
    (@window $self:ident, $skip:expr, $last:ident . $i:tt) => { $self.$i.window($skip) };
    (@window $self:ident, $skip:expr, $first:ident . $i:tt, $($rest:ident . $j:tt),+) => {
        chain($first::BITS, $skip, |skip| $self.$i.window(skip), |skip| tuples!(@window $self, skip, $($rest.$j),+))
    };
}

tuples!(A.0);
tuples!(A.0, B.1);
tuples!(A.0, B.1, C.2);
tuples!(A.0, B.1, C.2, D.3);
tuples!(A.0, B.1, C.2, D.3, E.4);
tuples!(A.0, B.1, C.2, D.3, E.4, F.5);

impl<K: RadixKey, const N: usize> RadixKey for [K; N] {
    const BITS: u32 = K::BITS * N as u32;
    #[inline]
    fn window(&self, skip: u32) -> u64 {
        if K::BITS == 0 || skip >= Self::BITS {
            return 0;
        }
        let first = (skip / K::BITS) as usize;
        let mut window = self[first].window(skip % K::BITS);
        let mut filled = K::BITS - skip % K::BITS;
        for key in &self[first + 1..] {
            if filled >= 64 {
                break;
            }
            window |= key.window(0) >> filled;
            filled += K::BITS;
        }
        window
    }
}
