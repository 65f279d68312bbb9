//! One thread, push then pop: what the operations cost when nobody is in the way.
use std::hint::black_box;
use std::time::Instant;

fn time(name: &str, mut f: impl FnMut(u64) -> u64) {
    let mut best = f64::INFINITY;
    let mut all = vec![];
    for _ in 0..9 {
        let n = 1_000_000;
        let start = Instant::now();
        let mut sum = 0;
        for i in 0..n {
            sum += f(black_box(i));
        }
        let t = start.elapsed().as_secs_f64() * 1e9 / n as f64;
        assert_eq!(sum, n * (n - 1) / 2);
        best = best.min(t);
        all.push(t);
    }
    all.sort_by(f64::total_cmp);
    println!("{name:20} median {:.2} min {best:.2} ns", all[4]);
}

fn main() {
    for cap in [64, 1024] {
        println!("capacity {cap}");
        let q = bounded_queue::BoundedQueue::new(cap);
        time("bounded-queue", |i| { q.push(i).unwrap(); q.pop().unwrap() });
        let q = bounded_queue::BoundedQueue::new(cap);
        time("bounded-queue try", |i| { q.try_push(i).unwrap(); q.try_pop().unwrap() });
        let q = crossbeam_queue::ArrayQueue::new(cap);
        time("ArrayQueue", |i| { q.push(i).unwrap(); q.pop().unwrap() });
        let (tx, rx) = crossbeam_channel::bounded(cap);
        time("crossbeam", |i| { tx.send(i).unwrap(); rx.recv().unwrap() });
        let (tx, rx) = kanal::bounded(cap);
        time("kanal", |i| { tx.send(i).unwrap(); rx.recv().unwrap() });
        let (tx, rx) = crossfire::mpmc::bounded_blocking(cap);
        time("crossfire", |i| { tx.send(i).unwrap(); rx.recv().unwrap() });
        let (mut tx, mut rx) = rtrb::RingBuffer::new(cap);
        time("rtrb", |i| { tx.push(i).unwrap(); rx.pop().unwrap() });
        let q = bounded_queue_bench::textbook::TwoCondvars::new(cap);
        time("two condvars", |i| { q.push(i); q.pop() });
        let m = std::sync::atomic::AtomicU64::new(0);
        time("one cas", |i| { let v = m.load(std::sync::atomic::Ordering::Relaxed); let _ = m.compare_exchange(v, v+1, std::sync::atomic::Ordering::SeqCst, std::sync::atomic::Ordering::Relaxed); i });
    }
}
