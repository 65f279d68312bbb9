//! `par-sort` against its peers: random input by type and size, then every shape. All answers are asserted first.

use bench_kit::Workload;
use criterion::Criterion;
use par_sort::ParSort;
use par_sort_bench::{numbers, shapes, strings};
use rayon::slice::ParallelSliceMut as Rayon;
use rdst::RadixSort;
use voracious_radix_sort::RadixSort as Voracious;

type Pair = (u64, u64);

fn main() {
    let mut criterion = bench_kit::criterion();
    let sizes: &[usize] =
        if bench_kit::quick() { &[1000, 100_000] } else { &[1000, 10_000, 100_000, 1_000_000, 10_000_000] };
    for &n in sizes {
        random(&mut criterion, n);
    }
    let n = if bench_kit::quick() { 100_000 } else { 1_000_000 };
    for (name, v) in shapes(n) {
        u64s(&mut criterion, &format!("u64 {name}"), &v);
        if !bench_kit::quick() {
            pairs(&mut criterion, &format!("pair {name}"), &v);
            texts(&mut criterion, &format!("string {name}"), &v[..n / 4]);
        }
    }
    criterion.final_summary();
}

fn random(criterion: &mut Criterion, n: usize) {
    let v = numbers(n);
    u64s(criterion, "u64 random", &v);
    u32s(criterion, "u32 random", &v);
    floats(criterion, "f64 random", &v);
    if n <= 1_000_000 {
        pairs(criterion, "pair random", &v);
        texts(criterion, "string random", &v);
    }
}

/// A contender that sorts in place.
macro_rules! sorts {
    ($workload:expr, $($name:literal => |$v:ident| $sort:expr),* $(,)?) => {
        $workload $(.contender($name, |mut $v| { $sort; $v }))*
    };
}

fn u64s(criterion: &mut Criterion, workload: &str, v: &[u64]) {
    let mut answer = v.to_vec();
    answer.sort_unstable();
    let workload = Workload::new(&format!("par-sort/{workload}"), &v.len().to_string(), v.len(), || v.to_vec(), answer);
    sorts!(workload,
        "par-sort" => |v| ParSort::par_sort(&mut v[..]),
        "par-sort by closure" => |v| ParSort::par_sort_by(&mut v[..], |a, b| a.cmp(b)),
        "par-sort unstable by closure" => |v| ParSort::par_sort_unstable_by(&mut v[..], |a, b| a.cmp(b)),
        "rayon" => |v| Rayon::par_sort(&mut v[..]),
        "rayon unstable" => |v| Rayon::par_sort_unstable(&mut v[..]),
        "std" => |v| v.sort(),
        "std unstable" => |v| v.sort_unstable(),
        "rdst" => |v| v.radix_sort_unstable(),
        "voracious" => |v| v.voracious_mt_sort(2),
        "radsort" => |v| radsort::sort(&mut v),
        "glidesort" => |v| glidesort::sort(&mut v),
    )
    .run(criterion);
}

fn u32s(criterion: &mut Criterion, workload: &str, v: &[u64]) {
    let v: Vec<u32> = v.iter().map(|&x| x as u32).collect();
    let mut answer = v.clone();
    answer.sort_unstable();
    let workload = Workload::new(&format!("par-sort/{workload}"), &v.len().to_string(), v.len(), || v.clone(), answer);
    sorts!(workload,
        "par-sort" => |v| ParSort::par_sort(&mut v[..]),
        "rayon" => |v| Rayon::par_sort(&mut v[..]),
        "rayon unstable" => |v| Rayon::par_sort_unstable(&mut v[..]),
        "std unstable" => |v| v.sort_unstable(),
        "rdst" => |v| v.radix_sort_unstable(),
        "voracious" => |v| v.voracious_mt_sort(2),
        "radsort" => |v| radsort::sort(&mut v),
    )
    .run(criterion);
}

