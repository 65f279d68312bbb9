//! Hiring threads once and giving them work many times: map, starmap, apply, their asynchronous forms, and a matrix.
//!
//! Starting a thread costs as much as a small job. A pool starts its threads once; they sleep until there is work.

use demo_kit::{Cell, Demo, random, time};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread;
use worker_pool::{Chunk, Pool, current};

const COLUMNS: usize = 100;
const BUFFER: NonZeroUsize = NonZeroUsize::new(32).unwrap();

fn main() -> ExitCode {
    let mut demo = Demo::new("worker-pool", "threads that wait for work, and the verbs that give them some")
        .size("matrix rows", 1000)
        .start();
    let pool = demo.accept(Pool::new(demo.threads()));
    processors(&mut demo, &pool);
    verbs(&mut demo, &pool);
    asynchronous(&mut demo, &pool);
    lazy(&mut demo, &pool);
    matrix(&mut demo, &pool);
    overhead(&mut demo, &pool);
    demo.finish()
}

/// How many steps the Collatz sequence of `n` takes to reach 1: work that differs from number to number.
fn collatz(n: &u64) -> u32 {
    let (mut n, mut steps) = (*n, 0);
    while n != 1 {
        n = if n.is_multiple_of(2) { n / 2 } else { n.wrapping_mul(3).wrapping_add(1).max(1) };
        steps += 1;
    }
    steps
}

fn processors(demo: &mut Demo, pool: &Pool) {
    demo.section("Number of processors");
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    demo.say(format!(
        "this machine offers {processors}; the pool has {} threads, the caller's own among them",
        pool.threads()
    ));
    demo.table(&["thread", "name", "check"]);
    let names = pool.broadcast(|index| (index, thread::current().name().unwrap_or("unnamed").to_owned()));
    for (expected, (index, name)) in names.into_iter().enumerate() {
        demo.row([index.into(), name.into(), (index == expected).into()]);
    }
}

/// The verbs that wait: the results are there when they return, in the order of the input.
fn verbs(demo: &mut Demo, pool: &Pool) {
    demo.section("apply, map, starmap: wait for the results");
    demo.say(
        "every verb gives what the sequential loop beside it gives, in the same order; where a call is shorter than",
    );
    demo.say("the wake-up of a thread, the caller does it alone");
    let n = 1 + demo.seed() % 1000;
    let numbers: Vec<u64> = (n..n + 100_000).collect();
    let pairs: Vec<(u64, u64)> = numbers.iter().map(|&n| (n, n % 64)).collect();
    let power = |base: &u64, exponent: &u64| (0..*exponent).fold(1_u64, |product, _| product.wrapping_mul(*base));

    let (expected, sequential) = time(|| collatz(&numbers[0]));
    let (result, parallel) = time(|| pool.apply(|| collatz(&numbers[0])));
    demo.compare("apply(f): one call", sequential, parallel, result == expected);

    let (expected, sequential) = time(|| numbers.iter().map(collatz).collect::<Vec<_>>());
    let (result, parallel) = time(|| pool.map(&numbers, collatz));
    demo.compare("map(xs, f): f(x) for every x", sequential, parallel, result == expected);

    let (expected, sequential) = time(|| pairs.iter().map(|(a, b)| power(a, b)).collect::<Vec<_>>());
    let (result, parallel) = time(|| pool.starmap(&pairs, power));
    demo.compare("starmap(pairs, f): f(a, b) for every pair", sequential, parallel, result == expected);
}

