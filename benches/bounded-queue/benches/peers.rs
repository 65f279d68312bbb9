//! `bounded-queue` against its peers, in the cells where they differ most, at rest and on a busy machine.
//! All cells with interleaved rounds: `cargo run --release -p bounded-queue-bench --bin queue-cells`.

use bench_kit::Workload;
use bounded_queue_bench::contenders::{contenders, solo};
use bounded_queue_bench::{Item, Load, Shape};

fn main() {
    let mut criterion = bench_kit::criterion();
    for (name, busy) in [("rest", 0), ("busy", 2)] {
        for capacity in [1, 64, 1024] {
            for (producers, consumers) in [(1, 1), (4, 4)] {
                if bench_kit::quick() && (capacity == 1024 || (busy > 0 && producers > 1)) {
                    continue;
                }
                // A round trip through a single slot costs a hundred times what an item costs in a stream, more if busy.
                let items = if capacity == 1 && busy > 0 { 40 } else { 400 * capacity.min(64) as u64 };
                pump::<u64>(&mut criterion, name, busy, Shape { producers, consumers, capacity, items });
            }
        }
    }
    pump::<[u64; 8]>(
        &mut criterion,
        "rest, 64 bytes",
        0,
        Shape { producers: 1, consumers: 1, capacity: 64, items: 25_600 },
    );
    uncontended(&mut criterion);
    batches(&mut criterion);
    criterion.final_summary();
}

/// Producers and consumers, with so many other threads that want a processor.
fn pump<T: Item>(criterion: &mut bench_kit::Criterion, name: &str, busy: usize, shape: Shape) {
    let group = format!("bounded-queue/{name}");
    let mut workload = Workload::new(&group, &shape.to_string(), shape.items as usize, || (), shape.answer());
    for (contender, run) in contenders::<T>(shape) {
        workload = workload.contender(contender, move |()| run(shape).sum);
    }
    let load = Load::start(busy);
    workload.run(criterion);
    drop(load);
}

/// One thread that pushes and pops: what the operations cost when nobody is in the way.
fn uncontended(criterion: &mut bench_kit::Criterion) {
    let items = 100_000;
    let mut workload =
        Workload::new("bounded-queue/one thread", "push + pop", items as usize, || (), items * (items - 1) / 2);
    for (contender, run) in solo() {
        workload = workload.contender(contender, move |()| run(items));
    }
    workload.run(criterion);
}

/// Items one by one against 64 at a stroke, one producer, one consumer.
fn batches(criterion: &mut bench_kit::Criterion) {
    let shape = Shape { producers: 1, consumers: 1, capacity: 1024, items: 64_000 };
    Workload::new("bounded-queue/batches of 64", &shape.to_string(), shape.items as usize, || (), shape.answer())
        .contender("bounded-queue", |()| bounded_queue_bench::batches::by_64(shape))
        .contender("bounded-queue, item by item", |()| bounded_queue_bench::batches::one_by_one(shape))
        .run(criterion);
}
