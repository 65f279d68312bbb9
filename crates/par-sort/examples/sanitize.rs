//! A small use of every path, for the address and thread sanitizers and valgrind.
use par_sort::{ParSort, Sorter};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn numbers(n: u64) -> Vec<u64> {
    (0..n).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 50_021).collect()
}

fn main() {
    let input = numbers(60_000);
    let mut sorted = input.clone();
    sorted.sort();
    let check = |sort: &dyn Fn(&mut Vec<u64>)| {
        let mut v = input.clone();
        sort(&mut v);
        assert_eq!(v, sorted);
    };
    check(&|v| v.par_sort());
    check(&|v| v.par_sort_unstable());
    check(&|v| v.par_sort_radix());
    check(&|v| v.par_sort_by(|a, b| a.cmp(b)));
    check(&|v| v.par_sort_unstable_by(|a, b| a.cmp(b)));
    check(&|v| v.par_sort_by_cached_key(|n| n.to_string().len() as u64 * 1_000_000 + n));
    let mut strings: Vec<String> = numbers(8_000).iter().map(u64::to_string).collect();
    strings.par_sort();
    assert!(strings.is_sorted());
    // A comparison that panics: the slice still owns every string once.
    for stable in [true, false] {
        let mut strings: Vec<String> = numbers(5_000).iter().map(u64::to_string).collect();
        let calls = std::sync::atomic::AtomicUsize::new(0);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            Sorter::new().threads(3).sequential_below(0).stable(stable).sort_by(&mut strings, |a, b| {
                assert!(calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 20_000, "on purpose");
                a.cmp(b)
            });
        }));
        assert!(panicked.is_err());
        assert_eq!(strings.len(), 5_000);
    }
}
