//! `worker-pool` against its peers: two halves of real work, a map, the round trip of a task, a fork-join with nothing to do.

use bench_kit::Workload;
use criterion::Criterion;
use orx_parallel::{Par as _, Parallelizable as _};
use std::sync::mpsc;
use std::time::Duration;
use worker_pool::{Chunk, Pool};
use worker_pool_bench::{Halves, THREADS, contenders};

/// Calls in one run of the workloads that take nanoseconds.
const CALLS: usize = 1000;

fn main() {
    let mut criterion = bench_kit::criterion();
    halves(&mut criterion);
    map(&mut criterion);
    round_trip(&mut criterion);
    nothing(&mut criterion);
    criterion.final_summary();
}

fn halves(criterion: &mut Criterion) {
    let all: &[u64] = if bench_kit::quick() { &[20] } else { &[5, 20, 100] };
    for &micros in all {
        let work = Halves::of(micros);
        let group = "worker-pool/two halves, back to back";
        let mut workload = Workload::new(group, &format!("{micros} us each"), 2, || (), work.answer());
        for (name, mut run) in contenders() {
            workload = workload.contender(name, move |()| {
                run(work);
                Halves::take_results()
            });
        }
        workload.run(criterion);
    }
}

fn rayon_pool() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(THREADS).build().expect("threads start")
}

fn map(criterion: &mut Criterion) {
    let (ours, rayon) = (Pool::new(THREADS).expect("threads start"), rayon_pool());
    let sizes: &[u32] = if bench_kit::quick() { &[1_000_000] } else { &[1000, 100_000, 1_000_000] };
    for &n in sizes {
        let xs: Vec<u32> = (0..n).collect();
        let answer: Vec<u32> = xs.iter().map(|x| x ^ 1).collect();
        Workload::new("worker-pool/map of trivial items", &n.to_string(), xs.len(), || &xs[..], answer)
            .contender("worker-pool", |xs| ours.map(xs, |x| x ^ 1))
            .contender("rayon", |xs| {
                use rayon::prelude::*;
                rayon.install(|| rayon::iter::IntoParallelRefIterator::par_iter(xs).map(|x| x ^ 1).collect())
            })
            .contender("orx-parallel", |xs| xs.par().num_threads(THREADS).map(|x| x ^ 1).collect())
            .contender("one thread", |xs| xs.iter().map(|x| x ^ 1).collect())
            .run(criterion);
    }
}

fn round_trip(criterion: &mut Criterion) {
    let (ours, rayon) = (Pool::new(THREADS).expect("threads start"), rayon_pool());
    let threads = threadpool::ThreadPool::new(THREADS);
    let channel = |spawn: &dyn Fn(mpsc::Sender<u64>, u64)| {
        let one = |i| {
            let (sender, receiver) = mpsc::channel();
            spawn(sender, i);
            receiver.recv().expect("the task sends")
        };
        (0..CALLS as u64).map(one).sum::<u64>()
    };
    let answer = (0..CALLS as u64).sum::<u64>();
    // What a user writes: the joiner runs what nobody has begun.
    Workload::new("worker-pool/task and its result", "1000 in turn", CALLS, || (), answer)
        .contender("worker-pool", |()| {
            (0..CALLS as u64).map(|i| ours.apply_async(move || i).join().expect("no panic")).sum()
        })
        .contender("rayon spawn", |()| channel(&|sender, i| rayon.spawn(move || _ = sender.send(i))))
        .contender("threadpool", |()| channel(&|sender, i| threads.execute(move || _ = sender.send(i))))
        .run(criterion);
    // The same with the worker made to run it: to there and back.
    Workload::new("worker-pool/task run by a worker", "1000 in turn", CALLS, || (), answer)
        .contender("worker-pool, waited for", |()| {
            let one = |i| {
                let handle = ours.apply_async(move || i);
                handle.wait_timeout(Duration::MAX);
                handle.join().expect("no panic")
            };
            (0..CALLS as u64).map(one).sum()
        })
        .contender("rayon spawn", |()| channel(&|sender, i| rayon.spawn(move || _ = sender.send(i))))
        .contender("threadpool", |()| channel(&|sender, i| threads.execute(move || _ = sender.send(i))))
        .run(criterion);
    // Through the same channel as the peers, whose receiver sleeps early: the wake-up of the caller is most of it.
    Workload::new("worker-pool/task through a channel", "1000 in turn", CALLS, || (), answer)
        .contender("worker-pool", |()| channel(&|sender, i| drop(ours.apply_async(move || sender.send(i)))))
        .contender("rayon spawn", |()| channel(&|sender, i| rayon.spawn(move || _ = sender.send(i))))
        .contender("threadpool", |()| channel(&|sender, i| threads.execute(move || _ = sender.send(i))))
        .run(criterion);
}

fn nothing(criterion: &mut Criterion) {
    let (ours, rayon) = (Pool::new(THREADS).expect("threads start"), rayon_pool());
    let chili = chili::ThreadPool::new();
    Workload::new("worker-pool/nothing to do", "1000 calls", CALLS, || (), CALLS)
        .contender("worker-pool loop", |()| {
            (0..CALLS).inspect(|_| ours.for_each_chunk(2, Chunk::size(1), drop)).count()
        })
        .contender("worker-pool join", |()| (0..CALLS).inspect(|_| _ = ours.join(|| (), || ())).count())
        .contender("rayon join", |()| (0..CALLS).inspect(|_| _ = rayon.join(|| (), || ())).count())
        .contender("chili join", |()| (0..CALLS).inspect(|_| _ = chili.scope().join(|_| (), |_| ())).count())
        .run(criterion);
}
