//! How a pool is to be.

use crate::child::Plan;
use crate::drive::Limits;
use crate::pool::ProcPool;
use crate::worker::Terms;
use std::ffi::OsString;
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// Describes a [`ProcPool`]; [`build`](Self::build) starts it.
///
/// ```
/// # use std::time::Duration;
/// # fn main() -> std::io::Result<()> {
/// proc_pool::init();
/// let pool = proc_pool::ProcPool::builder()
///     .workers(2)
///     .memory_limit(256 << 20)
///     .task_timeout(Duration::from_secs(10))
///     .tasks_per_worker(1000)
///     .build()?;
/// # drop(pool); Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct ProcPoolBuilder {
    workers: Option<usize>,
    memory_limit: Option<u64>,
    task_timeout: Option<Duration>,
    tasks_per_worker: Option<usize>,
    program: Option<PathBuf>,
}

impl ProcPoolBuilder {
    /// How many worker processes there are; by default as many as there are processors.
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn workers(mut self, n: usize) -> Self {
        assert!(n > 0, "a pool needs at least 1 worker");
        self.workers = Some(n);
        self
    }

    /// How many bytes of address space a worker may add to what it has when it starts. A task that asks for more gets
    /// [`TaskError::OutOfMemory`](crate::TaskError::OutOfMemory) if it cannot live without, because Rust's allocator
    /// aborts the process; memory that a task has left behind counts against the next one. Workers under a limit have
    /// `RUST_BACKTRACE=0`.
    ///
    /// # Panics
    /// If `bytes` is 0.
    #[track_caller]
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        assert!(bytes > 0, "a worker needs at least some memory; leave `memory_limit` out for no limit");
        self.memory_limit = Some(bytes as u64);
        self
    }

    /// How long one task may run, in a `map` each item by itself. A worker that takes longer is killed, and the task
    /// gets [`TaskError::Timeout`](crate::TaskError::Timeout). `Duration::MAX` means no limit.
    pub fn task_timeout(mut self, limit: Duration) -> Self {
        self.task_timeout = (limit != Duration::MAX).then_some(limit);
        self
    }

    /// After how many tasks a worker is replaced by a fresh one: a cure for tasks that leak.
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn tasks_per_worker(mut self, n: usize) -> Self {
        assert!(n > 0, "a worker must be allowed at least 1 task");
        self.tasks_per_worker = Some(n);
        self
    }

    /// The executable that workers run, for systems where `/proc/self/exe` cannot be run again. It must be the same
    /// build as this program, a copy of its file for instance: any other is refused.
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.program = Some(path.into());
        self
    }

    /// Starts the workers and waits until all are ready.
    ///
    /// # Errors
    /// If [`init`](crate::init) was not called, or if a worker or a thread cannot be started.
    pub fn build(self) -> io::Result<ProcPool> {
        let workers = match self.workers {
            Some(n) => n,
            None => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        };
        let terms =
            Terms { memory_limit: self.memory_limit.unwrap_or(0), timed: self.task_timeout.is_some(), once: false };
        let program = self.program.map_or_else(|| OsString::from("/proc/self/exe"), PathBuf::into_os_string);
        let tasks_per_worker = self.tasks_per_worker.unwrap_or(usize::MAX);
        let limits = Limits { task_timeout: self.task_timeout, tasks_per_worker, stillborn: 3 };
        ProcPool::start(workers, Plan { program, terms }, limits)
    }
}
