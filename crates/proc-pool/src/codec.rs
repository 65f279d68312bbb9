//! Values to records and back, in postcard's format.

use crate::bounded;
use crate::records::{self, Head, Tag};
use crate::shared::travel::{self, Way};
use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use postcard::Error as CodecError;

// The functions are inlined by force: left alone, the compiler stops at one of them as the types grow, and what is then
// passed through memory costs more than the coding of a number.

/// Appends `value` as one record; `head` says which form of head to expect, `way` where shared memory in it goes. On an
/// error `out` is as before.
#[inline(always)]
pub(crate) fn append<T: Serialize + ?Sized>(
    value: &T,
    tag: Tag,
    way: Way,
    head: &mut Head,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let start = out.len();
    match head {
        Head::Short => out.push(0),
        Head::Long => out.extend_from_slice(&[0; Head::LONG]),
    }
    let _way = travel::on_way(way);
    if let Err(error) = serialize(value, ToVec(out)) {
        out.truncate(start);
        return Err(error);
    }
    records::close(out, start, tag, head);
    Ok(())
}

/// Writes `value` as one record into `room`: how many bytes it took.
///
/// # Errors
/// `SerializeBufferFull` if it does not fit, among others.
#[inline(always)]
pub(crate) fn write<T: Serialize + ?Sized>(
    value: &T,
    way: Way,
    head: &mut Head,
    room: &mut [u8],
) -> Result<usize, CodecError> {
    let slice = room.get_mut(head.len()..).ok_or(CodecError::SerializeBufferFull)?;
    let _way = travel::on_way(way);
    let len = serialize(value, ToSlice { slice, at: 0 })?;
    records::close_in(room, len, head)
}

/// The value that all of `bytes` stands for.
#[inline(always)]
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8], way: Way) -> Result<T, CodecError> {
    let mut reader = postcard::Deserializer::from_bytes(bytes);
    let _way = travel::on_way(way);
    let value = bounded::read(&mut reader, bytes.len())?;
    if reader.finalize()?.is_empty() { Ok(value) } else { Err(CodecError::DeserializeBadEncoding) }
}

/// As postcard's `serialize_with_flavor`, which is not inlined.
#[inline(always)]
fn serialize<T: Serialize + ?Sized, F: Flavor>(value: &T, flavor: F) -> Result<F::Output, CodecError> {
    let mut writer = postcard::Serializer { output: flavor };
    value.serialize(&mut writer)?;
    writer.output.finalize()
}

/// Appends to a vector; postcard's own flavour for this goes byte by byte.
struct ToVec<'a>(&'a mut Vec<u8>);

impl Flavor for ToVec<'_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        // Numbers come as one to nineteen bytes: shorter to push than to call for a copy.
        if data.len() <= SHORT {
            data.iter().for_each(|byte| self.0.push(*byte));
        } else {
            self.0.extend_from_slice(data);
        }
        Ok(())
    }

    #[inline]
    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.0.push(data);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Bytes up to which a loop is faster than a call.
const SHORT: usize = 10;

/// Fills a slice that may be too short: then the error is `SerializeBufferFull`.
struct ToSlice<'a> {
    slice: &'a mut [u8],
    at: usize,
}

impl Flavor for ToSlice<'_> {
    /// Bytes written.
    type Output = usize;

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        let room = self.slice.get_mut(self.at..self.at + data.len()).ok_or(CodecError::SerializeBufferFull)?;
        if data.len() <= SHORT {
            room.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
        } else {
            room.copy_from_slice(data);
        }
        self.at += data.len();
        Ok(())
    }

    #[inline]
    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        *self.slice.get_mut(self.at).ok_or(CodecError::SerializeBufferFull)? = data;
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn finalize(self) -> postcard::Result<usize> {
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Value = (Vec<(u64, String)>, BTreeMap<u8, Option<i128>>, char);

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_value_comes_back_and_no_part_of_it_passes_for_it(
            list in proptest::collection::vec((any::<u64>(), ".{0,120}"), 0..6),
            map in proptest::collection::btree_map(any::<u8>(), any::<Option<i128>>(), 0..4),
            sign: char,
        ) {
            let value: Value = (list, map, sign);
            let mut out = Vec::new();
            append(&value, Tag::Value, Way::Nowhere, &mut Head::default(), &mut out).unwrap();
            let payload = records::Records::new(&out).next().unwrap().1;
            prop_assert_eq!(&read::<Value>(payload, Way::Nowhere).unwrap(), &value);
            prop_assert!(read::<Value>(&[payload, &[0]].concat(), Way::Nowhere).is_err());
            prop_assert!(read::<Value>(&payload[..payload.len() - 1], Way::Nowhere).is_err());
            for head in [Head::Long, Head::Short] {
                let mut room = vec![0; payload.len() + Head::LONG];
                let len = write(&value, Way::Nowhere, &mut { head }, &mut room).unwrap();
                prop_assert_eq!(records::Records::new(&room[..len]).next().unwrap().1, payload);
                let short = write(&value, Way::Nowhere, &mut { head }, &mut room[..payload.len()]);
                prop_assert_eq!(short, Err(CodecError::SerializeBufferFull));
            }
        }

        #[test]
        fn any_bytes_are_a_value_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            drop(read::<Value>(&bytes, Way::Nowhere));
        }
    }
}
