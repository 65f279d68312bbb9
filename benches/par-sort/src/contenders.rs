//! Who is compared with whom: one list for each promise, by type of element. Ours come first and are named `par-sort`:
//! "by closure" where the comparison may be anything, otherwise in the words of the type, which may mean by digits.

use crate::Pair;
use crate::cpp::{Known, Sort};
use par_sort::ParSort;
use rayon::slice::ParallelSliceMut as Rayon;
use rdst::RadixSort;
use voracious_radix_sort::{RadixSort as Voracious, Radixable};

/// Sorts of one promise, by name.
pub type Contenders<T> = Vec<(&'static str, Sort<T>)>;

/// What is promised.
pub const PROMISES: [&str; 3] = ["stable", "unstable", "keys"];

/// An element that is sorted here.
pub trait Element: Clone + std::fmt::Debug {
    /// Those who keep one of the [`PROMISES`]; none if the promise does not concern the type.
    fn contenders(promise: &str) -> Contenders<Self>;
    /// Whether two elements may stand for each other in the answer to a stable or an unstable sort.
    fn same(&self, other: &Self, stable: bool) -> bool;
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Element for $type {
            fn contenders(promise: &str) -> Contenders<Self> {
                match promise {
                    "stable" => with(
                        vec![
                            ("par-sort by closure", |v| ParSort::par_sort_by(v, |a, b| a.cmp(b))),
                            ("par-sort", |v| ParSort::par_sort(v)),
                            ("rayon", |v| Rayon::par_sort(v)),
                            ("std", |v| v.sort()),
                            ("glidesort", |v| glidesort::sort(v)),
                        ],
                        <$type>::STABLE,
                    ),
                    "unstable" => with(
                        vec![
                            ("par-sort by closure", |v| ParSort::par_sort_unstable_by(v, |a, b| a.cmp(b))),
                            ("par-sort", |v| ParSort::par_sort_unstable(v)),
                            ("rayon", |v| Rayon::par_sort_unstable(v)),
                            ("std", |v| v.sort_unstable()),
                        ],
                        <$type>::SORTS,
                    ),
                    _ => vec![
                        ("par-sort", |v| ParSort::par_sort(v)),
                        ("rayon", |v| Rayon::par_sort_unstable(v)),
                        ("std", |v| v.sort_unstable()),
                        ("rdst", |v| v.radix_sort_unstable()),
                        ("voracious", |v| v.voracious_mt_sort(2)),
                        ("radsort", |v| radsort::sort(v)),
                    ],
                }
            }

            fn same(&self, other: &Self, _stable: bool) -> bool {
                self == other
            }
        }
    )*};
}

integers!(u64, u32);

impl Element for f64 {
    fn contenders(promise: &str) -> Contenders<Self> {
        match promise {
            "stable" => with(
                vec![
                    ("par-sort by closure", |v| ParSort::par_sort_by(v, |a, b| a.total_cmp(b))),
                    ("par-sort", |v| ParSort::par_sort_by(v, f64::total_cmp)),
                    ("rayon", |v| Rayon::par_sort_by(v, |a, b| a.total_cmp(b))),
                    ("std", |v| v.sort_by(|a, b| a.total_cmp(b))),
                    ("glidesort", |v| glidesort::sort_by(v, |a, b| a.total_cmp(b))),
                ],
                f64::STABLE,
            ),
            "unstable" => with(
                vec![
                    ("par-sort by closure", |v| ParSort::par_sort_unstable_by(v, |a, b| a.total_cmp(b))),
                    ("par-sort", |v| ParSort::par_sort_unstable_by(v, f64::total_cmp)),
                    ("rayon", |v| Rayon::par_sort_unstable_by(v, |a, b| a.total_cmp(b))),
                    ("std", |v| v.sort_unstable_by(|a, b| a.total_cmp(b))),
                ],
                f64::SORTS,
            ),
            _ => vec![
                ("par-sort", |v| ParSort::par_sort_floats(v)),
                ("rayon", |v| Rayon::par_sort_unstable_by(v, |a, b| a.total_cmp(b))),
                ("std", |v| v.sort_unstable_by(|a, b| a.total_cmp(b))),
                ("rdst", |v| v.radix_sort_unstable()),
                ("voracious", |v| v.voracious_mt_sort(2)),
                ("radsort", |v| radsort::sort(v)),
            ],
        }
    }

