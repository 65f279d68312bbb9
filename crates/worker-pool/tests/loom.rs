//! Model checking: every interleaving, up to a bound on preemptions, of the join word, of the bells and of a whole small pool.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p worker-pool --release --test loom --target-dir target/loom`
//!
//! A model that cannot fail proves nothing, so the library knows a few faults by name (`planted` in `src/sync.rs`), and
//! [`every_planted_fault_is_noticed_by_a_model`] runs a model of this file against each in a process of its own, which must
//! come to grief.
#![cfg(loom)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};
use worker_pool::shelf::{Bells, Place};
use worker_pool::{Chunk, Pool, Shutdown};

/// All interleavings with at most `preemptions` involuntary switches.
fn model(preemptions: usize, run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.check(run);
}

/// What a job may touch while it is offered, and what helpers did.
#[derive(Default)]
struct Witness {
    over: AtomicBool,
    ran: AtomicUsize,
}

impl Witness {
    fn run(&self) {
        assert!(!self.over.load(Ordering::Relaxed), "the job ran after its owner was told that nobody is inside");
        self.ran.fetch_add(1, Ordering::Relaxed);
        assert!(!self.over.load(Ordering::Relaxed), "the job ended under a helper");
    }
}

/// Two helpers come whenever they like; what they did is visible to the owner, and no job outlives its offer.
fn helpers_come(wanted: usize, help: fn(&Place) -> bool) {
    let (place, witness) = (Arc::new(Place::default()), Arc::new(Witness::default()));
    let helpers = [0; 2].map(|_| {
        let place = Arc::clone(&place);
        thread::spawn(move || help(&place))
    });
    let job = || witness.run();
    place.offer(wanted, &job, || ()).expect("the place is free");
    witness.over.store(true, Ordering::Relaxed);
    let seen = witness.ran.load(Ordering::Relaxed);
    let came = helpers.map(|helper| usize::from(helper.join().unwrap()));
    assert_eq!(seen, came.iter().sum::<usize>(), "the owner saw all that was done, and nothing was done later");
}

#[test]
fn a_late_helper_finds_the_job_closed() {
    model(3, || helpers_come(2, Place::help));
}

#[test]
fn guests_leave_a_job_one_by_one() {
    model(3, || helpers_come(2, Place::attend));
}

#[test]
fn a_job_that_wants_one_helper_is_left_by_one_at_a_time() {
    model(3, || helpers_come(1, Place::attend));
}

/// The helper of the first job may be late for it and in time for the second: it must run one of them, whole.
#[test]
fn a_place_is_used_again() {
    model(3, || {
        let (place, jobs) = (Arc::new(Place::default()), [(); 2].map(|()| Arc::new(Witness::default())));
        let helper = {
            let place = Arc::clone(&place);
            thread::spawn(move || place.help())
        };
        let work = [0, 1].map(|i| {
            let witness = Arc::clone(&jobs[i]);
            move || witness.run()
        });
        for (job, witness) in work.iter().zip(&jobs) {
            place.offer(1, job, || ()).expect("the place is free again");
            witness.over.store(true, Ordering::Relaxed);
        }
        let seen: usize = jobs.iter().map(|witness| witness.ran.load(Ordering::Relaxed)).sum();
        assert_eq!(seen, usize::from(helper.join().unwrap()));
    });
}

/// Who does not get the place leaves it alone: its owner's job is neither closed nor replaced.
#[test]
fn a_place_has_one_owner() {
    model(3, || {
        let place = Arc::new(Place::default());
        let other = {
            let place = Arc::clone(&place);
            thread::spawn(move || place.offer(1, &|| (), || ()).is_some())
        };
        let inner = place.offer(1, &|| (), || place.offer(1, &|| (), || ()).is_some());
        let other = other.join().unwrap();
        assert_ne!(inner, Some(true), "a place was taken that had an owner");
        assert!(inner.is_some() || other, "one of two must get the place");
    });
}

/// The same inside a helper: a refused offer must not wait for the helper that makes it.
#[test]
fn a_refused_helper_does_not_wait_for_itself() {
    model(3, || {
        let place = Arc::new(Place::default());
        let helper = {
            let place = Arc::clone(&place);
            thread::spawn(move || place.help())
        };
        let job = || assert!(place.offer(1, &|| (), || ()).is_none(), "the place has an owner");
        place.offer(1, &job, || ()).expect("the place is free");
        helper.join().unwrap();
    });
}

#[test]
fn an_owner_that_panics_waits_all_the_same() {
    model(3, || {
        let (place, witness) = (Arc::new(Place::default()), Arc::new(Witness::default()));
        let helper = {
            let place = Arc::clone(&place);
            thread::spawn(move || place.help())
        };
        let job = || witness.run();
        // `resume_unwind`: without the message of a panic for each interleaving.
        let outcome =
            catch_unwind(AssertUnwindSafe(|| place.offer(1, &job, || std::panic::resume_unwind(Box::new(7)))));
        assert!(outcome.is_err());
        witness.over.store(true, Ordering::Relaxed);
        let seen = witness.ran.load(Ordering::Relaxed);
        assert_eq!(seen, usize::from(helper.join().unwrap()));
    });
}

