//! The shared array: what it holds, how it travels, and that its size is sealed.

use proc_pool::{ProcPool, Process, SharedArray, SharedValue, TaskError};
use serde::Deserialize;
use serde::de::value::{Error, UnitDeserializer};
use std::ops::Range;

fn squares((array, block): (SharedArray<u64>, Range<usize>)) {
    array.fill_with(block, |i| (i * i) as u64);
}

#[test]
fn blocks_filled_by_workers_make_one_array() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(3).build().unwrap();
    for len in [0, 1, 63, 64, 65, 1000, 100_000] {
        let array = SharedArray::zeroed(len).unwrap();
        let step = (len / 7).max(1);
        let blocks = (0..len).step_by(step).map(|start| start..(start + step).min(len));
        pool.try_map(squares, blocks.map(|block| (array.clone(), block))).unwrap();
        assert_eq!(array.len(), len);
        assert_eq!(array.is_empty(), len == 0);
        assert!(array.to_vec().into_iter().eq((0..len as u64).map(|i| i * i)), "length {len}");
    }
}

#[test]
fn elements_of_any_size_and_alignment_go_in_and_out() {
    proc_pool::init();
    fn check<T: bytemuck::Pod + PartialEq + std::fmt::Debug>(elements: &[T]) {
        let array = SharedArray::from_slice(elements).unwrap();
        assert_eq!(array.to_vec(), elements);
        for (i, element) in elements.iter().enumerate() {
            assert_eq!(array.get(i), *element);
        }
        array.set(1, elements[0]);
        array.write(2, &elements[..1]);
        let mut two = [elements[2]; 2];
        array.read(1, &mut two);
        assert_eq!(two, [elements[0]; 2]);
        assert_eq!(array.iter(1..=2).collect::<Vec<_>>(), two);
        assert!(array.iter(..).eq(array.to_vec()));
    }
    check(&[1_u8, 2, 255, 3]);
    check(&[-1_i16, 2, i16::MIN]);
    check(&[1.5_f32, -2.0, f32::MAX]);
    check(&[u64::MAX, 2, 3]);
    check(&[u128::MAX - 5, 2, 3]);
    check(&[[1_u16, 2, 3], [4, 5, 6], [7, 8, 9]]);
    check(&[[1.0_f64; 100], [2.0; 100], [3.0; 100]]);
    check(&[[7_u8; 33], [8; 33], [9; 33]]);
}

#[test]
fn indices_out_of_range_panic_and_change_nothing() {
    proc_pool::init();
    let array = SharedArray::from_slice(&[1_u32, 2, 3]).unwrap();
    let panics = |f: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err();
    assert!(panics(&|| assert_eq!(array.get(3), 0)));
    assert!(panics(&|| array.set(3, 1)));
    assert!(panics(&|| array.write(2, &[7, 7])));
    assert!(panics(&|| array.write(usize::MAX, &[7])));
    assert!(panics(&|| array.read(1, &mut [0; 3])));
    assert!(panics(&|| array.fill_with(2..4, |_| 7)));
    assert!(panics(&|| drop(array.iter(4..))));
    assert_eq!(array.to_vec(), [1, 2, 3]);
    assert!(SharedArray::<u64>::zeroed(usize::MAX).is_err());
    assert!(SharedArray::<u64>::zeroed(usize::MAX / 8).is_err());
}

#[test]
fn a_handle_given_away_keeps_the_memory_until_the_task_is_done() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(1).build().unwrap();
    let sum = |array: SharedArray<u64>| array.iter(..).sum::<u64>();
    // The worker is busy meanwhile, so the array is opened long after its last handle here was dropped.
    let handles: Vec<_> =
        (1..=20_u64).map(|n| pool.apply_async(sum, SharedArray::from_slice(&[n; 1000]).unwrap())).collect();
    for (n, handle) in (1..=20_u64).zip(handles) {
        assert_eq!(handle.join().unwrap(), n * 1000);
    }
    let sums =
        pool.map_async(sum, (1..=20_u64).map(|n| SharedArray::from_slice(&[n; 10]).unwrap())).try_join().unwrap();
    assert!(sums.into_iter().eq((1..=20).map(|n| n * 10)));
    let process = Process::spawn(sum, SharedArray::from_slice(&[5; 10]).unwrap()).unwrap();
    assert_eq!(process.join().unwrap(), 50);
    let sums = pool.imap(sum, (1..=20_u64).map(|n| SharedArray::from_slice(&[n; 10]).unwrap()), 4);
    assert!(sums.map(Result::unwrap).eq((1..=20).map(|n| n * 10)));
}

