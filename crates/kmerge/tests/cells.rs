//! A comparator may change what it compares, through a cell. Then an element that was compared in a buffer is not the one
//! its source still holds the bits of, and after a panic the source must not keep those: they are out of date.

use std::cell::Cell;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

/// What every element's cell must say, and what became of it.
struct Book {
    /// Comparisons until one panics.
    fuel: AtomicUsize,
    /// How often each element was compared.
    compared: Vec<AtomicU32>,
    /// How often each element was dropped.
    drops: Vec<AtomicU32>,
    /// Drops of elements whose cell was out of date.
    stale: AtomicUsize,
}

/// Small enough for the tree of merges (32 bytes), with the count of its comparisons inline.
struct Stamped {
    key: u32,
    id: u32,
    compared: Cell<u32>,
    book: Arc<Book>,
}

impl Stamped {
    fn is_fresh(&self) -> bool {
        self.compared.get() == self.book.compared[self.id as usize].load(Relaxed)
    }

    fn compare(&self, other: &Self) -> Ordering {
        if self.book.fuel.fetch_update(Relaxed, Relaxed, |fuel| fuel.checked_sub(1)).is_err() {
            resume_unwind(Box::new("out of fuel"));
        }
        for x in [self, other] {
            assert!(x.is_fresh(), "an element is compared in its latest state");
            x.compared.set(x.compared.get() + 1);
            x.book.compared[x.id as usize].store(x.compared.get(), Relaxed);
        }
        self.key.cmp(&other.key)
    }
}

impl Drop for Stamped {
    fn drop(&mut self) {
        self.book.drops[self.id as usize].fetch_add(1, Relaxed);
        if !self.is_fresh() {
            self.book.stale.fetch_add(1, Relaxed);
        }
    }
}

/// `n` elements in `k` sorted lists that change places at nearly every element.
fn lists(k: usize, n: u32, book: &Arc<Book>) -> Vec<Vec<Stamped>> {
    let mut lists: Vec<Vec<Stamped>> = (0..k).map(|_| Vec::new()).collect();
    for id in 0..n {
        let list = (id.wrapping_mul(2654435761) >> 13) as usize % k;
        lists[list].push(Stamped { key: id / 2, id, compared: Cell::new(0), book: Arc::clone(book) });
    }
    lists
}

/// Runs `work` on `n` elements in `k` lists until the comparison number `fuel`; whether it got to the end.
fn panic_at(fuel: usize, (k, n): (usize, u32), work: impl Fn(Vec<Vec<Stamped>>)) -> bool {
    let zeros = || (0..n).map(|_| AtomicU32::new(0)).collect();
    let book = Arc::new(Book { fuel: fuel.into(), compared: zeros(), drops: zeros(), stale: 0.into() });
    let lists = lists(k, n, &book);
    let done = catch_unwind(AssertUnwindSafe(|| work(lists))).is_ok();
    assert!(book.drops.iter().all(|drops| drops.load(Relaxed) == 1), "all dropped once, after {fuel} comparisons");
    assert_eq!(book.stale.load(Relaxed), 0, "stale elements, after {fuel} comparisons");
    done
}

/// [`panic_at`] every `step`-th comparison.
fn panic_everywhere(step: usize, size: (usize, u32), work: impl Fn(Vec<Vec<Stamped>>)) {
    let mut fuel = 0;
    while !panic_at(fuel, size, &work) {
        fuel += step;
    }
    assert!(fuel > 0);
}

/// All elements one after the other, and where the lists end.
fn in_place(lists: Vec<Vec<Stamped>>) -> (Vec<Stamped>, Vec<usize>) {
    let mut v = Vec::new();
    let ends = lists.into_iter().map(|list| {
        v.extend(list);
        v.len()
    });
    let ends = ends.collect();
    (v, ends)
}

#[test]
fn elements_come_home_from_the_tree_of_merges() {
    for size in [(2, 90), (3, 90), (4, 120), (7, 200)] {
        panic_everywhere(1, size, |lists| drop(kmerge::merge_vecs_by(lists, Stamped::compare)));
        panic_everywhere(1, size, |lists| {
            let (mut v, ends) = in_place(lists);
            kmerge::merge_runs_by(&mut v, &ends, Stamped::compare);
            assert!(v.is_sorted_by_key(|x| x.key));
        });
    }
    panic_everywhere(997, (9, 4000), |lists| drop(kmerge::merge_vecs_by(lists, Stamped::compare)));
}

#[test]
fn elements_come_home_from_finished_blocks() {
    // Two blocks of rank; the first is done at about half of the comparisons.
    let size = (3, 200_000);
    for fuel in [100_000, 200_000, 300_000] {
        let done = panic_at(fuel, size, |lists| drop(kmerge::merge_vecs_by(lists, Stamped::compare)));
        assert!(!done, "there are more comparisons than {fuel}");
    }
}

#[cfg(feature = "parallel")]
#[test]
fn elements_come_home_from_all_threads() {
    worker_pool::Pool::new(2).unwrap().install(|| {
        panic_everywhere(5003, (3, 20_000), |lists| drop(kmerge::par_merge_vecs_by(lists, Stamped::compare)));
        panic_everywhere(5003, (5, 20_000), |lists| {
            let (mut v, ends) = in_place(lists);
            kmerge::par_merge_runs_by(&mut v, &ends, Stamped::compare);
        });
    });
}
