//! What can be known of a type parameter at run time: which type it is, up to lifetimes. It is a fact of the type alone and
//! folds to a constant in an optimised build.

use std::any::TypeId;
use std::marker::PhantomData;

/// Whether `T` is `Known`. `Known` must not mention a lifetime.
pub(crate) fn is<T: ?Sized, Known: ?Sized + 'static>() -> bool {
    id::<T>() == TypeId::of::<Known>()
}

/// Whether `T` is `Known` up to lifetimes: `&'a str` counts as `&'static str`. Use it only to choose an implementation
/// that is generic over those lifetimes.
pub(crate) fn id<T: ?Sized>() -> TypeId {
    trait NonStatic {
        fn id(&self) -> TypeId
        where
            Self: 'static;
    }
    impl<T: ?Sized> NonStatic for PhantomData<T> {
        fn id(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }
    let probe: &dyn NonStatic = &PhantomData::<T>;
    // SAFETY: only the lifetime bound of the trait object changes. `id` reads no data, it asks for a type's identity,
    // in which lifetimes play no part.
    unsafe { std::mem::transmute::<&dyn NonStatic, &(dyn NonStatic + 'static)>(probe) }.id()
}

/// `v` as what it is known to be.
///
/// # Safety
/// `T` is `Known` up to lifetimes, and what is done with the result is right for every choice of those lifetimes.
pub(crate) unsafe fn cast<T, Known>(v: &mut [T]) -> &mut [Known] {
    debug_assert_eq!(size_of::<T>(), size_of::<Known>());
    // SAFETY: the same type by the caller's promise, so the same layout and the same valid values.
    unsafe { &mut *(std::ptr::from_mut(v) as *mut [Known]) }
}

/// Whether `T` is one of some types that are known to be `Sync`, whatever lifetimes they mention.
///
/// Whether any type is `Sync` cannot be found out at run time: `Sync` may depend on a lifetime, of which nothing is left by
/// then.
pub(crate) fn is_shareable<T>() -> bool {
    macro_rules! any_of {
        ($($known:ty),*) => { $(is::<T, $known>())||* };
    }
    any_of!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char)
        || any_of!(String, &'static str, Box<str>, Vec<u8>, &'static [u8], Box<[u8]>)
}

/// A reference that may be used by several threads, because its type [`is_shareable`].
#[derive(Debug)]
pub(crate) struct Shared<'a, T>(&'a T);

// SAFETY: `Shared::new` refuses types that are not known to be `Sync`.
unsafe impl<T> Sync for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    /// `None` if `T` is not known to be `Sync`.
    pub(crate) fn new(value: &'a T) -> Option<Self> {
        is_shareable::<T>().then_some(Self(value))
    }
}

impl<T> std::ops::Deref for Shared<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn only_known_types_are_shared() {
        assert!(
            Shared::new(&7_u64).is_some() && Shared::new(&"text").is_some() && Shared::new(&String::new()).is_some()
        );
        assert!(Shared::new(&Cell::new(7)).is_none() && Shared::new(&Box::new(7)).is_none());
    }

    #[test]
    fn types_are_told_apart() {
        fn with_lifetime<'a>(_: &'a str) -> TypeId {
            id::<&'a str>()
        }
        assert!(is::<u64, u64>());
        assert!(!is::<u64, i64>());
        assert_eq!(with_lifetime(&"a".repeat(2)), TypeId::of::<&'static str>());
    }
}
