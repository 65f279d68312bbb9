//! The semaphores and barriers of C and C++, as far as `build.rs` found a compiler for them.

/// A semaphore and a barrier of another language: their names here, their functions there.
#[cfg(any(posix_sync, cpp20_sync))]
macro_rules! foreign {
    ($semaphore:ident, $party:ident, $what:literal, $new:ident $free:ident $take:ident $give:ident,
     $barrier_new:ident $barrier_free:ident $barrier_wait:ident -> $led:ty, $leads:expr) => {
        mod ffi {
            use std::ffi::{c_uint, c_void};
            // SAFETY: the signatures are those of `shim.cpp`, which is compiled and linked with this crate.
            unsafe extern "C" {
                pub(super) fn $new(permits: c_uint) -> *mut c_void;
                pub(super) fn $free(semaphore: *mut c_void);
                pub(super) fn $take(semaphore: *mut c_void);
                pub(super) fn $give(semaphore: *mut c_void);
                pub(super) fn $barrier_new(parties: c_uint) -> *mut c_void;
                pub(super) fn $barrier_free(barrier: *mut c_void);
                pub(super) fn $barrier_wait(barrier: *mut c_void) -> $led;
            }
        }

        #[doc = concat!("The semaphore of ", $what, ".")]
        #[derive(Debug)]
        pub struct $semaphore(*mut c_void);

        // SAFETY: taking and giving are what threads may do to it at once; it is freed by the owner alone.
        unsafe impl Sync for $semaphore {}

        impl $semaphore {
            /// A semaphore with so many permits.
            pub fn new(permits: usize) -> Self {
                // SAFETY: the counts of the benchmarks are small.
                Self(unsafe { ffi::$new(permits as u32) })
            }
        }

        impl Permits for $semaphore {
            #[inline]
            fn take(&self) {
                // SAFETY: made by `new`, not yet freed.
                unsafe { ffi::$take(self.0) }
            }
            #[inline]
            fn give(&self) {
                // SAFETY: as in `take`.
                unsafe { ffi::$give(self.0) }
            }
        }

        impl Drop for $semaphore {
            fn drop(&mut self) {
                // SAFETY: made by `new`; exclusive access says that nobody is inside a call.
                unsafe { ffi::$free(self.0) }
            }
        }

        #[derive(Debug)]
        struct Barrier(*mut c_void);

        // SAFETY: waiting is what threads may do to it at once; the last handle frees it.
        unsafe impl Send for Barrier {}
        // SAFETY: as above.
        unsafe impl Sync for Barrier {}

        impl Drop for Barrier {
            fn drop(&mut self) {
                // SAFETY: made by `all`; the last handle is gone, so nobody is inside a call.
                unsafe { ffi::$barrier_free(self.0) }
            }
        }

        #[doc = concat!("The barrier of ", $what, ".")]
        #[derive(Debug)]
        pub struct $party {
            barrier: Arc<Barrier>,
            index: usize,
        }

        impl Party for $party {
            fn all(parties: usize) -> Vec<Self> {
                // SAFETY: one to eight parties.
                let barrier = Arc::new(Barrier(unsafe { ffi::$barrier_new(parties as u32) }));
                (0..parties).map(|index| Self { barrier: Arc::clone(&barrier), index }).collect()
            }
            #[inline]
            fn wait(&mut self) -> bool {
                // SAFETY: not freed while this handle lives, and there are as many handles as parties.
                let led = unsafe { ffi::$barrier_wait(self.barrier.0) };
                let leads: fn($led, usize) -> bool = $leads;
                leads(led, self.index)
            }
        }
    };
}

/// `sem_t` and `pthread_barrier_t`.
#[cfg(posix_sync)]
pub mod posix {
    use crate::{Party, Permits};
    use std::ffi::c_void;
    use std::sync::Arc;
    foreign!(PosixSemaphore, PosixParty, "the C library", posix_sem_new posix_sem_free posix_sem_take posix_sem_give,
        posix_barrier_new posix_barrier_free posix_barrier_wait -> bool, |led, _| led);
}

/// `std::counting_semaphore` and `std::barrier`, which names no leader: the first party stands in.
#[cfg(cpp20_sync)]
pub mod cpp20 {
    use crate::{Party, Permits};
    use std::ffi::c_void;
    use std::sync::Arc;
    foreign!(CppSemaphore, CppParty, "C++20", cpp_sem_new cpp_sem_free cpp_sem_take cpp_sem_give,
        cpp_barrier_new cpp_barrier_free cpp_barrier_wait -> (), |(), index| index == 0);
}
