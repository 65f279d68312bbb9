//! GNU's `multiway_merge`, where `build.rs` found a compiler for it.

mod ffi {
    // SAFETY: the signature is that of `shim.cpp`, which is compiled and linked with this crate.
    unsafe extern "C" {
        pub(super) fn gnu_merge_u64(
            begins: *const *const u64,
            lens: *const usize,
            k: usize,
            out: *mut u64,
            n: usize,
            threads: std::ffi::c_int,
        );
    }
}

/// The stable merge of sorted lists on so many threads.
pub fn merge(lists: &[&[u64]], threads: u8) -> Vec<u64> {
    let begins: Vec<*const u64> = lists.iter().map(|list| list.as_ptr()).collect();
    let lens: Vec<usize> = lists.iter().map(|list| list.len()).collect();
    let n = lens.iter().sum();
    let mut out = Vec::with_capacity(n);
    // SAFETY: the lists are borrowed for the call, and `out` has room for all their elements, all of which are written.
    unsafe {
        ffi::gnu_merge_u64(begins.as_ptr(), lens.as_ptr(), lists.len(), out.as_mut_ptr(), n, threads.into());
        out.set_len(n);
    }
    out
}
