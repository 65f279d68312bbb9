//! parking_lot with its own `deadlock_detection`, in a program of its own: the feature holds for all of a program.

use bench_kit::Workload;
use dining_bench::{LOCKS, ROUNDS, nested, single};

type Lock = parking_lot::Mutex<u64>;

fn main() {
    let mut criterion = bench_kit::criterion();
    let locks: Vec<Lock> = (0..LOCKS).map(|_| Lock::new(0)).collect();
    assert!(parking_lot::deadlock::check_deadlock().is_empty());
    for (shape, run) in [("single", single as fn(&[Lock]) -> u64), ("nested", nested)] {
        Workload::new("dining/lock-unlock", shape, ROUNDS, || (), ROUNDS as u64)
            .contender("parking_lot with deadlock_detection", |()| run(&locks))
            .run(&mut criterion);
    }
    criterion.final_summary();
}
