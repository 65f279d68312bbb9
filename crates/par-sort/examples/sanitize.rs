//! A small use of every path, for the address and thread sanitizers and valgrind.
use par_sort::{ParSort, Sorter};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn numbers(n: u64) -> Vec<u64> {
    (0..n).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 50_021).collect()
}

fn main() {
    // Many panics are on purpose.
    std::panic::set_hook(Box::new(|_| ()));
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
    // By digits: short keys, uneven ones, ones that do not fit into a window, elements that own memory.
    for alone in [300, 5_000, 20_000] {
        let mut boxes: Vec<Box<u64>> = numbers(alone).into_iter().map(Box::new).collect();
        boxes.par_sort_radix_by_key(|n| **n);
        assert!(boxes.is_sorted());
    }
    let mut short: Vec<u32> = numbers(200_000).iter().map(|n| (n * 85_861) as u32).collect();
    short.par_sort_radix();
    assert!(short.is_sorted());
    let mut floats: Vec<f64> = numbers(60_000).iter().map(|&n| (n as f64).powi(9)).collect();
    floats.par_sort_floats();
    assert!(floats.is_sorted());
    let mut long: Vec<[u64; 2]> = numbers(60_000).iter().map(|&n| [n % 7, n]).collect();
    long.par_sort_radix();
    assert!(long.is_sorted());
    let mut boxes: Vec<Box<u64>> = numbers(60_000).into_iter().map(Box::new).collect();
    boxes.par_sort_radix_by_key(|n| **n);
    assert!(boxes.is_sorted());
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
    // Keys that panic, and keys that change, at every stage of the distribution.
    let calls = std::sync::atomic::AtomicU64::new(0);
    let count = || calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    for limit in (0..500_000).step_by(31_337) {
        let mut boxes: Vec<Box<u64>> = numbers(50_000).into_iter().map(Box::new).collect();
        calls.store(0, std::sync::atomic::Ordering::Relaxed);
        let _ = catch_unwind(AssertUnwindSafe(|| {
            boxes.par_sort_radix_by_key(|n| {
                assert!(count() < limit, "on purpose");
                **n
            });
        }));
        // std's sort, which takes over from keys that change, may complain about them.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            boxes.par_sort_radix_by_key(|n| **n ^ if count() % 5000 == 0 { 1 << (count() % 64) } else { 0 });
        }));
        boxes.sort();
        assert!(boxes.iter().map(|n| **n).eq({
            let mut all = numbers(50_000);
            all.sort();
            all
        }));
    }
}
