//! Tasks and their handles.

use std::panic::panic_any;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;
use worker_pool::{Cancelled, Pool, Shutdown, current};

fn pools() -> impl Iterator<Item = Pool> {
    [1, 2, 3, 16].into_iter().map(|threads| Pool::new(threads).unwrap())
}

#[test]
fn results_and_panics_arrive_at_the_handle() {
    for pool in pools() {
        let handles: Vec<_> = (0..100).map(|i| pool.apply_async(move || i * i)).collect();
        for (i, handle) in handles.into_iter().enumerate() {
            assert_eq!(handle.join().unwrap(), i * i);
        }
        let panicked = pool.apply_async(|| panic_any("alas"));
        assert_eq!(panicked.join().unwrap_err().downcast_ref(), Some(&"alas"));
        assert_eq!(pool.map_async(vec![1, 2, 3], |x| x + 1).join().unwrap(), [2, 3, 4]);
        assert_eq!(pool.map_async([1, 2, 3], |x| x + 1).join().unwrap(), [2, 3, 4]);
        assert_eq!(pool.starmap_async(vec![(1, 2)], |a, b| a + b).join().unwrap(), [3]);
        let threads = pool.threads();
        assert_eq!(pool.apply_async(move || current().threads()).join().unwrap(), threads);
    }
}

#[test]
fn a_detached_task_runs_without_being_joined() {
    for pool in pools() {
        let (sender, receiver) = mpsc::channel();
        drop(pool.apply_async(move || sender.send(7).unwrap()));
        assert_eq!(receiver.recv(), Ok(7));
        drop(pool.apply_async(|| panic_any("nobody hears this")));
        assert_eq!(pool.apply_async(|| 1).join().unwrap(), 1);
    }
}

#[test]
fn a_task_can_be_asked_waited_for_and_taken() {
    let pool = Pool::new(2).unwrap();
    let (go, gate) = mpsc::channel::<()>();
    let mut handle = pool.apply_async(move || gate.recv().map(|()| 5).unwrap());
    assert!(handle.try_take().is_none());
    assert!(!handle.wait_timeout(Duration::from_millis(1)));
    assert!(!handle.is_done());
    go.send(()).unwrap();
    assert!(handle.wait_timeout(Duration::MAX));
    assert!(handle.is_done());
    assert_eq!(handle.try_take().unwrap().unwrap(), 5);
    assert!(handle.try_take().is_none());
}

#[test]
fn a_task_is_cancelled_only_before_it_begins() {
    let pool = Pool::new(2).unwrap();
    let (go, gate) = mpsc::channel::<()>();
    let begun = Arc::new(Barrier::new(2));
    let running = pool.apply_async({
        let begun = Arc::clone(&begun);
        move || {
            begun.wait();
            gate.recv().unwrap();
        }
    });
    begun.wait();
    let owned = Arc::new(());
    let waiting = pool.apply_async({
        let owned = Arc::clone(&owned);
        move || drop(owned)
    });
    assert!(!running.cancel());
    assert!(waiting.cancel());
    assert!(!waiting.cancel(), "only once");
    assert_eq!(Arc::strong_count(&owned), 1, "the closure is dropped");
    assert!(waiting.is_done());
    assert_eq!(waiting.join().unwrap_err().downcast_ref(), Some(&Cancelled));
    go.send(()).unwrap();
    running.join().unwrap();
}

#[test]
fn joining_inside_a_task_of_the_same_pool_does_not_deadlock() {
    fn sum(pool: &Arc<Pool>, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        let other = Arc::clone(pool);
        n + pool.apply_async(move || sum(&other, n - 1)).join().unwrap()
    }
    for pool in pools() {
        assert_eq!(sum(&Arc::new(pool), 50), 1275);
    }
}

#[test]
fn tasks_that_were_joined_elsewhere_do_not_pile_up() {
    // The worker is busy, so every task is run by the one who joins it and leaves a husk in the queue.
    let pool = Pool::new(2).unwrap();
    let (go, gate) = mpsc::channel::<()>();
    let begun = Arc::new(Barrier::new(2));
    let busy = pool.apply_async({
        let begun = Arc::clone(&begun);
        move || {
            begun.wait();
            gate.recv().unwrap();
        }
    });
    begun.wait();
    let alive = Arc::new(());
    for _ in 0..10_000 {
        let held = Arc::clone(&alive);
        let handle = pool.apply_async(move || held);
        drop(handle.join().unwrap());
        assert_eq!(Arc::strong_count(&alive), 1);
    }
    go.send(()).unwrap();
    busy.join().unwrap();
}

#[test]
fn shutdown_races_with_submission_and_every_handle_ends() {
    for how in [Shutdown::Drain, Shutdown::CancelPending] {
        for _ in 0..200 {
            let pool = Pool::new(3).unwrap();
            let reference = pool.install(current);
            let ran = AtomicUsize::new(0);
            thread::scope(|s| {
                let submitting = s.spawn(|| (0..50).map(|i| reference.apply_async(move || i)).collect::<Vec<_>>());
                pool.shutdown(how).unwrap();
                for handle in submitting.join().unwrap() {
                    match handle.join() {
                        Ok(_) => _ = ran.fetch_add(1, Relaxed),
                        Err(payload) => assert!(payload.is::<Cancelled>()),
                    }
                }
            });
        }
    }
}

#[test]
fn very_many_handles_at_once() {
    let pool = Pool::new(2).unwrap();
    // A million of them takes a while unoptimised: STRESS=1 asks for it.
    let n: u64 = if std::env::var_os("STRESS").is_some() { 1_000_000 } else { 50_000 };
    let handles: Vec<_> = (0..n).map(|i| pool.apply_async(move || i)).collect();
    let sum: u64 = handles.into_iter().map(|handle| handle.join().unwrap()).sum();
    assert_eq!(sum, n * (n - 1) / 2);
}
