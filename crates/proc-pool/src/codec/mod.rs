//! Values to records and back. The format is what serde's data model gives, value after value, without names or types:
//! numbers in their own width and the machine's byte order, lengths and variant numbers in one byte or nine (see
//! [`ser`]). Both ends are the same build on the same machine, so there is nothing to negotiate; and a number costs one
//! store and one load, where a compact format spends most of the time of a tiny task.

// The three functions are inlined by force: left alone, the compiler stops at one of them as the types grow, and what is
// then passed through memory costs more than the coding of a number.
mod de;
mod error;
mod ser;

pub(crate) use error::CodecError;

use crate::records::{self, Head, Tag};
use crate::shared::travel::Way;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Appends `value` as one record; `head` says which form of head to expect, `way` where shared memory in it goes. On an error `out` is as before.
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
    let mut encoder = ser::Encoder { to: ser::ToVec(out), way };
    if let Err(error) = value.serialize(&mut encoder) {
        out.truncate(start);
        return Err(error);
    }
    records::close(out, start, tag, head);
    Ok(())
}

/// Writes `value` as one record into `room`: how many bytes it took.
///
/// # Errors
/// [`CodecError::Full`] if it does not fit, among others.
#[inline(always)]
pub(crate) fn write<T: Serialize + ?Sized>(
    value: &T,
    way: Way,
    head: &mut Head,
    room: &mut [u8],
) -> Result<usize, CodecError> {
    let payload = room.get_mut(head.len()..).ok_or(CodecError::Full)?;
    let mut encoder = ser::Encoder { to: ser::ToSlice { room: payload, at: 0 }, way };
    value.serialize(&mut encoder)?;
    let len = encoder.to.at;
    records::close_in(room, len, head)
}

/// The value that all of `bytes` stands for.
#[inline(always)]
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8], way: Way) -> Result<T, CodecError> {
    let mut decoder = de::Decoder { rest: bytes, way };
    let value = T::deserialize(&mut decoder)?;
    if decoder.rest.is_empty() { Ok(value) } else { Err(CodecError::TooLong) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Shape {
        Unit,
        New(String),
        Tuple(i8, u16, i32),
        Struct { a: Option<Box<Shape>>, b: Vec<u8>, c: (bool, char) },
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct All {
        numbers: (u8, i16, u32, i64, u128, i128),
        reals: (f32, f64),
        shapes: Vec<Shape>,
        map: BTreeMap<String, Option<u64>>,
        unit: (),
        array: [u16; 3],
    }

    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
        super::read(bytes, Way::Nowhere)
    }

    fn bytes_of<T: Serialize>(value: &T) -> Vec<u8> {
        let mut out = Vec::new();
        append(value, Tag::Value, Way::Nowhere, &mut Head::default(), &mut out).unwrap();
        let mut records = records::Records::new(&out);
        let (tag, payload) = records.next().unwrap();
        assert_eq!((tag, records.rest().len()), (Tag::Value, 0));
        payload.to_vec()
    }

    fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
        let bytes = bytes_of(value);
        assert_eq!(read::<T>(&bytes).unwrap(), *value);
        let mut room = vec![0; bytes.len() + Head::LONG];
        let len = write(value, Way::Nowhere, &mut Head::default(), &mut room).unwrap();
        assert_eq!(records::Records::new(&room[..len]).next().unwrap().1, bytes);
        for short in 0..bytes.len() {
            assert!(matches!(
                write(value, Way::Nowhere, &mut Head::default(), &mut room[..short]),
                Err(CodecError::Full)
            ));
            assert!(read::<T>(&bytes[..short]).is_err(), "{short} of {} bytes made a value", bytes.len());
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(matches!(read::<T>(&longer), Err(CodecError::TooLong)));
    }

    fn all() -> All {
        let inner = Shape::Struct { a: None, b: vec![1, 2, 255], c: (true, 'ß') };
        let outer = Shape::Struct { a: Some(Box::new(inner)), b: vec![0; 300], c: (false, '🥢') };
        All {
            numbers: (u8::MAX, i16::MIN, 7, -1, u128::MAX, i128::MIN),
            reals: (-0.5, f64::MAX),
            shapes: vec![Shape::Unit, Shape::New("x".repeat(400)), Shape::Tuple(-1, 2, 3), outer],
            map: [("a".into(), None), (String::new(), Some(5))].into(),
            unit: (),
            array: [1, 2, 3],
        }
    }

    #[test]
    fn every_kind_of_value_comes_back_and_no_part_of_it_passes_for_it() {
        round_trip(&all());
        round_trip(&vec![Some(1_u64), None]);
        round_trip(&"x".repeat(254));
        round_trip(&"x".repeat(255));
        round_trip(&'\u{10ffff}');
        round_trip(&vec![(); 70_000]);
    }

    #[test]
    fn what_cannot_be_is_an_error() {
        assert!(matches!(read::<bool>(&[2]), Err(CodecError::Invalid(_))));
        assert!(matches!(read::<char>(&0xd800_u32.to_ne_bytes()), Err(CodecError::Invalid(_))));
        assert!(matches!(read::<Option<u8>>(&[2, 0]), Err(CodecError::Invalid(_))));
        assert!(matches!(read::<String>(&[1, 0xff]), Err(CodecError::Invalid(_))));
        assert!(read::<Shape>(&[9]).is_err());
        // Lengths that nobody has: no memory is asked for, no time spent.
        let mut long = vec![0xff];
        long.extend_from_slice(&u64::MAX.to_ne_bytes());
        assert!(read::<Vec<u64>>(&long).is_err());
        assert!(read::<Vec<()>>(&long).is_err());
        assert!(read::<String>(&long).is_err());
        #[derive(Debug, Deserialize)]
        #[serde(untagged)]
        enum Untagged {
            A { n: u8 },
        }
        let error = read::<Untagged>(&[1]).map(|Untagged::A { n }| n).unwrap_err();
        assert!(error.to_string().contains("describe themselves"), "{error}");
        let endless = std::fmt::from_fn(|_| Err(std::fmt::Error));
        struct Shown<T>(T);
        impl<T: std::fmt::Display> Serialize for Shown<T> {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(&self.0)
            }
        }
        assert!(append(&Shown(endless), Tag::Value, Way::Nowhere, &mut Head::default(), &mut Vec::new()).is_err());
        assert_eq!(read::<String>(&bytes_of(&Shown(12.5))).unwrap(), "12.5");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_a_value_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            drop(read::<All>(&bytes));
            drop(read::<Vec<Shape>>(&bytes));
            drop(read::<BTreeMap<u16, Vec<String>>>(&bytes));
        }

        #[test]
        fn a_byte_changed_is_a_value_or_an_error(at: prop::sample::Index, byte: u8) {
            let mut bytes = bytes_of(&all());
            let at = at.index(bytes.len());
            bytes[at] = byte;
            drop(read::<All>(&bytes));
        }
    }
}
