//! A run of values as bytes: each record is a head of eight bytes (length and tag), then its payload. The length lets
//! a reader step over a payload that does not decode, so that one bad value costs one error and not the whole run.

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

/// Bytes of a record's head.
pub(crate) const HEAD: usize = 8;

/// The head of a record with `len` bytes of payload.
pub(crate) fn head(len: usize, tag: Tag) -> [u8; HEAD] {
    ((len as u64) << 8 | tag as u64).to_ne_bytes()
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
}

impl<'a> Iterator for Records<'a> {
    type Item = (Tag, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_first_chunk::<HEAD>()?;
        let head = u64::from_ne_bytes(*head);
        let tag = match head as u8 {
            0 => Tag::Value,
            1 => Tag::Panicked,
            2 => Tag::Decode,
            3 => Tag::Encode,
            _ => return None,
        };
        let (payload, rest) = rest.split_at_checked(usize::try_from(head >> 8).ok()?)?;
        self.0 = rest;
        Some((tag, payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_end_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let total: usize = Records::new(&bytes).map(|(_, payload)| HEAD + payload.len()).sum();
            prop_assert!(total <= bytes.len());
        }

        #[test]
        fn records_come_back_in_order(values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let mut bytes = Vec::new();
            for value in &values {
                bytes.extend_from_slice(&head(value.len(), Tag::Value));
                bytes.extend_from_slice(value);
            }
            let back: Vec<Vec<u8>> = Records::new(&bytes).map(|(_, payload)| payload.to_vec()).collect();
            prop_assert_eq!(back, values);
        }
    }
}
