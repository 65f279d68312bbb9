//! `proc-pool` against its peers: a task there and back, a map of tiny items, the start of a pool.
//!
//! procspawn has no `map`, and every task waiting in its queue holds descriptors, so its map is of chunks cut by hand.
//! Threads are the limit: they serialise nothing and no crash is survived.

use bench_kit::{Criterion, Workload};
use proc_pool::ProcPool;
use proc_pool_bench::{Echo, Pooled, Python};
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

/// Processes, or threads, of the pools that are given work.
const WORKERS: usize = 2;
/// Processes of the pools whose start is measured.
const STARTED: usize = 4;
/// Round trips in one run.
const TRIPS: u64 = 100;
/// Chunks that each of procspawn's workers gets of a map.
const CHUNKS_PER_WORKER: usize = 4;

type Shared = Option<Rc<RefCell<Python>>>;

fn main() {
    // Workers of both are this executable, run again: they get no further than here.
    proc_pool::init();
    procspawn::init();
    Echo::init();
    let python = match Python::start(WORKERS) {
        Ok(python) => Some(Rc::new(RefCell::new(python))),
        Err(error) => {
            println!("skipped: Python's pools (python3: {error})");
            None
        }
    };
    let mut criterion = bench_kit::criterion();
    round_trip(&mut criterion, &python);
    map(&mut criterion, &python);
    start(&mut criterion, &python);
    criterion.final_summary();
}

fn same(n: u64) -> u64 {
    n
}

fn square(n: u64) -> u64 {
    n * n
}

fn squares(items: Vec<u64>) -> Vec<u64> {
    items.into_iter().map(square).collect()
}

/// One empty task after the other, each waited for.
fn round_trip(criterion: &mut Criterion, python: &Shared) {
    let ours = ProcPool::builder().workers(WORKERS).build().expect("a pool");
    let theirs = procspawn::Pool::new(WORKERS).expect("a pool");
    let echo = Echo::start().expect("a process that echoes");
    let mut workload =
        Workload::new("proc-pool/round-trip", &format!("{TRIPS} tasks"), TRIPS as usize, || (), (0..TRIPS).sum())
            .contender("proc-pool", |()| (0..TRIPS).map(|n| ours.apply(same, n).expect("a result")).sum::<u64>())
            .contender("procspawn", |()| (0..TRIPS).map(|n| theirs.spawn(n, same).join().expect("a result")).sum())
            .contender("ipc-channel echo, no pool", |()| (0..TRIPS).map(|n| echo.ask(n)).sum());
    if let Some(python) = python {
        workload = workload
            .contender("Python Pool.apply", |()| python.borrow_mut().tell("apply", TRIPS))
            .contender("Python ProcessPoolExecutor", |()| python.borrow_mut().tell("submit", TRIPS));
    }
    workload.run(criterion);
    theirs.shutdown();
}

/// Many items that take nothing: what remains is the way there and back.
fn map(criterion: &mut Criterion, python: &Shared) {
    let len: u64 = if bench_kit::quick() { 100_000 } else { 1_000_000 };
    let items: Vec<u64> = (0..len).collect();
    let ours = ProcPool::builder().workers(WORKERS).build().expect("a pool");
    let theirs = procspawn::Pool::new(WORKERS).expect("a pool");
    let threads = worker_pool::Pool::new(WORKERS).expect("a pool");
    let chunk = items.len() / (WORKERS * CHUNKS_PER_WORKER);
    let answer = items.iter().map(|n| n * n).sum();
    let mut workload = Workload::new("proc-pool/map", &format!("{len} items"), items.len(), || items.clone(), answer)
        .contender("proc-pool", |items| ours.try_map(square, items).expect("results").into_iter().sum::<u64>())
        .contender("procspawn, chunks by hand", |items| {
            let handles: Vec<_> = items.chunks(chunk).map(|part| theirs.spawn(part.to_vec(), squares)).collect();
            handles.into_iter().flat_map(|handle| handle.join().expect("results")).sum()
        })
        .contender("limit: threads", |items| threads.map(&items, |&n| square(n)).into_iter().sum());
    if let Some(python) = python {
        workload = workload
            .contender("Python Pool.map", |_| python.borrow_mut().tell("map", len))
            .contender("Python ProcessPoolExecutor, chunks by hand", |_| python.borrow_mut().tell("executor-map", len));
    }
    workload.run(criterion);
    theirs.shutdown();
}

/// A pool that has given its first result; its end is outside the time.
struct Started {
    answer: u64,
    _pool: Option<Box<dyn Any>>,
}

impl Started {
    fn new(answer: u64, pool: impl Any) -> Self {
        Self { answer, _pool: Some(Box::new(pool)) }
    }
}

impl PartialEq for Started {
    fn eq(&self, other: &Self) -> bool {
        self.answer == other.answer
    }
}

impl std::fmt::Debug for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Started({})", self.answer)
    }
}

/// procspawn's pool ends when it is told to.
struct Ending(procspawn::Pool);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.shutdown();
    }
}

/// From nothing to the first result of a pool. `proc-pool` has all its workers ready by then, the others need not.
fn start(criterion: &mut Criterion, python: &Shared) {
    let answer = Started { answer: 7, _pool: None };
    let mut workload = Workload::new("proc-pool/start", &format!("{STARTED} workers"), STARTED, || (), answer)
        .contender("proc-pool", |()| {
            let pool = ProcPool::builder().workers(STARTED).build().expect("a pool");
            Started::new(pool.apply(same, 7).expect("a result"), pool)
        })
        .contender("procspawn", |()| {
            let pool = Ending(procspawn::Pool::new(STARTED).expect("a pool"));
            Started::new(pool.0.spawn(7, same).join().expect("a result"), pool)
        });
    if let Some(python) = python {
        workload = workload.contender("Python Pool", |()| {
            let answer = python.borrow_mut().tell("start", STARTED as u64);
            Started::new(answer, Pooled(Rc::clone(python)))
        });
    }
    workload.run(criterion);
}
