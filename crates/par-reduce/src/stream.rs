//! Writing past the caches.
//!
//! A processor that writes to a line of memory it does not have fetches that line first, only to overwrite all of it. For an
//! output much larger than the caches a third of the traffic of a scan is such fetching. Streaming stores leave it out.
//! They also leave the output out of the caches, so they are for outputs that would not stay there anyway.

/// Bytes of output from which on streaming pays: more than stays in the caches of most machines.
pub(crate) const STREAM_BYTES: usize = 32 * 1024 * 1024;

/// Whether outputs of `T` can be streamed: plain numbers, on a processor where this is known to pay.
pub(crate) fn can_stream<T>() -> bool {
    cfg!(all(target_arch = "x86_64", not(miri))) && crate::number::is_plain::<T>()
}

/// Copies plain numbers past the caches.
#[cfg(target_arch = "x86_64")]
pub(crate) fn stream<T: Clone>(from: &[T], to: &mut [T]) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_sfence, _mm_stream_si128};
    assert!(from.len() == to.len() && can_stream::<T>(), "plain numbers of the same count");
    // SAFETY: any bytes are a plain number, so those in between may be seen as registers, which have no invalid values.
    let (head, lines, _) = unsafe { to.align_to_mut::<__m128i>() };
    let (head, body) = (head.len(), lines.len() * (16 / size_of::<T>()));
    let source = from[head..head + body].as_ptr().cast::<__m128i>();
    for (i, line) in lines.iter_mut().enumerate() {
        // SAFETY: the source has as many bytes as `lines`, and is read unaligned; `line` is aligned, and ours.
        unsafe { _mm_stream_si128(line, _mm_loadu_si128(source.add(i))) };
    }
    // SAFETY: SSE is part of x86-64. The fence orders the streamed lines before whatever tells others that they are there,
    // which the memory model of Rust takes for granted.
    unsafe { _mm_sfence() };
    to[..head].clone_from_slice(&from[..head]);
    to[head + body..].clone_from_slice(&from[head + body..]);
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn stream<T: Clone>(from: &[T], to: &mut [T]) {
    to.clone_from_slice(from);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_and_length_is_copied() {
        let from: Vec<u32> = (0..100).collect();
        for start in 0..8 {
            for len in 0..50 {
                let mut to = vec![u32::MAX; 100];
                stream(&from[..len], &mut to[start..start + len]);
                assert!(to[start..start + len] == from[..len]);
                assert!(to[..start].iter().chain(&to[start + len..]).all(|&v| v == u32::MAX));
            }
        }
        assert!(can_stream::<f64>() == cfg!(target_arch = "x86_64") && !can_stream::<String>());
    }
}