fn floats(criterion: &mut Criterion, workload: &str, v: &[u64]) {
    let v: Vec<f64> = v.iter().map(|&x| (x >> 11) as f64 / 1e6 - 1e9).collect();
    let mut answer = v.clone();
    answer.sort_unstable_by(f64::total_cmp);
    let workload = Workload::new(&format!("par-sort/{workload}"), &v.len().to_string(), v.len(), || v.clone(), answer);
    sorts!(workload,
        "par-sort" => |v| ParSort::par_sort_floats(&mut v[..]),
        "par-sort by closure" => |v| ParSort::par_sort_by(&mut v[..], |a, b| a.total_cmp(b)),
        "par-sort unstable by closure" => |v| ParSort::par_sort_unstable_by(&mut v[..], |a, b| a.total_cmp(b)),
        "rayon" => |v| Rayon::par_sort_by(&mut v[..], f64::total_cmp),
        "rayon unstable" => |v| Rayon::par_sort_unstable_by(&mut v[..], f64::total_cmp),
        "std unstable" => |v| v.sort_unstable_by(f64::total_cmp),
        "rdst" => |v| v.radix_sort_unstable(),
        "voracious" => |v| v.voracious_mt_sort(2),
        "radsort" => |v| radsort::sort(&mut v),
    )
    .run(criterion);
}

fn pairs(criterion: &mut Criterion, workload: &str, v: &[u64]) {
    let v: Vec<Pair> = v.iter().enumerate().map(|(i, &x)| (x, i as u64)).collect();
    let mut answer = v.clone();
    answer.sort_by_key(|pair| pair.0);
    let keys: Vec<u64> = answer.iter().map(|pair| pair.0).collect();
    let group = format!("par-sort/{workload}");
    let parameter = v.len().to_string();
    let stable = Workload::new(&group, &parameter, v.len(), || v.clone(), answer);
    sorts!(stable,
        "par-sort" => |v| ParSort::par_sort_by_key(&mut v[..], |pair| pair.0),
        "par-sort by closure" => |v| ParSort::par_sort_by(&mut v[..], |a, b| a.0.cmp(&b.0)),
        "rayon" => |v| Rayon::par_sort_by_key(&mut v[..], |pair| pair.0),
        "std" => |v| v.sort_by_key(|pair| pair.0),
    )
    .run(criterion);
    // Unstable: only the keys are the same for all.
    let only_keys = |v: Vec<Pair>| v.into_iter().map(|pair| pair.0).collect::<Vec<u64>>();
    let group = format!("{group} unstable");
    Workload::new(&group, &parameter, v.len(), || v.clone(), keys)
        .contender("par-sort", move |mut v| {
            ParSort::par_sort_unstable_by_key(&mut v[..], |pair: &Pair| pair.0);
            only_keys(v)
        })
        .contender("par-sort unstable by closure", move |mut v| {
            ParSort::par_sort_unstable_by(&mut v[..], |a: &Pair, b: &Pair| a.0.cmp(&b.0));
            only_keys(v)
        })
        .contender("rayon unstable", move |mut v| {
            Rayon::par_sort_unstable_by_key(&mut v[..], |pair: &Pair| pair.0);
            only_keys(v)
        })
        .contender("std unstable", move |mut v| {
            v.sort_unstable_by_key(|pair| pair.0);
            only_keys(v)
        })
        .run(criterion);
}

fn texts(criterion: &mut Criterion, workload: &str, v: &[u64]) {
    let v = strings(v);
    let mut answer = v.clone();
    answer.sort_unstable();
    let workload = Workload::new(&format!("par-sort/{workload}"), &v.len().to_string(), v.len(), || v.clone(), answer);
    sorts!(workload,
        "par-sort" => |v| ParSort::par_sort(&mut v[..]),
        "par-sort unstable" => |v| ParSort::par_sort_unstable(&mut v[..]),
        "rayon" => |v| Rayon::par_sort(&mut v[..]),
        "rayon unstable" => |v| Rayon::par_sort_unstable(&mut v[..]),
        "std" => |v| v.sort(),
        "std unstable" => |v| v.sort_unstable(),
    )
    .run(criterion);
}
