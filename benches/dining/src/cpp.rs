//! `std::scoped_lock` of C++.

use std::ffi::c_void;

unsafe extern "C" {
    fn cpp_mutexes_new(n: usize) -> *mut c_void;
    fn cpp_mutexes_free(all: *mut c_void);
    fn cpp_scoped(
        all: *mut c_void,
        set: *const usize,
        k: usize,
        work: extern "C" fn(*mut c_void),
        with: *mut c_void,
    ) -> bool;
}

/// An array of `std::mutex`.
#[derive(Debug)]
pub struct CppMutexes {
    all: *mut c_void,
    n: usize,
}

// SAFETY: the pointer is to an array of `std::mutex`, which any thread may lock; it is freed once, by the owner.
unsafe impl Send for CppMutexes {}
// SAFETY: as above; the functions that take `&self` lock and unlock only.
unsafe impl Sync for CppMutexes {}

extern "C" fn call<F: FnMut()>(work: *mut c_void) {
    // SAFETY: `with` below passes a pointer to an `F` that nobody else uses before `cpp_scoped` returns.
    unsafe { (*work.cast::<F>())() }
}

impl CppMutexes {
    /// `n` mutexes, all free.
    pub fn new(n: usize) -> Self {
        // SAFETY: allocates and constructs; has no precondition.
        Self { all: unsafe { cpp_mutexes_new(n) }, n }
    }

    /// Runs `work`, which must not panic, with all of `set` held. The numbers are different and below `n`; there are 2, 8 or 64.
    pub fn with<F: FnMut()>(&self, set: &[usize], mut work: F) {
        assert!(set.iter().all(|&i| i < self.n), "a mutex that does not exist");
        // SAFETY: `set` has `len` numbers, each below `n` (checked), and `call::<F>` gets the `F` it expects.
        let known = unsafe { cpp_scoped(self.all, set.as_ptr(), set.len(), call::<F>, (&raw mut work).cast()) };
        assert!(known, "the shim knows 2, 8 and 64 mutexes, not {}", set.len());
    }
}

impl Drop for CppMutexes {
    fn drop(&mut self) {
        // SAFETY: it comes from `cpp_mutexes_new`, and no reference is left that could use it.
        unsafe { cpp_mutexes_free(self.all) };
    }
}
