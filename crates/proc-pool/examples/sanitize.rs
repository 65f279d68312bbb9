//! A small use of every verb and of everything shared, for the address and thread sanitizers (valgrind cannot run it).
//!
//! Threads of the parent are checked against each other, and so is each worker within itself; what two processes do to the
//! memory they share no sanitizer can see, so that is for the models in `tests/loom.rs`. No memory limit: the sanitizers
//! need terabytes of address space.

use proc_pool::shared::{Barrier, Mutex, OwnerDied, Queue, Semaphore};
use proc_pool::{ProcPool, Process, SharedArray, SharedValue, Shutdown, TaskError};
use std::ops::Range;
use std::time::Duration;

fn main() {
    // Before `init`, whose look at the thread's name leaves something behind that valgrind takes for a leak.
    if std::env::var("LD_PRELOAD").is_ok_and(|libraries| libraries.contains("vgpreload")) {
        // It knows no `pidfd_open`, and what it runs as `/proc/self/exe` is itself.
        println!("skipped: valgrind cannot start worker processes");
        return;
    }
    proc_pool::init();
    for workers in [1, 3] {
        let limit = Duration::from_secs(20);
        let pool = ProcPool::builder().workers(workers).task_timeout(limit).tasks_per_worker(400);
        let pool = pool.build().expect("workers can be had");
        verbs(&pool);
        deaths(&pool);
        shared(&pool);
        many_callers(&pool);
        pool.shutdown(if workers == 1 { Shutdown::Drain } else { Shutdown::Cancel });
    }
    let process = Process::spawn(|n: usize| "x".repeat(n), 2 << 20).expect("a process can be had");
    assert_eq!(process.join().expect("no crash").len(), 2 << 20);
}

fn verbs(pool: &ProcPool) {
    assert_eq!(pool.apply(|text: String| text.len(), "four".into()).expect("a length"), 4);
    let doubled = pool.try_map(|n: u64| n * 2, 0..300).expect("no crash");
    assert_eq!(doubled.len(), 300);
    let sums = pool.starmap_async(|a: u32, b: u32| a + b, (0..20).map(|n| (n, n)));
    assert_eq!(sums.try_join().expect("no crash").iter().sum::<u32>(), 380);
    assert_eq!(pool.imap(|n: u64| vec![n; 3], 0.., 4).take(20).filter(Result::is_ok).count(), 20);
    assert_eq!(pool.imap_unordered(|n: u64| n, 0..20, 4).filter(|(_, outcome)| outcome.is_ok()).count(), 20);
    // More than an area holds, there and back.
    let long = pool.apply(|text: String| text + "!", "ab".repeat(1 << 20)).expect("no crash");
    assert_eq!(long.len(), (2 << 20) + 1);
    drop(pool.map_async(|n: u64| n, 0..50));
    let _ = pool.apply_async(|n: u64| n, 1).cancel();
}

fn deaths(pool: &ProcPool) {
    let outcomes = pool.map(
        |n: u32| match n {
            7 => panic!("as ordered"),
            11 => std::process::exit(3),
            13 => kill_self(),
            n => n,
        },
        0..40,
    );
    assert!(matches!(&outcomes[7], Err(TaskError::Panicked { message, .. }) if message == "as ordered"));
    assert!(matches!(outcomes[11], Err(TaskError::Exit(3))));
    assert!(matches!(outcomes[13], Err(TaskError::Signal(9))));
    assert_eq!(outcomes.iter().flatten().count(), 37);
}

fn kill_self() -> u32 {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::exit(4)
}

type Things = (SharedArray<u64>, SharedValue<u64>, Mutex<u64>, Semaphore, Queue<u64>);

fn work(((array, value, lock, semaphore, queue), block): (Things, Range<usize>)) {
    let _permit = semaphore.acquire();
    array.fill_with(block.clone(), |i| i as u64);
    *lock.lock().unwrap_or_else(OwnerDied::into_inner) += 1;
    value.update(|n| n + block.len() as u64);
    queue.push(block.start as u64).expect("open");
}

fn shared(pool: &ProcPool) {
    let new = || -> std::io::Result<Things> {
        Ok((SharedArray::zeroed(1000)?, SharedValue::new(0)?, Mutex::new(0)?, Semaphore::new(2)?, Queue::new(16)?))
    };
    let things = new().expect("memory can be had");
    let working = pool.map_async(work, (0..10).map(|i| (things.clone(), 100 * i..100 * (i + 1))));
    let starts: u64 = (0..10).map(|_| things.4.pop().expect("an item")).sum();
    assert!(working.join().iter().all(Result::is_ok));
    assert_eq!((starts, things.1.get(), *things.2.lock().expect("nobody died")), (4500, 1000, 10));
    assert!(things.0.iter(..).eq(0..1000));
    let barrier = Barrier::new(2).expect("memory can be had");
    let other = pool.apply_async(|barrier: Barrier| barrier.wait().is_ok(), barrier.clone());
    assert!(barrier.wait().is_ok() && other.join().expect("no crash"));
}

/// Threads that call at once, and one that asks meanwhile.
fn many_callers(pool: &ProcPool) {
    let callers = || {
        for n in 0..30 {
            assert_eq!(pool.apply(|n: u64| n + 1, n).expect("no crash"), n + 1);
            assert_eq!(pool.apply_async(|n: u64| n + 2, n).join().expect("no crash"), n + 2);
        }
    };
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..3).map(|_| scope.spawn(callers)).collect();
        while pool.worker_ids().len() < pool.workers() && !handles.iter().all(|handle| handle.is_finished()) {
            std::thread::yield_now();
        }
        // Joined by hand: the sanitizer does not see the scope's own way of waiting.
        handles.into_iter().for_each(|handle| handle.join().expect("no panic"));
    });
}
