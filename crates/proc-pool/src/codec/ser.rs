//! Writing.
//!
//! A length or the number of a variant is one byte if it is below [`ESCAPE`], else that byte and eight more.

use super::error::CodecError;
use crate::shared::travel::{self, Way};
use serde::Serialize;
use serde::ser::{self, Serializer};
use std::fmt::Display;

/// Announces a length in eight bytes.
pub(super) const ESCAPE: u8 = 255;

/// Where bytes go.
pub(super) trait Sink {
    fn put(&mut self, bytes: &[u8]) -> Result<(), CodecError>;
}

pub(super) struct ToVec<'a>(pub(super) &'a mut Vec<u8>);

impl Sink for ToVec<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

pub(super) struct ToSlice<'a> {
    pub(super) room: &'a mut [u8],
    /// Bytes written, at most those of `room`.
    pub(super) at: usize,
}

impl Sink for ToSlice<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        let room = self.room.get_mut(self.at..self.at + bytes.len()).ok_or(CodecError::Full)?;
        room.copy_from_slice(bytes);
        self.at += bytes.len();
        Ok(())
    }
}

pub(super) struct Encoder<S> {
    pub(super) to: S,
    /// Where shared memory in the value goes.
    pub(super) way: Way,
}

impl<S: Sink> Encoder<S> {
    #[inline]
    fn put_len(&mut self, len: u64) -> Result<(), CodecError> {
        if len < u64::from(ESCAPE) {
            self.to.put(&[len as u8])
        } else {
            self.to.put(&[ESCAPE])?;
            self.to.put(&len.to_ne_bytes())
        }
    }
}

macro_rules! numbers {
    ($($name:ident: $number:ty,)*) => {
        $(#[inline]
        fn $name(self, n: $number) -> Result<(), CodecError> {
            self.to.put(&n.to_ne_bytes())
        })*
    };
}

impl<S: Sink> Serializer for &mut Encoder<S> {
    type Ok = ();
    type Error = CodecError;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    numbers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
        serialize_f32: f32, serialize_f64: f64,
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), CodecError> {
        self.to.put(&[u8::from(value)])
    }

    #[inline]
    fn serialize_char(self, value: char) -> Result<(), CodecError> {
        self.to.put(&u32::from(value).to_ne_bytes())
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), CodecError> {
        self.serialize_bytes(text.as_bytes())
    }

    #[inline]
    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), CodecError> {
        self.put_len(bytes.len() as u64)?;
        self.to.put(bytes)
    }

    #[inline]
    fn serialize_none(self) -> Result<(), CodecError> {
        self.to.put(&[0])
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), CodecError> {
        self.to.put(&[1])?;
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), CodecError> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), CodecError> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, variant: u32, _: &'static str) -> Result<(), CodecError> {
        self.put_len(u64::from(variant))
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), CodecError> {
        if name == travel::NAME { travel::on_way(self.way, || value.serialize(self)) } else { value.serialize(self) }
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        self.put_len(u64::from(variant))?;
        value.serialize(self)
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Self, CodecError> {
        self.put_len(known(len)?)?;
        Ok(self)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Self, CodecError> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, CodecError> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        variant: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, CodecError> {
        self.put_len(u64::from(variant))?;
        Ok(self)
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Self, CodecError> {
        self.serialize_seq(len)
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, CodecError> {
        Ok(self)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        name: &'static str,
        variant: u32,
        variant_name: &'static str,
        len: usize,
    ) -> Result<Self, CodecError> {
        self.serialize_tuple_variant(name, variant, variant_name, len)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), CodecError> {
        use std::fmt::Write;
        // `to_string` would panic where the type refuses.
        let mut text = String::new();
        write!(text, "{value}").map_err(|_| CodecError::Invalid("its text cannot be formed"))?;
        self.serialize_str(&text)
    }
}

#[inline]
fn known(len: Option<usize>) -> Result<u64, CodecError> {
    len.map(|len| len as u64)
        .ok_or(CodecError::Invalid("a sequence has to say how long it is before its first element"))
}

macro_rules! compounds {
    ($($part:ident :: $put:ident,)*) => {
        $(impl<S: Sink> ser::$part for &mut Encoder<S> {
            type Ok = ();
            type Error = CodecError;

            #[inline]
            fn $put<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
                value.serialize(&mut **self)
            }

            #[inline]
            fn end(self) -> Result<(), CodecError> {
                Ok(())
            }
        })*
    };
}

compounds! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

macro_rules! structs {
    ($($part:ident,)*) => {
        $(impl<S: Sink> ser::$part for &mut Encoder<S> {
            type Ok = ();
            type Error = CodecError;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), CodecError> {
                value.serialize(&mut **self)
            }

            #[inline]
            fn end(self) -> Result<(), CodecError> {
                Ok(())
            }
        })*
    };
}

structs! { SerializeStruct, SerializeStructVariant, }

impl<S: Sink> ser::SerializeMap for &mut Encoder<S> {
    type Ok = ();
    type Error = CodecError;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        key.serialize(&mut **self)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        value.serialize(&mut **self)
    }

    #[inline]
    fn end(self) -> Result<(), CodecError> {
        Ok(())
    }
}
