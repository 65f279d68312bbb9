//! Tasks that borrow from the stack of whoever opened the scope.
//!
//! The tasks wait in a queue of the scope's own. What goes into the pool's queue is a *ticket*: the right of one worker to
//! run one task of the scope, if there still is one. So the caller, when it has opened all its tasks and waits, finds its
//! own tasks and nobody else's, and a ticket that comes too late finds nothing.
//!
//! **What the safety rests on:** the closures in `queue` pretend to live forever. [`scope`] returns, normally or by unwinding,
//! only when `pending` is 0, which means that every closure ever queued has been run and dropped; a scope cannot be reached
//! from outside the call, so none is queued afterwards.

use crate::core::Core;
use crate::panics::{Payload, catch, discard};
use crate::patience;
use crate::pool::Pool;
use crate::sync::{Arc, AtomicUsize, Mutex, Ordering, planted};
use crate::task::{Outcome, Run, Task};
use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::mem::transmute;
use std::panic::resume_unwind;
use std::thread;
use sync_prims::EventCount;

type Closure<'scope> = Box<dyn FnOnce() + Send + 'scope>;

/// Where tasks that borrow are spawned; made by [`Pool::scope`] or [`scope`](crate::scope()).
pub struct Scope<'scope, 'env: 'scope> {
    shared: Arc<Shared>,
    pool: Pool,
    /// Tasks spawned so far.
    spawned: AtomicUsize,
    /// Invariant in both, as in `std::thread::Scope`: neither may be shortened or lengthened.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

/// What tickets know of a scope; outlives it, empty, while tickets are around.
struct Shared {
    queue: Mutex<VecDeque<Closure<'static>>>,
    /// `queue.len()`, written under its lock.
    queued: AtomicUsize,
    /// Closures queued or running.
    pending: AtomicUsize,
    /// Rung when a closure is queued and when `pending` reaches 0.
    event: EventCount,
    /// The panics of tasks, with the number of their spawning.
    failed: Mutex<Vec<(usize, PanicCell)>>,
}

/// The panic of one task, for whoever comes first: the handle or the end of the scope.
pub(crate) type PanicCell = Arc<Mutex<Option<Payload>>>;

/// See [`Pool::scope`].
pub(crate) fn scope<'env, F, R>(pool: &Pool, f: F) -> R
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
{
    let scope = Scope {
        shared: Arc::new(Shared::new()),
        pool: pool.share(),
        spawned: AtomicUsize::new(0),
        scope: PhantomData,
        env: PhantomData,
    };
    pool.install(|| {
        let result = catch(|| f(&scope));
        scope.shared.complete();
        let panicked = scope.shared.first_panic();
        match (result, panicked) {
            (Ok(result), None) => result,
            (Ok(result), Some(payload)) => {
                drop(result);
                resume_unwind(payload)
            }
            (Err(payload), other) => {
                discard(other);
                resume_unwind(payload)
            }
        }
    })
}

impl<'scope, 'env> Scope<'scope, 'env> {
    /// Queues `f`, to be run by a worker or, at the latest, by the caller at the end of the scope. `f` may spawn more.
    ///
    /// ```
    /// let words = ["some", "borrowed", "words"];
    /// let total = worker_pool::scope(|s| {
    ///     let longest = s.spawn(|| words.iter().map(|word| word.len()).max());
    ///     let joined = s.spawn(|| words.concat());
    ///     (longest.join().unwrap(), joined.join().unwrap().len())
    /// });
    /// assert_eq!(total, (Some(8), 17));
    /// ```
    pub fn spawn<F, R>(&'scope self, f: F) -> ScopedHandle<'scope, R>
    where
        F: FnOnce() -> R + Send + 'scope,
        R: Send + 'scope,
    {
        let number = self.spawned.fetch_add(1, Ordering::Relaxed);
        let shared = &self.shared;
        let task = Task::new(move || {
            catch(|| self.pool.install(f)).map_err(|payload| {
                let cell = Arc::new(Mutex::new(Some(payload)));
                shared.failed.lock().push((number, Arc::clone(&cell)));
                cell
            })
        });
        let handle = ScopedHandle::new(task.clone());
        let closure: Closure<'scope> = Box::new(move || task.run_here());
        // SAFETY: only the lifetime is forgotten. The closure is dropped before `pending` goes back to 0, and `scope` does
        // not return before: see the module.
        let closure = unsafe { transmute::<Closure<'scope>, Closure<'static>>(closure) };
        shared.push(closure);
        self.pool.core().submit(shared.clone());
        handle
    }
}

impl Shared {
    fn new() -> Self {
        Self {
            queue: Mutex::new(VecDeque::new()),
            queued: AtomicUsize::new(0),
            pending: AtomicUsize::new(0),
            event: patience::event_count(),
            failed: Mutex::new(Vec::new()),
        }
    }

