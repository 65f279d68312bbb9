//! `Barrier`: rounds, breaking, timeouts, actions, tokens, leaving.

mod common;

use common::{LONG, stress, until, within_a_minute};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use sync_prims::{Barrier, BarrierError, Latch};

/// Nobody is in phase k + 1 while somebody has not arrived in phase k; one leader and all indexes in each.
fn rounds(parties: usize, rounds: usize) {
    let barrier = Barrier::new(parties);
    let arrived: Vec<AtomicUsize> = (0..rounds).map(|_| AtomicUsize::new(0)).collect();
    let indexes: Vec<AtomicUsize> = (0..rounds).map(|_| AtomicUsize::new(0)).collect();
    let leaders = AtomicUsize::new(0);
    thread::scope(|s| {
        for _ in 0..parties {
            s.spawn(|| {
                for k in 0..rounds {
                    arrived[k].fetch_add(1, Relaxed);
                    let result = barrier.wait().unwrap();
                    assert_eq!(arrived[k].load(Relaxed), parties);
                    assert_eq!(result.generation(), k as u64);
                    assert_eq!(result.is_leader(), result.arrival_index() == parties - 1);
                    indexes[k].fetch_add(result.arrival_index(), Relaxed);
                    leaders.fetch_add(usize::from(result.is_leader()), Relaxed);
                }
            });
        }
    });
    assert_eq!(leaders.into_inner(), rounds);
    assert!(indexes.into_iter().all(|sum| sum.into_inner() == parties * (parties - 1) / 2));
}

#[test]
fn no_phase_begins_before_the_last_has_arrived() {
    within_a_minute(|| {
        for (parties, n) in [(1, 1000), (2, 20_000), (3, 5000), (8, 1000), (64, 50)] {
            rounds(parties, n * stress());
        }
    });
}

#[test]
fn more_threads_than_parties_pass_in_groups() {
    within_a_minute(|| {
        let barrier = Barrier::new(2);
        // An even number of arrivals in all, whoever makes them: nobody is left over.
        let left = AtomicUsize::new(3000);
        thread::scope(|s| {
            for _ in 0..6 {
                s.spawn(|| {
                    while left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
                        barrier.wait().unwrap();
                    }
                });
            }
        });
        assert_eq!(barrier.waiting(), 0);
    });
}

#[test]
fn the_action_runs_once_per_round_before_anybody_is_released() {
    within_a_minute(|| {
        let sum = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&sum);
        let arrived = Arc::new(AtomicUsize::new(0));
        let parties = Arc::clone(&arrived);
        let barrier = Barrier::builder(3)
            .action(move || {
                assert_eq!(parties.swap(0, Relaxed), 3);
                seen.fetch_add(1, Relaxed);
            })
            .build();
        thread::scope(|s| {
            for _ in 0..3 {
                s.spawn(|| {
                    for round in 1..=500 {
                        arrived.fetch_add(1, Relaxed);
                        barrier.wait().unwrap();
                        assert!(sum.load(Relaxed) >= round);
                    }
                });
            }
        });
        assert_eq!(sum.load(Relaxed), 500);
    });
}

#[test]
fn a_panicking_action_breaks_the_barrier_and_reaches_the_leader() {
    within_a_minute(|| {
        let mut first = true;
        let action = move || assert!(!std::mem::take(&mut first), "in the action");
        let barrier = Barrier::builder(2).action(action).build();
        thread::scope(|s| {
            let follower = s.spawn(|| barrier.wait());
            until(|| barrier.waiting() == 1);
            assert!(catch_unwind(AssertUnwindSafe(|| barrier.wait())).is_err());
            assert_eq!(follower.join().unwrap(), Err(BarrierError::Broken));
            assert!(barrier.is_broken());
            assert_eq!(barrier.wait(), Err(BarrierError::Broken));
            barrier.reset();
            let follower = s.spawn(|| barrier.wait());
            assert!(barrier.wait().is_ok());
            assert!(follower.join().unwrap().is_ok());
        });
    });
}

