//! What can be compared in vector registers: the integers of std up to 64 bits, and the floats.

use crate::isa::{Kernel, Level};
use crate::lanes::{for_widths, next_block};
use std::any::TypeId;
use std::marker::PhantomData;

/// `f32` and `f64`. Sealed.
pub trait Float: kernel::Real {}

/// The kernels behind the public trait.
pub(crate) mod kernel {
    use super::Level;

    #[expect(unnameable_types, reason = "seals `Float`")]
    pub trait Extreme: Copy + PartialOrd + Send + Sync + 'static {
        /// The least element of `x` in the order of the numbers, or the greatest if `MAX`. NaN never wins: a slice
        /// without any other element gives the neutral infinity, and so does an empty one.
        fn extreme<const MAX: bool>(level: Level, x: &[Self]) -> Self;

        /// The first position of `value`.
        fn position(level: Level, x: &[Self], value: Self) -> Option<usize>;
    }

    #[expect(unnameable_types, reason = "seals `Float`")]
    pub trait Real: Extreme {
        const NAN: Self;
        const ZERO: Self;
        const MINUS_ZERO: Self;
        const INFINITY: Self;
        const NEG_INFINITY: Self;
        fn is_nan(self) -> bool;
        fn is_sign_negative(self) -> bool;
    }
}

/// Whether `a` wins against `b`.
#[inline(always)]
pub(crate) fn beats<T: PartialOrd, const MAX: bool>(a: &T, b: &T) -> bool {
    if MAX { a > b } else { a < b }
}

/// The winner of each lane, then of the lanes. `neutral` loses against everything but its equals.
#[inline(always)]
fn extreme_in_lanes<T: Copy + PartialOrd, const LANES: usize, const MAX: bool>(x: &[T], neutral: T) -> T {
    let mut lanes = [neutral; LANES];
    // A load that lies across two cache lines costs two. Extremes do not care in which lane they are found.
    let (mut head, x) = x.split_at(x.as_ptr().align_offset(64).min(x.len()));
    for_widths!(W => if let Some(block) = next_block::<T, W, LANES>(&mut head) {
        keep_better::<T, W, MAX>(&mut lanes, block);
    });
    let (blocks, mut tail) = x.as_chunks::<LANES>();
    for block in blocks {
        keep_better::<T, LANES, MAX>(&mut lanes, block);
    }
    for_widths!(W => if let Some(block) = next_block::<T, W, LANES>(&mut tail) {
        keep_better::<T, W, MAX>(&mut lanes, block);
    });
    for_widths!(W => if 2 * W <= LANES {
        for i in 0..W {
            lanes[i] = if beats::<T, MAX>(&lanes[i + W], &lanes[i]) { lanes[i + W] } else { lanes[i] };
        }
    });
    lanes[0]
}

/// What beats a lane takes its place.
#[inline(always)]
fn keep_better<T: Copy + PartialOrd, const W: usize, const MAX: bool>(lanes: &mut [T], block: &[T; W]) {
    for i in 0..W {
        lanes[i] = if beats::<T, MAX>(&block[i], &lanes[i]) { block[i] } else { lanes[i] };
    }
}

/// Whether an element passes `test`. Looks at all of them, which vector registers do faster than one by one to the first.
pub(crate) fn any<T: Copy>(level: Level, x: &[T], test: impl Fn(T) -> bool) -> bool {
    struct Any<'a, T, F>(&'a [T], F);
    impl<T: Copy, F: Fn(T) -> bool> Kernel for Any<'_, T, F> {
        type Out = bool;

        #[inline(always)]
        fn run(self) -> bool {
            self.0.iter().fold(false, |any, &value| any | (self.1)(value))
        }
    }
    level.run(Any(x, test))
}

/// Finds the first place of a value: 64 elements at a time, then within them.
struct Locate<'a, T>(&'a [T], T);

