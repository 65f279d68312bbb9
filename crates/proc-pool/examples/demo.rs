//! A pool of worker processes: a task that crashes fails alone, with the cause of its death.

use demo_kit::{Demo, time};
use proc_pool::shared::{Mutex, OwnerDied, Queue};
use proc_pool::{ProcPool, Process, SharedArray, SharedValue, TaskError};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    proc_pool::init();
    let mut demo =
        Demo::new("proc-pool", "Worker processes: a task that crashes fails alone, with the cause of its death.")
            .size("rows of the matrix and numbers to merge, in thousands", 100)
            .start();
    let pool = ProcPool::builder()
        .workers(demo.threads())
        .memory_limit(1 << 30)
        .task_timeout(Duration::from_millis(500))
        .build();
    let pool = demo.accept(pool);
    one_process(&mut demo);
    counter_under_a_lock(&mut demo);
    array_in_blocks(&mut demo, &pool);
    sum_through_a_queue(&mut demo);
    matrix_by_rows(&mut demo, &pool);
    merging_in_rounds(&mut demo, &pool);
    crash_parade(&mut demo, &pool);
    demo.finish()
}

fn one_process(demo: &mut Demo) {
    demo.section("Process: one task in a process of its own");
    demo.say("Started, its result is fetched while it ends: joining first and reading then cannot block.");
    let text = demo.accept(Process::spawn(|n: usize| "chopsticks ".repeat(n), 300_000)).join();
    demo.check(
        "a result of 3 MB, far more than a pipe holds, arrived whole",
        text.is_ok_and(|text| text == "chopsticks ".repeat(300_000)),
    );
}

/// Adds to a shared value in two steps; the lock keeps others out between them.
fn count((value, lock, times): (SharedValue<u64>, Mutex<u64>, u64)) {
    for _ in 0..times {
        // Who was killed with this lock has added or has not: there is nothing to repair.
        let _guard = lock.lock().unwrap_or_else(OwnerDied::into_inner);
        value.set(value.get() + 1);
    }
}

fn counter_under_a_lock(demo: &mut Demo) {
    demo.section("Value and Lock: processes that count together");
    demo.say(
        "Reading, adding and writing back are three steps; without the lock, additions would overwrite each other.",
    );
    let times = 100 * demo.size() as u64;
    let value = demo.accept(SharedValue::new(0_u64));
    let lock = demo.accept(Mutex::new(0_u64));
    let processes: Vec<_> =
        (0..4).map(|_| demo.accept(Process::spawn(count, (value.clone(), lock.clone(), times)))).collect();
    let joined = processes.into_iter().all(|process| process.join().is_ok());
    demo.check(&format!("4 processes counted to {}", 4 * times), joined && value.get() == 4 * times);

    let held = demo.accept(SharedValue::new(0_u8));
    let die_with_it = |(lock, held): (Mutex<u64>, SharedValue<u8>)| {
        let _guard = lock.lock();
        held.set(1);
        std::thread::park_timeout(Duration::MAX);
    };
    let doomed = demo.accept(Process::spawn(die_with_it, (lock.clone(), held.clone())));
    while held.get() == 0 && doomed.is_alive() {
        std::thread::yield_now();
    }
    doomed.kill();
    let (told, took) = time(|| lock.lock().is_err());
    demo.check(&format!("a process was killed with the lock; the next owner was told after {took:.0?}"), told);
}

fn fill_block((array, block): (SharedArray<u64>, Range<usize>)) {
    array.fill_with(block, |i| (i as u64).pow(2));
}

fn array_in_blocks(demo: &mut Demo, pool: &ProcPool) {
    demo.section("Array: populated in blocks");
    demo.say("Each worker writes its block of the one array; what is sent is where the array is, not the array.");
    let len = demo.size() * 10_000;
    let (expected, sequential) = time(|| (0..len as u64).map(|i| i.pow(2)).collect::<Vec<_>>());
    let array = demo.accept(SharedArray::zeroed(len));
    let step = len.div_ceil(4 * pool.workers()).max(1);
    let blocks: Vec<_> = (0..len).step_by(step).map(|start| (array.clone(), start..(start + step).min(len))).collect();
    let (filled, parallel) = time(|| pool.try_map(fill_block, blocks));
    let same = filled.is_ok() && array.iter(..).eq(expected);
    demo.compare(&format!("{len} squares, from zeroed memory"), sequential, parallel, same);
}

