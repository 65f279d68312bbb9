//! The first eight bytes of text as a number.
//!
//! Most comparisons of texts are decided by their first bytes, yet each one follows two pointers to get at them. A tree
//! that keeps the first eight bytes of every head beside its pointer, as a big-endian number, touches the text itself
//! only on a tie. This holds for types whose `Ord` is known to be the order of their bytes; all others have no word.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::any::TypeId;
use core::marker::PhantomData;

/// `T`'s identity with all lifetimes erased, for any `T`.
#[inline(always)]
fn type_id<T: ?Sized>() -> TypeId {
    trait Erased {
        fn id(&self) -> TypeId
        where
            Self: 'static;
    }
    impl<T: ?Sized> Erased for PhantomData<T> {
        #[inline(always)]
        fn id(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }
    let phantom = PhantomData::<T>;
    // SAFETY: only the bound on the trait object's lifetime changes, and `id` looks at no data. The code that `id` runs
    // does not depend on lifetimes, as none does, so it yields the identity of `T` with its lifetimes erased.
    let phantom = unsafe { core::mem::transmute::<&dyn Erased, &(dyn Erased + 'static)>(&phantom) };
    phantom.id()
}

/// Whether `T` is `U`, lifetimes aside.
#[inline(always)]
pub(crate) fn is<T, U: 'static>() -> bool {
    type_id::<T>() == TypeId::of::<U>()
}

/// `x` as a `U`.
///
/// # Safety
/// `T` is `U` up to lifetimes.
#[inline(always)]
unsafe fn cast<T, U>(x: &T) -> &U {
    // SAFETY: the same type but for lifetimes, and those of what `U` borrows are used no longer than `x` lives.
    unsafe { &*core::ptr::from_ref(x).cast::<U>() }
}

/// Whether `T` is text or bytes, so that [`word`] says something.
#[inline(always)]
pub(crate) fn has_word<T>() -> bool {
    is::<T, String>()
        || is::<T, &'static str>()
        || is::<T, &'static String>()
        || is::<T, &'static &'static str>()
        || is::<T, Box<str>>()
        || is::<T, Vec<u8>>()
        || is::<T, &'static [u8]>()
        || is::<T, &'static Vec<u8>>()
        || is::<T, Box<[u8]>>()
}

/// A number whose order never contradicts that of `T`: `a < b` implies `word(a) <= word(b)`. Zero for types without.
#[inline(always)]
pub(crate) fn word<T>(x: &T) -> u64 {
    // SAFETY (each cast): `is` has just compared the types.
    if is::<T, String>() {
        // SAFETY: see above.
        of_bytes(unsafe { cast::<T, String>(x) }.as_bytes())
    } else if is::<T, &'static str>() {
        // SAFETY: see above.
        of_bytes(unsafe { cast::<T, &str>(x) }.as_bytes())
    } else if is::<T, &'static String>() {
        // SAFETY: see above.
        of_bytes(unsafe { cast::<T, &String>(x) }.as_bytes())
    } else if is::<T, &'static &'static str>() {
        // SAFETY: see above.
        of_bytes(unsafe { cast::<T, &&str>(x) }.as_bytes())
    } else if is::<T, Box<str>>() {
        // SAFETY: see above.
        of_bytes(unsafe { cast::<T, Box<str>>(x) }.as_bytes())
    } else if is::<T, Vec<u8>>() {
        // SAFETY: see above.
        of_bytes(unsafe { cast::<T, Vec<u8>>(x) })
    } else if is::<T, &'static [u8]>() {
        // SAFETY: see above.
        of_bytes(unsafe { cast::<T, &[u8]>(x) })
    } else if is::<T, &'static Vec<u8>>() {
        // SAFETY: see above.
        of_bytes(unsafe { cast::<T, &Vec<u8>>(x) })
    } else if is::<T, Box<[u8]>>() {
        // SAFETY: see above.
        of_bytes(unsafe { cast::<T, Box<[u8]>>(x) })
    } else {
        0
    }
}

/// The first eight bytes, the first one most significant; a shorter text is filled up with zeros.
#[inline(always)]
fn of_bytes(bytes: &[u8]) -> u64 {
    if let Some(first) = bytes.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_be_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::{has_word, word};
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    #[test]
    fn words_never_contradict_the_order() {
        let texts = ["", "\0", "a", "a\0", "ab", "abcdefg", "abcdefgh", "abcdefghi", "abcdefgi", "é", "z"];
        for a in texts {
            for b in texts {
                assert!(a > b || word(&a) <= word(&b), "{a:?} {b:?}");
                assert_eq!(word(&a), word(&a.to_string()));
                assert_eq!(word(&a), word(&&a.to_string()));
                assert_eq!(word(&a), word(&a.as_bytes().to_vec()));
            }
        }
    }

    #[test]
    fn only_text_has_a_word() {
        fn of_borrowed<'a>(_: &'a str) -> bool {
            has_word::<&'a str>()
        }
        let local = String::from("local");
        assert!(of_borrowed(&local) && has_word::<String>() && has_word::<Vec<u8>>());
        assert!(!has_word::<u64>() && !has_word::<(String, u8)>() && !has_word::<Vec<u16>>() && !has_word::<char>());
    }
}