/// The verbs that do not wait: they give a handle, and the caller goes on.
fn asynchronous(demo: &mut Demo, pool: &Pool) {
    demo.section("apply_async, map_async, starmap_async: a handle now, the result later");
    let numbers: Vec<u64> = (1..=20_000).collect();
    let pairs: Vec<(u64, u64)> = numbers.iter().map(|&n| (n, n + 1)).collect();
    let expected: Vec<u32> = numbers.iter().map(collatz).collect();
    let sums: Vec<u64> = pairs.iter().map(|(a, b)| a + b).collect();

    let one = pool.apply_async(|| collatz(&27));
    let many = pool.map_async(numbers, collatz);
    let pairwise = pool.starmap_async(pairs, |a, b| a + b);
    let meanwhile: u64 = (1..=1000).sum();
    demo.check("the caller went on meanwhile", meanwhile == 500_500);
    demo.check("apply_async: Collatz takes 111 steps from 27", one.join().is_ok_and(|steps| steps == 111));
    demo.check("map_async: 20 000 results in order", many.join().is_ok_and(|steps| steps == expected));
    demo.check("starmap_async: 20 000 sums in order", pairwise.join().is_ok_and(|found| found == sums));

    std::panic::set_hook(Box::new(|_| ()));
    let failed = pool.apply_async(|| -> u32 { panic!("this task fails") }).join();
    let _ = std::panic::take_hook();
    let message = failed.err().and_then(|payload| payload.downcast_ref::<&str>().copied());
    demo.check("a task that panics gives its panic to join, and the pool lives on", message == Some("this task fails"));
}

fn lazy(demo: &mut Demo, pool: &Pool) {
    demo.section("imap: one result after another, from an endless input");
    let mut read = 0;
    let numbers = (1_u64..).inspect(|_| read += 1);
    let long = pool.imap(numbers, BUFFER, |n| (n, collatz(&n))).find(|(_, steps)| *steps > 200);
    let expected = (1_u64..).map(|n| (n, collatz(&n))).find(|(_, steps)| *steps > 200);
    demo.check("the first number with more than 200 steps is found", long == expected);
    let ahead = read - long.map_or(0, |(n, _)| n);
    demo.check(&format!("{read} items were read, {ahead} more than needed: never more than {BUFFER}"), ahead <= 32);
}

/// The lecture's matrix: each row is one task, and the sums of the rows are added up.
fn matrix(demo: &mut Demo, pool: &Pool) {
    let rows = demo.size();
    demo.section(&format!("A matrix of {rows} x {COLUMNS}, summed row by row"));
    let numbers = random::numbers(rows * COLUMNS, demo.seed());
    let matrix: Vec<&[u64]> = numbers.chunks(COLUMNS).collect();
    let row_sum = |row: &&[u64]| row.iter().fold(0_u64, |sum, n| sum.wrapping_add(n % 1000));
    let total = |sums: Vec<u64>| sums.into_iter().sum::<u64>();

    let (expected, sequential) = time(|| total(matrix.iter().map(row_sum).collect()));
    let (result, parallel) = time(|| total(pool.map(&matrix, row_sum)));
    demo.compare("pool.map(rows, sum)", sequential, parallel, result == expected);

    let (result, parallel) =
        time(|| total(pool.map_chunked(&matrix, row_sum, Chunk::size(rows.div_ceil(pool.threads())))));
    demo.compare("one block of rows for each thread", sequential, parallel, result == expected);

    let (result, parallel) = time(|| {
        pool.scope(|s| {
            let blocks: Vec<_> = matrix
                .chunks(rows.div_ceil(4))
                .map(|block| s.spawn(move || block.iter().map(row_sum).sum::<u64>()))
                .collect();
            blocks.into_iter().map(|block| block.join().unwrap_or(0)).sum::<u64>()
        })
    });
    demo.compare("a scope with a task for each quarter", sequential, parallel, result == expected);
}

/// What it costs to ask: the reason to keep threads waiting instead of starting them.
fn overhead(demo: &mut Demo, pool: &Pool) {
    demo.section("What one parallel call costs");
    demo.table(&["how", "mean of 1000 calls", "check"]);
    let round = |calls: u32, call: &mut dyn FnMut() -> bool| {
        let (held, took) = time(|| (0..calls).all(|_| call()));
        (took / calls, held)
    };
    let (pooled, held) = round(1000, &mut || pool.join(|| 1, || 2) == (1, 2));
    demo.row(["two closures on the waiting pool".into(), pooled.into(), held.into()]);
    let (started, held) = round(1000, &mut || thread::scope(|s| s.spawn(|| 2).join().is_ok_and(|two| two == 2)));
    demo.row(["a thread started for one of them".into(), started.into(), held.into()]);
    let threads = pool.install(|| current().threads());
    demo.row([
        "inside install, `current()` is this pool".into(),
        Cell::Text("-".to_owned()),
        (threads == pool.threads()).into(),
    ]);
}
