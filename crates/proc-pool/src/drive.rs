//! Running one chunk of tasks on a worker, whatever happens to the worker meanwhile.
//!
//! ```text
//! send the tasks; then
//!   Done:  every task has its record                               → deliver, worker stays
//!   Spill: the area was full                                       → deliver, go on waiting
//!   gone:  finished tasks have their records in the shared memory  → deliver
//!          a task was begun and has none                           → it fails, with the cause of death; never run again
//!          the others were never begun                             → on another worker
//!   late:  kill, then as gone, with the cause `Timeout`
//! ```
//! So a crash costs one task, and no task ever runs twice. Nothing has to be searched by halving: the worker says
//! which task it begins, in memory that outlives it.

use crate::batch::{Outcome, Piece};
use crate::bytes_file;
use crate::child::{Child, Event};
use crate::clock;
use crate::error::TaskError;
use crate::link::AREA;
use crate::records::Records;
use crate::shared::memory::Memory;
use crate::spin::Spin;
use crate::wire::{Kind, Message};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Neighbouring tasks of one call, encoded.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Which function, see [`task`](crate::task).
    pub(crate) place: u64,
    /// The index of the first task in its call.
    pub(crate) first: usize,
    pub(crate) count: usize,
    /// One record per argument.
    pub(crate) arguments: Vec<u8>,
    /// Shared memory that the arguments name: to be kept until the call's outcomes were read.
    pub(crate) kept: Vec<Arc<Memory>>,
}

/// What a driver needs besides the worker.
pub(crate) trait Surroundings {
    /// A worker to go on with, in place of one that is gone or retired.
    fn replace(&self) -> Result<Child, TaskError>;
    /// The worker is about to be given work.
    fn begins(&self, child: &Child);
    /// The worker is gone, or will be given nothing more.
    fn ends(&self, child: &Child);
    /// Whether what is left should not be run any more.
    fn is_cancelled(&self) -> bool;
}

/// The limits of a pool that a driver watches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) task_timeout: Option<Duration>,
    pub(crate) tasks_per_worker: usize,
    /// How often a worker may die without having begun the task it was given before that is the task's outcome.
    pub(crate) stillborn: usize,
}

/// How far one `Run` has come.
struct Progress {
    /// Items, counted within the `Run`, whose outcome was delivered.
    delivered: usize,
    /// Whether the worker lives.
    alive: bool,
}

/// Runs every task of `chunk`, delivering pieces. Gives the worker back if it lives.
pub(crate) fn drive(
    mut child: Option<Child>,
    chunk: &Chunk,
    limits: Limits,
    spin: &Spin,
    surroundings: &impl Surroundings,
    deliver: &mut impl FnMut(Piece),
) -> Option<Child> {
    let mut done = 0;
    let mut arguments = Records::new(&chunk.arguments);
    let mut stillborn = 0;
    while done < chunk.count {
        if surroundings.is_cancelled() {
            deliver(Piece::cancelled(chunk.first + done, chunk.count - done));
            break;
        }
        let mut worker = match child.take().map_or_else(|| surroundings.replace(), Ok) {
            Ok(worker) => worker,
            Err(error) => {
                deliver(Piece { first: chunk.first + done, count: 1, outcome: Outcome::Failed(error) });
                (done, _) = (done + 1, arguments.next());
                continue;
            }
        };
        surroundings.begins(&worker);
        let count = (chunk.count - done).min(limits.tasks_per_worker.saturating_sub(worker.items).max(1));
        let progress = {
            let first = chunk.first + done;
            let all = done + count == chunk.count;
            let arguments = if all { arguments.rest() } else { first_records(arguments.rest(), count) };
            let run = Run { chunk, first, count, arguments, limits, spin };
            run.on(&mut worker, surroundings, stillborn >= limits.stillborn, deliver)
        };
        stillborn = if progress.delivered == 0 { stillborn + 1 } else { 0 };
        done += progress.delivered;
        if progress.delivered > 0 && done < chunk.count {
            arguments.nth(progress.delivered - 1);
        }
        worker.items += progress.delivered;
        if progress.alive && worker.items < limits.tasks_per_worker {
            child = Some(worker);
            continue;
        }
        surroundings.ends(&worker);
        if progress.alive {
            worker.hang_up();
            worker.bury();
        }
    }
    child
}

/// The bytes of the first `count` records.
fn first_records(bytes: &[u8], count: usize) -> &[u8] {
    let mut records = Records::new(bytes);
    if count > 0 {
        records.nth(count - 1);
    }
    &bytes[..bytes.len() - records.rest().len()]
}

struct Run<'a> {
    chunk: &'a Chunk,
    /// The index in the call of the first task of this `Run`.
    first: usize,
    count: usize,
    arguments: &'a [u8],
    limits: Limits,
    spin: &'a Spin,
}

