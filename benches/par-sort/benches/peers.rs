//! `par-sort` against its peers: one workload for each promise (stable and unstable by a comparison, by the digits of
//! keys), random input by type and size, then every shape. All answers are asserted first.

use bench_kit::Workload;
use criterion::Criterion;
use par_sort_bench::contenders::{Element, PROMISES};
use par_sort_bench::{floats, inputs, narrow, numbers, pairs, strings};

fn main() {
    let mut criterion = bench_kit::criterion();
    let sizes: &[usize] =
        if bench_kit::quick() { &[1000, 100_000] } else { &[1000, 10_000, 100_000, 1_000_000, 10_000_000] };
    for &n in sizes {
        let v = numbers(n);
        workloads(&mut criterion, "u64 random", &v);
        workloads(&mut criterion, "u32 random", &narrow(&v));
        workloads(&mut criterion, "f64 random", &floats(&v));
        if n <= 1_000_000 {
            workloads(&mut criterion, "pair random", &pairs(&v));
            workloads(&mut criterion, "string random", &strings(&v));
        }
    }
    let n = if bench_kit::quick() { 100_000 } else { 1_000_000 };
    for (name, v) in inputs(n).into_iter().filter(|(name, _)| *name != "random") {
        workloads(&mut criterion, &format!("u64 {name}"), &v);
        if !bench_kit::quick() {
            workloads(&mut criterion, &format!("pair {name}"), &pairs(&v));
            workloads(&mut criterion, &format!("string {name}"), &strings(&v[..n / 4]));
        }
    }
    criterion.final_summary();
}

fn workloads<T: Element>(criterion: &mut Criterion, name: &str, v: &[T]) {
    for promise in PROMISES {
        let contenders = T::contenders(promise);
        // The answer is that of the first peer.
        let Some((_, peer)) = contenders.iter().find(|(name, _)| !name.starts_with("par-sort")) else { continue };
        let sorted = |sort: fn(&mut [T]), mut v: Vec<T>| {
            sort(&mut v);
            Sorted { v, stable: promise == "stable" }
        };
        let answer = sorted(*peer, v.to_vec());
        let group = format!("par-sort/{name}, {promise}");
        let mut workload = Workload::new(&group, &v.len().to_string(), v.len(), || v.to_vec(), answer);
        for (name, sort) in contenders {
            workload = workload.contender(name, move |v| sorted(sort, v));
        }
        workload.run(criterion);
    }
}

/// A result, equal to another where the promise says so.
#[derive(Debug)]
struct Sorted<T> {
    v: Vec<T>,
    stable: bool,
}

impl<T: Element> PartialEq for Sorted<T> {
    fn eq(&self, other: &Self) -> bool {
        self.v.len() == other.v.len() && self.v.iter().zip(&other.v).all(|(a, b)| a.same(b, self.stable))
    }
}
