//! `sync-prims` against its peers. Every contender of a workload must keep the same promise before it is timed: permits
//! come back, turns alternate, no more threads inside than permits, threads in step with one leader a round.

use bench_kit::{Criterion, Workload, quick};
use std::hint::black_box;
use sync_prims::Semaphore;
#[cfg(cpp20_sync)]
use sync_prims_bench::foreign::cpp20::{CppParty, CppSemaphore};
#[cfg(posix_sync)]
use sync_prims_bench::foreign::posix::{PosixParty, PosixSemaphore};
use sync_prims_bench::{
    AdaptiveParty, CondvarSemaphore, Crowd, Hands, HurdlesParty, Lockstep, OurParty, Permits, StdParty, barging,
    barrier_rounds, contended, hog_and_victim, ping_pong,
};

fn main() {
    let mut criterion = bench_kit::criterion();
    if cfg!(not(posix_sync)) {
        println!("sync-prims: no C compiler when this was built, glibc is left out");
    }
    if cfg!(not(cpp20_sync)) {
        println!("sync-prims: no C++20 compiler when this was built, its semaphore and barrier are left out");
    }
    uncontended(&mut criterion);
    hand_over(&mut criterion);
    crowd(&mut criterion);
    hog(&mut criterion);
    barriers(&mut criterion);
    criterion.final_summary();
}

/// One thread takes the only permit and gives it back: a permit that got lost would hang or fail the next round.
fn uncontended(criterion: &mut Criterion) {
    const LOOPS: usize = 1000;
    let (fifo, barging) = (Semaphore::new(1), barging(1));
    let (tokio, async_lock) = (tokio::sync::Semaphore::new(1), async_lock::Semaphore::new(1));
    let (std_semaphore, condvar) = (std_semaphore::Semaphore::new(1), CondvarSemaphore::new(1));
    #[cfg(posix_sync)]
    let posix = PosixSemaphore::new(1);
    #[cfg(cpp20_sync)]
    let cpp20 = CppSemaphore::new(1);
    let workload = Workload::new("sync-prims/uncontended", "1000 acquire + release", LOOPS, || (), LOOPS)
        .contender("sync-prims", |()| held(LOOPS, &fifo))
        .contender("sync-prims try", |()| (0..LOOPS).filter(|_| black_box(&fifo).try_acquire().is_ok()).count())
        .contender("sync-prims barging", |()| held(LOOPS, &barging))
        .contender("tokio try", |()| (0..LOOPS).filter(|_| black_box(&tokio).try_acquire().is_ok()).count())
        .contender("tokio blocking", |()| held(LOOPS, &tokio))
        .contender("async-lock try", |()| (0..LOOPS).filter(|_| black_box(&async_lock).try_acquire().is_some()).count())
        .contender("async-lock blocking", |()| held(LOOPS, &async_lock))
        .contender("std-semaphore", |()| held(LOOPS, &std_semaphore))
        .contender("mutex + condvar", |()| held(LOOPS, &condvar));
    #[cfg(posix_sync)]
    let workload = workload.contender("glibc", |()| held(LOOPS, &posix));
    #[cfg(cpp20_sync)]
    let workload = workload.contender("C++20", |()| held(LOOPS, &cpp20));
    workload.run(criterion);
}

fn held(loops: usize, semaphore: &impl Permits) -> usize {
    let mut inside = 0;
    for _ in 0..loops {
        black_box(semaphore).hold(|| inside += 1);
    }
    inside
}

/// Two threads, two semaphores, round trips.
fn hand_over(criterion: &mut Criterion) {
    let rounds = if quick() { 400 } else { 2000 };
    let answer = Hands { rounds, out_of_turn: 0 };
    let workload = Workload::new("sync-prims/ping-pong", &format!("{rounds} round trips"), rounds, || (), answer)
        .contender("sync-prims", |()| ping_pong(Semaphore::new, rounds))
        .contender("sync-prims barging", |()| ping_pong(barging, rounds))
        .contender("tokio", |()| ping_pong(tokio::sync::Semaphore::new, rounds))
        .contender("async-lock", |()| ping_pong(async_lock::Semaphore::new, rounds))
        .contender("std-semaphore", |()| ping_pong(std_semaphore, rounds))
        .contender("mutex + condvar", |()| ping_pong(CondvarSemaphore::new, rounds));
    #[cfg(posix_sync)]
    let workload = workload.contender("glibc", |()| ping_pong(PosixSemaphore::new, rounds));
    #[cfg(cpp20_sync)]
    let workload = workload.contender("C++20", |()| ping_pong(CppSemaphore::new, rounds));
    workload.run(criterion);
}