#[test]
fn a_timeout_breaks_it_for_everybody() {
    within_a_minute(|| {
        let barrier = Barrier::new(3);
        thread::scope(|s| {
            let patient = s.spawn(|| barrier.wait());
            until(|| barrier.waiting() == 1);
            assert_eq!(barrier.wait_timeout(Duration::from_millis(2)), Err(BarrierError::TimedOut));
            assert_eq!(patient.join().unwrap(), Err(BarrierError::Broken));
        });
        assert!(barrier.is_broken());
        assert_eq!(barrier.wait_timeout(LONG), Err(BarrierError::Broken));
        assert_eq!(barrier.waiting(), 0);
    });
}

#[test]
fn timeouts_of_zero_and_of_the_builder() {
    let barrier = Barrier::builder(2).timeout(Duration::from_millis(1)).build();
    assert_eq!(barrier.wait(), Err(BarrierError::TimedOut));
    barrier.reset();
    let token = barrier.arrive().unwrap();
    assert!(barrier.wait_timeout(Duration::ZERO).unwrap().is_leader());
    assert!(token.wait().is_ok());
    let token = barrier.arrive().unwrap();
    assert_eq!(token.wait_until(Instant::now()), Err(BarrierError::TimedOut));
}

#[test]
fn abort_and_reset_break_those_who_wait() {
    within_a_minute(|| {
        let barrier = Barrier::new(3);
        thread::scope(|s| {
            let waiters = [0, 1].map(|_| s.spawn(|| barrier.wait()));
            until(|| barrier.waiting() == 2);
            barrier.abort();
            assert!(waiters.into_iter().all(|w| w.join().unwrap() == Err(BarrierError::Broken)));
            assert!(barrier.is_broken());
            barrier.reset();
            let waiters = [0, 1].map(|_| s.spawn(|| barrier.wait()));
            until(|| barrier.waiting() == 2);
            barrier.reset();
            assert!(waiters.into_iter().all(|w| w.join().unwrap() == Err(BarrierError::Broken)));
            assert!(!barrier.is_broken());
            let waiters = [0, 1].map(|_| s.spawn(|| barrier.wait()));
            assert!(barrier.wait().is_ok());
            assert!(waiters.into_iter().all(|w| w.join().unwrap().is_ok()));
        });
    });
}

#[test]
fn a_complete_generation_is_ok_whatever_comes_later() {
    let barrier = Barrier::new(2);
    let early = barrier.arrive().unwrap();
    assert!(barrier.wait().is_ok());
    barrier.abort();
    barrier.reset();
    barrier.abort();
    assert!(early.wait().is_ok());
}

#[test]
fn each_generation_keeps_its_own_end() {
    let barrier = Barrier::new(2);
    let first = barrier.arrive().unwrap();
    barrier.reset();
    let second = barrier.arrive().unwrap();
    assert!(barrier.wait().is_ok());
    let third = barrier.arrive().unwrap();
    barrier.reset();
    let fourth = barrier.arrive().unwrap();
    assert_eq!(third.wait(), Err(BarrierError::Broken));
    assert!(second.wait().is_ok());
    assert_eq!(first.wait(), Err(BarrierError::Broken));
    assert!(barrier.wait().is_ok());
    assert!(fourth.wait().is_ok());
}

#[test]
fn abort_during_the_action_lets_the_round_complete() {
    within_a_minute(|| {
        let (started, go_on) = (Arc::new(Latch::new(1)), Arc::new(Latch::new(1)));
        let (start, go) = (Arc::clone(&started), Arc::clone(&go_on));
        let barrier = Barrier::builder(2)
            .action(move || {
                start.count_down();
                go.wait();
            })
            .build();
        thread::scope(|s| {
            // Its time is over while the action runs: all have arrived, so it no longer counts.
            let hurried = s.spawn(|| barrier.wait_timeout(Duration::from_millis(300)));
            until(|| barrier.waiting() == 1);
            let leader = s.spawn(|| barrier.wait());
            started.wait();
            barrier.abort();
            let late = s.spawn(|| barrier.wait());
            thread::sleep(Duration::from_millis(320));
            go_on.count_down();
            assert!(hurried.join().unwrap().is_ok());
            assert!(leader.join().unwrap().unwrap().is_leader());
            assert_eq!(late.join().unwrap(), Err(BarrierError::Broken));
        });
        assert!(barrier.is_broken());
    });
}

