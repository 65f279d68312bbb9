//! Tasks that end badly, and how each is to be reported.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it, as a module of its own")]

use proc_pool::{ProcPool, ProcPoolBuilder, TaskError};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Death {
    Panic,
    Abort,
    StackOverflow,
    OutOfMemory,
    LoopForever,
    Exit3,
    Exit0,
    Kill,
    Segfault,
}

pub const DEATHS: [Death; 9] = [
    Death::Panic,
    Death::Abort,
    Death::StackOverflow,
    Death::OutOfMemory,
    Death::LoopForever,
    Death::Exit3,
    Death::Exit0,
    Death::Kill,
    Death::Segfault,
];

/// What is asked of a worker: to square a number, or to die.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Order {
    Square(u64),
    Die(Death),
}

pub fn obey(order: Order) -> u64 {
    match order {
        Order::Square(n) => n * n,
        Order::Die(death) => die(death),
    }
}

pub fn die(death: Death) -> u64 {
    match death {
        Death::Panic => panic!("as ordered"),
        Death::Abort => std::process::abort(),
        Death::StackOverflow => overflow(1),
        Death::OutOfMemory => {
            let hoard: Vec<u64> = std::hint::black_box(Vec::with_capacity(1 << 37));
            hoard.capacity() as u64
        }
        Death::LoopForever => loop {
            std::hint::spin_loop();
        },
        Death::Exit3 => std::process::exit(3),
        Death::Exit0 => std::process::exit(0),
        Death::Kill => kill_self(),
        Death::Segfault => segfault(),
    }
}

fn kill_self() -> u64 {
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).unwrap();
    loop {
        std::thread::park();
    }
}

fn segfault() -> u64 {
    // SAFETY: it is not safe at all; the test wants to know what becomes of the pool.
    unsafe { std::ptr::without_provenance_mut::<u64>(64).write_volatile(1) }
    1
}

#[expect(unconditional_recursion, reason = "that is what it is for")]
fn overflow(n: u64) -> u64 {
    let frame = std::hint::black_box([n; 512]);
    frame[17] + overflow(n + 1)
}

pub fn is_right(death: Death, error: &TaskError) -> bool {
    match (death, error) {
        (Death::Panic, TaskError::Panicked { message, location }) => {
            message == "as ordered" && location.contains("common/mod.rs:")
        }
        (Death::Abort | Death::StackOverflow, TaskError::Signal(6)) => true,
        (Death::OutOfMemory, TaskError::OutOfMemory) => true,
        (Death::LoopForever, TaskError::Timeout) => true,
        (Death::Exit3, TaskError::Exit(3)) | (Death::Exit0, TaskError::Exit(0)) => true,
        (Death::Kill, TaskError::Signal(9)) | (Death::Segfault, TaskError::Signal(11)) => true,
        _ => false,
    }
}

/// A pool under which every death is noticed.
pub fn builder() -> ProcPoolBuilder {
    ProcPool::builder().workers(2).memory_limit(512 << 20).task_timeout(Duration::from_millis(400))
}

/// How much work a stress test does: 1, or `STRESS`.
pub fn stress() -> u64 {
    std::env::var("STRESS").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}
