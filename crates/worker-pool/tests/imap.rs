//! Lazy maps: order, laziness, panics, early ends.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::thread;
use worker_pool::{Cancelled, Pool, Shutdown};

fn pools() -> impl Iterator<Item = Pool> {
    [1, 2, 4].into_iter().map(|threads| Pool::new(threads).unwrap())
}

fn buffer(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

#[test]
fn results_come_in_order() {
    for pool in pools() {
        for n in [1, 2, 7, 1000] {
            let squares: Vec<u64> = pool.imap(0..500_u64, buffer(n), |x| x * x).collect();
            assert_eq!(squares, (0..500).map(|x| x * x).collect::<Vec<u64>>());
            let mut unordered: Vec<u64> = pool.imap_unordered(0..500_u64, buffer(n), |x| x * x).collect();
            unordered.sort_unstable();
            assert_eq!(unordered, squares);
        }
    }
}

#[test]
fn no_more_than_the_buffer_is_read_ahead() {
    for pool in pools() {
        let read = AtomicUsize::new(0);
        let items = || (0..).inspect(|_: &usize| _ = read.fetch_add(1, Relaxed));
        let mut ordered = pool.imap(items(), buffer(5), |x| x);
        assert_eq!(read.load(Relaxed), 0, "nothing is read before the first result is asked for");
        for i in 0..100 {
            assert_eq!(ordered.next(), Some(i));
            assert!(read.load(Relaxed) <= i + 5);
        }
        drop(ordered);
        read.store(0, Relaxed);
        let mut unordered = pool.imap_unordered(items(), buffer(5), |x| x);
        for i in 0..100 {
            assert!(unordered.next().is_some());
            assert!(read.load(Relaxed) <= i + 5);
        }
    }
}

#[test]
fn an_endless_iterator_can_be_dropped_early() {
    for pool in pools() {
        assert_eq!(pool.imap(1.., buffer(64), |x: u32| x * 2).take(10).sum::<u32>(), 110);
        assert_eq!(pool.imap_unordered(std::iter::repeat(1), buffer(64), |x: u32| x).take(10).sum::<u32>(), 10);
    }
}

#[test]
fn dropping_cancels_what_has_not_begun() {
    let pool = Pool::new(1).unwrap();
    let owned = Arc::new(());
    let mut items = pool.imap(std::iter::repeat(Arc::clone(&owned)), buffer(10), drop);
    assert_eq!(items.next(), Some(()));
    drop(items);
    assert_eq!(Arc::strong_count(&owned), 1);
}

#[test]
fn a_panic_is_raised_where_its_result_was_due_and_the_rest_follows() {
    for pool in pools() {
        let mut items = pool.imap(0..5, buffer(3), |x| if x == 2 { panic!("two") } else { x });
        let mut results = Vec::new();
        for _ in 0..6 {
            results.push(catch_unwind(AssertUnwindSafe(|| items.next())).unwrap_or(Some(-1)));
        }
        assert_eq!(results, [Some(0), Some(1), Some(-1), Some(3), Some(4), None]);
        assert_eq!(items.next(), None);

        let mut unordered = pool.imap_unordered(0..5, buffer(3), |x| if x == 2 { panic!("two") } else { x });
        let mut results: Vec<_> =
            (0..5).map(|_| catch_unwind(AssertUnwindSafe(|| unordered.next())).unwrap_or(Some(-1))).collect();
        results.sort_unstable();
        assert_eq!(results, [Some(-1), Some(0), Some(1), Some(3), Some(4)]);
        assert_eq!(unordered.next(), None);
    }
}

/// An item that opens the gate when it is dropped without having been worked on.
struct Item {
    index: usize,
    gate: Arc<OnceLock<()>>,
    dropped_unused: bool,
}

impl Drop for Item {
    fn drop(&mut self) {
        if self.dropped_unused {
            let _ = self.gate.set(());
        }
    }
}

/// Workers are held until some task has been cancelled.
#[test]
fn tasks_cancelled_by_the_end_of_the_pool_are_reported_and_not_waited_for() {
    fn check(all: usize, mut next: impl FnMut() -> Option<()>, end: impl FnOnce()) {
        assert_eq!(next(), Some(()));
        end();
        let (mut done, mut cancelled) = (1, 0);
        loop {
            match catch_unwind(AssertUnwindSafe(&mut next)) {
                Ok(Some(())) => done += 1,
                Ok(None) => break,
                Err(payload) => {
                    assert!(payload.is::<Cancelled>());
                    cancelled += 1;
                }
            }
        }
        assert!(cancelled >= 1, "somebody opened the gate");
        assert_eq!(done + cancelled, all);
    }
    for ordered in [true, false] {
        let pool = Pool::new(2).unwrap();
        let (gate, me) = (Arc::new(OnceLock::new()), thread::current().id());
        let items: Vec<Item> =
            (0..8).map(|index| Item { index, gate: Arc::clone(&gate), dropped_unused: true }).collect();
        let work = move |mut item: Item| {
            item.dropped_unused = false;
            // Not the first, for which `imap` waits.
            if thread::current().id() != me && item.index > 0 {
                item.gate.wait();
            }
        };
        let mut results: Box<dyn Iterator<Item = ()>> = if ordered {
            Box::new(pool.imap(items, buffer(5), work))
        } else {
            Box::new(pool.imap_unordered(items, buffer(5), work))
        };
        check(8, || results.next(), || pool.shutdown(Shutdown::CancelPending).unwrap());
    }
}

#[test]
fn the_size_is_known_where_the_items_know_it() {
    let pool = Pool::new(2).unwrap();
    let mut items = pool.imap(0..10, buffer(3), |x| x);
    assert_eq!(items.size_hint(), (10, Some(10)));
    items.next();
    assert_eq!(items.size_hint(), (9, Some(9)));
}

#[test]
fn it_outlives_its_pool() {
    for pool in pools() {
        let mut items = pool.imap(0..100, buffer(4), |x| x);
        items.next();
        let unordered = pool.imap_unordered(0..100, buffer(4), |x| x);
        drop(pool);
        assert!(items.eq(1..100));
        assert_eq!(unordered.sum::<i32>(), 4950);
    }
}
