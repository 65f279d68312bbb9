#![doc = include_str!("../README.md")]

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How a loop is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Chunk {
    /// By the length alone.
    #[default]
    Auto,
    /// This many indices in each chunk, the last one shorter.
    Size(NonZeroUsize),
}

/// Where parallel work runs.
#[derive(Debug)]
pub struct Pool {
    threads: usize,
}

/// The pool that is installed here, or the global one.
#[derive(Clone, Copy, Debug)]
pub struct PoolRef(usize);

thread_local!(static CURRENT: Cell<usize> = const { Cell::new(0) });

/// The installed pool or the global one.
pub fn current() -> PoolRef {
    let threads = CURRENT.get();
    PoolRef(if threads == 0 { std::thread::available_parallelism().map_or(1, NonZeroUsize::get) } else { threads })
}

impl Pool {
    /// A pool of `threads` threads, the caller's included.
    pub fn new(threads: usize) -> Result<Self, String> {
        Ok(Self { threads })
    }

    /// Runs `f` here, with this pool as [`current`].
    pub fn install<R>(&self, f: impl FnOnce() -> R) -> R {
        let before = CURRENT.replace(self.threads);
        let result = f();
        CURRENT.set(before);
        result
    }
}

impl PoolRef {
    /// Threads that may take part, the caller included.
    pub fn threads(&self) -> usize {
        self.0
    }

    /// Calls `f` with every chunk of `0..len`, each once, in parallel.
    pub fn for_each_chunk(&self, len: usize, chunk: Chunk, f: impl Fn(Range<usize>) + Sync) {
        let size = match chunk {
            Chunk::Auto => len.div_ceil(64).max(1),
            Chunk::Size(size) => size.get(),
        };
        let chunks = len.div_ceil(size);
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                if i >= chunks {
                    break;
                }
                f(i * size..len.min((i + 1) * size));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.0.min(chunks) {
                scope.spawn(work);
            }
            work();
        });
    }

    /// Runs both, in parallel where a thread is free.
    pub fn join<A: Send, B: Send>(&self, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
        std::thread::scope(|scope| {
            let b = scope.spawn(b);
            let a = a();
            (a, b.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    }
}

/// [`PoolRef::for_each_chunk`] on [`current`].
pub fn for_each_chunk(len: usize, chunk: Chunk, f: impl Fn(Range<usize>) + Sync) {
    current().for_each_chunk(len, chunk, f);
}

/// [`PoolRef::join`] on [`current`].
pub fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    current().join(a, b)
}
