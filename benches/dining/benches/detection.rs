//! What detectors cost per lock and unlock: one lock, and two nested ones. Ours is off here; see `detection_on.rs`.

use bench_kit::Workload;
use dining_bench::{LOCKS, Lockable, ROUNDS, nested, single};

type Shape<'a, L> = fn(&'a [L]) -> u64;

fn locks<L>(new: impl Fn() -> L) -> Vec<L> {
    (0..LOCKS).map(|_| new()).collect()
}

/// A contender of both shapes.
fn contender<'a, L: Lockable>(
    workload: Workload<'a, (), u64>,
    name: &str,
    locks: &'a [L],
    is_nested: bool,
) -> Workload<'a, (), u64> {
    let shape: Shape<'a, L> = if is_nested { |locks| nested(locks) } else { |locks| single(locks) };
    workload.contender(name, move |()| shape(locks))
}

fn main() {
    let mut criterion = bench_kit::criterion();
    deloxide::Deloxide::new().callback(|report| eprintln!("{report:?}")).start().expect("started once");
    let plain = locks(|| std::sync::Mutex::new(0));
    let parking = locks(|| parking_lot::Mutex::new(0));
    let ours = locks(|| dining::Lock::new(0));
    let tracing_std = locks(|| tracing_mutex::stdsync::tracing::Mutex::new(0));
    let tracing_parking = locks(|| tracing_mutex::parkinglot::tracing::Mutex::new(0));
    let deloxide = locks(|| deloxide::Mutex::new(0));
    let no_deadlocks = locks(|| no_deadlocks::Mutex::new(0));
    for (shape, is_nested) in [("single", false), ("nested", true)] {
        let workload = Workload::new("dining/lock-unlock", shape, ROUNDS, || (), ROUNDS as u64);
        let workload = contender(workload, "dining, detection off", &ours, is_nested);
        let workload = contender(workload, "std", &plain, is_nested);
        let workload = contender(workload, "parking_lot", &parking, is_nested);
        let workload = contender(workload, "tracing-mutex on std", &tracing_std, is_nested);
        let workload = contender(workload, "tracing-mutex on parking_lot", &tracing_parking, is_nested);
        let workload = contender(workload, "deloxide with order graph", &deloxide, is_nested);
        let workload = contender(workload, "no_deadlocks", &no_deadlocks, is_nested);
        workload.run(&mut criterion);
    }
    criterion.final_summary();
}
