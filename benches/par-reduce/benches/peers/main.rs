//! `par-reduce` against its peers: sums, exact sums, extrema, scans, matrices, fills.
//!
//! The inputs are whole numbers below 2^20, so that every contender's float sum is exact and can be asserted. They lie in
//! huge pages where the system has them, as NumPy's arrays do.
//!
//! Threads of OpenMP, TBB and OpenBLAS spin for a while after their last call, and whoever of several threads is timed
//! next shares the processors with them (a maximum of 10^5 takes 6.7 us in OpenMP's company and 4.6 after a pause, OpenBLAS'
//! product of 200 squared 210 us after OpenMP's and 2.6 after a pause). The turns are shuffled, so this meets everybody; a
//! small difference between contenders of several threads is to be measured with pauses.

mod bandwidth;
mod fills;
mod matrices;
mod numpy;
mod sums;

use bench_kit::quick;

/// `n` elements that the kernel was asked to keep in huge pages before they were first touched.
fn huge<T: Copy>(n: usize, value: T) -> Vec<T> {
    let mut memory = Vec::<T>::with_capacity(n);
    #[cfg(target_os = "linux")]
    {
        let page = 2 << 20;
        let start = (memory.as_ptr() as usize).next_multiple_of(page);
        let end = (memory.as_ptr() as usize + n * size_of::<T>()) / page * page;
        if start < end {
            // SAFETY: whole pages within our own allocation; the advice changes no content. It may fail, and then all
            // contenders have small pages.
            unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_HUGEPAGE) };
        }
    }
    memory.resize(n, value);
    memory
}

/// The input of all float workloads.
fn numbers(n: usize) -> Vec<f64> {
    let mut x = huge(n, 0.0);
    let mut part = vec![0_i32; n.min(1 << 20)];
    for (i, x) in x.chunks_mut(1 << 20).enumerate() {
        par_reduce::fill_random(&mut part, 7 + i as u64, 0..1 << 20);
        x.iter_mut().zip(&part).for_each(|(x, &v)| *x = v.into());
    }
    x
}

fn sizes() -> &'static [usize] {
    if quick() { &[1_000, 1_000_000] } else { &[1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000] }
}

fn main() {
    let mut criterion = bench_kit::criterion();
    println!("threads of every contender: all processors");
    par_reduce_bench::MISSING.iter().for_each(|peer| println!("skipped: {peer}"));
    for &n in sizes() {
        let x = numbers(n);
        sums::plain(&mut criterion, &x);
        sums::narrow(&mut criterion, &x);
        sums::accurate(&mut criterion, &x);
        sums::extrema(&mut criterion, &x);
        if n >= 1_000_000 {
            bandwidth::bandwidth(&x);
            drop(x);
            sums::integer_extrema(&mut criterion, n);
            sums::scans(&mut criterion, n);
            fills::fills(&mut criterion, n);
        }
    }
    if !quick() {
        sums::accurate(&mut criterion, &numbers(20_000_000));
    }
    matrices::sums(&mut criterion);
    matrices::products(&mut criterion);
    matrices::narrow_products(&mut criterion);
    numpy::compare();
    criterion.final_summary();
}
