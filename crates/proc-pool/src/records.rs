//! A run of values as bytes: each record is a head (length and tag), then its payload. The length lets a reader step over
//! a payload that does not decode, so that one bad value costs one error and not the whole run.
//!
//! A head is one byte, the length, for a short value; else a byte for the tag and eight for the length. Its size has to be
//! known before the payload is written, so writers guess that a record is as the one before ([`Head`]), and move a
//! payload whose length proves them wrong. A short value with a long head is as good.

use crate::codec::CodecError;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Tag {
    /// An argument, or the result of a task.
    Value = 0,
    /// The task panicked: message and location.
    Panicked = 1,
    /// The worker could not read the argument: why.
    Decode = 2,
    /// The worker could not write the result: why.
    Encode = 3,
}

/// The longest payload with a short head; first bytes above it are tags.
const SHORT: u8 = 251;

/// The form of head that a writer expects to need next. Long at the start: it fits everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Head {
    #[default]
    Long,
    Short,
}

impl Head {
    /// Bytes of a long head.
    pub(crate) const LONG: usize = 9;

    #[inline]
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Long => Self::LONG,
            Self::Short => 1,
        }
    }

    #[inline]
    fn for_payload(len: usize, tag: Tag) -> Self {
        if tag == Tag::Value && len <= SHORT as usize { Self::Short } else { Self::Long }
    }
}

/// The bytes of a long head.
fn long(len: usize, tag: Tag) -> [u8; Head::LONG] {
    let mut head = [SHORT + 1 + tag as u8; Head::LONG];
    head[1..].copy_from_slice(&(len as u64).to_ne_bytes());
    head
}

/// A record without a payload.
pub(crate) fn empty(tag: Tag) -> Vec<u8> {
    long(0, tag).to_vec()
}

/// Writes the head of the record whose payload begins at `start` plus the length of `head`, and goes to the end of `out`.
#[inline]
pub(crate) fn close(out: &mut Vec<u8>, start: usize, tag: Tag, head: &mut Head) {
    let len = out.len() - start - head.len();
    let wanted = Head::for_payload(len, tag);
    if wanted == Head::Long && *head == Head::Short {
        out.extend_from_slice(&[0; Head::LONG - 1]);
        out.copy_within(start + 1..start + 1 + len, start + Head::LONG);
        *head = Head::Long;
    }
    put(&mut out[start..], len, tag, *head);
    *head = wanted;
}

/// As [`close`] for a value in the front of `room`: the length of the record, if there is room for it.
#[inline]
pub(crate) fn close_in(room: &mut [u8], len: usize, head: &mut Head) -> Result<usize, CodecError> {
    let wanted = Head::for_payload(len, Tag::Value);
    if wanted == Head::Long && *head == Head::Short {
        if room.len() < Head::LONG + len {
            return Err(CodecError::SerializeBufferFull);
        }
        room.copy_within(1..1 + len, Head::LONG);
        *head = Head::Long;
    }
    put(room, len, Tag::Value, *head);
    let whole = head.len() + len;
    *head = wanted;
    Ok(whole)
}

#[inline]
fn put(record: &mut [u8], len: usize, tag: Tag, head: Head) {
    match head {
        Head::Short => record[0] = len as u8,
        Head::Long => record[..Head::LONG].copy_from_slice(&long(len, tag)),
    }
}

/// Walks over records. Stops at the end, or at the first head that makes no sense: the writer may have been a process
/// in the middle of a crash.
#[derive(Clone, Debug)]
pub(crate) struct Records<'a>(&'a [u8]);

impl<'a> Records<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes not walked over yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    #[cold]
    fn next_long(&mut self, tag: u8, rest: &'a [u8]) -> Option<(Tag, &'a [u8])> {
        let tag = match tag {
            0 => Tag::Value,
            1 => Tag::Panicked,
            2 => Tag::Decode,
            _ => Tag::Encode,
        };
        let (len, rest) = rest.split_first_chunk()?;
        let (payload, rest) = rest.split_at_checked(usize::try_from(u64::from_ne_bytes(*len)).ok()?)?;
        self.0 = rest;
        Some((tag, payload))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (Tag, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (&first, rest) = self.0.split_first()?;
        if first > SHORT {
            return self.next_long(first - SHORT - 1, rest);
        }
        let (payload, rest) = rest.split_at_checked(first.into())?;
        self.0 = rest;
        Some((Tag::Value, payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TAGS: [Tag; 4] = [Tag::Value, Tag::Panicked, Tag::Decode, Tag::Encode];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_end_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let total: usize = Records::new(&bytes).map(|(_, payload)| 1 + payload.len()).sum();
            prop_assert!(total <= bytes.len());
        }

        #[test]
        fn records_come_back_in_order_whatever_was_guessed(
            records in proptest::collection::vec((0_usize..600, 0_usize..4, any::<u8>()), 0..20),
        ) {
            let (mut bytes, mut head, mut expected) = (Vec::new(), Head::default(), Vec::new());
            for (len, tag, byte) in records {
                let (tag, payload) = (TAGS[tag], vec![byte; len]);
                let start = bytes.len();
                bytes.resize(start + head.len(), 7);
                bytes.extend_from_slice(&payload);
                if tag == Tag::Value {
                    let (mut room, mut head) = (bytes[start..].to_vec(), head);
                    room.resize(len + Head::LONG, 7);
                    let whole = close_in(&mut room, len, &mut head).unwrap();
                    prop_assert_eq!(Records::new(&room[..whole]).next(), Some((tag, &payload[..])));
                    prop_assert_eq!(Records::new(&room[..whole]).count(), 1);
                }
                close(&mut bytes, start, tag, &mut head);
                expected.push((tag, payload));
            }
            let back: Vec<_> = Records::new(&bytes).map(|(tag, payload)| (tag, payload.to_vec())).collect();
            prop_assert_eq!(back, expected);
        }
    }
}
