//! What is not a throughput: round trips, rare items, idle waiters, creation, batches. Contenders take turns; medians.
//!
//! `figures [busy]`: beside two more runnable threads.

use bounded_queue::BoundedQueue;
use bounded_queue_bench::{Load, Shape, batches};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Both ends of a queue for numbers.
struct Ends {
    push: Box<dyn Fn(u64) + Send + Sync>,
    pop: Box<dyn Fn() -> u64 + Send + Sync>,
}

type Maker = (&'static str, fn(usize) -> Ends);

const MAKERS: &[Maker] = &[
    ("bounded-queue", |capacity| {
        let queue = Arc::new(BoundedQueue::new(capacity));
        let other = Arc::clone(&queue);
        Ends { push: Box::new(move |n| queue.push(n).unwrap()), pop: Box::new(move || other.pop().unwrap()) }
    }),
    ("crossbeam-channel", |capacity| {
        let (tx, rx) = crossbeam_channel::bounded(capacity);
        Ends { push: Box::new(move |n| tx.send(n).unwrap()), pop: Box::new(move || rx.recv().unwrap()) }
    }),
    ("crossfire", |capacity| {
        let (tx, rx) = crossfire::mpmc::bounded_blocking(capacity);
        Ends { push: Box::new(move |n| tx.send(n).unwrap()), pop: Box::new(move || rx.recv().unwrap()) }
    }),
    ("kanal", |capacity| {
        let (tx, rx) = kanal::bounded(capacity);
        Ends { push: Box::new(move |n| tx.send(n).unwrap()), pop: Box::new(move || rx.recv().unwrap()) }
    }),
    ("flume", |capacity| {
        let (tx, rx) = flume::bounded(capacity);
        Ends { push: Box::new(move |n| tx.send(n).unwrap()), pop: Box::new(move || rx.recv().unwrap()) }
    }),
];

fn main() {
    let load = (std::env::args().nth(1).as_deref() == Some("busy")).then(|| Load::start(2));
    if std::env::args().nth(1).as_deref() != Some("batch") {
        table("round trip through two queues of one slot, us", 1e6, 9, |make| round_trip(make, 2000));
        table("one item each millisecond: processor time per item of both threads, us", 1e6, 3, |make| rare(make, 100));
        table("a consumer that waits 100 ms: its processor time, us", 1e6, 3, idle);
        let start = Instant::now();
        let first = BoundedQueue::<u64>::new(1 << 20);
        println!("creation of a million slots, us, in fresh memory: {:.2}", start.elapsed().as_secs_f64() * 1e6);
        drop(first);
        table("creation and end of a million slots, us", 1e6, 9, |make| {
            let start = Instant::now();
            drop(std::hint::black_box(make(1 << 20)));
            start.elapsed().as_secs_f64()
        });
    }
    for capacity in [64, 1024, 4096] {
        batches_of_64("two threads", capacity, batches::by_64, batches::one_by_one);
    }
    batches_of_64("alone", 1024, batches::alone_by_64, batches::alone_one_by_one);
    drop(load);
}

/// A line with what an item takes in batches and one by one: medians of 11 turns.
fn batches_of_64(who: &str, capacity: usize, by_64: fn(Shape) -> u64, one_by_one: fn(Shape) -> u64) {
    let shape = Shape { producers: 1, consumers: 1, capacity, items: 2_560_000 };
    let per_item = |run: fn(Shape) -> u64| {
        let start = Instant::now();
        assert_eq!(run(shape), shape.answer());
        start.elapsed().as_secs_f64() * 1e9 / shape.items as f64
    };
    let (mut batch, mut single): (Vec<_>, Vec<_>) = (0..11).map(|_| (per_item(by_64), per_item(one_by_one))).unzip();
    println!(
        "{who}, {capacity} slots, ns per item: batches of 64 {:.2}, item by item {:.2}",
        median(&mut batch),
        median(&mut single)
    );
}

/// One line per contender: the median over so many turns of what `measure` says, in seconds times `unit`.
fn table(title: &str, unit: f64, turns: usize, measure: impl Fn(fn(usize) -> Ends) -> f64) {
    let mut all = vec![Vec::new(); MAKERS.len()];
    for _ in 0..turns {
        for (times, (_, make)) in all.iter_mut().zip(MAKERS) {
            times.push(measure(*make) * unit);
        }
    }
    println!("{title}");
    for (times, (name, _)) in all.iter_mut().zip(MAKERS) {
        println!("  {name:20} {:8.2}", median(times));
    }
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Seconds per round trip.
fn round_trip(make: fn(usize) -> Ends, rounds: u64) -> f64 {
    let (there, back) = (make(1), make(1));
    thread::scope(|s| {
        s.spawn(|| (0..rounds).for_each(|_| (back.push)((there.pop)())));
        let start = Instant::now();
        for n in 0..rounds {
            (there.push)(n);
            assert_eq!((back.pop)(), n);
        }
        start.elapsed().as_secs_f64() / rounds as f64
    })
}

/// Processor seconds per item, the producer's sleeping included.
fn rare(make: fn(usize) -> Ends, items: u32) -> f64 {
    let ends = make(64);
    thread::scope(|s| {
        let consumer = s.spawn(|| {
            let start = bench_kit::thread_cpu_time();
            (0..items).for_each(|n| assert_eq!((ends.pop)(), u64::from(n)));
            bench_kit::thread_cpu_time() - start
        });
        let start = bench_kit::thread_cpu_time();
        for n in 0..items {
            thread::sleep(Duration::from_millis(1));
            (ends.push)(u64::from(n));
        }
        let producer = bench_kit::thread_cpu_time() - start;
        (producer + consumer.join().expect("the consumer")).as_secs_f64() / f64::from(items)
    })
}

/// Processor seconds of a wait of 100 ms.
fn idle(make: fn(usize) -> Ends) -> f64 {
    let ends = make(64);
    thread::scope(|s| {
        let consumer = s.spawn(|| {
            let start = bench_kit::thread_cpu_time();
            (ends.pop)();
            bench_kit::thread_cpu_time() - start
        });
        thread::sleep(Duration::from_millis(100));
        (ends.push)(0);
        consumer.join().expect("the consumer").as_secs_f64()
    })
}
