//! Scopes: tasks that borrow.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use worker_pool::Pool;

fn pools() -> impl Iterator<Item = Pool> {
    [1, 2, 3, 16].into_iter().map(|threads| Pool::new(threads).unwrap())
}

#[test]
fn tasks_borrow_nest_and_return() {
    for pool in pools() {
        let mut parts = vec![0; 10];
        let total = AtomicUsize::new(0);
        let sum = pool.scope(|s| {
            for (i, part) in parts.iter_mut().enumerate() {
                let total = &total;
                s.spawn(move || {
                    *part = i;
                    s.spawn(move || total.fetch_add(i, Relaxed));
                });
            }
            s.spawn(|| 21).join().unwrap() * 2
        });
        assert_eq!(sum, 42);
        assert_eq!(total.into_inner(), 45);
        assert_eq!(parts, (0..10).collect::<Vec<_>>());
    }
}

#[test]
fn the_first_panic_that_nobody_fetched_is_raised() {
    for pool in pools() {
        let ran = AtomicUsize::new(0);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            pool.scope(|s| {
                let fetched = s.spawn(|| panic_any(0));
                for i in 1..20 {
                    let ran = &ran;
                    s.spawn(move || {
                        ran.fetch_add(1, Relaxed);
                        if i > 10 {
                            panic_any(i);
                        }
                    });
                }
                assert!(fetched.join().is_err());
            })
        }));
        assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&11));
        assert_eq!(ran.into_inner(), 19);
        let own = catch_unwind(AssertUnwindSafe(|| {
            pool.scope(|s| {
                s.spawn(|| panic_any(1));
                panic_any(2)
            })
        }));
        assert_eq!(own.unwrap_err().downcast_ref(), Some(&2));
    }
}

#[test]
fn a_leaked_handle_is_harmless() {
    let text = String::from("borrowed");
    let length = AtomicUsize::new(0);
    Pool::new(3).unwrap().scope(|s| {
        for _ in 0..100 {
            std::mem::forget(s.spawn(|| {
                length.fetch_add(text.len(), Relaxed);
                &text
            }));
        }
    });
    assert_eq!(length.into_inner(), 800);
}

#[test]
fn a_result_that_nobody_fetched_is_dropped_before_the_scope_ends() {
    struct Counted<'a>(&'a AtomicUsize);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
        }
    }
    for pool in pools() {
        for _ in 0..200 {
            let dropped = AtomicUsize::new(0);
            pool.scope(|s| {
                for _ in 0..5 {
                    s.spawn(|| Counted(&dropped));
                }
            });
            assert_eq!(dropped.load(Relaxed), 5);
        }
    }
}

#[test]
fn scopes_nest_six_deep() {
    fn nest(depth: usize, count: &AtomicUsize) {
        if depth == 0 {
            count.fetch_add(1, Relaxed);
            return;
        }
        worker_pool::scope(|s| {
            for _ in 0..3 {
                s.spawn(move || nest(depth - 1, count));
            }
        });
    }
    for pool in pools() {
        let count = AtomicUsize::new(0);
        pool.install(|| nest(6, &count));
        assert_eq!(count.into_inner(), 729);
    }
}

#[test]
fn a_result_may_be_fetched_by_another_task() {
    for pool in pools() {
        let sum = pool.scope(|s| {
            let first = s.spawn(|| 1);
            let second = s.spawn(move || first.join().unwrap() + 1);
            s.spawn(move || second.join().unwrap() + 1).join().unwrap()
        });
        assert_eq!(sum, 3);
    }
}
