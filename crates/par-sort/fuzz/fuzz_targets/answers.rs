//! Honest orders: the answers are those of std.
#![no_main]

use libfuzzer_sys::fuzz_target;
use par_sort::{ParSort, Sorter};

fuzz_target!(|data: &[u8]| {
    let Some((&[width, threads], rest)) = data.split_first_chunk::<2>() else { return };
    let sorter = Sorter::new().threads(1 + usize::from(threads % 4)).sequential_below(usize::from(threads >> 2));
    // Texts, many times over so that they are not too few for the parallel paths.
    let mut texts: Vec<&[u8]> =
        rest.chunks(1 + usize::from(width % 24)).cycle().take(rest.len().min(64) * 16).collect();
    let mut answer = texts.clone();
    answer.sort();
    texts.par_sort();
    assert!(texts.iter().zip(&answer).all(|(a, b)| a == b && a.as_ptr() == b.as_ptr()));
    // Numbers: digits, keys, comparisons.
    let numbers = || {
        rest.chunks(8).enumerate().map(|(i, x)| {
            let mut word = [0; 8];
            word[..x.len()].copy_from_slice(x);
            (i64::from_le_bytes(word) >> (width % 64), i)
        })
    };
    let mut answer: Vec<(i64, usize)> = numbers().collect();
    answer.sort_by_key(|x| x.0);
    let mut v: Vec<(i64, usize)> = numbers().collect();
    sorter.sort_radix_by_key(&mut v, |x| x.0);
    assert_eq!(v, answer);
    let mut v: Vec<(i64, usize)> = numbers().collect();
    sorter.sort_by(&mut v, |a, b| a.0.cmp(&b.0));
    assert_eq!(v, answer);
    let mut v: Vec<(i64, usize)> = numbers().collect();
    sorter.stable(false).sort_by(&mut v, |a, b| a.0.cmp(&b.0));
    assert!(v.iter().map(|x| x.0).eq(answer.iter().map(|x| x.0)));
    let mut v: Vec<(i64, u16)> = numbers().map(|x| (x.0, x.1 as u16)).collect();
    let mut answer = v.clone();
    answer.sort();
    sorter.sort_radix(&mut v.iter_mut().map(|x| (x.0, u64::from(x.1))).collect::<Vec<_>>());
    v.par_sort_radix_by_key(|x| (x.0, u64::from(x.1)));
    assert_eq!(v, answer);
});
