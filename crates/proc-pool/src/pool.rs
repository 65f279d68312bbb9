//! The pool of worker processes.

use crate::batch::{Batch, Piece};
use crate::builder::ProcPoolBuilder;
use crate::child::Plan;
use crate::chunks::{self, Chunks};
use crate::crew::{Crew, Job};
use crate::drive::Limits;
use crate::error::TaskError;
use crate::handle::{Handle, MapHandle};
use crate::imap::{IMap, IMapUnordered};
use crate::sync::Mutex;
use crate::task;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

/// What becomes of the tasks that wait when a pool is shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// They are run to their end.
    Drain,
    /// They are dropped and the running ones are killed: all of them give [`TaskError::Cancelled`].
    Cancel,
}

/// A pool of worker processes.
///
/// A task is a function or a closure that captures nothing; its argument and its result go through serde. Whatever a
/// task does to its process concerns that task alone: it gets the [`TaskError`] that names the cause, the worker is
/// replaced, and every other task runs exactly once.
///
/// Dropping the pool cancels what is not done yet, kills the workers and reaps them; [`shutdown`](Self::shutdown) gives
/// the choice.
pub struct ProcPool {
    crew: Arc<Crew>,
    drivers: Mutex<Vec<JoinHandle<()>>>,
}

impl ProcPool {
    /// A pool to be described.
    pub fn builder() -> ProcPoolBuilder {
        ProcPoolBuilder::default()
    }

    /// A pool with one worker per processor and no limits.
    ///
    /// # Errors
    /// As [`ProcPoolBuilder::build`].
    pub fn new() -> io::Result<Self> {
        Self::builder().build()
    }

    pub(crate) fn start(workers: usize, plan: Plan, limits: Limits) -> io::Result<Self> {
        let pool = Self { crew: Crew::start(workers, plan, limits)?, drivers: Mutex::default() };
        for i in 0..workers {
            let crew = Arc::clone(&pool.crew);
            let driver = std::thread::Builder::new().name(format!("proc-pool driver {i}"));
            pool.drivers.lock().push(driver.spawn(move || crew.drive_jobs())?);
        }
        Ok(pool)
    }

    /// How many workers there are.
    pub fn workers(&self) -> usize {
        self.crew.workers
    }

    /// The process ids of the workers that live now, ascending.
    pub fn worker_ids(&self) -> Vec<u32> {
        self.crew.ids()
    }

    /// Runs `f(argument)` in a worker and waits for the result.
    ///
    /// # Errors
    /// The [`TaskError`] that says why there is no result.
    ///
    /// # Blocking
    /// Until a worker is free and has run the task; tasks are started in the order of their calls.
    pub fn apply<F, A, R>(&self, f: F, argument: A) -> Result<R, TaskError>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned,
    {
        let chunk = chunks::single(task::place_of(f), 0, &argument)?;
        match self.crew.run_here(chunk) {
            Ok(piece) => chunks::only(piece),
            Err(mut chunk) => {
                let batch = Arc::new(Batch::default());
                batch.keep(std::mem::take(&mut chunk.kept));
                self.crew.submit(Job { chunk, batch: Arc::clone(&batch) });
                chunks::only(batch.take(0))
            }
        }
    }

    /// Starts `f(argument)` in a worker as soon as one is free; the handle gives the result.
    pub fn apply_async<F, A, R>(&self, f: F, argument: A) -> Handle<R>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned,
    {
        let batch = Arc::new(Batch::default());
        self.submit_single(f, 0, &argument, &batch);
        Handle::new(batch)
    }

    /// Sends one task on its way to `batch`.
    pub(crate) fn submit_single<F, A, R>(&self, f: F, index: usize, argument: &A, batch: &Arc<Batch>)
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned,
    {
        match chunks::single(task::place_of(f), index, argument) {
            Ok(mut chunk) => {
                batch.keep(std::mem::take(&mut chunk.kept));
                self.crew.submit(Job { chunk, batch: Arc::clone(batch) });
            }
            Err(error) => batch.deliver(Piece::failed(index, error)),
        }
    }

    /// Calls `f` with every item, in the workers, and gives the outcomes in the order of the items.
    ///
    /// Many items go to a worker at once, so that the way there costs a fraction of a microsecond per item; still each
    /// item succeeds or fails by itself, and none is ever run twice.
    ///
    /// # Blocking
    /// Until every item has its outcome.
    pub fn map<F, A, R, I>(&self, f: F, items: I) -> Vec<Result<R, TaskError>>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned,
        I: IntoIterator<Item = A>,
    {
        self.map_async(f, items).join()
    }

    /// As [`map`](Self::map), giving the results alone, or the error of the first item that has none.
    ///
    /// # Errors
    /// That of the first item in order that failed; items not begun by then are cancelled.
    pub fn try_map<F, A, R, I>(&self, f: F, items: I) -> Result<Vec<R>, TaskError>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned,
        I: IntoIterator<Item = A>,
    {
        self.map_async(f, items).try_join()
    }

