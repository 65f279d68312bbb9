//! What the benchmarks of `par-reduce` share: the peers that are not Rust. The benchmarks are under `benches/`.
//!
//! Each peer is there only if `build.rs` found a compiler and its library; [`MISSING`] names the others.

/// Peers that could not be built here.
pub const MISSING: &[&str] = &[
    #[cfg(not(openmp))]
    "OpenMP (no C++ compiler with OpenMP)",
    #[cfg(not(tbb))]
    "TBB (no C++ compiler, or no libtbb-dev)",
    #[cfg(not(stdpar))]
    "std::execution::par (no C++ compiler, or no libtbb-dev)",
    #[cfg(not(blas))]
    "OpenBLAS (no C++ compiler, or no libopenblas-dev)",
];

#[cfg(any(openmp, tbb, stdpar, blas))]
mod ffi {
    #[allow(dead_code, reason = "those of peers that are missing")]
    unsafe extern "C" {
        pub(crate) fn omp_sum(x: *const f64, n: usize) -> f64;
        pub(crate) fn omp_max(x: *const f64, n: usize) -> f64;
        pub(crate) fn omp_matvec(a: *const f64, x: *const f64, y: *mut f64, rows: usize, cols: usize);
        pub(crate) fn tbb_sum(x: *const f64, n: usize) -> f64;
        pub(crate) fn tbb_scan(x: *const u64, out: *mut u64, n: usize);
        pub(crate) fn std_sum(x: *const f64, n: usize) -> f64;
        pub(crate) fn std_argmax(x: *const f64, n: usize) -> usize;
        pub(crate) fn std_scan(x: *const u64, out: *mut u64, n: usize);
        pub(crate) fn blas_matvec(a: *const f64, x: *const f64, y: *mut f64, rows: usize, cols: usize);
        pub(crate) fn blas_matvec_f32(a: *const f32, x: *const f32, y: *mut f32, rows: usize, cols: usize);
    }
}

/// OpenMP's reductions.
#[cfg(openmp)]
pub mod openmp {
    use super::ffi;

    /// `#pragma omp parallel for simd reduction(+)`.
    pub fn sum(x: &[f64]) -> f64 {
        // SAFETY: reads exactly the slice.
        unsafe { ffi::omp_sum(x.as_ptr(), x.len()) }
    }

    /// `reduction(max)`; the slice has at least one element.
    pub fn max(x: &[f64]) -> f64 {
        assert!(!x.is_empty());
        // SAFETY: reads exactly the slice, which is not empty.
        unsafe { ffi::omp_max(x.as_ptr(), x.len()) }
    }

    /// A parallel loop over rows with a simd reduction inside.
    pub fn matvec(a: &[f64], x: &[f64], y: &mut [f64]) {
        assert_eq!(a.len(), x.len() * y.len());
        // SAFETY: reads `y.len()` rows of `x.len()` elements, which is `a`, and writes `y`.
        unsafe { ffi::omp_matvec(a.as_ptr(), x.as_ptr(), y.as_mut_ptr(), y.len(), x.len()) }
    }
}

/// oneTBB.
#[cfg(tbb)]
pub mod tbb {
    use super::ffi;

    /// `parallel_reduce` with a simd loop inside.
    pub fn sum(x: &[f64]) -> f64 {
        // SAFETY: reads exactly the slice.
        unsafe { ffi::tbb_sum(x.as_ptr(), x.len()) }
    }

    /// `parallel_scan`.
    pub fn scan(x: &[u64], out: &mut [u64]) {
        assert_eq!(x.len(), out.len());
        // SAFETY: reads exactly `x` and writes `out`, which is as long.
        unsafe { ffi::tbb_scan(x.as_ptr(), out.as_mut_ptr(), x.len()) }
    }
}

/// The parallel algorithms of C++.
#[cfg(stdpar)]
pub mod stdpar {
    use super::ffi;

    /// `std::reduce(par_unseq)`.
    pub fn sum(x: &[f64]) -> f64 {
        // SAFETY: reads exactly the slice.
        unsafe { ffi::std_sum(x.as_ptr(), x.len()) }
    }

    /// `std::max_element(par_unseq)`.
    pub fn argmax(x: &[f64]) -> usize {
        // SAFETY: reads exactly the slice.
        unsafe { ffi::std_argmax(x.as_ptr(), x.len()) }
    }

    /// `std::inclusive_scan(par_unseq)`.
    pub fn scan(x: &[u64], out: &mut [u64]) {
        assert_eq!(x.len(), out.len());
        // SAFETY: reads exactly `x` and writes `out`, which is as long.
        unsafe { ffi::std_scan(x.as_ptr(), out.as_mut_ptr(), x.len()) }
    }
}

/// OpenBLAS.
#[cfg(blas)]
pub mod blas {
    use super::ffi;

    fn check(a: usize, x: usize, y: usize) {
        assert_eq!(a, x * y);
        assert!(x <= i32::MAX as usize && y <= i32::MAX as usize);
    }

    /// `cblas_dgemv`.
    pub fn matvec(a: &[f64], x: &[f64], y: &mut [f64]) {
        check(a.len(), x.len(), y.len());
        // SAFETY: reads `y.len()` rows of `x.len()` elements, which is `a`, and writes `y`.
        unsafe { ffi::blas_matvec(a.as_ptr(), x.as_ptr(), y.as_mut_ptr(), y.len(), x.len()) }
    }

    /// `cblas_sgemv`.
    pub fn matvec_f32(a: &[f32], x: &[f32], y: &mut [f32]) {
        check(a.len(), x.len(), y.len());
        // SAFETY: as above.
        unsafe { ffi::blas_matvec_f32(a.as_ptr(), x.as_ptr(), y.as_mut_ptr(), y.len(), x.len()) }
    }
}