impl Run<'_> {
    fn on(
        &self,
        worker: &mut Child,
        surroundings: &impl Surroundings,
        last_try: bool,
        deliver: &mut impl FnMut(Piece),
    ) -> Progress {
        worker.link.reset();
        match self.send(worker) {
            Ok(()) => {}
            Err(SendError::Gone) => return self.gone(worker, None, 0, last_try, surroundings, deliver),
            Err(SendError::Here(error)) => {
                deliver(Piece { first: self.first, count: 1, outcome: Outcome::Failed(error) });
                return Progress { delivered: 1, alive: true };
            }
        }
        let mut delivered = 0;
        loop {
            match worker.event(self.spin, self.deadline(worker)) {
                Event::Message(message, fds) if message.kind == Kind::Spill => {
                    delivered += self.spilled(&message, &fds, delivered, deliver);
                }
                Event::Message(message, _) if message.kind == Kind::Done => {
                    delivered += self.take_area(worker, delivered, true, deliver);
                    return Progress { delivered, alive: true };
                }
                Event::Late if !self.is_late(worker) => {}
                Event::Late => {
                    return self.gone(worker, Some(TaskError::Timeout), delivered, last_try, surroundings, deliver);
                }
                Event::Gone | Event::Message(..) => {
                    return self.gone(worker, None, delivered, last_try, surroundings, deliver);
                }
            }
        }
    }

    fn send(&self, worker: &Child) -> Result<(), SendError> {
        let mut run = Message::new(Kind::Run);
        (run.at, run.count, run.bytes) = (self.chunk.place, self.count as u64, self.arguments.len() as u64);
        let file;
        let mut fds: Vec<BorrowedFd<'_>> = Vec::new();
        if self.arguments.len() <= AREA {
            worker.link.write_input(self.arguments);
        } else {
            run.in_file = true;
            file = bytes_file::write(self.arguments)
                .map_err(|error| SendError::Here(TaskError::Encode(format!("the argument: {error}"))))?;
            fds.push(file.as_fd());
        }
        worker.send(&run, &fds).map_err(|_| SendError::Gone)
    }

    /// When to look whether the running item has taken too long.
    fn deadline(&self, worker: &Child) -> Option<u64> {
        let timeout = self.limits.task_timeout?;
        let control = worker.link.control();
        let started_at = match control.started.load(Ordering::Acquire) {
            0 => clock::now(),
            _ => control.started_at.load(Ordering::Relaxed),
        };
        Some(started_at.saturating_add(u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX)))
    }

    fn is_late(&self, worker: &Child) -> bool {
        // A worker that has not begun its first item within the limit is as stuck as one in the middle of it.
        self.deadline(worker).is_some_and(|deadline| deadline <= clock::now())
            || worker.link.control().started.load(Ordering::Acquire) == 0
    }

    /// Delivers the items of a `Spill`, as far as it makes sense.
    fn spilled(&self, message: &Message, fds: &[OwnedFd], delivered: usize, deliver: &mut impl FnMut(Piece)) -> usize {
        let count = usize::try_from(message.count).unwrap_or(usize::MAX).min(self.count - delivered);
        let Some(file) = fds.first().filter(|_| message.at == delivered as u64 && count > 0) else { return 0 };
        // A file that cannot be read is delivered as no records, which is an error for each of the items.
        let bytes = bytes_file::read(file, message.bytes).unwrap_or_default();
        deliver(Piece { first: self.first + delivered, count, outcome: Outcome::Records(bytes) });
        count
    }

    /// Delivers what lies in the output area: after `all`, everything not delivered yet, readable or not; otherwise
    /// the complete records.
    fn take_area(&self, worker: &Child, delivered: usize, all: bool, deliver: &mut impl FnMut(Piece)) -> usize {
        let (base, mut bytes) = worker.link.take_output();
        let known = usize::try_from(base).map_or(usize::MAX, |base| delivered.saturating_sub(base));
        let mut records = Records::new(&bytes);
        if known > 0 {
            records.nth(known - 1);
        }
        let count = self.count - delivered;
        let count = if all { count } else { records.clone().take(count).count() };
        if count > 0 {
            bytes.drain(..bytes.len() - records.rest().len());
            deliver(Piece { first: self.first + delivered, count, outcome: Outcome::Records(bytes) });
        }
        count
    }

    /// The worker is gone or must go: finds out which items are done, which one did it, and which were never begun.
    fn gone(
        &self,
        worker: &mut Child,
        cause: Option<TaskError>,
        mut delivered: usize,
        last_try: bool,
        surroundings: &impl Surroundings,
        deliver: &mut impl FnMut(Piece),
    ) -> Progress {
        if cause.is_some() {
            worker.kill();
        }
        let death = worker.bury();
        for (message, fds) in worker.left_behind() {
            if message.kind == Kind::Spill {
                delivered += self.spilled(&message, &fds, delivered, deliver);
            }
        }
        delivered += self.take_area(worker, delivered, false, deliver);
        let begun = usize::try_from(worker.link.control().started.load(Ordering::Acquire)).unwrap_or(usize::MAX);
        let stuck = matches!(cause, Some(TaskError::Timeout)) && begun == 0;
        if delivered < self.count && (begun > delivered || last_try || stuck) {
            let error = if surroundings.is_cancelled() { TaskError::Cancelled } else { cause.unwrap_or(death) };
            deliver(Piece { first: self.first + delivered, count: 1, outcome: Outcome::Failed(error) });
            delivered += 1;
        }
        Progress { delivered, alive: false }
    }
}

enum SendError {
    /// The worker has gone before it got the work.
    Gone,
    /// This side could not prepare the work.
    Here(TaskError),
}
