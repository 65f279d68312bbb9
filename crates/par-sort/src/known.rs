//! What can be known of a type parameter at run time: which type it is, and whether it is `Sync`.
//!
//! Both are facts of the type alone and fold to constants in an optimised build.

use std::any::TypeId;
use std::cell::Cell;
use std::iter::FusedIterator;
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

/// Whether `T` is `Sync`, so that a pivot may be read by several threads at once. "No" may be a false answer, "yes" is
/// not. [`Iterator::fuse`] documents that it adds nothing to an iterator that is a [`FusedIterator`]: after `None` it asks
/// again, where it would otherwise remember the end. `Probe` is such an iterator exactly if `T` is `Sync`, and counts how
/// often it is asked. Should std stop doing so, every type counts as not shareable and partitions run on one thread.
pub(crate) fn is_sync<T>() -> bool {
    struct Probe<'a, T> {
        asked: &'a Cell<u32>,
        of: PhantomData<T>,
    }
    impl<T> Iterator for Probe<'_, T> {
        type Item = ();
        fn next(&mut self) -> Option<()> {
            self.asked.set(self.asked.get() + 1);
            None
        }
    }
    impl<T: Sync> FusedIterator for Probe<'_, T> {}

    let asked = Cell::new(0);
    let mut probe = Probe::<T> { asked: &asked, of: PhantomData }.fuse();
    let _ends = (probe.next(), probe.next());
    asked.get() == 2
}

/// A reference that may be read by several threads because its type was found to be [`is_sync`].
pub(crate) struct Shared<'a, T: ?Sized>(&'a T);

// SAFETY: `Shared::new` refuses types that are not `Sync`.
unsafe impl<T: ?Sized> Sync for Shared<'_, T> {}
// SAFETY: as above; `&T` is `Send` if `T` is `Sync`.
unsafe impl<T: ?Sized> Send for Shared<'_, T> {}

impl<'a, T> Shared<'a, [T]> {
    /// `None` if `T` is not known to be `Sync`.
    pub(crate) fn new(v: &'a [T]) -> Option<Self> {
        is_sync::<T>().then_some(Self(v))
    }
}

impl<T: ?Sized> std::ops::Deref for Shared<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sync_is_told_from_not_sync() {
        assert!(is_sync::<u64>());
        assert!(is_sync::<String>());
        assert!(is_sync::<&str>());
        assert!(!is_sync::<Cell<u8>>());
        assert!(!is_sync::<Box<Cell<u8>>>());
        assert!(!is_sync::<&mut Cell<u8>>());
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