#[test]
fn a_result_may_hold_memory_of_the_parent_and_not_of_the_task() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(1).build().unwrap();
    let write = |array: SharedArray<u64>| {
        array.set(1, 9);
        array
    };
    let handle = pool.apply_async(write, SharedArray::from_slice(&[1, 2, 3]).unwrap());
    assert_eq!(handle.join().unwrap().to_vec(), [1, 9, 3]);
    assert_eq!(pool.apply(write, SharedArray::from_slice(&[1, 2, 3]).unwrap()).unwrap().to_vec(), [1, 9, 3]);
    let made = pool.apply(|n: u64| SharedArray::from_slice(&[n]).unwrap(), 1);
    assert!(matches!(&made, Err(TaskError::Encode(why)) if why.contains("ends with its worker")), "{made:?}");
    assert_eq!(pool.apply(|n: u64| n, 1).unwrap(), 1);
}

#[test]
fn it_travels_nowhere_else() {
    proc_pool::init();
    let error = SharedArray::<u64>::deserialize(UnitDeserializer::<Error>::new()).unwrap_err();
    assert!(error.to_string().contains("argument of a task of proc-pool"), "{error}");
    struct Shown(SharedArray<u8>);
    impl std::fmt::Display for Shown {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            serde::Serialize::serialize(&self.0, f)
        }
    }
    use std::fmt::Write;
    assert!(write!(String::new(), "{}", Shown(SharedArray::zeroed(1).unwrap())).is_err());
}

/// Passes it on to a worker of its own.
fn pass_on((array, hits): (SharedArray<u64>, SharedValue<u64>)) -> u64 {
    let pool = ProcPool::builder().workers(1).build().unwrap();
    let inner = |(array, hits): (SharedArray<u64>, SharedValue<u64>)| {
        array.set(0, 77);
        hits.update(|n| n + 1)
    };
    pool.apply(inner, (array.clone(), hits)).unwrap() + array.get(0)
}

#[test]
fn a_worker_may_pass_it_on() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(1).build().unwrap();
    let (array, hits) = (SharedArray::zeroed(5).unwrap(), SharedValue::new(10_u64).unwrap());
    assert_eq!(pool.apply(pass_on, (array.clone(), hits.clone())).unwrap(), 87);
    assert_eq!((array.get(0), hits.get()), (77, 11));
}

#[test]
fn a_dead_writer_leaves_what_it_wrote() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(1).build().unwrap();
    let array = SharedArray::zeroed(3).unwrap();
    let die = |array: SharedArray<u32>| {
        array.set(0, 5);
        std::process::abort()
    };
    assert!(matches!(pool.apply::<_, _, ()>(die, array.clone()), Err(TaskError::Signal(6))));
    assert_eq!(array.to_vec(), [5, 0, 0]);
}

/// The memory files of this process.
fn memory_files() -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|file| std::fs::read_link(file).is_ok_and(|to| to.to_string_lossy().contains("memfd:proc-pool-shared")))
        .collect()
}

#[test]
fn nobody_can_change_its_size() {
    proc_pool::init();
    let array = SharedArray::from_slice(&[1_u64; 4096]).unwrap();
    // In a worker: there it is certain that the files are those of the array.
    let shrink = |array: SharedArray<u64>| {
        let own = SharedArray::from_slice(&[1_u64; 10]).unwrap();
        let files = memory_files();
        let refused = files.iter().all(|path| {
            let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
            [0, 1, 1 << 20].into_iter().all(|len| file.set_len(len).is_err())
        });
        (files.len(), refused, array.get(4095), own.get(9))
    };
    let pool = ProcPool::builder().workers(1).build().unwrap();
    assert_eq!(pool.apply(shrink, array).unwrap(), (1, true, 1, 1));
}
