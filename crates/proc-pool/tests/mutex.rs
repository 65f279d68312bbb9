//! The lock between processes: exclusion, and what becomes of it when its owner dies.

mod common;

use common::stress;
use proc_pool::shared::{LockTimeoutError, Mutex, OwnerDied, TryLockError};
use proc_pool::{ProcPool, Process, SharedArray, SharedValue, TaskError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::Duration;

/// For waits that must not end by it.
const LONG: Duration = Duration::from_secs(60);

/// Waits until another process says so.
fn await_value(value: &SharedValue<u32>, wanted: u32) {
    while value.get() != wanted {
        std::thread::yield_now();
    }
}

fn count((counter, times): (Mutex<u64>, u64)) {
    for _ in 0..times {
        *counter.lock().unwrap() += 1;
    }
}

#[test]
fn a_counter_misses_nothing() {
    proc_pool::init();
    let counter = Mutex::new(0_u64).unwrap();
    let times = 5_000 * stress();
    let processes: Vec<_> = (0..4).map(|_| Process::spawn(count, (counter.clone(), times)).unwrap()).collect();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| count((counter.clone(), times)));
        }
    });
    processes.into_iter().for_each(|process| process.join().unwrap());
    assert_eq!(*counter.lock().unwrap(), 6 * times);
}

#[test]
fn workers_of_a_pool_share_it() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(3).build().unwrap();
    let counter = Mutex::new(0_u64).unwrap();
    pool.try_map(count, (1..=100).map(|n| (counter.clone(), n))).unwrap();
    assert_eq!(*counter.lock().unwrap(), 5050);
    assert_eq!(pool.apply(|counter: Mutex<u64>| *counter.lock().unwrap(), counter).unwrap(), 5050);
}

/// Takes the lock, changes half of what belongs together, says so, and never comes back.
fn hold((pair, held): (Mutex<[u64; 2]>, SharedValue<u32>)) {
    let mut guard = pair.lock().unwrap_or_else(OwnerDied::into_inner);
    guard[0] += 1;
    held.set(1);
    loop {
        std::thread::park();
    }
}

/// What a waiter found: whether an owner had died, and the pair.
fn wait_for((pair, ready, vouch): (Mutex<[u64; 2]>, SharedValue<u32>, bool)) -> (bool, [u64; 2]) {
    ready.update(|n| n + 1);
    match pair.lock() {
        Ok(guard) => (false, *guard),
        Err(died) if vouch => {
            let mut guard = died.into_inner();
            let found = *guard;
            guard[1] = guard[0];
            (true, found)
        }
        Err(died) => (true, *died.get_ref()),
    }
}

/// The outcomes of three processes that waited while the owner was killed.
fn killed_while_three_wait(vouch: bool) -> Vec<(bool, [u64; 2])> {
    let pair = Mutex::new([7_u64, 7]).unwrap();
    let (held, ready) = (SharedValue::new(0_u32).unwrap(), SharedValue::new(0_u32).unwrap());
    let owner = Process::spawn(hold, (pair.clone(), held.clone())).unwrap();
    await_value(&held, 1);
    let waiters: Vec<_> =
        (0..3).map(|_| Process::spawn(wait_for, (pair.clone(), ready.clone(), vouch)).unwrap()).collect();
    await_value(&ready, 3);
    owner.kill();
    assert!(matches!(owner.join(), Err(TaskError::Signal(9))));
    waiters.into_iter().map(|mut waiter| waiter.join_timeout(LONG).expect("a waiter hangs").unwrap()).collect()
}

#[test]
fn one_waiter_inherits_from_a_killed_owner_and_repairs() {
    proc_pool::init();
    for _ in 0..3 * stress() {
        let mut found = killed_while_three_wait(true);
        found.sort_unstable();
        assert_eq!(found, [(false, [8, 8]), (false, [8, 8]), (true, [8, 7])]);
    }
}

#[test]
fn until_somebody_vouches_everybody_is_told() {
    proc_pool::init();
    assert_eq!(killed_while_three_wait(false), [(true, [8, 7]); 3]);
}

