//! By what sources are sorted.

use crate::plain::is_plain;
use crate::word::{Says, says, text, word};
use core::cmp::Ordering;
use core::fmt;

mod sealed {
    /// Keeps [`Order`](super::Order) to the orders of this file.
    #[expect(unnameable_types, reason = "nobody else is to implement it")]
    pub trait Sealed {}
    impl Sealed for super::Natural {}
    impl<F> Sealed for super::By<F> {}
    impl<F> Sealed for super::ByKey<F> {}
    impl<O: Sealed> Sealed for super::Descending<O> {}
}

/// The order of a merge: the items' own ([`Natural`]), a comparator ([`By`]), a key ([`ByKey`]), or one of these reversed
/// ([`Descending`]).
///
/// The merge keeps one head for each source. What it keeps is up to the order: for a key, the key and the item, so that
/// the key is computed once for each item.
///
/// What an order says of its heads steers code that is not checked, so there are no others than these four:
///
/// ```compile_fail,E0277
/// struct Mine;
/// impl kmerge::Order<u8> for Mine {
///     type Head = u8;
///     fn head(&mut self, item: u8) -> u8 { item }
///     fn into_item(head: u8) -> u8 { head }
///     fn item(head: &u8) -> &u8 { head }
///     fn compare(&mut self, a: &u8, b: &u8) -> core::cmp::Ordering { a.cmp(b) }
/// }
/// ```
pub trait Order<T>: sealed::Sealed {
    /// What the merge keeps of an item.
    type Head;

    /// Takes an item in.
    fn head(&mut self, item: T) -> Self::Head;
    /// Gives the item back.
    fn into_item(head: Self::Head) -> T;
    /// The item inside.
    fn item(head: &Self::Head) -> &T;
    /// Compares two heads.
    fn compare(&mut self, a: &Self::Head, b: &Self::Head) -> Ordering;

    /// Whether words say anything for this type.
    #[doc(hidden)]
    fn has_word() -> bool {
        false
    }

    /// Whether words say all: equal ones belong to equal heads only.
    #[doc(hidden)]
    fn word_says_all() -> bool {
        false
    }

    /// Whether heads are known to be `Copy`.
    #[doc(hidden)]
    fn is_plain() -> bool {
        false
    }

    /// A number whose order never contradicts [`compare`](Self::compare).
    #[doc(hidden)]
    fn word(_head: &Self::Head, _skip: usize) -> u64 {
        0
    }

    /// The bytes that words are made of where these do not say all; `skip` of them are left out in a word.
    #[doc(hidden)]
    fn text(_head: &Self::Head) -> &[u8] {
        &[]
    }
}

/// The items' own order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Natural;

impl<T: Ord> Order<T> for Natural {
    type Head = T;

    #[inline(always)]
    fn head(&mut self, item: T) -> T {
        item
    }

    #[inline(always)]
    fn into_item(head: T) -> T {
        head
    }

    #[inline(always)]
    fn item(head: &T) -> &T {
        head
    }

    #[inline(always)]
    fn compare(&mut self, a: &T, b: &T) -> Ordering {
        a.cmp(b)
    }

    #[inline(always)]
    fn has_word() -> bool {
        says::<T>() != Says::Nothing
    }

    #[inline(always)]
    fn word_says_all() -> bool {
        says::<T>() == Says::All
    }

    #[inline(always)]
    fn is_plain() -> bool {
        is_plain::<T>()
    }

    #[inline(always)]
    fn word(head: &T, skip: usize) -> u64 {
        word(head, skip)
    }

    #[inline(always)]
    fn text(head: &T) -> &[u8] {
        text(head)
    }
}

/// The order of a comparator.
#[derive(Clone)]
pub struct By<F>(pub(crate) F);

impl<F> fmt::Debug for By<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("By(..)")
    }
}

impl<T, F: FnMut(&T, &T) -> Ordering> Order<T> for By<F> {
    type Head = T;

    #[inline(always)]
    fn head(&mut self, item: T) -> T {
        item
    }

    #[inline(always)]
    fn into_item(head: T) -> T {
        head
    }

    #[inline(always)]
    fn item(head: &T) -> &T {
        head
    }

    #[inline(always)]
    fn compare(&mut self, a: &T, b: &T) -> Ordering {
        (self.0)(a, b)
    }

    #[inline(always)]
    fn is_plain() -> bool {
        is_plain::<T>()
    }
}

/// The order of a key, which is computed once for each item and kept beside it.
#[derive(Clone)]
pub struct ByKey<F>(pub(crate) F);

impl<F> fmt::Debug for ByKey<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByKey(..)")
    }
}

impl<T, K: Ord, F: FnMut(&T) -> K> Order<T> for ByKey<F> {
    type Head = (K, T);

    #[inline(always)]
    fn head(&mut self, item: T) -> (K, T) {
        ((self.0)(&item), item)
    }

    #[inline(always)]
    fn into_item(head: (K, T)) -> T {
        head.1
    }

    #[inline(always)]
    fn item(head: &(K, T)) -> &T {
        &head.1
    }

    #[inline(always)]
    fn compare(&mut self, a: &(K, T), b: &(K, T)) -> Ordering {
        a.0.cmp(&b.0)
    }

    #[inline(always)]
    fn has_word() -> bool {
        says::<K>() != Says::Nothing
    }

    #[inline(always)]
    fn word_says_all() -> bool {
        says::<K>() == Says::All
    }

    #[inline(always)]
    fn is_plain() -> bool {
        is_plain::<K>() && is_plain::<T>()
    }

    #[inline(always)]
    fn word(head: &(K, T), skip: usize) -> u64 {
        word(&head.0, skip)
    }

    #[inline(always)]
    fn text(head: &(K, T)) -> &[u8] {
        text(&head.0)
    }
}

/// Another order the other way round; equal items still leave in the order of their sources.
#[derive(Clone, Debug)]
pub struct Descending<O>(pub(crate) O);

impl<T, O: Order<T>> Order<T> for Descending<O> {
    type Head = O::Head;

    #[inline(always)]
    fn head(&mut self, item: T) -> O::Head {
        self.0.head(item)
    }

    #[inline(always)]
    fn into_item(head: O::Head) -> T {
        O::into_item(head)
    }

    #[inline(always)]
    fn item(head: &O::Head) -> &T {
        O::item(head)
    }

    #[inline(always)]
    fn compare(&mut self, a: &O::Head, b: &O::Head) -> Ordering {
        self.0.compare(b, a)
    }

    #[inline(always)]
    fn has_word() -> bool {
        O::has_word()
    }

    #[inline(always)]
    fn word_says_all() -> bool {
        O::word_says_all()
    }

    #[inline(always)]
    fn is_plain() -> bool {
        O::is_plain()
    }

    #[inline(always)]
    fn word(head: &O::Head, skip: usize) -> u64 {
        !O::word(head, skip)
    }

    #[inline(always)]
    fn text(head: &O::Head) -> &[u8] {
        O::text(head)
    }
}
