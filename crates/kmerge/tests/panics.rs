//! A panic in user code at any point: every element is dropped exactly once, and what the caller keeps is whole.

mod common;

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// How often user code may run before it panics, and how often each element was dropped.
struct World {
    fuel: AtomicUsize,
    drops: Mutex<Vec<u32>>,
}

impl World {
    fn new(fuel: usize) -> Arc<Self> {
        Arc::new(Self { fuel: AtomicUsize::new(fuel), drops: Mutex::new(Vec::new()) })
    }

    fn burn(&self) {
        if self.fuel.fetch_update(Relaxed, Relaxed, |fuel| fuel.checked_sub(1)).is_err() {
            std::panic::resume_unwind(Box::new("out of fuel"));
        }
    }

    /// Whether every element ever made was dropped once.
    fn all_dropped_once(&self) -> bool {
        self.drops.lock().unwrap().iter().all(|&drops| drops == 1)
    }
}

/// An element that burns fuel in comparisons and clones, and keeps a box in a cell that every comparison replaces: a
/// stale copy of it would have a dangling box.
struct Item {
    key: u32,
    id: usize,
    cell: RefCell<Box<u32>>,
    world: Arc<World>,
}

impl Item {
    fn new(key: u32, world: &Arc<World>) -> Self {
        let mut drops = world.drops.lock().unwrap();
        drops.push(0);
        Self { key, id: drops.len() - 1, cell: RefCell::new(Box::new(key)), world: Arc::clone(world) }
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.world.burn();
        for item in [self, other] {
            let mut cell = item.cell.borrow_mut();
            assert_eq!(**cell, item.key);
            drop(std::mem::replace(&mut *cell, Box::new(item.key)));
        }
        self.key.cmp(&other.key)
    }
}

impl Clone for Item {
    fn clone(&self) -> Self {
        self.world.burn();
        Self::new(self.key, &self.world)
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        assert_eq!(**self.cell.borrow(), self.key);
        self.world.drops.lock().unwrap()[self.id] += 1;
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.compare(other).is_eq()
    }
}
impl Eq for Item {}
impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(other)
    }
}

/// The same, small enough for the tree of merges.
#[derive(Clone)]
struct Small(Box<Item>);

fn items(k: usize, n: u32, world: &Arc<World>) -> Vec<Vec<Item>> {
    dealt(k, n, world, |i| (i.wrapping_mul(2654435761) >> 13) as usize)
}

/// As [`items`], with fifteen neighbours in a row from one list.
fn in_runs(k: usize, n: u32, world: &Arc<World>) -> Vec<Vec<Item>> {
    dealt(k, n, world, |i| i as usize / 15)
}

fn dealt(k: usize, n: u32, world: &Arc<World>, list: impl Fn(u32) -> usize) -> Vec<Vec<Item>> {
    let mut lists: Vec<Vec<Item>> = (0..k).map(|_| Vec::new()).collect();
    for i in 0..n {
        lists[list(i) % k].push(Item::new(i / 2, world));
    }
    lists
}

/// Runs `work` with every amount of fuel up to the first with which it ends; `step` skips some.
fn at_every_point(step: usize, work: impl Fn(&Arc<World>)) {
    let mut fuel = 0;
    loop {
        let world = World::new(fuel);
        let done = catch_unwind(AssertUnwindSafe(|| work(&world))).is_ok();
        assert!(world.all_dropped_once(), "after {fuel} calls");
        if done {
            return;
        }
        fuel += step;
    }
}

#[test]
fn moving_merges_drop_everything_once() {
    for k in [2, 3, 7] {
        at_every_point(1, |world| drop(kmerge::merge_vecs(items(k, 60, world))));
        at_every_point(3, |world| {
            let lists =
                items(k, 300, world).into_iter().map(|list| list.into_iter().map(|x| Small(Box::new(x))).collect());
            drop(kmerge::merge_vecs_by(lists.collect::<Vec<Vec<Small>>>(), |a, b| a.0.cmp(&b.0)));
        });
    }
}

#[test]
fn cloning_merges_drop_everything_once() {
    for k in [2, 5] {
        at_every_point(1, |world| {
            let lists = items(k, 50, world);
            drop(kmerge::merge(&common::slices(&lists)));
        });
        // Small elements are cloned before they are merged.
        at_every_point(1, |world| {
            let small = |list: Vec<Item>| list.into_iter().map(|x| Small(Box::new(x))).collect();
            let lists: Vec<Vec<Small>> = items(k, 50, world).into_iter().map(small).collect();
            let merged = kmerge::merge_by(&common::slices(&lists), |a, b| a.0.cmp(&b.0));
            assert!(merged.is_sorted_by_key(|x| x.0.key) && merged.len() == 50);
        });
    }
}