/// Sums a block and reports the sum through the queue.
fn sum_block((array, block, sums): (SharedArray<u64>, Range<usize>, Queue<u64>)) {
    let sum = array.iter(block).sum();
    if sums.push(sum).is_err() {
        panic!("nobody wants the sum");
    }
}

fn sum_through_a_queue(demo: &mut Demo) {
    demo.section("Queue: the sum of an array, in parts");
    demo.say("Each process sums its block and puts the part into a queue; the parent adds the parts as they come.");
    let numbers = demo_kit::random::numbers(demo.size() * 10_000, demo.seed());
    let numbers: Vec<u64> = numbers.into_iter().map(|n| n % 1000).collect();
    let (expected, sequential) = time(|| numbers.iter().sum::<u64>());
    let array = demo.accept(SharedArray::from_slice(&numbers));
    let sums = demo.accept(Queue::new(2));
    let step = numbers.len().div_ceil(4).max(1);
    let (sum, parallel) = time(|| {
        let starts = (0..numbers.len()).step_by(step);
        let processes: Result<Vec<_>, _> = starts
            .map(|start| {
                let block = start..(start + step).min(numbers.len());
                Process::spawn(sum_block, (array.clone(), block, sums.clone()))
            })
            .collect();
        processes.map(|processes| {
            // Should one of them die, nobody waits for its part.
            let parts = std::iter::from_fn(|| sums.pop_while(|| processes.iter().any(Process::is_alive)));
            parts.sum::<u64>()
        })
    });
    let sum = demo.accept(sum);
    demo.compare("4 processes, started for this", sequential, parallel, sum == expected);
}

fn matrix_by_rows(demo: &mut Demo, pool: &ProcPool) {
    demo.section("map and apply: the sum of a matrix, row by row");
    demo.say("The rows are encoded and sent; adding is cheaper than that, so here threads (worker-pool) are the better tool.");
    let columns = 100;
    let matrix: Vec<Vec<u64>> = demo_kit::random::numbers(demo.size() * columns * 10, demo.seed())
        .chunks(columns)
        .map(|row| row.iter().map(|n| n % 1000).collect())
        .collect();
    let (expected, sequential) = time(|| matrix.iter().flatten().sum::<u64>());
    let (sums, parallel) = time(|| pool.try_map(|row: Vec<u64>| row.iter().sum::<u64>(), matrix.clone()));
    demo.compare("sum of row sums", sequential, parallel, sums.is_ok_and(|sums| sums.iter().sum::<u64>() == expected));
    let (first, sequential) = time(|| matrix[0].iter().sum::<u64>());
    let (sum, alone) = time(|| pool.apply(|row: Vec<u64>| row.iter().sum::<u64>(), matrix[0].clone()));
    demo.compare("one row by apply", sequential, alone, sum.is_ok_and(|sum| sum == first));
}

fn merge(a: Vec<u64>, b: Vec<u64>) -> Vec<u64> {
    let mut merged = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        merged.extend(if y < x { b.next() } else { a.next() });
    }
    merged.extend(a);
    merged.extend(b);
    merged
}

