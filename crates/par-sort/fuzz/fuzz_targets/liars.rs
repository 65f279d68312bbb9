//! Any comparison and any key, also one that contradicts itself or panics: every element is there once afterwards. The
//! elements are boxes, so that address sanitizer sees a lost or doubled one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use par_sort::Sorter;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A panic that is meant.
struct Meant;

/// std panics when it notices that an order is not total, which may happen here; any other panic is a finding.
fn expect_complaints() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !info.payload_as_str().unwrap_or_default().contains("total order") {
                report(info);
            }
        }));
    });
}

fuzz_target!(|data: &[u8]| {
    expect_complaints();
    let [head @ .., _] = data else { return };
    let Some((&[way, threads, below], rest)) = head.split_first_chunk::<3>() else { return };
    let (values, answers) = rest.split_at(rest.len() * 2 / 3);
    let sorter = Sorter::new()
        .threads(1 + usize::from(threads % 4))
        .sequential_below(usize::from(below % 64))
        .stable(way & 8 == 0);
    let mut v: Vec<Box<u8>> = values.iter().map(|&x| Box::new(x)).collect();
    let asked = AtomicUsize::new(0);
    let answer = || answers.get(asked.fetch_add(1, Relaxed) % answers.len().max(1)).copied().unwrap_or(1);
    let liar = |a: &Box<u8>, b: &Box<u8>| match answer() {
        0..64 => a.cmp(b),
        64..128 => Ordering::Less,
        128..192 => Ordering::Greater,
        192..254 => Ordering::Equal,
        // Without the hook, which would count as a crash.
        _ => resume_unwind(Box::new(Meant)),
    };
    let key = |x: &Box<u8>| match answer() {
        0..200 => u64::from(**x),
        254.. => resume_unwind(Box::new(Meant)),
        other => u64::from(other) << 32,
    };
    let k = values.len() / 2;
    let _panic_is_fine = catch_unwind(AssertUnwindSafe(|| match way & 7 {
        0..=2 => sorter.sort_by(&mut v, liar),
        3 if !v.is_empty() => {
            sorter.select_nth_by(&mut v, k, liar);
        }
        4 => sorter.partial_sort_by(&mut v, k, liar),
        5 => sorter.sort_by_cached_key(&mut v, key),
        _ => sorter.sort_radix_by_key(&mut v, key),
    }));
    let mut found: Vec<u8> = v.iter().map(|x| **x).collect();
    let mut wanted = values.to_vec();
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
});
