//! The pool: what a program holds, and every verb on it.

use crate::broadcast;
use crate::builder::{BuildError, PoolBuilder};
use crate::chunk::Chunk;
use crate::collect;
use crate::context;
use crate::core::Core;
use crate::flat;
use crate::handle::Handle;
use crate::imap::{IMap, IMapUnordered};
use crate::join;
use crate::scope::{self, Scope};
use crate::shutdown::{Owner, Shutdown, ShutdownError};
use crate::slices;
use crate::sync::Arc;
use crate::task::Task;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr;
use std::sync::OnceLock;

/// Threads that wait for work, and the verbs that give them some.
///
/// A pool of `n` threads has `n - 1` workers: the thread that calls is the `n`-th. A pool of one thread starts no thread at
/// all and runs everything on the caller. See the [crate's page](crate) for the guarantees that all verbs share.
///
/// Dropping a pool drains it: tasks that are queued run, then the workers are joined. [`shutdown`](Self::shutdown) is the
/// explicit form. Dropped on one of its own workers, a pool cannot wait for itself; its workers then go home by
/// themselves when the queue is empty.
///
/// ```
/// use worker_pool::Pool;
///
/// let pool = Pool::new(4)?;
/// let squares = pool.map(&[1, 2, 3, 4], |x| x * x);
/// assert_eq!(squares, [1, 4, 9, 16]);
/// # Ok::<(), worker_pool::BuildError>(())
/// ```
pub struct Pool {
    core: Arc<Core>,
    /// The workers, for the one `Pool` that waits for them in the end; `None` in a `PoolRef`.
    pub(crate) owner: Option<Owner>,
}

impl Pool {
    /// A pool of `threads` threads, the caller's included.
    ///
    /// # Errors
    /// If `threads` is 0 or absurd, or the system refuses a thread.
    pub fn new(threads: usize) -> Result<Self, BuildError> {
        Self::builder().threads(threads).build()
    }

    /// A pool with a name, a stack size, hooks.
    pub fn builder() -> PoolBuilder {
        PoolBuilder::new()
    }

