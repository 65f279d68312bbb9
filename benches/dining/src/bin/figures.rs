//! Figures that are no race of contenders: how soon a circle of n threads is found, and large tables on two workers.
//!
//! `cargo run --release -p dining-bench --bin figures`

use dining::detect::{self, Config};
use dining::{Dinner, Lock, Policy, ResourceTable, Stop, Strategy, Threads, Topology};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const ROUNDS: usize = 7;

fn main() {
    // The thread that closes a circle is told by a panic.
    set_hook(Box::new(|_| ()));
    println!("a circle of n threads: from the moment all hold one lock until the report, which comes once");
    println!("| n | median of {ROUNDS} | longest |\n|---|---|---|");
    for n in [2, 8, 32, 128, 512] {
        let mut times: Vec<f64> = (0..ROUNDS).map(|_| circle(n).as_secs_f64() * 1e3).collect();
        times.sort_by(f64::total_cmp);
        println!("| {n} | {:.2} ms | {:.2} ms |", times[ROUNDS / 2], times[ROUNDS - 1]);
    }
    println!("\n1000 philosophers, 10 000 chopsticks, two workers, 20 meals each");
    println!("| strategy | meals/s | longest wait | most overtaken |\n|---|---|---|---|");
    for strategy in
        [Strategy::Ordered, Strategy::Monitor, Strategy::ChandyMisra, Strategy::FifoTickets, Strategy::LockAll]
    {
        let dinner = Dinner::new(1000).topology(Topology::Random { degree: 20 }).threads(Threads::Pool(2));
        let report = dinner.strategy(strategy).stop(Stop::Meals(20)).run().expect("a table");
        assert_eq!(report.meals, vec![20; 1000]);
        let rate = report.total_meals() as f64 / report.elapsed.as_secs_f64();
        println!("| {strategy} | {rate:.0} | {:.0?} | {} |", report.waits.max, report.max_overtaking);
    }
    println!("\n10 000 resources, sets of 20, two threads: {:.0} ns a set", large_table());
}

/// Each of `n` threads holds one lock and asks for the next.
fn circle(n: usize) -> Duration {
    let found = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&found);
    let config = Config::new().order(false).break_deadlocks(true);
    let handle = detect::install(config.on_deadlock(move |_| told.lock().expect("no panic").push(Instant::now())));
    let locks: Vec<Lock<()>> = (0..n).map(|_| Lock::new(())).collect();
    let (all_hold, began) = (Barrier::new(n), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for i in 0..n {
            let (locks, all_hold, began) = (&locks, &all_hold, &began);
            let work = move || {
                let _ = catch_unwind(AssertUnwindSafe(|| {
                    let _mine = locks[i].lock();
                    began.lock().expect("no panic").push(Instant::now());
                    all_hold.wait();
                    drop(locks[(i + 1) % n].lock());
                }));
            };
            thread::Builder::new().stack_size(128 << 10).spawn_scoped(scope, work).expect("a thread");
        }
    });
    let began = began.into_inner().expect("no panic").into_iter().max().expect("somebody");
    let found = found.lock().expect("no panic");
    assert!(found.len() == 1 && handle.deadlocks()[0].cycle.links.len() == n, "once, with everybody in it");
    found[0] - began
}

fn large_table() -> f64 {
    const SETS: usize = 20_000;
    let table = ResourceTable::new(10_000, Policy::default());
    let claims = |thread: usize| -> Vec<_> {
        let set = |i: usize| (0..20).map(|j| (i * 7919 + j * 487 + thread * 31) % 10_000).collect::<Vec<_>>();
        (0..500).map(|i| table.prepare(&set(i)).expect("all below 10 000")).collect()
    };
    let claims = [claims(0), claims(1)];
    let begin = Instant::now();
    thread::scope(|scope| {
        for own in &claims {
            scope.spawn(|| (0..SETS).for_each(|i| drop(table.acquire(&own[i % own.len()]))));
        }
    });
    begin.elapsed().as_nanos() as f64 / (2 * SETS) as f64
}
