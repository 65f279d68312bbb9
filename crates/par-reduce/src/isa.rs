//! Which vector instructions the kernels use, chosen at run time.
//!
//! A [`Kernel`] is plain Rust that the compiler vectorises. [`Level::run`] compiles it three times, once for each
//! instruction set, and calls the widest one that this processor has. The lanes of a kernel are laid out the same way
//! in all of them and no compiler contracts `a * b + c` in Rust, so every copy gives the same bits; wider registers only
//! hold more of the lanes.
//!
//! Safety of this module rests on one invariant: a [`Level`] never names instructions that this processor lacks.

use std::sync::atomic::{AtomicU8, Ordering};

/// An upper bound for the vector instructions that the kernels may use; see [`Reducer::isa`](crate::Reducer::isa).
///
/// Results never depend on it, only the time does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Isa {
    /// What every processor of the target has: SSE2 on x86-64, NEON on AArch64.
    Baseline,
    /// AVX2 and FMA on x86-64.
    Avx2,
    /// AVX-512 (F, BW, CD, DQ, VL) on x86-64.
    Avx512,
    /// The widest that this processor has.
    #[default]
    Native,
}

/// Work that is compiled for every instruction set. `run` must be `#[inline(always)]`, or it is compiled for the
/// baseline only.
#[expect(unnameable_types, reason = "seen in the signatures of sealed traits only")]
pub trait Kernel {
    type Out;

    fn run(self) -> Self::Out;
}

/// Instructions that this processor is known to have.
#[expect(unnameable_types, reason = "seen in the signatures of sealed traits only")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Isa);

impl Level {
    /// The widest instructions of this processor, but no wider than `bound`.
    #[inline]
    pub(crate) fn at_most(bound: Isa) -> Self {
        Self(native().min(bound))
    }

    /// Whether there are 32 registers of 64 bytes.
    pub(crate) fn has_wide_registers(self) -> bool {
        self.0 == Isa::Avx512
    }

    /// Runs `kernel`, compiled for this level.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Out {
        #[cfg(target_arch = "x86_64")]
        match self.0 {
            // SAFETY: `avx512` needs the features in its attribute; `at_most` bounded this level by `native`, which
            // found them.
            Isa::Avx512 => return unsafe { avx512(kernel) },
            // SAFETY: as above, for the features of `avx2`.
            Isa::Avx2 => return unsafe { avx2(kernel) },
            Isa::Baseline | Isa::Native => {}
        }
        kernel.run()
    }
}

/// The widest that this processor has. It is asked once: a dozen features take longer than a sum of ten elements.
#[inline]
fn native() -> Isa {
    // Relaxed: whoever does not see the answer finds the same one.
    static NATIVE: AtomicU8 = AtomicU8::new(0);
    match NATIVE.load(Ordering::Relaxed) {
        1 => Isa::Baseline,
        2 => Isa::Avx2,
        3 => Isa::Avx512,
        _ => {
            let found = detect();
            NATIVE.store(1 + found as u8, Ordering::Relaxed);
            found
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[cold]
fn detect() -> Isa {
    use std::arch::is_x86_feature_detected as has;
    if !(has!("avx2") && has!("fma")) {
        Isa::Baseline
    } else if has!("avx512f") && has!("avx512bw") && has!("avx512cd") && has!("avx512dq") && has!("avx512vl") {
        Isa::Avx512
    } else {
        Isa::Avx2
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> Isa {
    Isa::Baseline
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<K: Kernel>(kernel: K) -> K::Out {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
fn avx512<K: Kernel>(kernel: K) -> K::Out {
    kernel.run()
}
