//! While a worker sleeps, its pool plays with the processors it may run on; awake, it runs where it always could.
#![cfg(all(target_os = "linux", not(any(loom, shuttle))))]

use std::time::Duration;
use worker_pool::Pool;

/// The processors that the calling thread may run on.
fn allowed() -> Vec<usize> {
    allowed_to(0)
}

/// The same of `thread`, or of the calling one for 0.
fn allowed_to(thread: libc::pid_t) -> Vec<usize> {
    // SAFETY: an array of integers, for which zeroes are valid; the kernel writes at most its size.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        assert_eq!(libc::sched_getaffinity(thread, size_of_val(&set), &mut set), 0);
        set
    };
    // SAFETY: the numbers are within the set.
    (0..8 * size_of_val(&set)).filter(|&cpu| unsafe { libc::CPU_ISSET(cpu, &set) }).collect()
}

fn allow(cpu: usize) {
    allow_thread(0, cpu);
}

/// Lets `thread`, or the calling one for 0, run on `cpu` only.
fn allow_thread(thread: libc::pid_t, cpu: usize) {
    // SAFETY: zeroes are valid, the number comes from a set of this size, the kernel reads no more.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        assert_eq!(libc::sched_setaffinity(thread, size_of_val(&set), &set), 0);
    }
}

/// Waits until `thread` of this process sleeps.
fn until_asleep(thread: libc::pid_t) {
    let asleep = || {
        let stat = std::fs::read_to_string(format!("/proc/self/task/{thread}/stat")).unwrap();
        stat.rsplit(") ").next().unwrap().starts_with('S')
    };
    while !asleep() {
        std::thread::yield_now();
    }
}

/// A pool whose workers sleep at once.
fn sleepy(threads: usize) -> Pool {
    Pool::builder().threads(threads).spin(Duration::ZERO).build().unwrap()
}

#[test]
fn a_worker_that_is_awake_may_run_everywhere() {
    let everywhere = allowed();
    for threads in [2, 5] {
        let pool = sleepy(threads);
        for _ in 0..200 {
            let masks = pool.broadcast(|_| allowed());
            assert!(masks.iter().all(|mask| *mask == everywhere), "{masks:?}");
            let joined = pool.join(|| (), allowed).1;
            assert_eq!(joined, everywhere);
        }
    }
}

#[test]
fn a_worker_that_was_pinned_stays_pinned() {
    let cpus = allowed();
    let pool = sleepy(2);
    for cpu in [cpus[0], cpus[cpus.len() - 1]] {
        pool.broadcast(|index| {
            if index == 1 {
                allow(cpu);
            }
        });
        for _ in 0..200 {
            assert_eq!(pool.broadcast(|_| allowed())[1], [cpu]);
        }
    }
}

/// As by `taskset -p` from outside, at the worst moment.
#[test]
fn a_worker_that_is_moved_while_it_sleeps_stays_where_it_was_put() {
    for cpu in allowed() {
        let pool = sleepy(2);
        // SAFETY: no preconditions.
        let thread = pool.broadcast(|_| unsafe { libc::gettid() })[1];
        // From now on it sleeps away from its waker.
        for _ in 0..20 {
            pool.broadcast(|_| ());
        }
        until_asleep(thread);
        // What equals the mask that it sleeps with cannot be told from it.
        if allowed_to(thread) != [cpu] {
            allow_thread(thread, cpu);
            assert_eq!(pool.broadcast(|_| allowed())[1], [cpu]);
        }
    }
}

/// As under `taskset -c 0`: there is nowhere else to go, and everything works.
#[test]
fn one_processor_is_enough() {
    std::thread::spawn(|| {
        let cpu = allowed()[0];
        allow(cpu);
        let pool = sleepy(3);
        for _ in 0..200 {
            assert_eq!(pool.broadcast(|_| allowed()), [[cpu], [cpu], [cpu]]);
        }
    })
    .join()
    .unwrap();
}
