//! Reading values from bytes that nobody vouches for, with an end. postcard checks every byte, but two things cost no
//! bytes: elements of zero width, of which nine bytes can announce 2^64 (`Vec<()>`), and depth, which ends in an overflow
//! of the reader's stack (a list of boxes). Both are counted here.
//!
//! Every other element takes at least one byte that belongs to no other element (of what lies within it, the lengths
//! are its own), so a value of `n` bytes has at most `n` of them, and what it has beyond that is elements without bytes.
//!
//! [`Bounded`] stands around each of serde's parties in turn (deserializer, visitor, access, seed), so that what a
//! sequence holds is read through it again. For values that hold nothing it is compiled to nothing.

use crate::shared::travel::de_error;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use std::cell::Cell;
use std::fmt;

/// Elements without bytes that one value may have.
pub(crate) const WIDTHLESS: usize = 1 << 16;

/// How deep a value may be nested. Twice serde_json's; read by a debug build in a stack of 2 MiB with room to spare.
pub(crate) const DEPTH: u32 = 256;

/// The value at the front of what `deserializer` reads, which is `bytes` long.
#[inline(always)]
pub(crate) fn read<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
    bytes: usize,
) -> Result<T, D::Error> {
    let left = Cell::new(bytes.saturating_add(WIDTHLESS));
    T::deserialize(Bounded { inner: deserializer, left: &left, deeper: DEPTH })
}

struct Bounded<'a, T> {
    inner: T,
    /// Elements that the value may still have.
    left: &'a Cell<usize>,
    /// Levels that may still lie within this one.
    deeper: u32,
}

impl<'a, T> Bounded<'a, T> {
    /// The same bounds around another party.
    #[inline(always)]
    fn around<U>(&self, inner: U) -> Bounded<'a, U> {
        Bounded { inner, left: self.left, deeper: self.deeper }
    }

    /// The bounds of the level below.
    #[inline(always)]
    fn below<U, E: Error>(&self, inner: U) -> Result<Bounded<'a, U>, E> {
        match self.deeper.checked_sub(1) {
            Some(deeper) => Ok(Bounded { inner, left: self.left, deeper }),
            None => Err(de_error(format!("nested deeper than {DEPTH} levels"))),
        }
    }

    /// Counts an element that was read.
    #[inline(always)]
    fn count<E: Error>(&self) -> Result<(), E> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(de_error(format!("more than {WIDTHLESS} elements that take no bytes"))),
        }
    }
}

