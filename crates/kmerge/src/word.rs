//! Heads as numbers.
//!
//! Most comparisons of texts are decided by their first bytes, yet each one follows two pointers to get at them. A tree
//! that keeps the first eight bytes of every head at hand, as a big-endian number, touches the text itself only on a
//! tie. An integer is such a number altogether: then a tie is a tie, and a comparison needs no branch. This holds for
//! types whose `Ord` is known to be the order of their bytes or their value; all others have no word.

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

/// What the words of a type say of its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// There are none.
    Nothing,
    /// Different words decide; of equal ones, the values have to be asked.
    First,
    /// Words are in the order of the values, and equal when these are.
    All,
}

/// What [`word`] says of `T`.
#[inline(always)]
pub(crate) fn says<T>() -> Says {
    if is_text::<T>() {
        Says::First
    } else if number::<T>(None).is_some() {
        Says::All
    } else {
        Says::Nothing
    }
}

/// A number whose order never contradicts that of `T`: `a < b` implies `word(a) <= word(b)`. Zero for types without.
/// That of a text is made of the bytes after `skip`, and means something among texts that are equal up to there.
#[inline(always)]
pub(crate) fn word<T>(x: &T, skip: usize) -> u64 {
    if is_text::<T>() { of_bytes(text(x).get(skip..).unwrap_or(&[])) } else { number(Some(x)).unwrap_or(0) }
}

/// The word of an integer or of a reference to one; of no value, zero. `None` for other types.
#[inline(always)]
fn number<T>(x: Option<&T>) -> Option<u64> {
    macro_rules! any_of {
        ($($known:ty => |$value:ident| $word:expr),* $(,)?) => { $(
            if is::<T, $known>() {
                // SAFETY: `is` has just compared the types.
                return Some(x.map_or(0, |x| { let $value = *unsafe { cast::<T, $known>(x) }; $word }));
            }
            if is::<T, &'static $known>() {
                // SAFETY: `is` has just compared the types.
                return Some(x.map_or(0, |x| { let $value = **unsafe { cast::<T, &$known>(x) }; $word }));
            }
        )* };
    }
    any_of!(
        u64 => |x| x,
        u32 => |x| u64::from(x),
        u16 => |x| u64::from(x),
        u8 => |x| u64::from(x),
        usize => |x| x as u64,
        i64 => |x| flip(x),
        i32 => |x| flip(i64::from(x)),
        i16 => |x| flip(i64::from(x)),
        i8 => |x| flip(i64::from(x)),
        isize => |x| flip(x as i64),
        char => |x| u64::from(x),
        bool => |x| u64::from(x),
    );
    None
}

/// A signed number moved up by 2^63.
#[inline(always)]
const fn flip(x: i64) -> u64 {
    x.cast_unsigned() ^ (1 << 63)
}

/// Whether `T` is text or bytes.
#[inline(always)]
pub(crate) fn is_text<T>() -> bool {
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

/// The bytes of a text; none of what is no text.
#[inline(always)]
pub(crate) fn text<T>(x: &T) -> &[u8] {
    // SAFETY (each cast): `is` has just compared the types.
    if is::<T, String>() {
        // SAFETY: see above.
        unsafe { cast::<T, String>(x) }.as_bytes()
    } else if is::<T, &'static str>() {
        // SAFETY: see above.
        unsafe { cast::<T, &str>(x) }.as_bytes()
    } else if is::<T, &'static String>() {
        // SAFETY: see above.
        unsafe { cast::<T, &String>(x) }.as_bytes()
    } else if is::<T, &'static &'static str>() {
        // SAFETY: see above.
        unsafe { cast::<T, &&str>(x) }.as_bytes()
    } else if is::<T, Box<str>>() {
        // SAFETY: see above.
        unsafe { cast::<T, Box<str>>(x) }.as_bytes()
    } else if is::<T, Vec<u8>>() {
        // SAFETY: see above.
        unsafe { cast::<T, Vec<u8>>(x) }
    } else if is::<T, &'static [u8]>() {
        // SAFETY: see above.
        unsafe { cast::<T, &[u8]>(x) }
    } else if is::<T, &'static Vec<u8>>() {
        // SAFETY: see above.
        unsafe { cast::<T, &Vec<u8>>(x) }
    } else if is::<T, Box<[u8]>>() {
        // SAFETY: see above.
        unsafe { cast::<T, Box<[u8]>>(x) }
    } else {
        &[]
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
    use super::{Says, is_text, says, word};
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    #[test]
    fn words_never_contradict_the_order() {
        let texts = ["", "\0", "a", "a\0", "ab", "abcdefg", "abcdefgh", "abcdefghi", "abcdefgi", "é", "z"];
        for a in texts {
            for b in texts {
                assert!(a > b || word(&a, 0) <= word(&b, 0), "{a:?} {b:?}");
                assert_eq!(word(&a, 0), word(&a.to_string(), 0));
                assert_eq!(word(&a, 0), word(&&a.to_string(), 0));
                assert_eq!(word(&a, 0), word(&a.as_bytes().to_vec(), 0));
            }
        }
    }

    #[test]
    fn words_of_numbers_are_in_their_order() {
        fn check<T: Ord + Copy + core::fmt::Debug>(values: &[T]) {
            assert_eq!(says::<T>(), Says::All);
            assert!(values.is_sorted());
            for a in values {
                for b in values {
                    assert_eq!(word(a, 0).cmp(&word(b, 0)), a.cmp(b), "{a:?} {b:?}");
                    assert_eq!(word(&a, 0).cmp(&word(&b, 0)), a.cmp(b), "{a:?} {b:?}");
                }
            }
        }
        check(&[0, 1, u8::MAX]);
        check(&[0, 1, u16::MAX]);
        check(&[0, 1, u32::MAX]);
        check(&[0, 1, u64::MAX]);
        check(&[0, 1, usize::MAX]);
        check(&[i8::MIN, -1, 0, 1, i8::MAX]);
        check(&[i16::MIN, -1, 0, 1, i16::MAX]);
        check(&[i32::MIN, -1, 0, 1, i32::MAX]);
        check(&[i64::MIN, -1, 0, 1, i64::MAX]);
        check(&[isize::MIN, -1, 0, 1, isize::MAX]);
        check(&['\0', 'a', char::MAX]);
        check(&[false, true]);
    }

    #[test]
    fn only_text_and_numbers_have_words() {
        fn of_borrowed<'a>(_: &'a str) -> bool {
            is_text::<&'a str>()
        }
        let local = String::from("local");
        assert!(of_borrowed(&local) && is_text::<String>() && is_text::<Vec<u8>>());
        assert_eq!(says::<String>(), Says::First);
        assert_eq!(says::<(String, u8)>(), Says::Nothing);
        assert_eq!(says::<Vec<u16>>(), Says::Nothing);
        assert_eq!(says::<u128>(), Says::Nothing);
        assert_eq!(says::<f64>(), Says::Nothing);
        assert_eq!(says::<core::cmp::Reverse<u8>>(), Says::Nothing);
    }
}