#[test]
fn arriving_without_waiting() {
    let barrier = Barrier::new(3);
    let first = barrier.arrive().unwrap();
    drop(barrier.arrive().unwrap()); // goes on without the others
    assert_eq!(barrier.waiting(), 2);
    let last = barrier.arrive().unwrap();
    assert!(last.wait().unwrap().is_leader());
    assert_eq!(first.wait().unwrap().arrival_index(), 0);
}

#[test]
fn a_dropped_token_is_not_waited_for_in_a_broken_generation() {
    let barrier = Barrier::new(3);
    let (asks, goes) = (barrier.arrive().unwrap(), barrier.arrive().unwrap());
    barrier.abort();
    drop(goes);
    assert_eq!(asks.wait(), Err(BarrierError::Broken));
    barrier.reset();
    let goes = barrier.arrive().unwrap();
    drop(goes);
    barrier.abort();
    assert!(barrier.is_broken());
}

#[test]
fn parties_leave_for_good() {
    within_a_minute(|| {
        let barrier = Arc::new(Barrier::new(3));
        thread::scope(|s| {
            for rounds in [1, 2, 3] {
                let party = barrier.participant();
                s.spawn(move || {
                    for _ in 0..rounds {
                        party.wait().unwrap();
                    }
                    party.leave().unwrap();
                });
            }
        });
        assert_eq!(barrier.parties(), 0);
        assert!(catch_unwind(AssertUnwindSafe(|| barrier.wait())).is_err());
    });
}

#[test]
fn the_last_to_arrive_may_be_one_who_leaves() {
    let barrier = Barrier::new(2);
    let token = barrier.arrive().unwrap();
    barrier.arrive_and_drop().unwrap();
    assert!(token.wait().is_ok());
    assert_eq!(barrier.parties(), 1);
    assert!(barrier.wait().unwrap().is_leader());
    barrier.abort();
    assert_eq!(barrier.arrive_and_drop(), Err(BarrierError::Broken));
    assert_eq!(barrier.parties(), 0);
}

#[test]
fn a_party_that_panics_does_not_keep_the_others() {
    within_a_minute(|| {
        let barrier = Arc::new(Barrier::new(2));
        let party = barrier.participant();
        let panicking = thread::spawn(move || {
            let _party = party;
            panic!("in a party");
        });
        assert_eq!(barrier.wait(), Err(BarrierError::Broken));
        assert!(panicking.join().is_err());
        drop(barrier.participant()); // an orderly end breaks nothing
        barrier.reset();
        drop(barrier.participant());
        assert!(!barrier.is_broken());
    });
}

#[test]
fn no_parties_is_a_mistake() {
    assert!(catch_unwind(|| Barrier::new(0)).is_err());
}

/// Timeouts, aborts and resets at any moment: a round counts for all of its members or for none.
#[test]
fn stress_all_members_of_a_generation_agree() {
    for (parties, steps) in [(1, 500), (2, 3000), (3, 2000), (8, 500), (64, 30)] {
        within_a_minute(move || {
            let barrier = Barrier::new(parties);
            let passed = Mutex::new(std::collections::HashMap::new());
            thread::scope(|s| {
                for t in 0..parties {
                    let (barrier, passed) = (&barrier, &passed);
                    s.spawn(move || {
                        for i in 0..steps * stress() {
                            let result = match (i + t) % (3 * parties) {
                                0 => barrier.wait_timeout(Duration::from_micros(i as u64 % 60)),
                                1 => barrier.arrive().and_then(|token| token.wait_timeout(Duration::from_millis(5))),
                                2 if i % 5 == 0 => {
                                    barrier.abort();
                                    barrier.wait()
                                }
                                _ => barrier.wait_timeout(Duration::from_millis(5)),
                            };
                            match result {
                                Ok(round) => *passed.lock().unwrap().entry(round.generation()).or_insert(0) += 1,
                                Err(_) => barrier.reset(),
                            }
                        }
                    });
                }
            });
            assert!(passed.into_inner().unwrap().values().all(|&members| members == parties));
        });
    }
}
