#![doc = include_str!("../README.md")]

#[cfg_attr(not(loom), expect(unreachable_pub, reason = "the models of `tests/loom.rs` reach it"))]
#[cfg_attr(loom, expect(missing_debug_implementations, reason = "only the models see it"))]
mod chain;
mod compensated;
mod disjoint;
mod exact;
mod extrema;
mod fill;
mod find;
mod float_extrema;
mod fold;
mod histogram;
mod isa;
mod lanes;
mod matrix;
mod matrix_sums;
mod matvec;
mod moments;
mod number;
mod random;
mod reducer;
mod scan;
#[cfg_attr(not(loom), expect(unreachable_pub, reason = "the models of `tests/loom.rs` reach it"))]
#[cfg_attr(loom, expect(missing_debug_implementations, reason = "only the models see it"))]
mod shares;
mod sum;
mod superacc;
mod sync;
mod tree;

pub use compensated::{dot_compensated, sum_compensated};
pub use exact::{ExactSum, sum_exact};
pub use extrema::{argmax, argmax_by, argmin, argmin_by, max, min, min_max};
pub use fill::fill_with;
pub use find::{all, any, find_first};
pub use float_extrema::{Nan, argmax_float, argmin_float, max_float, min_float};
pub use fold::{count_if, fold, map_reduce};
pub use histogram::histogram;
pub use isa::Isa;
pub use matrix::{Matrix, ShapeError};
pub use matrix_sums::{col_sums_into, matrix_sum, row_sums_into};
pub use matvec::{MatVec, matvec_into};
pub use moments::{Moments, mean_variance};
pub use number::Float;
pub use random::{Uniform, fill_random};
pub use reducer::Reducer;
pub use scan::{exclusive_scan_in_place, exclusive_scan_into, inclusive_scan_in_place, inclusive_scan_into};
pub use sum::{Integer, Summable, dot, sum, wrapping_sum};

/// What the models of `tests/loom.rs` check.
#[cfg(loom)]
pub mod model {
    pub use crate::chain::{Chain, Claim};
    pub use crate::shares::Share;
}

const _: () = {
    const fn send_sync<T: Send + Sync + std::panic::UnwindSafe>() {}
    send_sync::<Reducer>();
    send_sync::<Isa>();
    send_sync::<Nan>();
    send_sync::<Moments>();
    send_sync::<ShapeError>();
    send_sync::<Matrix<'static, f64>>();
};
