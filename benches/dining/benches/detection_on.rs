//! Ours with detection installed, in a program of its own: once installed, threads go on keeping their lists.

use bench_kit::Workload;
use dining::detect::{self, Config};
use dining_bench::{LOCKS, ROUNDS, nested, single};

fn main() {
    let mut criterion = bench_kit::criterion();
    let locks: Vec<dining::Lock<u64>> = (0..LOCKS).map(|_| dining::Lock::new(0)).collect();
    for (shape, run) in [("single", single as fn(&[dining::Lock<u64>]) -> u64), ("nested", nested)] {
        for (name, order) in [("dining, detection on", true), ("dining, detection on, order off", false)] {
            let _handle = detect::install(Config::new().order(order));
            Workload::new("dining/lock-unlock", shape, ROUNDS, || (), ROUNDS as u64)
                .contender(name, |()| run(&locks))
                .run(&mut criterion);
        }
    }
    criterion.final_summary();
}