impl<T: Copy + PartialEq> Kernel for Locate<'_, T> {
    type Out = Option<usize>;

    #[inline(always)]
    fn run(self) -> Option<usize> {
        let Self(x, value) = self;
        let (rows, _) = x.as_chunks::<64>();
        let before = rows.iter().take_while(|row| !row.iter().fold(false, |any, y| any | (*y == value))).count() * 64;
        x[before..].iter().position(|y| *y == value).map(|i| before + i)
    }
}

macro_rules! numbers {
    ($($t:ident, $lanes:literal, $least:expr, $greatest:expr;)*) => {$(
        impl kernel::Extreme for $t {
            fn extreme<const MAX: bool>(level: Level, x: &[Self]) -> Self {
                struct Find<'a, const MAX: bool>(&'a [$t]);
                impl<const MAX: bool> Kernel for Find<'_, MAX> {
                    type Out = $t;

                    #[inline(always)]
                    fn run(self) -> $t {
                        extreme_in_lanes::<$t, $lanes, MAX>(self.0, if MAX { $least } else { $greatest })
                    }
                }
                level.run(Find::<MAX>(x))
            }

            fn position(level: Level, x: &[Self], value: Self) -> Option<usize> {
                level.run(Locate(x, value))
            }
        }
    )*};
}

numbers! {
    i8, 256, i8::MIN, i8::MAX;
    u8, 256, u8::MIN, u8::MAX;
    i16, 128, i16::MIN, i16::MAX;
    u16, 128, u16::MIN, u16::MAX;
    i32, 128, i32::MIN, i32::MAX;
    u32, 128, u32::MIN, u32::MAX;
    i64, 64, i64::MIN, i64::MAX;
    u64, 64, u64::MIN, u64::MAX;
    isize, 64, isize::MIN, isize::MAX;
    usize, 64, usize::MIN, usize::MAX;
    f32, 64, f32::NEG_INFINITY, f32::INFINITY;
    f64, 64, f64::NEG_INFINITY, f64::INFINITY;
}

macro_rules! floats {
    ($($t:ident)*) => {$(
        impl kernel::Real for $t {
            const NAN: Self = $t::NAN;
            const ZERO: Self = 0.0;
            const MINUS_ZERO: Self = -0.0;
            const INFINITY: Self = $t::INFINITY;
            const NEG_INFINITY: Self = $t::NEG_INFINITY;

            fn is_nan(self) -> bool {
                self.is_nan()
            }

            fn is_sign_negative(self) -> bool {
                self.is_sign_negative()
            }
        }

        impl Float for $t {}
    )*};
}

floats!(f32 f64);

/// `x` as a slice of `N` if its elements are exactly that type: what `T: Ord` alone does not tell, and what lets
/// numbers go through vector registers.
pub(crate) fn as_numbers<T, N: kernel::Extreme>(x: &[T]) -> Option<&[N]> {
    // SAFETY: the types are the same one. Lifetimes, which a type id does not see, are no concern: `N` has none, and a
    // type that equals it up to lifetimes has none either.
    (type_id::<T>() == TypeId::of::<N>()).then(|| unsafe { std::slice::from_raw_parts(x.as_ptr().cast(), x.len()) })
}

macro_rules! is_one_of {
    ($($t:ty)*) => {{
        let id = type_id::<T>();
        $(id == TypeId::of::<$t>())||*
    }};
}

/// Whether `T` is exactly one of the integers of std.
pub(crate) fn is_integer<T>() -> bool {
    is_one_of!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize)
}

/// The id of a type that need not be `'static`: that of the type with all its lifetimes made static.
fn type_id<T>() -> TypeId {
    trait Identify {
        fn id(&self) -> TypeId
        where
            Self: 'static;
    }
    impl<T> Identify for PhantomData<T> {
        fn id(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }
    let phantom = PhantomData::<T>;
    let identify: &dyn Identify = &phantom;
    // SAFETY: only the lifetime bound of the trait object changes, its layout and vtable stay; `id` reads nothing
    // through the reference and returns a value that borrows nothing.
    let identify = unsafe { std::mem::transmute::<&dyn Identify, &(dyn Identify + 'static)>(identify) };
    identify.id()
}
