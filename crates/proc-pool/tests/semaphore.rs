//! The semaphore between processes.

mod common;

use common::stress;
use proc_pool::shared::{Mutex, Semaphore};
use proc_pool::{Process, SharedValue, TaskError};
use std::time::Duration;

/// Goes in and out, keeping count of who is inside and of the most there ever were.
fn go_in((semaphore, crowd, times): (Semaphore, Mutex<[u32; 2]>, u32)) {
    for _ in 0..times {
        let _permit = semaphore.acquire();
        {
            let mut crowd = crowd.lock().unwrap();
            crowd[0] += 1;
            crowd[1] = crowd[1].max(crowd[0]);
        }
        std::thread::yield_now();
        crowd.lock().unwrap()[0] -= 1;
    }
}

#[test]
fn no_more_are_inside_than_there_are_permits() {
    proc_pool::init();
    for permits in [1, 2] {
        let semaphore = Semaphore::new(permits).unwrap();
        let crowd = Mutex::new([0_u32; 2]).unwrap();
        let times = 500 * stress() as u32;
        let processes: Vec<_> =
            (0..4).map(|_| Process::spawn(go_in, (semaphore.clone(), crowd.clone(), times)).unwrap()).collect();
        processes.into_iter().for_each(|process| process.join().unwrap());
        let [inside, most] = *crowd.lock().unwrap();
        assert_eq!(inside, 0);
        assert!(most <= permits && most > 0, "{most} were inside with {permits} permits");
        assert_eq!(semaphore.available_permits(), permits);
    }
}

#[test]
fn permits_added_by_another_process_wake_all_they_are_enough_for() {
    proc_pool::init();
    let semaphore = Semaphore::new(0).unwrap();
    let take = |semaphore: Semaphore| semaphore.acquire().forget();
    let takers: Vec<_> = (0..4).map(|_| Process::spawn(take, semaphore.clone()).unwrap()).collect();
    Process::spawn(|semaphore: Semaphore| semaphore.add_permits(5), semaphore.clone()).unwrap().join().unwrap();
    takers.into_iter().for_each(|taker| taker.join().unwrap());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn a_limit_ends_the_wait_and_takes_nothing() {
    proc_pool::init();
    let semaphore = Semaphore::new(1).unwrap();
    let permit = semaphore.try_acquire().unwrap();
    assert!(semaphore.try_acquire().is_none());
    assert!(semaphore.acquire_timeout(Duration::from_millis(20)).is_none());
    assert!(semaphore.acquire_timeout(Duration::ZERO).is_none());
    drop(permit);
    assert!(semaphore.acquire_timeout(Duration::MAX).is_some());
    assert_eq!(semaphore.available_permits(), 1);
}

fn take_and_say((semaphore, taken): (Semaphore, SharedValue<u32>)) {
    let _permit = semaphore.acquire();
    taken.set(1);
    loop {
        std::thread::park();
    }
}

#[test]
fn a_permit_dies_with_its_holder_and_can_be_replaced() {
    proc_pool::init();
    let (semaphore, taken) = (Semaphore::new(1).unwrap(), SharedValue::new(0_u32).unwrap());
    let holder = Process::spawn(take_and_say, (semaphore.clone(), taken.clone())).unwrap();
    while taken.get() == 0 {
        std::thread::yield_now();
    }
    // Two wait; one of them is killed while it does.
    let wait = |semaphore: Semaphore| drop(semaphore.acquire());
    let (doomed, waiter) = (Process::spawn(wait, semaphore.clone()).unwrap(), Process::spawn(wait, semaphore.clone()));
    doomed.kill();
    assert!(doomed.join().is_err());
    holder.kill();
    assert!(matches!(holder.join(), Err(TaskError::Signal(9))));
    assert!(semaphore.try_acquire().is_none());
    semaphore.add_permits(1);
    waiter.unwrap().join().unwrap();
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
#[should_panic(expected = "at most 2147483647 permits")]
fn too_many_permits_are_refused() {
    proc_pool::init();
    let semaphore = Semaphore::new(i32::MAX as u32).unwrap();
    semaphore.add_permits(1);
}