const THREADS: usize = 4;

/// Four threads at a gate for two. The first run, whose answer is checked, lingers inside; the timed ones do not.
fn crowd_at<S: Permits>(new: impl Fn(usize) -> S, each: usize) -> impl FnMut(()) -> Crowd {
    let mut checked = false;
    move |()| contended(&new, THREADS, 2, each, !std::mem::replace(&mut checked, true))
}

/// Four threads, two permits.
fn crowd(criterion: &mut Criterion) {
    let each = if quick() { 5000 } else { 20_000 };
    let total = THREADS * each;
    let answer = Crowd { passes: total, overfull: 0 };
    let workload =
        Workload::new("sync-prims/contended", &format!("4 threads, 2 permits, {each} each"), total, || (), answer)
            .contender("sync-prims", crowd_at(Semaphore::new, each))
            .contender("sync-prims barging", crowd_at(barging, each))
            .contender("tokio", crowd_at(tokio::sync::Semaphore::new, each))
            .contender("async-lock", crowd_at(async_lock::Semaphore::new, each))
            .contender("std-semaphore", crowd_at(std_semaphore, each))
            .contender("mutex + condvar", crowd_at(CondvarSemaphore::new, each));
    #[cfg(posix_sync)]
    let workload = workload.contender("glibc", crowd_at(PosixSemaphore::new, each));
    #[cfg(cpp20_sync)]
    let workload = workload.contender("C++20", crowd_at(CppSemaphore::new, each));
    workload.run(criterion);
}

/// A thread that holds the only permit for 100 us at a time and takes it again at once; what is timed is the other, which
/// thinks for 20 us between two visits.
fn hog(criterion: &mut Criterion) {
    let visits = if quick() { 5 } else { 20 };
    let workload =
        Workload::new("sync-prims/hog", &format!("{visits} visits beside a hog"), visits, || (), (visits, true))
            .contender("sync-prims", |()| hog_and_victim(Semaphore::new, visits))
            .contender("tokio", |()| hog_and_victim(tokio::sync::Semaphore::new, visits))
            .contender("async-lock", |()| hog_and_victim(async_lock::Semaphore::new, visits))
            .contender("mutex + condvar", |()| hog_and_victim(CondvarSemaphore::new, visits));
    // Not std-semaphore: beside a hog its victim waits until the hog gives up.
    #[cfg(posix_sync)]
    let workload = workload.contender("glibc", |()| hog_and_victim(PosixSemaphore::new, visits));
    #[cfg(cpp20_sync)]
    let workload = workload.contender("C++20", |()| hog_and_victim(CppSemaphore::new, visits));
    workload.run(criterion);
}

fn std_semaphore(permits: usize) -> std_semaphore::Semaphore {
    std_semaphore::Semaphore::new(permits as isize)
}

/// Rounds of a barrier, with as many threads as the machine has processors and with more.
fn barriers(criterion: &mut Criterion) {
    for parties in [2, 4, 8] {
        let rounds = if quick() { 1000 } else { 4000 } / (parties / 2);
        let answer = Lockstep { led: rounds, out_of_step: 0 };
        let workload =
            Workload::new("sync-prims/barrier", &format!("{parties} parties, {rounds} rounds"), rounds, || (), answer)
                .contender("sync-prims", |()| barrier_rounds::<OurParty>(parties, rounds))
                .contender("std", |()| barrier_rounds::<StdParty>(parties, rounds))
                .contender("hurdles", |()| barrier_rounds::<HurdlesParty>(parties, rounds))
                .contender("adaptive-barrier", |()| barrier_rounds::<AdaptiveParty>(parties, rounds));
        #[cfg(posix_sync)]
        let workload = workload.contender("pthread", |()| barrier_rounds::<PosixParty>(parties, rounds));
        #[cfg(cpp20_sync)]
        let workload = workload.contender("C++20", |()| barrier_rounds::<CppParty>(parties, rounds));
        workload.run(criterion);
    }
}
