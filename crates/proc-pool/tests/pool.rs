//! The verbs of the pool, when nothing goes wrong.

use proc_pool::{ProcPool, Shutdown, TaskError};
use proptest::test_runner::{Config, TestRunner};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

fn pool(workers: usize) -> ProcPool {
    ProcPool::builder().workers(workers).build().unwrap()
}

#[test]
fn apply_runs_elsewhere() {
    proc_pool::init();
    let pool = pool(2);
    assert_eq!(pool.apply(|n: u32| n + 1, 41).unwrap(), 42);
    let id = pool.apply(|()| std::process::id(), ()).unwrap();
    assert_ne!(id, std::process::id());
    assert!(pool.worker_ids().contains(&id));
}

#[test]
fn map_is_in_order_for_any_length_and_any_number_of_workers() {
    proc_pool::init();
    for workers in [1, 2, 5] {
        let pool = pool(workers);
        for len in [0, 1, 2, 3, 7, 64, 1000, 20_000] {
            let squares = pool.try_map(|n: u64| n * n, 0..len).unwrap();
            assert_eq!(squares, (0..len).map(|n| n * n).collect::<Vec<_>>(), "{len} items on {workers} workers");
        }
        let unknown_length = pool.try_map(|n: u64| n, (0..1000).filter(|n| n % 3 == 0)).unwrap();
        assert_eq!(unknown_length, (0..1000).filter(|n| n % 3 == 0).collect::<Vec<_>>());
    }
}

#[test]
fn starmap_passes_two_arguments() {
    proc_pool::init();
    let pool = pool(2);
    let sums = pool.starmap(|a: u64, b: String| format!("{a}{b}"), (0..10).map(|n| (n, "x".repeat(n as usize))));
    for (n, sum) in sums.into_iter().enumerate() {
        assert_eq!(sum.unwrap(), format!("{n}{}", "x".repeat(n)));
    }
    assert_eq!(pool.starmap_async(|a: u8, b: u8| a + b, [(1, 2)]).try_join().unwrap(), [3]);
}

#[test]
fn handles_can_be_asked_waited_for_and_dropped() {
    proc_pool::init();
    let pool = pool(2);
    let handle = pool.apply_async(|n: u32| n * 2, 21);
    assert!(handle.wait_timeout(Duration::MAX));
    assert!(handle.is_done());
    assert_eq!(handle.join().unwrap(), 42);
    let mut handle = pool.apply_async(|n: u32| n * 2, 4);
    let result = loop {
        if let Some(result) = handle.try_take() {
            break result;
        }
        std::thread::yield_now();
    };
    assert_eq!(result.unwrap(), 8);
    assert!(handle.try_take().is_none());
    assert!(matches!(handle.join(), Err(TaskError::Cancelled)));
    drop(pool.apply_async(|n: u32| n, 1));
    let map = pool.map_async(|n: u32| n, 0..100);
    assert!(map.wait_timeout(Duration::MAX));
    assert_eq!((map.is_done(), map.done(), map.len()), (true, 100, 100));
    assert_eq!(map.try_join().unwrap().len(), 100);
}

#[test]
fn many_handles_are_answered_each_with_its_own() {
    proc_pool::init();
    let pool = pool(2);
    let handles: Vec<_> = (0..5000_u64).map(|n| pool.apply_async(|n: u64| n ^ 1, n)).collect();
    for (n, handle) in handles.into_iter().enumerate() {
        assert_eq!(handle.join().unwrap(), n as u64 ^ 1);
    }
}

#[test]
fn many_threads_share_a_pool() {
    proc_pool::init();
    let pool = pool(2);
    std::thread::scope(|scope| {
        for t in 0..8_u64 {
            let pool = &pool;
            scope.spawn(move || {
                for n in 0..200 {
                    assert_eq!(pool.apply(|(t, n): (u64, u64)| t * 1000 + n, (t, n)).unwrap(), t * 1000 + n);
                }
                assert_eq!(pool.try_map(|n: u64| n + 1, 0..500).unwrap(), (1..501).collect::<Vec<_>>());
            });
        }
    });
}

#[test]
fn imap_reads_ahead_no_further_than_its_buffer_and_its_input_may_be_endless() {
    proc_pool::init();
    let pool = pool(2);
    let read = std::cell::Cell::new(0);
    let endless = std::iter::from_fn(|| {
        read.set(read.get() + 1);
        Some(read.get() as u64 - 1)
    });
    for (i, outcome) in pool.imap(|n: u64| n * 3, endless, 5).take(100).enumerate() {
        assert_eq!(outcome.unwrap(), i as u64 * 3);
        assert!(read.get() <= i + 5, "{} items read when the {i}th outcome came", read.get());
    }
    let mut all: Vec<_> = pool.imap_unordered(|n: u64| n * 3, 0..100, 7).map(|(i, r)| (i as u64, r.unwrap())).collect();
    all.sort_unstable();
    assert_eq!(all, (0..100).map(|n| (n, n * 3)).collect::<Vec<_>>());
    assert_eq!(pool.imap(|n: u64| n, 0..0, 1).count(), 0);
}

