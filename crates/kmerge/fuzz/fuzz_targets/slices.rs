//! The slice kernels: any lists, sorted or not, plain and owned elements, comparators that lie or panic. Sorted lists give
//! what a stable sort gives; whatever else happens, every element is there once (the sanitizer sees to the rest).
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

type Tagged = (u16, u32);

/// Lists from a program: each three bytes append up to 255 elements to a list, whose keys rise by 0 to 3 at every step.
fn lists(program: &[u8], sorted: bool) -> Vec<Vec<Tagged>> {
    let mut lists = vec![Vec::new(); 1 + usize::from(program.first().copied().unwrap_or(0)) % 20];
    let mut id = 0;
    for step in program.chunks_exact(3) {
        let k = lists.len();
        let list = &mut lists[usize::from(step[0]) % k];
        let mut key = list.last().map_or(0, |last: &Tagged| last.0);
        for i in 0..step[1] {
            key = key.wrapping_add(u16::from(step[2] >> (2 * (i % 4))) % 4);
            list.push((key, id));
            id += 1;
        }
    }
    if sorted {
        lists.iter_mut().for_each(|list| list.sort_by_key(|x| x.0));
    }
    lists
}

fuzz_target!(|input: (u8, u16, Vec<u8>)| {
    let (mode, fuel, program) = input;
    let sorted = mode % 4 < 2;
    let lists = lists(&program, sorted);
    let slices: Vec<&[Tagged]> = lists.iter().map(Vec::as_slice).collect();
    let mut answer = lists.concat();
    answer.sort_by_key(|x| x.0);
    let as_a_set = |mut all: Vec<Tagged>| {
        all.sort_by_key(|x| x.1);
        all
    };
    let mut calls = 0_u32;
    let mut compare = |a: u16, b: u16| -> Ordering {
        calls += 1;
        match mode % 4 {
            1 if calls > u32::from(fuel) => resume_unwind(Box::new(())),
            3 => (calls.wrapping_mul(2_654_435_761) >> 16 & 3).cmp(&1),
            _ => a.cmp(&b),
        }
    };
    // Moved in place: whatever panics, they are all there.
    let mut boxes: Vec<Box<Tagged>> = lists.iter().flatten().map(|&x| Box::new(x)).collect();
    let ends: Vec<usize> = lists.iter().scan(0, |end, list| Some({ *end += list.len(); *end })).collect();
    let done = catch_unwind(AssertUnwindSafe(|| kmerge::merge_runs_by(&mut boxes, &ends, |a, b| compare(a.0, b.0))));
    let merged: Vec<Tagged> = boxes.into_iter().map(|x| *x).collect();
    if sorted && done.is_ok() {
        assert_eq!(merged, answer);
    }
    assert_eq!(as_a_set(merged), as_a_set(answer.clone()));
    // Moved out.
    let owned: Vec<Vec<Box<Tagged>>> = lists.iter().map(|list| list.iter().map(|&x| Box::new(x)).collect()).collect();
    if let Ok(merged) = catch_unwind(AssertUnwindSafe(|| kmerge::merge_vecs_by(owned, |a, b| compare(a.0, b.0)))) {
        assert_eq!(as_a_set(merged.into_iter().map(|x| *x).collect()), as_a_set(answer.clone()));
    }
    // Copied, and text by its words.
    assert_eq!(as_a_set(kmerge::merge_by(&slices, |a, b| a.0.cmp(&b.0))), as_a_set(answer.clone()));
    if sorted {
        assert_eq!(kmerge::merge_by_key(&slices, |x| x.0), answer);
        let texts: Vec<Vec<String>> =
            lists.iter().map(|list| list.iter().map(|x| format!("{:05}", x.0)).collect()).collect();
        let texts: Vec<&[String]> = texts.iter().map(Vec::as_slice).collect();
        assert!(kmerge::merge(&texts).iter().eq(answer.iter().map(|x| format!("{:05}", x.0)).collect::<Vec<_>>().iter()));
        let numbers: Vec<Vec<u16>> = lists.iter().map(|list| list.iter().map(|x| x.0).collect()).collect();
        let numbers: Vec<&[u16]> = numbers.iter().map(Vec::as_slice).collect();
        let merged = kmerge::merge(&numbers);
        assert!(merged.iter().eq(answer.iter().map(|x| &x.0)));
        let cuts = kmerge::split_by_rank(&numbers, merged.len() / 2);
        assert_eq!(cuts.iter().sum::<usize>(), merged.len() / 2);
    }
});