    fn push(&self, closure: Closure<'static>) {
        self.pending.fetch_add(1, Ordering::Relaxed);
        let mut queue = self.queue.lock();
        queue.push_back(closure);
        self.queued.store(queue.len(), Ordering::SeqCst);
        drop(queue);
        // Whoever opened the scope may be waiting for something to do.
        if !planted("queue without a word") {
            self.event.notify_all();
        }
    }

    /// Runs the task that waits longest; false if none waits.
    fn run_one(&self) -> bool {
        let mut queue = self.queue.lock();
        let closure = queue.pop_front();
        self.queued.store(queue.len(), Ordering::SeqCst);
        drop(queue);
        let Some(closure) = closure else { return false };
        // A task keeps its panic; what can still panic is the drop of a result that nobody wanted.
        discard(catch(closure));
        if self.pending.fetch_sub(1, Ordering::SeqCst) == 1 && !planted("end the last task without a word") {
            self.event.notify_all();
        }
        true
    }

    /// The panic of the task spawned first among those whose panic nobody has fetched.
    fn first_panic(&self) -> Option<Payload> {
        let mut failed = std::mem::take(&mut *self.failed.lock());
        failed.sort_by_key(|(number, _)| *number);
        let mut payloads = failed.into_iter().filter_map(|(_, cell)| cell.lock().take());
        let first = payloads.next();
        payloads.for_each(discard);
        first
    }

    /// Runs what is queued and waits for what runs elsewhere, until there is neither.
    fn complete(&self) {
        loop {
            while self.run_one() {}
            let done = self.event.wait_for(None, || {
                let done = self.pending.load(Ordering::SeqCst) == 0 || planted("end a scope with its queue");
                (done || self.queued.load(Ordering::SeqCst) > 0).then_some(done)
            });
            if done == Some(true) {
                return;
            }
        }
    }
}

/// A ticket.
impl Run for Shared {
    fn run(&self, _: &Core) {
        self.run_one();
    }

    fn is_husk(&self) -> bool {
        self.queued.load(Ordering::SeqCst) == 0
    }

    /// A scope cannot be cancelled: its caller runs what is left.
    fn cancel(&self) -> bool {
        false
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("pending", &self.shared.pending.load(Ordering::Relaxed)).finish_non_exhaustive()
    }
}

/// The result of a task spawned in a [`Scope`].
///
/// Dropping it changes nothing: the task runs, and the scope waits for it. A panic that was not fetched by
/// [`join`](Self::join) is raised again at the end of the scope.
pub struct ScopedHandle<'scope, R> {
    task: Arc<dyn Outcome<Result<R, PanicCell>> + 'scope>,
}

impl<'scope, R> ScopedHandle<'scope, R> {
    fn new(task: Arc<dyn Outcome<Result<R, PanicCell>> + 'scope>) -> Self {
        Self { task }
    }

    /// Waits for the result. If nobody has begun with the task, it is run here and now.
    ///
    /// # Errors
    /// The payload of the task's panic, which the scope then no longer raises.
    ///
    /// # Blocking
    /// Until the task has ended.
    pub fn join(self) -> thread::Result<R> {
        self.task.run_here();
        self.task.wait(None);
        let result = self.task.take().expect("a scoped task is neither cancelled nor taken twice");
        let fetched =
            |cell: PanicCell| cell.lock().take().expect("the scope fetches panics only after its handles are gone");
        // The task itself keeps its panic in the cell; the outer result is never an error.
        result.and_then(|result| result.map_err(fetched))
    }

    /// Whether the task has ended.
    pub fn is_done(&self) -> bool {
        self.task.is_done()
    }
}

impl<R> fmt::Debug for ScopedHandle<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedHandle").field("is_done", &self.is_done()).finish_non_exhaustive()
    }
}