#[test]
fn arguments_and_results_of_any_size() {
    proc_pool::init();
    let pool = pool(2);
    for len in [0, 1, 100, 4095, 65_536, 1 << 20, (1 << 20) + 1, 5 << 20, 64 << 20] {
        let bytes: Vec<u8> = (0..len).map(|i: usize| (i * 31) as u8).collect();
        let reversed = pool
            .apply(
                |mut bytes: serde_bytes_like::Bytes| {
                    bytes.0.reverse();
                    bytes
                },
                serde_bytes_like::Bytes(bytes.clone()),
            )
            .unwrap();
        assert!(reversed.0.iter().rev().eq(bytes.iter()), "{len} bytes");
    }
    let long = pool.try_map(|n: usize| "ab".repeat(n), (0..20).map(|n| n * 50_000)).unwrap();
    assert!(long.iter().enumerate().all(|(n, text)| text.len() == n * 100_000));
}

/// Bytes that serde treats as one piece and not element by element, which a debug build would take long for.
mod serde_bytes_like {
    use serde::de::{Deserialize, Deserializer, Error, Visitor};
    use serde::ser::{Serialize, Serializer};

    pub(crate) struct Bytes(pub(crate) Vec<u8>);

    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_bytes(&self.0)
        }
    }

    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            struct V;
            impl Visitor<'_> for V {
                type Value = Bytes;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("bytes")
                }
                fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                    Ok(Bytes(bytes.to_vec()))
                }
            }
            from.deserialize_byte_buf(V)
        }
    }
}

/// Says it can be read back and cannot.
#[derive(Debug)]
struct Liar(u32);

impl Serialize for Liar {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.0 == 13 {
            return Err(serde::ser::Error::custom("thirteen is unlucky"));
        }
        to.serialize_u32(self.0)
    }
}

impl<'de> Deserialize<'de> for Liar {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let n = u32::deserialize(from)?;
        if n == 5 { Err(serde::de::Error::custom("five is not for me")) } else { Ok(Self(n)) }
    }
}

#[test]
fn what_cannot_be_encoded_or_decoded_is_an_error_of_that_item_alone() {
    proc_pool::init();
    let pool = pool(2);
    for (i, outcome) in pool.map(|n: Liar| n.0, (0..40).map(Liar)).into_iter().enumerate() {
        match (i, outcome) {
            (13, Err(TaskError::Encode(why))) => assert!(why.contains("the argument"), "{why}"),
            (5, Err(TaskError::Decode(why))) => assert!(why.contains("the argument"), "{why}"),
            (i, outcome) => assert_eq!(outcome.unwrap(), i as u32),
        }
    }
    for (i, outcome) in pool.map(Liar, 0..40).into_iter().enumerate() {
        match (i, outcome) {
            (13, Err(TaskError::Encode(why))) => assert!(why.contains("the result"), "{why}"),
            (5, Err(TaskError::Decode(why))) => assert!(why.contains("the result"), "{why}"),
            (i, outcome) => assert_eq!(outcome.unwrap().0, i as u32),
        }
    }
    assert!(matches!(pool.apply(|n: Liar| n.0, Liar(13)), Err(TaskError::Encode(_))));
    assert!(matches!(pool.apply_async(|n: Liar| n.0, Liar(13)).join(), Err(TaskError::Encode(_))));
    assert!(pool.imap(|n: Liar| n.0, (0..40).map(Liar), 4).filter(Result::is_err).count() == 2);
}

/// A few bytes can announce any number of elements that take none, and any depth: a worker that has gone mad must not keep
/// its parent busy for ever, nor overflow its stack.
#[test]
fn what_takes_no_bytes_or_goes_too_deep_is_an_error() {
    proc_pool::init();
    let pool = pool(1);
    assert_eq!(pool.apply(|n: usize| vec![(); n], 65_536).unwrap().len(), 65_536);
    let error = pool.apply(|n: usize| vec![(); n], 70_000).unwrap_err();
    assert!(matches!(&error, TaskError::Decode(why) if why.contains("take no bytes")), "{error:?}");
    let error = pool.apply(|all: Vec<()>| all.len(), vec![(); 70_000]).unwrap_err();
    assert!(matches!(&error, TaskError::Decode(why) if why.contains("the argument")), "{error:?}");

    #[derive(Debug, Serialize, Deserialize)]
    struct Link(Option<Box<Link>>);
    let chain = |n: u32| (0..n).fold(Link(None), |link, _| Link(Some(Box::new(link))));
    assert!(pool.apply(chain, 100).is_ok());
    let error = pool.apply(chain, 200).unwrap_err();
    assert!(matches!(&error, TaskError::Decode(why) if why.contains("nested deeper")), "{error:?}");
}