#[test]
fn a_death_before_anybody_waits_is_reported_by_every_form() {
    proc_pool::init();
    let pair = Mutex::new([1_u64, 1]).unwrap();
    let held = SharedValue::new(0_u32).unwrap();
    let die_with_it = || {
        held.set(0);
        let owner = Process::spawn(hold, (pair.clone(), held.clone())).unwrap();
        await_value(&held, 1);
        assert!(matches!(pair.try_lock(), Err(TryLockError::WouldBlock)));
        assert!(matches!(pair.lock_timeout(Duration::from_millis(30)), Err(LockTimeoutError::TimedOut)));
        owner.kill();
        assert!(owner.join().is_err());
    };
    die_with_it();
    match pair.try_lock() {
        Err(TryLockError::OwnerDied(mut died)) => {
            assert_eq!(*died.get_ref(), [2, 1]);
            died.get_mut()[1] = 2;
            drop(died.into_inner());
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(*pair.try_lock().unwrap(), [2, 2]);
    die_with_it();
    match pair.lock_timeout(LONG) {
        Err(LockTimeoutError::OwnerDied(died)) => drop(died.into_inner()),
        other => panic!("{other:?}"),
    }
    die_with_it();
    drop(pair.lock().unwrap_err());
    drop(pair.try_lock().unwrap_err());
    assert_eq!(*pair.lock().unwrap_err().into_inner(), [4, 2]);
    assert_eq!(*pair.lock().unwrap(), [4, 2]);
}

#[test]
fn a_panic_gives_the_lock_back() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(1).build().unwrap();
    let counter = Mutex::new(1_u32).unwrap();
    let panics = |counter: Mutex<u32>| {
        *counter.lock().unwrap() = 2;
        let _guard = counter.lock().unwrap();
        panic!("with the lock")
    };
    assert!(matches!(pool.apply::<_, _, ()>(panics, counter.clone()), Err(TaskError::Panicked { .. })));
    assert_eq!(*counter.try_lock().unwrap(), 2);
    let exits = |counter: Mutex<u32>| {
        let _guard = counter.lock().unwrap();
        std::process::exit(3)
    };
    assert!(matches!(pool.apply::<_, _, ()>(exits, counter.clone()), Err(TaskError::Exit(3))));
    assert!(matches!(counter.try_lock(), Err(TryLockError::OwnerDied(_))));
}

/// Keeps the pair equal, except in the middle; repairs what it inherits.
fn move_both((pair, started): (Mutex<[u64; 2]>, SharedValue<u32>)) {
    started.set(1);
    loop {
        let mut guard = match pair.lock() {
            Ok(guard) => guard,
            Err(died) => repaired(died),
        };
        guard[0] += 1;
        guard[1] += 1;
    }
}

fn repaired(died: OwnerDied<proc_pool::shared::Guard<'_, [u64; 2]>>) -> proc_pool::shared::Guard<'_, [u64; 2]> {
    let mut guard = died.into_inner();
    guard[1] = guard[0];
    guard
}

#[test]
fn owners_killed_at_any_moment_leave_no_broken_pair_unreported() {
    proc_pool::init();
    let pair = Mutex::new([0_u64, 0]).unwrap();
    let started = SharedValue::new(0_u32).unwrap();
    let survivor = Process::spawn(move_both, (pair.clone(), started.clone())).unwrap();
    await_value(&started, 1);
    for round in 0..10 * stress() {
        started.set(0);
        let victim = Process::spawn(move_both, (pair.clone(), started.clone())).unwrap();
        await_value(&started, 1);
        for _ in 0..round * 37 % 1000 {
            std::hint::spin_loop();
        }
        victim.kill();
        drop(victim.join());
        let guard = pair.lock().unwrap_or_else(repaired);
        assert_eq!(guard[0], guard[1], "round {round}");
    }
    survivor.kill();
    drop(survivor.join());
    let guard = pair.lock().unwrap_or_else(repaired);
    assert!(guard[0] > 0);
}

/// Leaves as an array and wants to arrive as a lock, whose guard would be `&mut` to what others use as an array.
enum Confused {
    Array(SharedArray<u64>),
    Lock(Mutex<u64>),
    Narrow(Mutex<u32>),
}

impl Serialize for Confused {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Array(array) => (0_u8, array).serialize(serializer),
            Self::Lock(lock) => (1_u8, lock).serialize(serializer),
            Self::Narrow(lock) => lock.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Confused {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> serde::de::Visitor<'de> for Pair {
            type Value = Confused;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a pair")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut pair: A) -> Result<Confused, A::Error> {
                let gone = || serde::de::Error::custom("too few");
                Ok(match pair.next_element::<u8>()?.ok_or_else(gone)? {
                    0 => Confused::Lock(pair.next_element()?.ok_or_else(gone)?),
                    _ => Confused::Narrow(pair.next_element()?.ok_or_else(gone)?),
                })
            }
        }
        deserializer.deserialize_tuple(2, Pair)
    }
}

#[test]
fn memory_arrives_as_what_it_left_as() {
    proc_pool::init();
    let pool = ProcPool::builder().workers(1).build().unwrap();
    let array = SharedArray::<u64>::zeroed(64).unwrap();
    let lock = Mutex::new(0_u64).unwrap();
    // The second time the worker has the memory already.
    pool.apply(|array: SharedArray<u64>| array.set(0, 1), array.clone()).unwrap();
    pool.apply(|lock: Mutex<u64>| drop(lock.lock()), lock.clone()).unwrap();
    for confused in [Confused::Array(array), Confused::Lock(lock)] {
        let outcome = pool.apply(|_: Confused| (), confused);
        assert!(matches!(&outcome, Err(TaskError::Decode(why)) if why.contains("is no mutex")), "{outcome:?}");
    }
}
