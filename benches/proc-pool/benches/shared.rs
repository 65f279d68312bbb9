//! What processes share: the queue per item, the lock, an array filled by two, and how soon a killed worker is noticed.

use bench_kit::{Criterion, Workload};
use proc_pool::shared::{Mutex, Queue};
use proc_pool::{ProcPool, SharedArray};
use proc_pool_bench::{Python, Stream};
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::mpsc;

/// Processes, or threads.
const WORKERS: usize = 2;
/// Items that queues hold.
const CAPACITY: usize = 1024;

type Shared = Option<Rc<RefCell<Python>>>;

fn main() {
    proc_pool::init();
    procspawn::init();
    Stream::init();
    let python = match Python::start(WORKERS) {
        Ok(python) => Some(Rc::new(RefCell::new(python))),
        Err(error) => {
            println!("skipped: Python (python3: {error})");
            None
        }
    };
    let mut criterion = bench_kit::criterion();
    queue(&mut criterion, &python);
    lock(&mut criterion, &python);
    fill(&mut criterion);
    detection(&mut criterion);
    criterion.final_summary();
}

fn produce((queue, items): (Queue<u64>, u64)) {
    (0..items).for_each(|n| queue.push(n).expect("open"));
}

fn produce_many((queue, items): (Queue<u64>, u64)) {
    let all: Vec<u64> = (0..items).collect();
    all.chunks(64).for_each(|some| queue.push_many(some).expect("open"));
}

/// Small items from one process to another; each side does nothing else.
fn queue(criterion: &mut Criterion, python: &Shared) {
    let items: u64 = if bench_kit::quick() { 20_000 } else { 200_000 };
    let pool = ProcPool::builder().workers(1).build().expect("a pool");
    let queue = Queue::new(CAPACITY).expect("a queue");
    let stream = Stream::start().expect("a process that sends");
    let answer = (0..items).sum::<u64>();
    let mut workload = Workload::new("proc-pool/queue", &format!("{items} items"), items as usize, || (), answer)
        .contender("proc-pool", |()| {
            let producing = pool.apply_async(produce, (queue.clone(), items));
            let sum = (0..items).map(|_| queue.pop().expect("an item")).sum();
            producing.join().expect("all sent");
            sum
        })
        .contender("proc-pool, 64 at once", |()| {
            let producing = pool.apply_async(produce_many, (queue.clone(), items));
            let (mut sum, mut left, mut some) = (0, items, [0; 64]);
            while left > 0 {
                let many = queue.pop_many(&mut some);
                sum += some[..many].iter().sum::<u64>();
                left -= many as u64;
            }
            producing.join().expect("all sent");
            sum
        })
        .contender("ipc-channel", |()| stream.sum(items))
        .contender("limit: threads, mpsc", |()| {
            let (to, from) = mpsc::sync_channel(CAPACITY);
            let sending = std::thread::spawn(move || (0..items).for_each(|n| to.send(n).expect("open")));
            let sum = from.iter().sum();
            sending.join().expect("all sent");
            sum
        });
    if let Some(python) = python {
        workload = workload.contender("Python Queue", |()| python.borrow_mut().tell("queue", items));
    }
    workload.run(criterion);
}

fn count((counter, times): (Mutex<u64>, u64)) -> u64 {
    (0..times).for_each(|_| *counter.lock().expect("nobody dies") += 1);
    times
}

/// A counter under a lock, by one process and by two.
fn lock(criterion: &mut Criterion, python: &Shared) {
    let times: u64 = if bench_kit::quick() { 10_000 } else { 100_000 };
    let pool = ProcPool::builder().workers(WORKERS).build().expect("a pool");
    let counter = Mutex::new(0_u64).expect("a lock");
    for by in [1, WORKERS as u64] {
        let each = times / by;
        let mut workload = Workload::new("proc-pool/lock", &format!("{times} by {by}"), times as usize, || (), times)
            .contender("proc-pool", |()| {
                let counts = pool.map(count, (0..by).map(|_| (counter.clone(), each)));
                counts.into_iter().map(|count| count.expect("a count")).sum()
            });
        if let Some(python) = python {
            workload = workload.contender("Python Lock", |()| python.borrow_mut().tell(&format!("lock{by}"), each));
        }
        workload.run(criterion);
    }
}

fn square((array, block): (SharedArray<u64>, Range<usize>)) {
    array.fill_with(block, |i| (i as u64).wrapping_mul(i as u64));
}

fn halves(len: usize) -> [Range<usize>; 2] {
    [0..len / 2, len / 2..len]
}

/// 100 MiB computed by two: into memory that is there, and into memory that has to be got first.
fn fill(criterion: &mut Criterion) {
    let len = (if bench_kit::quick() { 10 } else { 100 } << 20) / size_of::<u64>();
    let pool = ProcPool::builder().workers(WORKERS).build().expect("a pool");
    let threads = worker_pool::Pool::new(WORKERS).expect("a pool");
    let by_threads = |array: &mut [u64]| {
        let half = array.len() / 2;
        threads.for_each_chunk_mut(array, worker_pool::Chunk::size(half), |i, block| {
            for (j, place) in block.iter_mut().enumerate() {
                *place = ((i + j) as u64).wrapping_mul((i + j) as u64);
            }
        });
    };
    let by_processes = |array: &SharedArray<u64>| {
        pool.try_map(square, halves(len).map(|block| (array.clone(), block))).expect("filled");
    };
    let last = (len as u64 - 1).wrapping_mul(len as u64 - 1);
    let array = SharedArray::zeroed(len).expect("an array");
    let mut vec = vec![0_u64; len];
    Workload::new("proc-pool/fill", "100 MiB, there already", len, || (), last)
        .contender("proc-pool", |()| {
            by_processes(&array);
            array.get(len - 1)
        })
        .contender("limit: threads", |()| {
            by_threads(&mut vec);
            vec[len - 1]
        })
        .run(criterion);
    Workload::new("proc-pool/fill", "100 MiB, fresh", len, || (), last)
        .contender("proc-pool", |()| {
            let array = SharedArray::zeroed(len).expect("an array");
            by_processes(&array);
            array.get(len - 1)
        })
        .contender("limit: threads", |()| {
            let mut vec = vec![0_u64; len];
            by_threads(&mut vec);
            vec[len - 1]
        })
        .run(criterion);
}

fn kill_myself(_: u64) -> u64 {
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).expect("may");
    loop {
        std::thread::park();
    }
}

/// From `kill -9` in a task to the error in the caller's hand; the pool is whole before each run.
fn detection(criterion: &mut Criterion) {
    let ours = ProcPool::builder().workers(1).build().expect("a pool");
    let theirs = procspawn::Pool::new(1).expect("a pool");
    Workload::new(
        "proc-pool/killed",
        "1 task",
        1,
        || {
            ours.apply(|n: u64| n, 1).expect("a worker");
            theirs.spawn(1_u64, |n| n).join().expect("a worker")
        },
        true,
    )
    .contender("proc-pool", |n| matches!(ours.apply(kill_myself, n), Err(proc_pool::TaskError::Signal(9))))
    .contender("procspawn", |n| theirs.spawn(n, kill_myself).join().is_err())
    .run(criterion);
    theirs.shutdown();
}
