//! The naive answers that nobody doubts, and the data that tests share.
#![allow(dead_code, unreachable_pub, reason = "every test uses a part of this")]

use proptest::collection::vec;
use proptest::prelude::*;

/// A value that remembers where it came from and is ordered by `key` alone.
#[derive(Clone, Copy, Debug)]
pub struct Tagged {
    pub key: u8,
    pub list: u16,
    pub at: u32,
}

impl PartialEq for Tagged {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Tagged {}

impl PartialOrd for Tagged {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Tagged {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl Tagged {
    /// Everything, for comparisons that must not overlook the origin.
    pub fn all(&self) -> (u8, u16, u32) {
        (self.key, self.list, self.at)
    }
}

/// The same with a heap allocation, so that it is not `Copy` and a double drop is noticed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Boxed(pub Box<Tagged>);

/// Sorted lists of tagged values from lists of keys.
pub fn tagged(lists: &[Vec<u8>]) -> Vec<Vec<Tagged>> {
    lists
        .iter()
        .enumerate()
        .map(|(list, keys)| {
            let mut keys = keys.clone();
            keys.sort();
            (0..).zip(keys).map(|(at, key)| Tagged { key, list: list as u16, at }).collect()
        })
        .collect()
}

pub fn boxed(lists: &[Vec<Tagged>]) -> Vec<Vec<Boxed>> {
    lists.iter().map(|list| list.iter().map(|&x| Boxed(Box::new(x))).collect()).collect()
}

/// The oracle: all lists one after the other, sorted stably.
pub fn oracle<T: Ord + Clone>(lists: &[Vec<T>]) -> Vec<T> {
    let mut all = lists.concat();
    all.sort();
    all
}

pub fn slices<T>(lists: &[Vec<T>]) -> Vec<&[T]> {
    lists.iter().map(Vec::as_slice).collect()
}

/// The lists one after the other, and where each ends.
pub fn adjacent<T: Clone>(lists: &[Vec<T>]) -> (Vec<T>, Vec<usize>) {
    let mut ends = Vec::new();
    let mut all = Vec::new();
    for list in lists {
        all.extend_from_slice(list);
        ends.push(all.len());
    }
    (all, ends)
}

/// Lists of keys: few or many lists, empty ones among them, few different keys or many, one much longer than the rest.
pub fn lists() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let list = |keys: u8, len: usize| vec(0..=keys, 0..len);
    prop_oneof![
        4 => vec(list(7, 40), 0..9),
        2 => vec(list(255, 200), 0..5),
        1 => vec(list(255, 12), 20..70),
        2 => (vec(list(3, 6), 0..5), list(9, 1500), vec(list(200, 300), 0..3)).prop_map(|(mut a, b, c)| {
            a.push(b);
            a.extend(c);
            a
        }),
    ]
}

pub fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}