fn merging_in_rounds(demo: &mut Demo, pool: &ProcPool) {
    demo.section("starmap: sorted lists merged in rounds");
    demo.say("Each round pairs the lists and merges all pairs at once; an odd list is paired with an empty one.");
    let numbers = demo_kit::random::numbers(demo.size() * 1000, demo.seed());
    let mut lists: Vec<Vec<u64>> = numbers.chunks(demo.size() * 1000 / 9 + 1).map(<[u64]>::to_vec).collect();
    lists.iter_mut().for_each(|list| list.sort());
    let (expected, sequential) = time(|| {
        let mut all = numbers.clone();
        all.sort();
        all
    });
    let count = lists.len();
    let (merged, parallel) = time(|| {
        while lists.len() > 1 {
            let mut round = Vec::new();
            let mut rest = std::mem::take(&mut lists).into_iter();
            while let Some(a) = rest.next() {
                round.push((a, rest.next().unwrap_or_default()));
            }
            lists = pool.starmap(merge, round).into_iter().collect::<Result<_, TaskError>>()?;
        }
        Ok::<_, TaskError>(lists.pop().unwrap_or_default())
    });
    let merged = demo.accept(merged);
    demo.compare(&format!("{count} lists (sequential: one sort)"), sequential, parallel, merged == expected);
}

/// What the parade's tasks do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Act {
    Square(u64),
    Panic,
    Abort,
    OverflowTheStack,
    WantTooMuchMemory,
    LoopForever,
    ExitWith3,
    KillMyself,
}

fn perform(act: Act) -> u64 {
    match act {
        Act::Square(n) => n * n,
        Act::Panic => panic!("I give up"),
        Act::Abort => std::process::abort(),
        Act::OverflowTheStack => overflow(1),
        Act::WantTooMuchMemory => std::hint::black_box(Vec::<u64>::with_capacity(1 << 36)).capacity() as u64,
        Act::LoopForever => loop {
            std::hint::spin_loop();
        },
        Act::ExitWith3 => std::process::exit(3),
        Act::KillMyself => {
            let me = std::process::id().to_string();
            let _ = std::process::Command::new("/bin/sh").args(["-c", &format!("kill -9 {me}")]).status();
            0
        }
    }
}

#[expect(unconditional_recursion, reason = "that is what it is for")]
fn overflow(n: u64) -> u64 {
    std::hint::black_box([n; 512])[7] + overflow(n + 1)
}

fn as_announced(act: Act, outcome: &Result<u64, TaskError>) -> bool {
    match (act, outcome) {
        (Act::Square(n), Ok(square)) => *square == n * n,
        (Act::Panic, Err(TaskError::Panicked { message, .. })) => message == "I give up",
        (Act::Abort | Act::OverflowTheStack, Err(TaskError::Signal(6))) => true,
        (Act::WantTooMuchMemory, Err(TaskError::OutOfMemory)) => true,
        (Act::LoopForever, Err(TaskError::Timeout)) => true,
        (Act::ExitWith3, Err(TaskError::Exit(3))) => true,
        (Act::KillMyself, Err(TaskError::Signal(9))) => true,
        _ => false,
    }
}

fn crash_parade(demo: &mut Demo, pool: &ProcPool) {
    demo.section("The crash parade: one map, seven ways to die among a thousand squares");
    demo.say("What the dying processes print themselves goes to stderr.");
    let deaths = [
        Act::Panic,
        Act::Abort,
        Act::OverflowTheStack,
        Act::WantTooMuchMemory,
        Act::LoopForever,
        Act::ExitWith3,
        Act::KillMyself,
    ];
    let mut acts: Vec<Act> = (0..1000).map(Act::Square).collect();
    for (i, death) in deaths.into_iter().enumerate() {
        acts.insert(100 + 130 * i, death);
    }
    let (outcomes, took) = time(|| pool.map(perform, acts.clone()));
    demo.table(&["task", "outcome", "as announced"]);
    for (act, outcome) in acts.iter().zip(&outcomes).filter(|(act, _)| !matches!(act, Act::Square(_))) {
        let shown = outcome.as_ref().map_or_else(ToString::to_string, ToString::to_string);
        demo.row([format!("{act:?}").into(), shown.into(), as_announced(*act, outcome).into()]);
    }
    let squares = acts.iter().zip(&outcomes).filter(|(act, outcome)| outcome.is_ok() && as_announced(**act, outcome));
    let finished = squares.count();
    demo.check(
        &format!("{finished} of 1000 innocent tasks finished, in {:.2} s", took.as_secs_f64()),
        finished == 1000,
    );
    demo.check("the pool goes on", pool.apply(perform, Act::Square(12)).is_ok_and(|square| square == 144));
}
