//! One value between processes.

use proc_pool::{ProcPool, Process, SharedValue};

#[test]
fn updates_from_many_processes_all_count() {
    proc_pool::init();
    let hits = SharedValue::new(0_u32).unwrap();
    let count = |hits: SharedValue<u32>| {
        for _ in 0..20_000 {
            hits.update(|n| n + 1);
        }
    };
    let processes: Vec<_> = (0..3).map(|_| Process::spawn(count, hits.clone()).unwrap()).collect();
    count(hits.clone());
    processes.into_iter().for_each(|process| process.join().unwrap());
    assert_eq!(hits.get(), 80_000);
}

#[test]
fn update_gives_the_value_before_for_every_width() {
    proc_pool::init();
    let byte = SharedValue::new(250_u8).unwrap();
    assert_eq!((byte.update(|n| n + 1), byte.get()), (250, 251));
    let short = SharedValue::new(-3_i16).unwrap();
    assert_eq!((short.update(|n| n * 2), short.get()), (-3, -6));
    let real = SharedValue::new(1.5_f32).unwrap();
    assert_eq!((real.update(|x| x * x), real.get()), (1.5, 2.25));
    let real = SharedValue::new(0.5_f64).unwrap();
    assert_eq!((real.update(|x| x + 1.0), real.get()), (0.5, 1.5));
}

#[test]
fn large_values_go_whole_when_nobody_writes() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(1).build().unwrap();
    let value = SharedValue::new([3_u64; 100]).unwrap();
    let clone = value.clone();
    pool.apply(|value: SharedValue<[u64; 100]>| value.set(value.get().map(|n| n + 1)), value).unwrap();
    assert_eq!(clone.get(), [4; 100]);
    assert!(format!("{clone:?}").starts_with("SharedValue([4"));
}

/// What was written before a value was set is there for who sees it set.
fn publish((data, flag): (SharedValue<u64>, SharedValue<u64>)) {
    for n in 1..=1000 {
        data.set(n * 7);
        flag.set(n);
        while flag.get() != 0 {
            std::thread::yield_now();
        }
    }
}

#[test]
fn set_publishes_what_was_written_before() {
    proc_pool::init();
    let (data, flag) = (SharedValue::new(0).unwrap(), SharedValue::new(0).unwrap());
    let writer = Process::spawn(publish, (data.clone(), flag.clone())).unwrap();
    for n in 1..=1000 {
        while flag.get() != n {
            std::thread::yield_now();
        }
        assert_eq!(data.get(), n * 7);
        flag.set(0);
    }
    writer.join().unwrap();
}