#[test]
fn any_values_come_back_as_they_went() {
    proc_pool::init();
    let pool = pool(2);
    let mut runner = TestRunner::new(Config { failure_persistence: None, cases: 64, ..Config::default() });
    type Value = (Vec<(i64, String)>, Option<bool>, BTreeMap<u8, Vec<f64>>, char);
    let any = proptest::collection::vec(
        (
            proptest::collection::vec((proptest::prelude::any::<i64>(), ".{0,8}"), 0..4),
            proptest::prelude::any::<Option<bool>>(),
            proptest::collection::btree_map(
                0_u8..9,
                proptest::collection::vec(proptest::prelude::any::<f64>(), 0..4),
                0..3,
            ),
            proptest::prelude::any::<char>(),
        ),
        0..12,
    );
    runner
        .run(&any, |values: Vec<Value>| {
            let back = pool.try_map(|value: Value| value, values.clone()).unwrap();
            // NaN differs from itself; as text it does not.
            proptest::prop_assert_eq!(format!("{back:?}"), format!("{values:?}"));
            Ok(())
        })
        .unwrap();
}

#[test]
fn drain_runs_what_waits_and_cancel_drops_it() {
    proc_pool::init();
    let draining = pool(2);
    let handles: Vec<_> = (0..200_u64).map(|n| draining.apply_async(|n: u64| n, n)).collect();
    draining.shutdown(Shutdown::Drain);
    assert_eq!(handles.into_iter().map(|handle| handle.join().unwrap()).sum::<u64>(), 199 * 100);
    assert!(matches!(draining.apply(|n: u64| n, 1), Err(TaskError::Cancelled)));
    assert!(matches!(draining.apply_async(|n: u64| n, 1).join(), Err(TaskError::Cancelled)));
    assert!(draining.worker_ids().is_empty());
    draining.shutdown(Shutdown::Cancel);

    let cancelling = pool(2);
    let stuck = |()| loop {
        std::thread::park();
    };
    let handles: Vec<_> = (0..10).map(|_| cancelling.apply_async::<_, (), u8>(stuck, ())).collect();
    cancelling.shutdown(Shutdown::Cancel);
    for handle in handles {
        assert!(matches!(handle.join(), Err(TaskError::Cancelled)));
    }
}

#[test]
fn a_pool_dropped_in_the_middle_answers_its_handles() {
    proc_pool::init();
    let pool = pool(1);
    let handle = pool.map_async(
        |()| loop {
            std::thread::park();
        },
        [(); 5],
    );
    drop(pool);
    let outcomes: Vec<Result<u8, TaskError>> = handle.join();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(TaskError::Cancelled))), "{outcomes:?}");
}

#[test]
fn a_cancelled_handle_spares_the_tasks_that_wait() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(1).task_timeout(Duration::from_millis(300)).build().unwrap();
    let blocker = pool.apply_async::<_, (), ()>(
        |()| loop {
            std::thread::park();
        },
        (),
    );
    let waiting = pool.apply_async(|n: u32| n, 1);
    assert!(waiting.cancel());
    assert!(matches!(waiting.join(), Err(TaskError::Cancelled)));
    assert!(matches!(blocker.join(), Err(TaskError::Timeout)));
    assert_eq!(pool.apply(|n: u32| n, 1).unwrap(), 1);
}

#[test]
fn a_worker_is_listed_also_while_it_is_given_work_or_comes_back() {
    proc_pool::init();
    let pool = pool(2);
    let workers = pool.worker_ids();
    std::thread::scope(|scope| {
        let busy = scope.spawn(|| {
            for n in 0..3000_u32 {
                assert_eq!(pool.apply(|n: u32| n, n).unwrap(), n);
                assert_eq!(pool.apply_async(|n: u32| n, n).join().unwrap(), n);
            }
        });
        while !busy.is_finished() {
            assert_eq!(pool.worker_ids(), workers);
        }
    });
}

#[test]
fn try_map_gives_the_first_error() {
    proc_pool::init();
    let pool = pool(2);
    let error = pool.try_map(|n: u32| if n % 50 == 20 { panic!("{n}") } else { n }, 0..200).unwrap_err();
    assert!(matches!(&error, TaskError::Panicked { message, .. } if message == "20"), "{error:?}");
}

#[test]
fn a_task_sees_the_environment_the_directory_and_no_input() {
    proc_pool::init();
    let pool = pool(1);
    assert_eq!(pool.apply(|()| std::env::current_dir().unwrap(), ()).unwrap(), std::env::current_dir().unwrap());
    let environment = pool.apply(|()| std::env::vars().collect::<Vec<_>>(), ()).unwrap();
    assert_eq!(environment, std::env::vars().collect::<Vec<_>>());
    let input = pool.apply(|()| std::io::read_to_string(std::io::stdin()).unwrap(), ()).unwrap();
    assert_eq!(input, "");
}

#[test]
fn a_task_may_have_a_pool_of_its_own() {
    proc_pool::init();
    let pool = pool(1);
    let sum = pool.apply(
        |n: u64| {
            let inner = ProcPool::builder().workers(2).build().unwrap();
            inner.try_map(|n: u64| n * n, 0..n).unwrap().iter().sum::<u64>()
        },
        10,
    );
    assert_eq!(sum.unwrap(), 285);
}
