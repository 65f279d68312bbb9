//! Model checking: every interleaving, up to a bound on preemptions, of small uses of the public API. The checker fails by itself
//! when all threads wait, so each model also says "no deadlock, no lost wake-up".
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p dining --release --test loom --target-dir target/loom`
#![cfg(loom)]

use dining::{
    Dinner, KeyedLocks, Lock, Outcome, Policy, ResourceTable, Stop, Strategy, lock_all, lock_all_timeout, transaction,
    try_lock_all,
};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;
use std::sync::atomic::AtomicUsize as AtomicCount;
use std::time::Duration;

/// A time that no model reaches: a timed wait ends in a model after whatever the others do meanwhile.
const SOME_DAY: Duration = Duration::from_secs(1000);

/// Philosophers and preemptions of the dinners, which have a thread each and a dozen locks. Two preemptions of four are a hundred thousand
/// schedules for each strategy, minutes in all: with `STRESS` set.
fn tables() -> [(usize, usize); 2] {
    [(3, 2), (4, if std::env::var_os("STRESS").is_some() { 2 } else { 1 })]
}

/// All interleavings with at most `preemptions` involuntary switches.
fn model(preemptions: usize, run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(run);
}

/// A table and for each resource whether somebody uses it.
struct Guarded {
    table: ResourceTable,
    used: Vec<AtomicBool>,
}

impl Guarded {
    fn new(n: usize, policy: Policy) -> Arc<Self> {
        let used = (0..n).map(|_| AtomicBool::new(false)).collect();
        Arc::new(Self { table: ResourceTable::new(n, policy), used })
    }

    /// Takes `set`, uses it and gives it back; with `timed` possibly not. Returns whether it was taken.
    fn visit(&self, set: &[usize], timed: bool) -> bool {
        let claim = self.table.prepare(set).unwrap();
        let hold =
            if timed { self.table.acquire_timeout(&claim, SOME_DAY).ok() } else { Some(self.table.acquire(&claim)) };
        let Some(hold) = hold else { return false };
        // A load and a store: whoever has not seen what the holder before did may find it in use still.
        hold.resources().for_each(|r| {
            assert!(!self.used[r].load(Ordering::Relaxed), "resource {r} taken twice, or not seen to be given back");
            self.used[r].store(true, Ordering::Relaxed);
        });
        hold.resources().for_each(|r| self.used[r].store(false, Ordering::Relaxed));
        true
    }

    /// Nobody waits, nothing is held or reserved, nobody was overtaken too often.
    fn assert_idle(&self, bound: u32) {
        let stats = self.table.stats();
        assert_eq!(stats.waiting, 0);
        assert!(stats.most_overtaken <= bound, "{stats:?}");
        for r in 0..self.used.len() {
            assert!(self.table.try_acquire(&self.table.prepare(&[r]).unwrap()).is_some(), "{r} is still taken");
        }
    }
}

/// Each thread visits its sets one after the other, `true` with a limit of time.
fn visits(n: usize, policy: Policy, bound: u32, threads: &'static [&'static [(&'static [usize], bool)]]) {
    model(3, move || {
        let guarded = Guarded::new(n, policy);
        let spawn = |sets: &'static [(&'static [usize], bool)]| {
            let guarded = Arc::clone(&guarded);
            thread::spawn(move || sets.iter().for_each(|(set, timed)| assert!(guarded.visit(set, *timed) || *timed)))
        };
        let others: Vec<_> = threads[1..].iter().map(|sets| spawn(sets)).collect();
        threads[0].iter().for_each(|(set, timed)| assert!(guarded.visit(set, *timed) || *timed));
        others.into_iter().for_each(|other| other.join().unwrap());
        guarded.assert_idle(bound);
    });
}

#[test]
fn two_threads_take_overlapping_sets() {
    visits(
        3,
        Policy::BoundedBypass(1),
        1,
        &[&[(&[0, 1], false), (&[1], false)], &[(&[2, 1], false), (&[1, 0], false)]],
    );
}

/// Nine at once go by the books, a pair past them.
#[test]
fn large_sets_meet_small_ones() {
    const ALL: &[usize] = &[0, 1, 2, 3, 4, 5, 6, 7, 8];
    visits(9, Policy::BoundedBypass(1), 1, &[&[(ALL, false)], &[(&[3, 8], false), (&[8], false)]]);
    visits(9, Policy::BoundedBypass(1), 1, &[&[(ALL, true)], &[(&[3, 8], false)], &[(&[8], true)]]);
    visits(9, Policy::BoundedBypass(1), 1, &[&[(ALL, false)], &[(&[8], false)], &[(&[8], false)]]);
}

#[test]
fn three_philosophers_eat() {
    visits(3, Policy::Barging, u32::MAX, &[&[(&[0, 1], false)], &[(&[1, 2], false)], &[(&[2, 0], false)]]);
    visits(3, Policy::BoundedBypass(1), 1, &[&[(&[0, 1], false)], &[(&[1, 2], false)], &[(&[2, 0], false)]]);
    visits(3, Policy::Fifo, 0, &[&[(&[0, 1], false)], &[(&[1, 2], false)], &[(&[2, 0], false)]]);
}

#[test]
fn nobody_is_overtaken_more_often_than_the_policy_says() {
    let threads: &[&[(&[usize], bool)]] = &[&[(&[0], false)], &[(&[0, 1], false)], &[(&[1], false), (&[1], false)]];
    visits(2, Policy::BoundedBypass(1), 1, threads);
    visits(2, Policy::Fifo, 0, threads);
}

#[test]
fn a_timed_out_waiter_leaves_no_reservation() {
    visits(2, Policy::Fifo, 0, &[&[(&[0], false)], &[(&[0, 1], true)], &[(&[1], false)]]);
}

#[test]
fn a_grant_that_meets_a_timeout_is_kept_or_given_back() {
    visits(2, Policy::BoundedBypass(1), 1, &[&[(&[0, 1], false), (&[0], false)], &[(&[0, 1], true), (&[1], true)]]);
}

/// Keys always go by the books.
#[test]
fn a_key_is_one_holders_at_a_time() {
    model(3, || {
        let state = Arc::new((KeyedLocks::new(), [AtomicBool::new(false), AtomicBool::new(false)]));
        let visit = |keys: &'static [usize], timed: bool| {
            let state = Arc::clone(&state);
            move || {
                let ((locks, used), keys) = (&*state, keys.iter().copied());
                let held = match timed {
                    true => locks.lock_many_timeout(keys.clone(), SOME_DAY).ok(),
                    false => Some(locks.lock_many(keys.clone())),
                };
                let Some(_held) = held else { return };
                keys.clone().for_each(|key| assert!(!used[key].swap(true, Ordering::Relaxed), "{key} twice"));
                keys.for_each(|key| used[key].store(false, Ordering::Relaxed));
            }
        };
        let others = [thread::spawn(visit(&[1, 0], false)), thread::spawn(visit(&[1], true))];
        visit(&[0], false)();
        others.into_iter().for_each(|other| other.join().unwrap());
        assert!(state.0.is_empty());
    });
}

#[test]
fn two_locks_in_opposite_orders() {
    model(2, || {
        let locks = Arc::new((Lock::new(0), Lock::new(0)));
        let other = {
            let locks = Arc::clone(&locks);
            thread::spawn(move || {
                let (mut b, mut a) = lock_all((&locks.1, &locks.0));
                (*a, *b) = (*a + 1, *b + 1);
            })
        };
        {
            let (mut a, mut b) = lock_all((&locks.0, &locks.1));
            assert_eq!(*a, *b);
            (*a, *b) = (*a + 1, *b + 1);
        }
        other.join().unwrap();
        assert_eq!((*locks.0.lock(), *locks.1.lock()), (2, 2));
    });
}

/// What a thread does with two locks that count how often they were taken.
type Visit = fn(&Lock<u32>, &Lock<u32>) -> u32;

/// Each thread does its part; nothing may be lost, and at the end both locks are free by their words alone.
fn two_locks(preemptions: usize, parts: &'static [Visit]) {
    model(preemptions, move || {
        let locks = Arc::new((Lock::new(0), Lock::new(0)));
        let done = |part: &'static Visit| {
            let locks = Arc::clone(&locks);
            thread::spawn(move || part(&locks.0, &locks.1))
        };
        let others: Vec<_> = parts[1..].iter().map(done).collect();
        let mut sum = parts[0](&locks.0, &locks.1);
        sum += others.into_iter().map(|other| other.join().unwrap()).sum::<u32>();
        assert!(try_lock_all((&locks.0, &locks.1)).is_some(), "a lock is still taken");
        assert_eq!(*locks.0.lock() + *locks.1.lock(), sum);
    });
}

fn one(a: &Lock<u32>, _: &Lock<u32>) -> u32 {
    *a.lock() += 1;
    1
}

fn both(a: &Lock<u32>, b: &Lock<u32>) -> u32 {
    let (mut b, mut a) = lock_all((b, a));
    (*a, *b) = (*a + 1, *b + 1);
    2
}

fn both_for_a_while(a: &Lock<u32>, b: &Lock<u32>) -> u32 {
    let Ok((mut a, mut b)) = lock_all_timeout((a, b), SOME_DAY) else { return 0 };
    (*a, *b) = (*a + 1, *b + 1);
    2
}

fn try_other(_: &Lock<u32>, b: &Lock<u32>) -> u32 {
    b.try_lock().map_or(0, |mut b| {
        *b += 1;
        1
    })
}

fn forth(a: &Lock<u32>, b: &Lock<u32>) -> u32 {
    transaction(|tx| {
        let (mut a, mut b) = (tx.lock(a)?, tx.lock(b)?);
        (*a, *b) = (*a + 1, *b + 1);
        Ok(2)
    })
}

fn back(a: &Lock<u32>, b: &Lock<u32>) -> u32 {
    forth(b, a)
}

/// A word that suffices, a word that does not, and the way between.
#[test]
fn locks_come_to_the_desk_and_leave_it() {
    two_locks(3, &[one, both]);
    two_locks(3, &[both, both]);
    two_locks(3, &[one, one, both]);
    two_locks(3, &[both, one, try_other]);
}

#[test]
fn a_set_of_locks_that_is_given_up_leaves_them_free() {
    two_locks(3, &[one, both_for_a_while]);
    two_locks(3, &[both, both_for_a_while]);
}

/// Opposite orders: without wounds this is the deadlock of two, and the checker would say so.
#[test]
fn transactions_in_opposite_orders_get_through() {
    two_locks(3, &[forth, back]);
    two_locks(3, &[forth, back, one]);
    two_locks(3, &[forth, back, try_other]);
    two_locks(3, &[forth, both]);
}

/// Dinners of `n`, everybody eats once: how many of all schedules end in a deadlock. In all others everybody has eaten.
fn deadlocks(n: usize, strategy: Strategy, preemptions: usize, together: bool) -> (usize, usize) {
    let counts = std::sync::Arc::new((AtomicCount::new(0), AtomicCount::new(0)));
    let seen = std::sync::Arc::clone(&counts);
    model(preemptions, move || {
        let report = Dinner::new(n).strategy(strategy).stop(Stop::Meals(1)).begin_together(together).run().unwrap();
        seen.1.fetch_add(1, Ordering::Relaxed);
        match report.outcome {
            Outcome::Deadlock(deadlock) => {
                assert_eq!(deadlock.cycle.links.len(), n, "a ring has one circle");
                seen.0.fetch_add(1, Ordering::Relaxed);
            }
            _ => assert_eq!(report.meals, vec![1; n], "{strategy}"),
        }
    });
    let (found, schedules) = (counts.0.load(Ordering::Relaxed), counts.1.load(Ordering::Relaxed));
    println!("{strategy}, n = {n}, at most {preemptions} preemptions: {found} deadlocks in {schedules} schedules");
    (found, schedules)
}

#[test]
fn naive_philosophers_deadlock_in_some_schedules() {
    let (found, schedules) = deadlocks(3, Strategy::Naive, 2, false);
    assert!(found > 0 && found < schedules);
    // A circle of four takes three preemptions, unless all begin together: then it closes whatever the schedule.
    let (found, schedules) = deadlocks(4, Strategy::Naive, 1, true);
    assert_eq!(found, schedules);
}

/// Whoever gives back and tries again may do so without end, which no checker of all schedules can follow: those two are with the
/// random scheduler of `tests/shuttle.rs`.
#[test]
fn no_other_strategy_deadlocks_in_any_schedule() {
    let endless = [Strategy::Naive, Strategy::TryBackoff, Strategy::LehmannRabin];
    for strategy in Strategy::ALL.into_iter().filter(|strategy| !endless.contains(strategy)) {
        for (n, preemptions) in tables() {
            assert_eq!(deadlocks(n, strategy, preemptions, false).0, 0, "{strategy}");
        }
    }
}