    /// The pool that is used where none is installed, made on first use: as many threads as `WORKER_POOL_THREADS` says, or,
    /// where that is no number of at least 1, as the machine offers ([`std::thread::available_parallelism`]); fewer if the
    /// system refuses. It is never dropped.
    pub fn global() -> &'static Self {
        static GLOBAL: OnceLock<Pool> = OnceLock::new();
        GLOBAL.get_or_init(|| {
            let asked = std::env::var("WORKER_POOL_THREADS").ok().and_then(|threads| threads.trim().parse().ok());
            let offered = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
            PoolBuilder::new().threads(asked.filter(|&threads| threads > 0).unwrap_or(offered)).build_what_is_possible()
        })
    }

    pub(crate) fn from_parts(core: Arc<Core>, owner: Option<Owner>) -> Self {
        Self { core, owner }
    }

    /// Another way to the same threads, which does not wait for them when it is dropped.
    pub(crate) fn share(&self) -> Self {
        Self { core: Arc::clone(&self.core), owner: None }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// Threads that may work at the same time, the caller's included; at least 1.
    pub fn threads(&self) -> usize {
        self.core.threads()
    }

    /// Runs `f` here, with this pool as the [`current`](crate::current) one: inside `f`, and inside all the parallel work that
    /// it starts, the free functions of this crate and everything built on them use this pool.
    ///
    /// ```
    /// let pool = worker_pool::Pool::new(3)?;
    /// assert_eq!(pool.install(|| worker_pool::current().threads()), 3);
    /// # Ok::<(), worker_pool::BuildError>(())
    /// ```
    pub fn install<R>(&self, f: impl FnOnce() -> R) -> R {
        context::enter(self, f)
    }

    /// Runs both closures, `b` on a worker if one is idle, and returns both results.
    ///
    /// `a` runs here. If no worker has begun with `b` when `a` is done, `b` runs here too.
    ///
    /// ```
    /// let (left, right) = worker_pool::join(|| (1..=10).sum::<u32>(), || (1..=10).product::<u32>());
    /// assert_eq!((left, right), (55, 3_628_800));
    /// ```
    ///
    /// # Panics
    /// With the panic of `a`, else with that of `b`, when both have ended. If `a` panics, `b` may not have run.
    pub fn join<A, B, RA, RB>(&self, a: A, b: B) -> (RA, RB)
    where
        A: FnOnce() -> RA + Send,
        B: FnOnce() -> RB + Send,
        RA: Send,
        RB: Send,
    {
        join::join(self, a, b)
    }

    /// Opens a scope: tasks [spawned](Scope::spawn) in it may borrow what lives outside of it, and all of them have ended
    /// when this returns.
    ///
    /// The caller runs tasks that no worker has begun with, in the order of spawning. There are no guards whose leak could
    /// let a task outlive what it borrows.
    ///
    /// ```
    /// let mut left = 0;
    /// let mut right = 0;
    /// worker_pool::scope(|s| {
    ///     s.spawn(|| left = 1);
    ///     s.spawn(|| right = 2);
    /// });
    /// assert_eq!(left + right, 3);
    /// ```
    ///
    /// # Panics
    /// When all tasks have ended: with the panic of `f`, else with that of the task spawned first among those that panicked
    /// and whose panic was not fetched by [`ScopedHandle::join`](crate::ScopedHandle::join).
    pub fn scope<'env, F, R>(&self, f: F) -> R
    where
        F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
    {
        scope::scope(self, f)
    }

    /// Calls `f` with the bounds of every chunk of `0..len`, each once.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use worker_pool::{Chunk, Pool};
    ///
    /// let sum = AtomicUsize::new(0);
    /// Pool::global().for_each_chunk(1000, Chunk::Auto, |range| {
    ///     sum.fetch_add(range.sum::<usize>(), Ordering::Relaxed);
    /// });
    /// assert_eq!(sum.into_inner(), 499_500);
    /// ```
    ///
    /// # Panics
    /// With the panic of the lowest chunk that had one, when no thread is inside `f` any more. Chunks above it may not have
    /// been run, all below it have.
    pub fn for_each_chunk(&self, len: usize, chunk: Chunk, f: impl Fn(Range<usize>) + Sync) {
        flat::for_each(self, chunk.cut(len), f);
    }

    /// Calls `f` with every element and its index.
    ///
    /// # Panics
    /// As [`for_each_chunk`](Self::for_each_chunk).
    pub fn for_each_mut<T: Send>(&self, xs: &mut [T], f: impl Fn(usize, &mut T) + Sync) {
        self.for_each_chunk_mut(xs, Chunk::Auto, |offset, xs| {
            xs.iter_mut().enumerate().for_each(|(i, x)| f(offset + i, x));
        });
    }

    /// Calls `f` with every chunk of `xs` and the index of its first element.
    ///
    /// ```
    /// let mut xs = [0; 5];
    /// let chunk = worker_pool::Chunk::size(2);
    /// worker_pool::Pool::global().for_each_chunk_mut(&mut xs, chunk, |offset, xs| xs.fill(offset));
    /// assert_eq!(xs, [0, 0, 2, 2, 4]);
    /// ```
    ///
    /// # Panics
    /// As [`for_each_chunk`](Self::for_each_chunk).
    pub fn for_each_chunk_mut<T: Send>(&self, xs: &mut [T], chunk: Chunk, f: impl Fn(usize, &mut [T]) + Sync) {
        slices::for_each_chunk_mut(self, xs, chunk, f);
    }

    /// Runs `f` as work of this pool and returns its result: Python's `Pool.apply`. The caller is one of the pool's threads
    /// and has to wait anyway, so it runs `f` itself; nothing is queued.
    pub fn apply<R: Send>(&self, f: impl FnOnce() -> R + Send) -> R {
        self.install(f)
    }

    /// The results of `f` for every element, in the order of `xs`: Python's `Pool.map`.
    ///
    /// # Panics
    /// With the panic of the first element whose `f` panicked. Results already there are dropped.
    pub fn map<T: Sync, R: Send>(&self, xs: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
        self.map_chunked(xs, f, Chunk::Auto)
    }

    /// [`map`](Self::map) with a cut of one's own: large chunks for cheap `f`, chunks of one for long ones.
    ///
    /// # Panics
    /// As [`map`](Self::map).
    pub fn map_chunked<T: Sync, R: Send>(&self, xs: &[T], f: impl Fn(&T) -> R + Sync, chunk: Chunk) -> Vec<R> {
        collect::collect(self, xs.len(), chunk, |range| xs[range].iter().map(&f))
    }

    /// The results of `f` for every pair, in order: Python's `Pool.starmap`.
    ///
    /// ```
    /// let powers = worker_pool::Pool::global().starmap(&[(2_u32, 5_u32), (3, 2)], |base, exponent| base.pow(*exponent));
    /// assert_eq!(powers, [32, 9]);
    /// ```
    ///
    /// # Panics
    /// As [`map`](Self::map).
    pub fn starmap<A: Sync, B: Sync, R: Send>(&self, xs: &[(A, B)], f: impl Fn(&A, &B) -> R + Sync) -> Vec<R> {
        self.map(xs, |(a, b)| f(a, b))
    }

    /// [`starmap`](Self::starmap) for triples.
    ///
    /// # Panics
    /// As [`map`](Self::map).
    pub fn starmap3<A, B, C, R>(&self, xs: &[(A, B, C)], f: impl Fn(&A, &B, &C) -> R + Sync) -> Vec<R>
    where
        A: Sync,
        B: Sync,
        C: Sync,
        R: Send,
    {
        self.map(xs, |(a, b, c)| f(a, b, c))
    }

    /// Gives `f` to the workers and returns at once: Python's `Pool.apply_async`. Tasks begin in the order of submission.
    ///
    /// A pool of one thread has no worker: `f` runs before this returns. After [`shutdown`](Self::shutdown), which can
    /// happen to a [`PoolRef`](crate::PoolRef), the task is cancelled, unless it is a task or a loop of the same pool that
    /// calls: what is still at work may still give work, all of which is done before the workers go home. In an
    /// [`on_exit`](crate::PoolBuilder::on_exit) hook that is over.
    pub fn apply_async<R: Send + 'static>(&self, f: impl FnOnce() -> R + Send + 'static) -> Handle<R> {
        let pool = self.share();
        let task = Task::new(move || context::enter(&pool, f));
        if self.threads() == 1 {
            crate::task::Outcome::run_here(&*task);
        } else if !self.core.submit(task.clone()) {
            crate::task::Run::cancel(&*task);
        }
        Handle::new(task)
    }

    /// [`map`](Self::map) in the background. `xs` is anything that owns or shares a slice: a `Vec`, an `Arc<[T]>`, a
    /// `&'static [T]`.
    ///
    /// ```
    /// let lengths = worker_pool::Pool::global().map_async(vec!["one", "three"], |word| word.len());
    /// assert_eq!(lengths.join().unwrap(), [3, 5]);
    /// ```
    pub fn map_async<X, T, R, F>(&self, xs: X, f: F) -> Handle<Vec<R>>
    where
        X: AsRef<[T]> + Send + 'static,
        T: Sync + 'static,
        R: Send + 'static,
        F: Fn(&T) -> R + Send + Sync + 'static,
    {
        self.apply_async(move || context::with_current(|pool| pool.map(xs.as_ref(), f)))
    }

    /// [`starmap`](Self::starmap) in the background.
    pub fn starmap_async<X, A, B, R, F>(&self, xs: X, f: F) -> Handle<Vec<R>>
    where
        X: AsRef<[(A, B)]> + Send + 'static,
        A: Sync + 'static,
        B: Sync + 'static,
        R: Send + 'static,
        F: Fn(&A, &B) -> R + Send + Sync + 'static,
    {
        self.apply_async(move || context::with_current(|pool| pool.starmap(xs.as_ref(), f)))
    }

    /// An iterator over the results of `f`, in the order of `items`: Python's `Pool.imap`, but lazy at both ends. At most
    /// `buffer` items are taken from `items` ahead of the result that comes next, so `items` may be endless.
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// let buffer = NonZeroUsize::new(8).unwrap();
    /// let mut squares = worker_pool::Pool::global().imap(1_u64.., buffer, |n| n * n);
    /// assert_eq!(squares.find(|square| *square > 50), Some(64));
    /// ```
    pub fn imap<I, R, F>(&self, items: I, buffer: NonZeroUsize, f: F) -> IMap<I::IntoIter, R, F>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        R: Send + 'static,
        F: Fn(I::Item) -> R + Send + Sync + 'static,
    {
        IMap::new(self.share(), items.into_iter(), buffer, f)
    }

    /// As [`imap`](Self::imap), in the order in which the results arrive.
    pub fn imap_unordered<I, R, F>(&self, items: I, buffer: NonZeroUsize, f: F) -> IMapUnordered<I::IntoIter, R, F>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        R: Send + 'static,
        F: Fn(I::Item) -> R + Send + Sync + 'static,
    {
        IMapUnordered::new(self.share(), items.into_iter(), buffer, f)
    }

    /// Calls `f` once on every thread of the pool, with its index: 0 here, 1 and up on the workers. The results are in the
    /// order of the indices.
    ///
    /// Called inside a worker of this pool, `f` runs for all indices here, one after another: two workers that waited for
    /// each other would wait forever.
    ///
    /// # Blocking
    /// Until every worker has finished what it is doing and has run `f`. This is the one verb that waits for workers and not
    /// for work: a worker that itself waits for the caller, or for a lock that the caller holds, is waited for forever.
    ///
    /// # Panics
    /// With the panic of the lowest index that had one, when all have ended.
    pub fn broadcast<R: Send>(&self, f: impl Fn(usize) -> R + Sync) -> Vec<R> {
        broadcast::broadcast(self, f)
    }

    /// Ends the pool and waits for its workers. The tasks that are queued run first ([`Shutdown::Drain`], which is also what
    /// dropping does) or are cancelled ([`Shutdown::CancelPending`]); tasks that have begun always end.
    ///
    /// # Errors
    /// If called on a worker of this pool, which cannot wait for itself (the pool ends all the same), or if a hook of the
    /// [builder](PoolBuilder) panicked.
    ///
    /// # Blocking
    /// Until all workers have gone home.
    pub fn shutdown(mut self, how: Shutdown) -> Result<(), ShutdownError> {
        match self.owner.take() {
            Some(owner) => owner.end(&self.core, how),
            None => Ok(()),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(owner) = self.owner.take() {
            // The explicit form reports; here there is nobody to report to.
            let _ = owner.end(&self.core, Shutdown::Drain);
        }
    }
}

/// Panics of user code are caught at its border and raised again where the result is wanted; no state of a pool is ever left
/// half changed by one.
impl UnwindSafe for Pool {}
impl RefUnwindSafe for Pool {}

/// Two ways to the same threads are equal.
impl PartialEq for Pool {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.core(), other.core())
    }
}

impl Eq for Pool {}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("threads", &self.threads()).finish_non_exhaustive()
    }
}