/// What holds no other value is read as it is.
macro_rules! plain {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method(visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Bounded<'_, D> {
    type Error = D::Error;

    plain! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_unit deserialize_identifier deserialize_ignored_any
    }

    #[inline]
    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_unit_struct(name, visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.below(visitor)?;
        self.inner.deserialize_option(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.below(visitor)?;
        self.inner.deserialize_newtype_struct(name, visitor)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.below(visitor)?;
        self.inner.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.below(visitor)?;
        self.inner.deserialize_tuple(len, visitor)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.below(visitor)?;
        self.inner.deserialize_tuple_struct(name, len, visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.below(visitor)?;
        self.inner.deserialize_map(visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.below(visitor)?;
        self.inner.deserialize_struct(name, fields, visitor)
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.below(visitor)?;
        self.inner.deserialize_enum(name, variants, visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Only around visitors of what holds other values; the methods left out are never called on those.
impl<'de, V: Visitor<'de>> Visitor<'de> for Bounded<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    #[inline]
    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<V::Value, D::Error> {
        let some = self.around(some);
        self.inner.visit_some(some)
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, within: D) -> Result<V::Value, D::Error> {
        let within = self.around(within);
        self.inner.visit_newtype_struct(within)
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<V::Value, A::Error> {
        let elements = self.around(elements);
        self.inner.visit_seq(elements)
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        let entries = self.around(entries);
        self.inner.visit_map(entries)
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        let variant = self.around(variant);
        self.inner.visit_enum(variant)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Bounded<'_, S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let deserializer = self.around(deserializer);
        self.inner.deserialize(deserializer)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Bounded<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let seed = self.around(seed);
        let element = self.inner.next_element_seed(seed)?;
        if element.is_some() {
            self.count()?;
        }
        Ok(element)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint().map(|len| len.min(self.left.get()))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Bounded<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let seed = self.around(seed);
        let key = self.inner.next_key_seed(seed)?;
        if key.is_some() {
            self.count()?;
        }
        Ok(key)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.around(seed);
        self.inner.next_value_seed(seed)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint().map(|len| len.min(self.left.get()))
    }
}

impl<'a, 'de, A: EnumAccess<'de>> EnumAccess<'de> for Bounded<'a, A> {
    type Error = A::Error;
    type Variant = Bounded<'a, A::Variant>;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let Self { inner, left, deeper } = self;
        let (which, variant) = inner.variant_seed(seed)?;
        Ok((which, Bounded { inner: variant, left, deeper }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Bounded<'_, A> {
    type Error = A::Error;

    #[inline]
    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.around(seed);
        self.inner.newtype_variant_seed(seed)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = self.around(visitor);
        self.inner.tuple_variant(len, visitor)
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let visitor = self.around(visitor);
        self.inner.struct_variant(fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use crate::codec;
    use crate::shared::travel::{Way, explain};
    use serde::de::DeserializeOwned;
    use serde::{Deserialize, Serialize};
    use std::collections::BTreeMap;

    /// Why `bytes` are no `T`.
    fn refusal<T: DeserializeOwned + std::fmt::Debug>(bytes: &[u8]) -> String {
        explain(&codec::read::<T>(bytes, Way::Nowhere).unwrap_err())
    }

    /// The length 2^64 - 1 in nine bytes and one.
    const ENDLESS: [u8; 10] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];

    #[test]
    fn elements_without_bytes_are_read_up_to_a_bound() {
        assert!(refusal::<Vec<()>>(&ENDLESS).contains("65536 elements that take no bytes"));
        assert!(refusal::<BTreeMap<(), ()>>(&ENDLESS).contains("take no bytes"));
        assert!(refusal::<Option<(u8, Vec<[u32; 0]>)>>(&[&[1, 7], &ENDLESS[..]].concat()).contains("take no bytes"));
        // The bound is one for the whole value: many short lists are as long as one long list.
        let short = [0x80, 0x80, 2].repeat(3);
        assert!(refusal::<[Vec<()>; 3]>(&short).contains("take no bytes"));
        let nobody = vec![(); super::WIDTHLESS];
        let bytes = postcard::to_stdvec(&(nobody, "end")).unwrap();
        let (nobody, end) = codec::read::<(Vec<()>, String)>(&bytes, Way::Nowhere).unwrap();
        assert_eq!((nobody.len(), end.as_str()), (super::WIDTHLESS, "end"));
    }

    #[test]
    fn elements_with_bytes_are_bounded_by_their_bytes_alone() {
        let lists = vec![vec![Some(7_u8); 50]; 4000];
        let bytes = postcard::to_stdvec(&lists).unwrap();
        assert_eq!(codec::read::<Vec<Vec<Option<u8>>>>(&bytes, Way::Nowhere).unwrap(), lists);
        let map: BTreeMap<u32, Vec<u16>> = (0..70_000).map(|n| (n, vec![])).collect();
        let bytes = postcard::to_stdvec(&map).unwrap();
        assert_eq!(codec::read::<BTreeMap<u32, Vec<u16>>>(&bytes, Way::Nowhere).unwrap(), map);
    }

    #[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
    struct Tree {
        value: u8,
        below: Vec<Tree>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    enum List {
        End,
        More(Box<List>),
    }

    #[test]
    fn depth_is_bounded_before_the_stack_is() {
        assert!(refusal::<List>(&[1; 100_000]).contains("nested deeper than 256"));
        assert_eq!(codec::read::<List>(&[1, 0], Way::Nowhere).unwrap(), List::More(Box::new(List::End)));
        assert!(refusal::<Tree>(&[1; 100_000]).contains("nested deeper than 256"));
        let mut tree = Tree::default();
        for level in 1..super::DEPTH / 2 {
            tree = Tree { value: level as u8, below: vec![tree] };
        }
        let bytes = postcard::to_stdvec(&tree).unwrap();
        assert_eq!(codec::read::<Tree>(&bytes, Way::Nowhere).unwrap(), tree);
    }
}
