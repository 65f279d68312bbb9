//! Threads and what keeps them apart: the race, the lock, the semaphore, the barrier, the monitor.

use demo_kit::{Cell, Demo, time};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::thread;
use sync_prims::{Barrier, Latch, Monitor, Semaphore};

fn main() -> ExitCode {
    let mut demo = Demo::new("sync-prims", "threads that share data, and the four classic ways to keep them in order")
        .size("steps of work in each part", 200_000)
        .start();
    race(&mut demo);
    semaphore(&mut demo);
    barrier(&mut demo);
    monitor(&mut demo);
    demo.finish()
}

/// T threads, each adding `steps / T` to one counter by reading, adding and writing: two steps, and others in between.
fn race(demo: &mut Demo) {
    let threads = demo.threads().max(2);
    let each = demo.size().div_ceil(threads);
    let expected = threads * each;
    demo.section("The race: read, add, write");
    demo.say(format!(
        "{threads} threads count to {expected} together. Between reading and writing, another thread may write:"
    ));
    demo.say("what it wrote is then overwritten, and its update is lost.");
    let (torn, torn_time) = time(|| {
        let counter = AtomicUsize::new(0);
        together(threads, || {
            for i in 0..each {
                let read = counter.load(Relaxed);
                if i % 64 == 0 {
                    thread::yield_now(); // the unlucky moment, helped a little
                }
                counter.store(read + 1, Relaxed);
            }
        });
        counter.into_inner()
    });
    let (locked, lock_time) = time(|| {
        let lock = Semaphore::new(1);
        let counter = AtomicUsize::new(0);
        together(threads, || {
            for _ in 0..each {
                let permit = lock.acquire().expect("nobody closes it");
                counter.store(counter.load(Relaxed) + 1, Relaxed);
                drop(permit);
            }
        });
        counter.into_inner()
    });
    let (guarded, guard_time) = time(|| {
        let counter = Monitor::new(0);
        together(threads, || (0..each).for_each(|_| *counter.enter() += 1));
        counter.into_inner()
    });
    demo.table(&["how", "counted", "lost", "time"]);
    for (how, counted, time) in [
        ("without a lock", torn, torn_time),
        ("lock: acquire, release", locked, lock_time),
        ("guard: released by its scope", guarded, guard_time),
    ] {
        demo.row([how.into(), counted.into(), (expected - counted).into(), time.into()]);
    }
    demo.check("with a lock no update is lost", locked == expected);
    demo.check("nor with a guard, which cannot be forgotten", guarded == expected);
    demo.say("Every thread was joined before the counter was read: `thread::scope` does not end earlier.");
}

/// Runs `work` on so many threads, all starting at once, and joins them.
fn together(threads: usize, work: impl Fn() + Sync) {
    let start = Latch::new(threads);
    thread::scope(|s| {
        for _ in 0..threads {
            s.spawn(|| {
                start.arrive_and_wait();
                work();
            });
        }
    });
}

/// More threads than permits: the most that were ever inside together.
fn semaphore(demo: &mut Demo) {
    demo.section("The semaphore: so many at once, no more");
    let rounds = (demo.size() / 400).max(1);
    demo.table(&["permits", "threads", "most inside", "check"]);
    for permits in [1, 2, 3] {
        let threads = 4 * permits;
        let semaphore = Semaphore::new(permits);
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        together(threads, || {
            for _ in 0..rounds.div_ceil(threads) {
                let _permit = semaphore.acquire().expect("nobody closes it");
                most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
                thread::yield_now(); // let others try to come in
                inside.fetch_sub(1, SeqCst);
            }
        });
        let most = most.into_inner();
        demo.row([permits.into(), threads.into(), most.into(), (most <= permits).into()]);
    }
}

/// A sum of prefix sums, phase by phase: each phase reads what all wrote in the phase before.
fn barrier(demo: &mut Demo) {
    demo.section("The barrier: nobody enters the next phase before all have left this one");
    let threads = demo.threads().max(2);
    let phases = (demo.size() / 1000).clamp(1, 2000);
    let barrier = Barrier::new(threads);
    let finished: Vec<AtomicUsize> = (0..phases).map(|_| AtomicUsize::new(0)).collect();
    let (early, leaders) = (AtomicBool::new(false), AtomicUsize::new(0));
    let cells: Vec<AtomicUsize> = (0..threads).map(AtomicUsize::new).collect();
    let next: Vec<AtomicUsize> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
    // In each phase every cell becomes the sum of itself and its right neighbour.
    let step = |values: &[usize], i: usize| values[i].wrapping_add(values[(i + 1) % values.len()]);
    thread::scope(|s| {
        for own in 0..threads {
            let (barrier, finished, early, leaders, cells, next) =
                (&barrier, &finished, &early, &leaders, &cells, &next);
            s.spawn(move || {
                for finished in finished {
                    let values: Vec<usize> = cells.iter().map(|cell| cell.load(Relaxed)).collect();
                    next[own].store(step(&values, own), Relaxed);
                    finished.fetch_add(1, Relaxed);
                    let round = barrier.wait().expect("nobody breaks it");
                    early.fetch_or(finished.load(Relaxed) != threads, Relaxed);
                    leaders.fetch_add(usize::from(round.is_leader()), Relaxed);
                    cells[own].store(next[own].load(Relaxed), Relaxed);
                    barrier.wait().expect("nobody breaks it");
                }
            });
        }
    });
    let mut alone: Vec<usize> = (0..threads).collect();
    for _ in 0..phases {
        alone = (0..threads).map(|i| step(&alone, i)).collect();
    }
    let together: Vec<usize> = cells.iter().map(|cell| cell.load(Relaxed)).collect();
    demo.table(&["threads", "phases", "leaders", "check"]);
    demo.row([threads.into(), phases.into(), leaders.load(Relaxed).into(), (leaders.into_inner() == phases).into()]);
    demo.check("no thread entered a phase before all had finished the one before", !early.into_inner());
    demo.check("the cells are those of a computation on one thread", together == alone);
}

/// A buffer of four places between a producer and consumers, and nobody calls notify.
fn monitor(demo: &mut Demo) {
    demo.section("The monitor: wait for a condition on the data, nobody calls notify");
    let items = (demo.size() / 20).max(1);
    let consumers = demo.threads().max(2);
    let buffer = Monitor::new(Vec::new());
    let not_full = buffer.condition(|buffer: &Vec<usize>| buffer.len() < 4);
    let not_empty = buffer.condition(|buffer: &Vec<usize>| !buffer.is_empty());
    let (sum, longest) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let ((), took) = time(|| {
        thread::scope(|s| {
            for _ in 0..consumers {
                s.spawn(|| {
                    while let Some(item) = Some(not_empty.when(|buffer| buffer.remove(0))).filter(|&item| item > 0) {
                        sum.fetch_add(item, Relaxed);
                    }
                });
            }
            s.spawn(|| {
                // The items, then a zero for each consumer: no more will come.
                for item in (1..=items).chain(std::iter::repeat_n(0, consumers)) {
                    let length = not_full.when(|buffer| {
                        buffer.push(item);
                        buffer.len()
                    });
                    longest.fetch_max(length, Relaxed);
                }
            });
        });
    });
    demo.table(&["items", "consumers", "most in buffer", "time", "sum"]);
    let right = sum.load(Relaxed) == items * (items + 1) / 2;
    demo.row([items.into(), consumers.into(), longest.load(Relaxed).into(), took.into(), Cell::Check(right)]);
    demo.check("never more than four items in the buffer", longest.into_inner() <= 4);
}
