//! Scratch memory.
//!
//! Fresh memory costs a page fault for every 4 KiB, and a distribution into hundreds of buckets touches more such pages at a
//! time than the processor can look up quickly. So the system is asked for large pages where it has them.

use std::mem::MaybeUninit;

/// `len` places without content.
pub(crate) fn uninit<T>(len: usize) -> Vec<MaybeUninit<T>> {
    let mut places = Vec::with_capacity(len);
    large_pages(places.spare_capacity_mut());
    // SAFETY: the capacity is there, and `MaybeUninit` needs no content.
    unsafe { places.set_len(len) };
    places
}

/// As [`uninit`], unless there is not that much memory.
pub(crate) fn try_uninit<T>(len: usize) -> Option<Vec<MaybeUninit<T>>> {
    let mut places: Vec<MaybeUninit<T>> = Vec::new();
    places.try_reserve_exact(len).ok()?;
    large_pages(places.spare_capacity_mut());
    // SAFETY: as in `uninit`.
    unsafe { places.set_len(len) };
    Some(places)
}

/// Asks for large pages wherever `places` cover some. A refusal changes nothing but speed.
pub(crate) fn large_pages<T>(places: &mut [MaybeUninit<T>]) {
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 1 << 21;
        let start = places.as_mut_ptr();
        let before = start.addr().next_multiple_of(PAGE) - start.addr();
        let whole = size_of_val(places).saturating_sub(before) / PAGE * PAGE;
        if whole > 0 {
            // SAFETY: the range lies inside `places`, which are borrowed exclusively; the advice changes no content.
            unsafe { libc::madvise(start.byte_add(before).cast(), whole, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = places;
}