/// A worker falls asleep while work appears: it must find the work or hear the bell.
fn work_appears(alert: bool, wake: fn(&Bells)) {
    let (bells, work) = (Arc::new(Bells::new(1, alert)), Arc::new(AtomicUsize::new(0)));
    let worker = {
        let (bells, work) = (Arc::clone(&bells), Arc::clone(&work));
        thread::spawn(move || {
            while work.load(Ordering::Relaxed) == 0 {
                bells.wait(0, || work.load(Ordering::Relaxed) != 0);
            }
        })
    };
    work.store(1, Ordering::Relaxed);
    wake(&bells);
    worker.join().unwrap();
}

#[test]
fn one_that_falls_asleep_is_woken() {
    model(4, || {
        work_appears(false, |bells| {
            bells.wake_one();
        })
    });
}

/// The same with the stage of polling before it.
#[test]
fn one_that_polls_and_falls_asleep_is_woken() {
    model(3, || {
        work_appears(true, |bells| {
            bells.wake_one();
        })
    });
}

#[test]
fn the_one_that_is_meant_is_woken() {
    model(4, || work_appears(false, |bells| bells.wake(0)));
    model(3, || work_appears(true, |bells| bells.wake(0)));
}

/// Two bells, one piece of work each: two calls of `wake_one` never ring for the same sleeper twice.
#[test]
fn two_wakes_are_two_wakes() {
    model(3, || {
        let (bells, work) = (Arc::new(Bells::new(2, false)), Arc::new(AtomicUsize::new(0)));
        let workers = [0, 1].map(|me| {
            let (bells, work) = (Arc::clone(&bells), Arc::clone(&work));
            thread::spawn(move || {
                let take = || work.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok();
                while !take() {
                    bells.wait(me, || work.load(Ordering::Relaxed) != 0);
                }
            })
        });
        for _ in 0..2 {
            work.fetch_add(1, Ordering::Relaxed);
            bells.wake_one();
        }
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

fn pool() -> Pool {
    Pool::new(2).expect("a model has threads")
}

/// The end meets the worker at every step of its way to bed.
#[test]
fn a_pool_is_made_and_dropped() {
    model(2, || drop(pool()));
}

#[test]
fn a_join_is_whole() {
    model(1, || assert_eq!(pool().join(|| 1, || 2), (1, 2)));
}

#[test]
fn a_join_that_panics_leaves_nobody_behind() {
    model(1, || {
        let pool = pool();
        let joined =
            catch_unwind(AssertUnwindSafe(|| pool.join(|| 1, || -> u8 { std::panic::resume_unwind(Box::new(7)) })));
        assert_eq!(joined.unwrap_err().downcast_ref(), Some(&7));
    });
}

#[test]
fn a_loop_runs_each_chunk_once() {
    model(1, || {
        let (pool, ran) = (pool(), [AtomicUsize::new(0), AtomicUsize::new(0)]);
        pool.for_each_chunk(2, Chunk::size(1), |chunk| {
            ran[chunk.start].fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(ran.each_ref().map(|ran| ran.load(Ordering::Relaxed)), [1, 1]);
    });
}

#[test]
fn a_task_gives_its_result() {
    model(1, || assert_eq!(pool().apply_async(|| 5).join().unwrap(), 5));
}

/// A detached task runs before the pool is gone, though nobody asks for it.
#[test]
fn a_drained_pool_has_run_its_tasks() {
    model(1, || {
        let (pool, ran) = (pool(), std::sync::Arc::new(AtomicBool::new(false)));
        let task = std::sync::Arc::clone(&ran);
        drop(pool.apply_async(move || task.store(true, Ordering::Relaxed)));
        pool.shutdown(Shutdown::Drain).expect("no hook panics");
        assert!(ran.load(Ordering::Relaxed));
    });
}

/// Each fault with the model that notices it.
const MUTANTS: &[(&str, &str)] = &[
    ("do not wait for a helper inside", "a_late_helper_finds_the_job_closed"),
    ("do not wait for a helper inside", "an_owner_that_panics_waits_all_the_same"),
    ("enter what is closed", "a_late_helper_finds_the_job_closed"),
    ("leave without a word", "guests_leave_a_job_one_by_one"),
    ("look for sleepers without the fence", "one_that_falls_asleep_is_woken"),
    ("look for work without the fence", "one_that_falls_asleep_is_woken"),
    ("sleep without another look", "one_that_polls_and_falls_asleep_is_woken"),
    ("sleep through the end", "a_pool_is_made_and_dropped"),
];

#[test]
fn every_planted_fault_is_noticed_by_a_model() {
    model_kit::every_fault_is_noticed("WORKER_POOL_MUTANT", MUTANTS);
}