    fn same(&self, other: &Self, _stable: bool) -> bool {
        self.to_bits() == other.to_bits()
    }
}

impl Element for Pair {
    fn contenders(promise: &str) -> Contenders<Self> {
        match promise {
            "stable" => with(
                vec![
                    ("par-sort by closure", |v| ParSort::par_sort_by(v, |a, b| a.key.cmp(&b.key))),
                    ("par-sort by key", |v| ParSort::par_sort_by_key(v, |pair| pair.key)),
                    ("rayon", |v| Rayon::par_sort_by_key(v, |pair| pair.key)),
                    ("std", |v| v.sort_by_key(|pair| pair.key)),
                    ("glidesort", |v| glidesort::sort_by_key(v, |pair| pair.key)),
                ],
                Pair::STABLE,
            ),
            "unstable" => with(
                vec![
                    ("par-sort by closure", |v| ParSort::par_sort_unstable_by(v, |a, b| a.key.cmp(&b.key))),
                    ("par-sort by key", |v| ParSort::par_sort_unstable_by_key(v, |pair| pair.key)),
                    ("rayon", |v| Rayon::par_sort_unstable_by_key(v, |pair| pair.key)),
                    ("std", |v| v.sort_unstable_by_key(|pair| pair.key)),
                ],
                Pair::SORTS,
            ),
            _ => vec![
                ("par-sort", |v| ParSort::par_sort_by_key(v, |pair| pair.key)),
                ("rayon", |v| Rayon::par_sort_unstable_by_key(v, |pair| pair.key)),
                ("std", |v| v.sort_unstable_by_key(|pair| pair.key)),
                ("rdst", |v| as_records(v).radix_sort_unstable()),
                ("voracious", |v| as_records(v).voracious_mt_sort(2)),
                ("radsort", |v| radsort::sort_by_key(v, |pair| pair.key)),
            ],
        }
    }

    fn same(&self, other: &Self, stable: bool) -> bool {
        self.key == other.key && (!stable || self.value == other.value)
    }
}

impl Element for String {
    fn contenders(promise: &str) -> Contenders<Self> {
        match promise {
            "stable" => vec![
                ("par-sort", |v| ParSort::par_sort(v)),
                ("rayon", |v| Rayon::par_sort(v)),
                ("std", |v| v.sort()),
                ("glidesort", |v| glidesort::sort(v)),
            ],
            "unstable" => vec![
                ("par-sort", |v| ParSort::par_sort_unstable(v)),
                ("rayon", |v| Rayon::par_sort_unstable(v)),
                ("std", |v| v.sort_unstable()),
            ],
            _ => Vec::new(),
        }
    }

    fn same(&self, other: &Self, _stable: bool) -> bool {
        self == other
    }
}

fn with<T>(mut all: Contenders<T>, cpp: &[(&'static str, Sort<T>)]) -> Contenders<T> {
    all.extend(cpp);
    all
}

/// What the radix peers want of a record.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Record(Pair);

impl rdst::RadixKey for Record {
    const LEVELS: usize = 8;
    fn get_level(&self, level: usize) -> u8 {
        (self.0.key >> (level * 8)) as u8
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl PartialOrd for Record {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.0.key.partial_cmp(&other.0.key)
    }
}

impl Radixable<u64> for Record {
    type Key = u64;
    fn key(&self) -> u64 {
        self.0.key
    }
}

fn as_records(v: &mut [Pair]) -> &mut [Record] {
    // SAFETY: `Record` is transparent.
    unsafe { &mut *(std::ptr::from_mut(v) as *mut [Record]) }
}
