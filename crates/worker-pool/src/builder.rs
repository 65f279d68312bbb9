//! How a pool is made.

use crate::context;
use crate::core::Core;
use crate::panics::{Payload, catch};
use crate::pool::Pool;
use crate::shutdown::Owner;
use crate::slot::MOST_HELPERS;
use crate::sync::{Arc, JoinHandle, ThreadBuilder};
use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::time::Duration;

type Hook = Arc<dyn Fn(usize) + Send + Sync + 'static>;

/// A pool in the making; [`build`](Self::build) starts its threads.
///
/// ```
/// let pool = worker_pool::Pool::builder().threads(3).name("decoder").stack_size(4 << 20).build()?;
/// let names = pool.broadcast(|_| std::thread::current().name().map(str::to_owned));
/// assert_eq!(names[1].as_deref(), Some("decoder-1"));
/// # Ok::<(), worker_pool::BuildError>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct PoolBuilder {
    threads: Option<usize>,
    name: String,
    stack_size: Option<usize>,
    spin: Option<Duration>,
    on_start: Option<Hook>,
    on_exit: Option<Hook>,
}

/// Why a pool could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// A pool needs at least the thread that calls.
    NoThreads,
    /// More threads than a pool can have.
    TooManyThreads {
        /// So many were asked for.
        asked: usize,
        /// So many are possible.
        most: usize,
    },
    /// The name has a zero byte, which no thread's name can have.
    NameHasNul,
    /// The system refused a thread.
    Spawn(io::Error),
}

impl PoolBuilder {
    pub(crate) fn new() -> Self {
        Self {
            threads: None,
            name: "worker-pool".to_owned(),
            stack_size: None,
            spin: None,
            on_start: None,
            on_exit: None,
        }
    }

    /// Threads that work at the same time, the caller's included; by default what the machine offers.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Workers are called `name-1`, `name-2`, …; by default `worker-pool-1` and so on.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Stack of each worker in bytes; by default that of `std::thread`. Work that runs on the caller uses the caller's.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// How long an idle worker looks for work before it sleeps: longer answers faster, shorter burns less. By default 20
    /// microseconds; [`Duration::ZERO`] sleeps at once.
    pub fn spin(mut self, limit: Duration) -> Self {
        self.spin = Some(limit);
        self
    }

    /// Called on each worker, with its index from 1, before it works.
    pub fn on_start(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.on_start = Some(Arc::new(hook));
        self
    }

    /// Called on each worker, with its index from 1, before it ends.
    pub fn on_exit(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.on_exit = Some(Arc::new(hook));
        self
    }

    /// Starts the workers.
    ///
    /// # Errors
    /// If 0 threads are asked for, or more than a pool can have, or the system refuses one; those already started go home.
    pub fn build(self) -> Result<Pool, BuildError> {
        let threads = self.threads.unwrap_or_else(offered);
        match threads {
            0 => Err(BuildError::NoThreads),
            _ if threads > MOST_HELPERS => Err(BuildError::TooManyThreads { asked: threads, most: MOST_HELPERS }),
            _ if self.name.contains('\0') => Err(BuildError::NameHasNul),
            _ => self.start(threads),
        }
    }

    /// As [`build`](Self::build), with fewer threads where so many cannot be had.
    pub(crate) fn build_what_is_possible(self) -> Pool {
        let mut threads = self.threads.unwrap_or_else(offered).clamp(1, MOST_HELPERS);
        loop {
            // A pool of one thread starts none, so this ends.
            match self.clone().start(threads) {
                Ok(pool) => return pool,
                Err(_) => threads = threads.div_ceil(2),
            }
        }
    }

    fn start(self, threads: usize) -> Result<Pool, BuildError> {
        let core = Arc::new(Core::new(threads, self.spin));
        let mut pool = Pool::from_parts(Arc::clone(&core), None);
        let mut workers = Vec::with_capacity(threads - 1);
        let mut refused = None;
        for index in 0..threads - 1 {
            match self.worker(&core, index) {
                Ok(worker) => workers.push(worker),
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
        // From here on dropping `pool` sends the workers home.
        pool.owner = Some(Owner::new(workers));
        match refused {
            Some(error) => Err(BuildError::Spawn(error)),
            None => Ok(pool),
        }
    }

    fn worker(&self, core: &Arc<Core>, index: usize) -> io::Result<JoinHandle<Option<Payload>>> {
        let mut builder = ThreadBuilder::new().name(format!("{}-{}", self.name, index + 1));
        if let Some(bytes) = self.stack_size {
            builder = builder.stack_size(bytes);
        }
        let (on_start, on_exit) = (self.on_start.clone(), self.on_exit.clone());
        let pool = Pool::from_parts(Arc::clone(core), None);
        builder.spawn(move || {
            context::become_worker(pool.core(), index);
            pool.install(|| {
                let started = call(on_start, index + 1);
                pool.core().work(index);
                context::retire();
                started.or(call(on_exit, index + 1))
            })
        })
    }
}

/// Calls a hook and keeps its panic.
fn call(hook: Option<Hook>, index: usize) -> Option<Payload> {
    hook.and_then(|hook| catch(|| hook(index)).err())
}

fn offered() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

impl fmt::Debug for PoolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolBuilder")
            .field("threads", &self.threads)
            .field("name", &self.name)
            .field("stack_size", &self.stack_size)
            .field("spin", &self.spin)
            .field("on_start", &self.on_start.is_some())
            .field("on_exit", &self.on_exit.is_some())
            .finish()
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoThreads => f.write_str("a pool needs at least 1 thread, the caller's own"),
            Self::TooManyThreads { asked, most } => write!(f, "{asked} threads asked for, at most {most} are possible"),
            Self::NameHasNul => f.write_str("the name of a thread cannot have a zero byte in it"),
            Self::Spawn(_) => f.write_str("the system refused a worker thread"),
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Spawn(error) => Some(error),
            _ => None,
        }
    }
}
