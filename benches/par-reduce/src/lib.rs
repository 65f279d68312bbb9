//! What the benchmarks of `par-reduce` share. The benchmarks are under `benches/`.

#[cfg(openmp)]
mod ffi {
    unsafe extern "C" {
        pub(crate) fn omp_sum(x: *const f64, n: usize) -> f64;
        pub(crate) fn omp_max(x: *const f64, n: usize) -> f64;
        pub(crate) fn omp_matvec(a: *const f64, x: *const f64, y: *mut f64, rows: usize, cols: usize);
    }
}

/// OpenMP's reductions, where there was a compiler for them.
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
