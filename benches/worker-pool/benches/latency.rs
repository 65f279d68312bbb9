//! Single calls: how long from call to return of two halves of real work, back to back and after a pause.
//!
//! `cargo bench -p worker-pool-bench --bench latency [-- BUSY]`. Contenders take turns in rounds, so drift hits all alike.
//! `BENCH_QUICK` takes fewer calls; `LATENCY_ONLY=name,name` some contenders; a `BUSY` argument adds a thread that
//! takes a core away all the time. In the end the processor time of our idle workers in one second.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use worker_pool_bench::{Contender, Halves, contenders};

static STOP: AtomicBool = AtomicBool::new(false);

fn main() {
    let quick = bench_kit::quick();
    let busy = std::env::args().any(|arg| arg == "BUSY");
    let mut all = contenders();
    if let Ok(only) = std::env::var("LATENCY_ONLY") {
        all.retain(|(name, _)| only.split(',').any(|wanted| wanted == *name));
    }
    let hog = busy.then(|| {
        std::thread::spawn(|| {
            while !STOP.load(Ordering::Relaxed) {
                std::hint::spin_loop()
            }
        })
    });
    println!(
        "microseconds from call to return, two halves of the time given, {} machine",
        if busy { "busy" } else { "quiet" }
    );
    for micros in [5, 20, 100] {
        let work = Halves::of(micros);
        for (name, run) in &mut all {
            Halves::take_results();
            run(work);
            assert_eq!(Halves::take_results(), work.answer(), "{name} gives a wrong answer");
        }
        report(&mut all, work, micros, quick);
    }
    idle();
    STOP.store(true, Ordering::Relaxed);
    if let Some(hog) = hog {
        let _ = hog.join();
    }
}

/// Prints how many ticks of processor time our workers use in one second without work.
fn idle() {
    std::thread::sleep(Duration::from_millis(50));
    let before = ticks();
    std::thread::sleep(Duration::from_secs(1));
    match before.zip(ticks()) {
        Some((before, after)) => {
            println!("\nidle for one second: {} ticks of processor time in our workers", after - before)
        }
        None => println!("\nidle: no /proc here"),
    }
}

/// User and system time of the threads of `Pool`, by their name, in clock ticks.
fn ticks() -> Option<u64> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let stats = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("stat")).ok());
    // `tid (name) state ...`: utime and stime are the 12th and 13th field after the name.
    let ours = stats.filter(|stat| stat.contains("(worker-pool-"));
    Some(
        ours.filter_map(|stat| {
            let fields: Vec<&str> = stat.rsplit(") ").next()?.split(' ').collect();
            Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
        })
        .sum(),
    )
}

fn report(all: &mut [Contender], work: Halves, micros: u64, quick: bool) {
    let (rounds, hot, cold) = if quick { (3, 100, 10) } else { (10, 200, 25) };
    let mut times: Vec<[Vec<Duration>; 2]> = all.iter().map(|_| [Vec::new(), Vec::new()]).collect();
    for _ in 0..rounds {
        for ((_, run), [hots, colds]) in all.iter_mut().zip(&mut times) {
            // Idle threads of the contender before may still spin: let them fall asleep.
            std::thread::sleep(Duration::from_millis(10));
            for _ in 0..20 {
                run(work);
            }
            hots.extend((0..hot).map(|_| time(run, work)));
            colds.extend((0..cold).map(|_| {
                std::thread::sleep(Duration::from_millis(1));
                time(run, work)
            }));
        }
    }
    println!("\nhalves of {micros:3}            hot p50   hot p90   hot min | after 1 ms idle p50       p90");
    for ((name, _), [hots, colds]) in all.iter().zip(&mut times) {
        let (h, c) = (percentiles(hots), percentiles(colds));
        println!("{name:22} {:9.2} {:9.2} {:9.2} | {:19.2} {:9.2}", h[1], h[2], h[0], c[1], c[2]);
    }
}

fn time(run: &mut Box<dyn FnMut(Halves)>, work: Halves) -> Duration {
    let start = Instant::now();
    run(work);
    start.elapsed()
}

/// Least, median and 90th percentile, in microseconds.
fn percentiles(times: &mut [Duration]) -> [f64; 3] {
    times.sort_unstable();
    [0, times.len() / 2, times.len() * 9 / 10].map(|i| times[i].as_secs_f64() * 1e6)
}
