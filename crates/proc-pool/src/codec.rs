//! Values to records and back, in postcard's format.

use crate::records::{HEAD, Tag, head};
use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Appends `value` as one record. On an error `out` is as before.
#[inline]
pub(crate) fn append<T: Serialize + ?Sized>(value: &T, tag: Tag, out: &mut Vec<u8>) -> Result<(), postcard::Error> {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD]);
    let written = postcard::serialize_with_flavor(value, ToVec(out));
    if let Err(error) = written {
        out.truncate(start);
        return Err(error);
    }
    let len = out.len() - start - HEAD;
    out[start..start + HEAD].copy_from_slice(&head(len, tag));
    Ok(())
}

/// The value that all of `bytes` stands for.
#[inline]
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, postcard::Error> {
    match postcard::take_from_bytes(bytes)? {
        (value, []) => Ok(value),
        _ => Err(postcard::Error::DeserializeBadEncoding),
    }
}

/// Appends to a vector; postcard's own flavour for this goes byte by byte.
struct ToVec<'a>(&'a mut Vec<u8>);

impl Flavor for ToVec<'_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
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

/// Fills a slice that may be too short: then the error is `SerializeBufferFull`.
pub(crate) struct ToSlice<'a> {
    slice: &'a mut [u8],
    at: usize,
}

impl<'a> ToSlice<'a> {
    pub(crate) fn new(slice: &'a mut [u8]) -> Self {
        Self { slice, at: 0 }
    }
}

impl Flavor for ToSlice<'_> {
    /// Bytes written.
    type Output = usize;

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        let room = self.slice.get_mut(self.at..self.at + data.len()).ok_or(postcard::Error::SerializeBufferFull)?;
        room.copy_from_slice(data);
        self.at += data.len();
        Ok(())
    }

    #[inline]
    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        *self.slice.get_mut(self.at).ok_or(postcard::Error::SerializeBufferFull)? = data;
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn finalize(self) -> postcard::Result<usize> {
        Ok(self.at)
    }
}