    /// As [`map`](Self::map) for a function of two arguments.
    pub fn starmap<F, A, B, R, I>(&self, f: F, pairs: I) -> Vec<Result<R, TaskError>>
    where
        F: Fn(A, B) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned,
        B: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned,
        I: IntoIterator<Item = (A, B)>,
    {
        self.starmap_async(f, pairs).join()
    }

    /// As [`map`](Self::map) without waiting. The items are taken and encoded before this returns.
    pub fn map_async<F, A, R, I>(&self, f: F, items: I) -> MapHandle<R>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned,
        I: IntoIterator<Item = A>,
    {
        let place = task::place_of(f);
        let batch = Arc::new(Batch::default());
        let mut chunks = Chunks::new(items, place, self.crew.workers);
        while let Some(mut chunk) = chunks.next(|piece| batch.deliver(piece)) {
            batch.keep(std::mem::take(&mut chunk.kept));
            self.crew.submit(Job { chunk, batch: Arc::clone(&batch) });
        }
        MapHandle::new(batch, chunks.len())
    }

    /// As [`starmap`](Self::starmap) without waiting.
    pub fn starmap_async<F, A, B, R, I>(&self, f: F, pairs: I) -> MapHandle<R>
    where
        F: Fn(A, B) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned,
        B: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned,
        I: IntoIterator<Item = (A, B)>,
    {
        self.map_async(move |(a, b)| f(a, b), pairs)
    }

    /// Calls `f` with the items one after the other, in the workers, and gives the outcomes in the order of the items
    /// while the work goes on. Takes from `items` only as the outcomes are asked for, and never more than `buffer`
    /// items ahead of them; the input may be endless. `buffer` is a `usize`, where `worker-pool` asks for a `NonZeroUsize`,
    /// so that a literal does.
    ///
    /// # Panics
    /// If `buffer` is 0.
    #[track_caller]
    pub fn imap<F, A, R, I>(&self, f: F, items: I, buffer: usize) -> IMap<'_, F, A, R, I::IntoIter>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned,
        I: IntoIterator<Item = A>,
    {
        IMap::new(self, f, items.into_iter(), buffer)
    }

    /// As [`imap`](Self::imap), but the outcomes come as they are ready, each with the index of its item.
    ///
    /// # Panics
    /// If `buffer` is 0.
    #[track_caller]
    pub fn imap_unordered<F, A, R, I>(&self, f: F, items: I, buffer: usize) -> IMapUnordered<'_, F, A, R, I::IntoIter>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned,
        I: IntoIterator<Item = A>,
    {
        IMapUnordered::new(self, f, items.into_iter(), buffer)
    }

    /// Ends the pool: new tasks are refused with [`TaskError::Cancelled`], waiting ones are run or dropped as `how`
    /// says, the workers end.
    ///
    /// # Blocking
    /// Until the last worker has ended and was reaped.
    pub fn shutdown(&self, how: Shutdown) {
        self.crew.close(how);
        for driver in std::mem::take(&mut *self.drivers.lock()) {
            // A driver runs no code of the user's, so there is no panic to pass on.
            let _ = driver.join();
        }
    }
}

impl std::fmt::Debug for ProcPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProcPool").field("workers", &self.workers()).field("worker_ids", &self.worker_ids()).finish()
    }
}

impl Drop for ProcPool {
    fn drop(&mut self) {
        self.shutdown(Shutdown::Cancel);
    }
}

impl Piece {
    fn failed(index: usize, error: TaskError) -> Self {
        Self { first: index, count: 1, outcome: crate::batch::Outcome::Failed(error) }
    }
}

/// What must not compile, beside what must.
///
/// ```
/// proc_pool::init();
/// let pool = proc_pool::ProcPool::builder().workers(1).build().unwrap();
/// assert_eq!(pool.apply(|n: u32| n * 2, 21).unwrap(), 42);
/// ```
/// ```compile_fail
/// proc_pool::init();
/// let pool = proc_pool::ProcPool::builder().workers(1).build().unwrap();
/// let factor = 2;
/// assert_eq!(pool.apply(move |n: u32| n * factor, 21).unwrap(), 42);
/// ```
/// ```compile_fail
/// proc_pool::init();
/// let pool = proc_pool::ProcPool::builder().workers(1).build().unwrap();
/// let f: fn(u32) -> u32 = |n| n * 2;
/// assert_eq!(pool.apply(f, 21).unwrap(), 42);
/// ```
/// ```compile_fail,E0277
/// proc_pool::init();
/// let pool = proc_pool::ProcPool::builder().workers(1).build().unwrap();
/// assert_eq!(pool.apply(|n: std::rc::Rc<u32>| *n * 2, std::rc::Rc::new(21)).unwrap(), 42);
/// ```
mod a_task_captures_nothing {}