#[test]
fn a_slice_keeps_all_its_elements_whatever_panics() {
    for (k, n) in [(2, 80), (3, 60), (6, 150), (9, 1200)] {
        at_every_point(if n > 1000 { 97 } else { 1 }, |world| {
            let mut v: Vec<Small> = Vec::new();
            let mut ends = Vec::new();
            for list in items(k, n, world) {
                v.extend(list.into_iter().map(|x| Small(Box::new(x))));
                ends.push(v.len());
            }
            let merged = catch_unwind(AssertUnwindSafe(|| kmerge::merge_runs_by(&mut v, &ends, |a, b| a.0.cmp(&b.0))));
            let mut ids: Vec<usize> = v.iter().map(|x| x.0.id).collect();
            ids.sort();
            assert!(ids.into_iter().eq(0..n as usize), "a permutation");
            if let Err(panic) = merged {
                std::panic::resume_unwind(panic);
            }
        });
    }
}

/// Merges lazily to the end, whatever panics on the way, which is raised again only then.
fn merge_on(lists: Vec<Vec<Item>>, n: u32, world: &World) {
    let mut merge = kmerge::kmerge(lists);
    let mut out = Vec::new();
    let mut panicked = None;
    loop {
        match catch_unwind(AssertUnwindSafe(|| merge.next())) {
            Ok(Some(item)) => out.push(item.key),
            Ok(None) => break,
            Err(panic) => {
                world.fuel.store(usize::MAX, Relaxed);
                panicked = Some(panic);
            }
        }
    }
    assert!(out.into_iter().eq((0..n).map(|i| i / 2)), "nothing is lost and the order is right");
    if let Some(panic) = panicked {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn lazy_merges_keep_everything_and_can_go_on() {
    for k in [1, 2, 3, 5, 8] {
        at_every_point(1, |world| merge_on(items(k, 40, world), 40, world));
        at_every_point(1, |world| kmerge::kmerge(items(k, 40, world)).dedup(kmerge::Keep::Last).for_each(drop));
    }
}

#[test]
fn lazy_merges_of_runs_keep_everything_and_can_go_on() {
    for k in [2, 3, 5] {
        at_every_point(1, |world| merge_on(in_runs(k, 150, world), 150, world));
        at_every_point(1, |world| kmerge::kmerge(in_runs(k, 150, world)).for_each(drop));
    }
}

#[test]
fn a_panicking_key_or_source_loses_no_more_than_its_item() {
    for fuel in 0..40 {
        let world = World::new(usize::MAX);
        let calls = Cell::new(0);
        let result = catch_unwind(AssertUnwindSafe(|| {
            let mut merge = kmerge::kmerge_by_key(items(3, 30, &world), |x| {
                calls.set(calls.get() + 1);
                assert_ne!(calls.get(), fuel);
                x.key
            });
            let first = catch_unwind(AssertUnwindSafe(|| merge.by_ref().count()));
            let rest = merge.count();
            first.map(|count| count + rest)
        }));
        assert!(result.is_ok());
        assert!(world.all_dropped_once());
    }
}

#[cfg(feature = "parallel")]
#[test]
fn parallel_merges_drop_everything_once() {
    use worker_pool::Pool;
    /// `Send` and `Sync`, with a fuel that all threads share.
    struct Shared {
        key: u32,
        id: usize,
        world: Arc<World>,
    }
    impl Clone for Shared {
        fn clone(&self) -> Self {
            self.world.burn();
            make(self.key, &self.world)
        }
    }
    impl Drop for Shared {
        fn drop(&mut self) {
            self.world.drops.lock().unwrap()[self.id] += 1;
        }
    }
    fn make(key: u32, world: &Arc<World>) -> Shared {
        let mut drops = world.drops.lock().unwrap();
        drops.push(0);
        Shared { key, id: drops.len() - 1, world: Arc::clone(world) }
    }
    Pool::new(2).unwrap().install(|| {
        at_every_point(9000, |world| {
            let lists: Vec<Vec<Shared>> =
                (0..3).map(|list| (0..7000).map(|i| make(i * 3 + list, world)).collect()).collect();
            let refs: Vec<&[Shared]> = lists.iter().map(Vec::as_slice).collect();
            let compare = |a: &Shared, b: &Shared| {
                a.world.burn();
                a.key.cmp(&b.key)
            };
            drop(kmerge::par_merge_by(&refs, compare));
            drop(kmerge::par_merge_vecs_by(lists, compare));
        });
    });
}
