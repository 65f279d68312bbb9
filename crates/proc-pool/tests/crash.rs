//! Every way to die, in every verb: the guilty task fails with its cause, all others have their results.

mod common;

use common::{DEATHS, Death, Order, builder, die, is_right, obey};
use proc_pool::{ProcPool, TaskError};
use std::time::Duration;

#[test]
fn apply_names_the_cause_of_every_death_and_the_pool_goes_on() {
    proc_pool::init();
    let pool = builder().build().unwrap();
    for death in DEATHS {
        let error = pool.apply(die, death).unwrap_err();
        assert!(is_right(death, &error), "{death:?} was reported as {error:?}");
        assert_eq!(pool.apply(obey, Order::Square(12)).unwrap(), 144);
    }
    assert_eq!(pool.workers(), 2);
}

/// 300 squares with every death twice among them.
fn orders() -> Vec<Order> {
    let mut orders: Vec<Order> = (0..300).map(Order::Square).collect();
    for (i, death) in DEATHS.iter().enumerate() {
        orders[7 + 16 * i] = Order::Die(*death);
        orders[8 + 31 * i] = Order::Die(*death);
    }
    orders
}

fn check(i: usize, order: Order, outcome: &Result<u64, TaskError>) {
    match (order, outcome) {
        (Order::Square(n), Ok(square)) => assert_eq!(*square, n * n, "item {i}"),
        (Order::Die(death), Err(error)) => assert!(is_right(death, error), "item {i}: {death:?} gave {error:?}"),
        _ => panic!("item {i}: {order:?} gave {outcome:?}"),
    }
}

#[test]
fn map_fails_the_guilty_items_only() {
    proc_pool::init();
    let pool = builder().build().unwrap();
    let outcomes = pool.map(obey, orders());
    assert_eq!(outcomes.len(), 300);
    for (i, (order, outcome)) in orders().into_iter().zip(&outcomes).enumerate() {
        check(i, order, outcome);
    }
}

#[test]
fn imap_fails_the_guilty_items_only() {
    proc_pool::init();
    let pool = builder().build().unwrap();
    let outcomes: Vec<_> = pool.imap(obey, orders(), 8).collect();
    assert_eq!(outcomes.len(), 300);
    for (i, (order, outcome)) in orders().into_iter().zip(&outcomes).enumerate() {
        check(i, order, outcome);
    }
}

#[test]
fn handles_and_starmap_name_the_cause_too() {
    proc_pool::init();
    let pool = builder().build().unwrap();
    let handles: Vec<_> = DEATHS.iter().map(|death| (*death, pool.apply_async(die, *death))).collect();
    for (death, handle) in handles {
        let error = handle.join().unwrap_err();
        assert!(is_right(death, &error), "{death:?} was reported as {error:?}");
    }
    let outcomes = pool
        .starmap(|death, twice| if twice { die(death) } else { 1 }, DEATHS.map(|death| (death, death == Death::Kill)));
    for (death, outcome) in DEATHS.iter().zip(outcomes) {
        assert_eq!(outcome.is_err(), *death == Death::Kill, "{death:?}: {outcome:?}");
    }
}

/// Appends a line to a file, so that the parent can count how often each item was run.
fn leave_trace((path, n): (String, u64)) -> u64 {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(format!("{n}\n").as_bytes()).unwrap();
    if n % 10 == 3 { die(Death::Kill) } else { n }
}

#[test]
fn no_item_is_ever_run_twice() {
    proc_pool::init();
    let path = std::env::temp_dir().join(format!("proc-pool-trace-{}", std::process::id()));
    std::fs::write(&path, "").unwrap();
    let name = path.to_str().unwrap().to_owned();
    let pool = builder().build().unwrap();
    let outcomes = pool.map(leave_trace, (0..200).map(|n| (name.clone(), n)));
    let trace = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), 20);
    let mut runs: Vec<u64> = trace.lines().map(|line| line.parse().unwrap()).collect();
    runs.sort_unstable();
    assert_eq!(runs, (0..200).collect::<Vec<_>>());
}

#[test]
fn a_crash_keeps_finished_results_of_any_size() {
    proc_pool::init();
    let pool = builder().workers(1).build().unwrap();
    // 3 MiB in a chunk: more than the output area, so some results have been sent and some wait in shared memory.
    let outcomes =
        pool.map(|n: u64| if n % 37 == 36 { die(Death::Abort) } else { n }.to_string().repeat(20_000), 0..100);
    for (n, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Ok(text) => assert_eq!(text, n.to_string().repeat(20_000)),
            Err(error) => assert!(n % 37 == 36 && matches!(error, TaskError::Signal(6)), "{n}: {error:?}"),
        }
    }
}

#[test]
fn a_worker_killed_while_idle_costs_nobody_anything() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(2).build().unwrap();
    for round in 0..10 {
        for id in pool.worker_ids() {
            rustix::process::kill_process(
                rustix::process::Pid::from_raw(id as i32).unwrap(),
                rustix::process::Signal::KILL,
            )
            .unwrap();
        }
        let squares = pool.try_map(|n: u64| n * n, 0..50).unwrap();
        assert_eq!(squares, (0..50).map(|n| n * n).collect::<Vec<_>>());
        assert_eq!(pool.apply(|n: u64| n + 1, round).unwrap(), round + 1);
    }
}

#[test]
fn a_panic_payload_that_is_no_text_or_that_panics_itself_is_harmless() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    proc_pool::init();
    let pool = builder().build().unwrap();
    let error = pool.apply::<_, (), ()>(|()| std::panic::panic_any(7_u8), ()).unwrap_err();
    assert!(matches!(&error, TaskError::Panicked { location, .. } if location.contains("crash.rs")), "{error:?}");
    let error = pool.apply::<_, (), ()>(|()| std::panic::panic_any(Bomb), ()).unwrap_err();
    assert!(matches!(error, TaskError::Panicked { .. }), "{error:?}");
    let error = pool.apply::<_, (), ()>(|()| std::panic::resume_unwind(Box::new("again")), ()).unwrap_err();
    assert!(matches!(&error, TaskError::Panicked { message, .. } if message == "again"), "{error:?}");
    assert_eq!(pool.apply(obey, Order::Square(3)).unwrap(), 9);
}

#[test]
fn a_task_that_closes_the_socket_keeps_its_result_and_costs_its_worker() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(1).task_timeout(Duration::from_secs(20)).build().unwrap();
    let close_all = |n: u64| {
        for fd in 3..64 {
            // SAFETY: it is not safe at all; the test wants to know what becomes of the pool.
            unsafe { libc::close(fd) };
        }
        n
    };
    let before = pool.worker_ids();
    // The result was published before the worker found that it could not say so.
    assert_eq!(pool.apply(close_all, 7).unwrap(), 7);
    assert_eq!(pool.apply(obey, Order::Square(3)).unwrap(), 9);
    assert_ne!(pool.worker_ids(), before);
}
