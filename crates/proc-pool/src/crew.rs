//! The workers of a pool, the tasks that wait for them, and the threads that bring the two together.
//!
//! A chunk of tasks is driven by one thread of the parent from its sending to its last outcome: by one of the pool's
//! drivers (as many as there are workers), or, for a single task while a worker is idle, by the caller itself, which
//! saves two changes of threads. A driver needs a worker, from the idle ones or, after a death, a new one.

use crate::batch::{Batch, Piece};
use crate::child::{Child, Plan};
use crate::drive::{Chunk, Limits, Surroundings, drive};
use crate::error::TaskError;
use crate::pool::Shutdown;
use crate::spin::Spin;
use crate::sync::{Condvar, Mutex, MutexGuard};
use rustix::process::{Signal, pidfd_send_signal};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// A chunk and whom its outcome concerns.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) chunk: Chunk,
    pub(crate) batch: Arc<Batch>,
}

#[derive(Debug)]
pub(crate) struct Crew {
    plan: Plan,
    limits: Limits,
    pub(crate) workers: usize,
    spin: Spin,
    state: Mutex<State>,
    /// Signalled when there may be both a job and a worker for it, and when the pool closes.
    work: Condvar,
    /// Signalled when a driver has finished and when the queue has become empty.
    quiet: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Waiting jobs, oldest first.
    queue: VecDeque<Job>,
    /// Living workers with nothing to do.
    idle: Vec<Child>,
    /// Workers that have gone and were not replaced yet; `idle`, `vacant` and the places taken add up to `workers`.
    vacant: usize,
    /// Places taken by drivers.
    taken: usize,
    /// Processes of the places taken, by their number: a living worker is here or in `idle`, at every moment.
    busy: BTreeMap<u32, Arc<OwnedFd>>,
    /// Set once; new tasks are refused from then on.
    closed: Option<Shutdown>,
}

/// A place in the crew: the right to have one worker at work.
struct Place {
    /// `None` for a place whose worker has gone.
    child: Option<Child>,
}

impl State {
    fn take_place(&mut self) -> Option<Place> {
        let child = self.idle.pop();
        match &child {
            Some(child) => drop(self.busy.insert(child.id(), child.pidfd())),
            None => self.vacant = self.vacant.checked_sub(1)?,
        }
        self.taken += 1;
        Some(Place { child })
    }

    fn cancelled(&self) -> bool {
        matches!(self.closed, Some(Shutdown::Cancel))
    }
}

impl Crew {
    /// Starts the workers, all at once, and waits for them.
    pub(crate) fn start(workers: usize, plan: Plan, limits: Limits) -> io::Result<Arc<Self>> {
        let started: io::Result<Vec<Child>> = (0..workers).map(|_| Child::start(&plan)).collect();
        let idle: io::Result<Vec<Child>> = started?.into_iter().map(Child::greeted).collect();
        let state = State { idle: idle?, ..State::default() };
        Ok(Arc::new(Self {
            plan,
            limits,
            workers,
            spin: Spin::new(),
            state: Mutex::new(state),
            work: Condvar::new(),
            quiet: Condvar::new(),
        }))
    }

    /// Process ids of the workers that are there now.
    pub(crate) fn ids(&self) -> Vec<u32> {
        let state = self.state.lock();
        let mut ids: Vec<u32> = state.idle.iter().map(Child::id).chain(state.busy.keys().copied()).collect();
        ids.sort_unstable();
        ids
    }

    /// Runs the chunk of one task on the calling thread if a worker is free for it; gives it back if not.
    pub(crate) fn run_here(&self, chunk: Chunk) -> Result<Piece, Chunk> {
        let place = {
            let mut state = self.state.lock();
            if state.closed.is_some() {
                return Ok(Piece::cancelled(chunk.first, chunk.count));
            }
            if !state.queue.is_empty() {
                return Err(chunk);
            }
            match state.take_place() {
                Some(place) => place,
                None => return Err(chunk),
            }
        };
        let mut piece = None;
        self.run(place, &chunk, None, &mut |outcome| piece = Some(outcome));
        Ok(piece.unwrap_or_else(|| Piece::cancelled(chunk.first, chunk.count)))
    }

