//! The limits of a pool, and how it starts.

mod common;

use common::{Death, Order, builder, obey};
use proc_pool::{ProcPool, TaskError};
use std::time::Duration;

#[test]
fn a_worker_retires_after_its_tasks() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(1).tasks_per_worker(3).build().unwrap();
    let mut ids: Vec<u32> = (0..9).map(|_| pool.apply(|()| std::process::id(), ()).unwrap()).collect();
    assert!(ids.chunks(3).all(|life| life.iter().all(|id| *id == life[0])), "{ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), 3);
    let by_map = pool.try_map(|_: u8| std::process::id(), 0..100).unwrap();
    let mut lives = std::collections::HashMap::new();
    by_map.iter().for_each(|id| *lives.entry(id).or_insert(0) += 1);
    assert!(lives.values().all(|tasks| *tasks <= 3), "{lives:?}");
}

#[test]
fn the_time_limit_is_per_item() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(1).task_timeout(Duration::from_millis(300)).build().unwrap();
    // The first twenty, which travel as one chunk, take longer than the limit together, one by one they do not.
    let nap = |n: u8| std::thread::sleep(Duration::from_millis(if n < 20 { 30 } else { 0 }));
    assert!(pool.map(nap, 0..160).iter().all(Result::is_ok));
}

#[test]
fn the_memory_limit_spares_what_keeps_below_it() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(1).memory_limit(64 << 20).build().unwrap();
    let hoard = |mib: usize| {
        let hoard = vec![1_u8; mib << 20];
        std::hint::black_box(&hoard).len()
    };
    assert_eq!(pool.apply(hoard, 32).unwrap(), 32 << 20);
    assert!(matches!(pool.apply(hoard, 96), Err(TaskError::OutOfMemory)));
    assert_eq!(pool.apply(hoard, 32).unwrap(), 32 << 20);
    let polite = |()| Vec::<u8>::new().try_reserve(1 << 30).is_err();
    assert!(pool.apply(polite, ()).unwrap());
    assert!(matches!(pool.apply(common::die, Death::Abort), Err(TaskError::Signal(6))));
    assert_eq!(pool.apply(obey, Order::Square(5)).unwrap(), 25);
}

#[test]
fn another_executable_is_refused() {
    proc_pool::init();
    let error = builder().program("/bin/true").build().unwrap_err();
    assert!(error.to_string().contains("before it was ready"), "{error}");
    let error = builder().program("/no/such/file").build().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn a_copy_of_the_executable_serves_and_an_altered_one_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    proc_pool::init();
    let own = std::fs::read("/proc/self/exe").unwrap();
    let Some(at) = own.windows(16).position(|w| w[..4] == [4, 0, 0, 0] && w[8..] == *b"\x03\0\0\0GNU\0") else {
        eprintln!("this linker leaves no build id");
        return;
    };
    let path = std::env::temp_dir().join(format!("proc-pool-copy-{}", std::process::id()));
    let write = |bytes: &[u8]| {
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    // Another test's fork may hold the file open for writing for a moment, and then it cannot be run yet.
    let build = || loop {
        match builder().program(&path).build() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
            other => return other,
        }
    };
    write(&own);
    let same = build().map(|pool| pool.apply(obey, Order::Square(4)));
    let mut altered = own;
    altered[at + 16] ^= 1;
    write(&altered);
    let other = build();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(same.unwrap().unwrap(), 16);
    let error = other.unwrap_err();
    assert!(error.to_string().contains("another build"), "{error}");
}

#[test]
fn senseless_limits_are_refused_with_advice() {
    for (senseless, advice) in [
        (std::panic::catch_unwind(|| ProcPool::builder().workers(0)), "at least 1 worker"),
        (std::panic::catch_unwind(|| ProcPool::builder().memory_limit(0)), "leave `memory_limit` out"),
        (std::panic::catch_unwind(|| ProcPool::builder().tasks_per_worker(0)), "at least 1 task"),
    ] {
        let panic = senseless.unwrap_err();
        let text = panic.downcast_ref::<&str>().unwrap();
        assert!(text.contains(advice), "{text}");
    }
}