    /// Hands the job to a driver; refused jobs are delivered as cancelled.
    pub(crate) fn submit(&self, job: Job) {
        let mut state = self.state.lock();
        if state.closed.is_some() {
            drop(state);
            job.batch.deliver(Piece::cancelled(job.chunk.first, job.chunk.count));
            return;
        }
        state.queue.push_back(job);
        let wake = !state.idle.is_empty() || state.vacant > 0;
        drop(state);
        if wake {
            self.work.notify_one();
        }
    }

    /// The life of a driver.
    pub(crate) fn drive_jobs(&self) {
        let mut state = self.state.lock();
        loop {
            if !state.queue.is_empty()
                && let Some(place) = state.take_place()
                && let Some(job) = state.queue.pop_front()
            {
                drop(state);
                self.run(place, &job.chunk, Some(&job.batch), &mut |piece| job.batch.deliver(piece));
                state = self.state.lock();
            } else if state.closed.is_some() && state.queue.is_empty() {
                return;
            } else {
                self.work.wait(&mut state);
            }
        }
    }

    /// Drives the chunk in the place and gives the place back.
    fn run(&self, place: Place, chunk: &Chunk, batch: Option<&Batch>, deliver: &mut impl FnMut(Piece)) {
        let mut guard = GiveBack { crew: self, child: None };
        let around = Around { crew: self, batch };
        guard.child = drive(place.child, chunk, self.limits, &self.spin, &around, deliver);
    }

    fn give_back(&self, child: Option<Child>) {
        let mut state = self.state.lock();
        state.taken -= 1;
        if let Some(child) = child {
            state.busy.remove(&child.id());
            state.idle.push(child);
        } else {
            state.vacant += 1;
        }
        self.announce(state);
    }

    fn announce(&self, state: MutexGuard<'_, State>) {
        let (waiting, closed) = (!state.queue.is_empty(), state.closed.is_some());
        drop(state);
        if closed {
            self.work.notify_all();
            self.quiet.notify_all();
        } else if waiting {
            self.work.notify_one();
        }
    }

    /// Closes the pool and returns when nothing runs any more. Callable again; `Cancel` overrides `Drain`.
    pub(crate) fn close(&self, how: Shutdown) {
        let mut state = self.state.lock();
        if !state.cancelled() {
            state.closed = Some(how);
        }
        if state.cancelled() {
            let queue = std::mem::take(&mut state.queue);
            for pidfd in state.busy.values() {
                let _ = pidfd_send_signal(&**pidfd, Signal::KILL);
            }
            drop(state);
            for job in queue {
                job.batch.deliver(Piece::cancelled(job.chunk.first, job.chunk.count));
            }
            state = self.state.lock();
        }
        self.work.notify_all();
        while state.taken > 0 || !state.queue.is_empty() {
            self.quiet.wait(&mut state);
        }
        let idle = std::mem::take(&mut state.idle);
        state.vacant += idle.len();
        drop(state);
        self.work.notify_all();
        self.quiet.notify_all();
        idle.iter().for_each(Child::hang_up);
        for mut child in idle {
            child.bury();
        }
    }
}

/// Gives a place back, also when what happens in between panics.
struct GiveBack<'a> {
    crew: &'a Crew,
    child: Option<Child>,
}

impl Drop for GiveBack<'_> {
    fn drop(&mut self) {
        self.crew.give_back(self.child.take());
    }
}

/// What a driver sees of the crew.
struct Around<'a> {
    crew: &'a Crew,
    /// `None` for a task whose caller drives it.
    batch: Option<&'a Batch>,
}

impl Surroundings for Around<'_> {
    fn replace(&self) -> Result<Child, TaskError> {
        Child::start(&self.crew.plan).and_then(Child::greeted).map_err(TaskError::Spawn)
    }

    fn begins(&self, child: &Child) {
        let mut state = self.crew.state.lock();
        if state.cancelled() {
            child.kill();
        }
        state.busy.insert(child.id(), child.pidfd());
    }

    fn ends(&self, child: &Child) {
        self.crew.state.lock().busy.remove(&child.id());
    }

    fn is_cancelled(&self) -> bool {
        self.batch.is_some_and(Batch::is_cancelled) || self.crew.state.lock().cancelled()
    }
}
