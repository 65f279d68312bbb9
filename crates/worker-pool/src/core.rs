//! What the handles of a pool and its workers share: the slots of the loops, the queue of the tasks, and who is idle.

use crate::broadcast::Inbox;
use crate::context;
use crate::idle::Idle;
use crate::panics::{catch, discard};
use crate::queue::Queue;
use crate::slot::{Owned, Slot};
use crate::sync::{Arc, MODEL, Ordering, planted};
use crate::task::Run;
use crossbeam_utils::CachePadded;
use std::time::Duration;

/// Slots for each thread: a thread needs one for each level of nested calls that should find helpers. Deeper levels run
/// on their caller alone, while the outer, larger ones are shared.
const SLOTS_PER_THREAD: usize = if MODEL { 1 } else { 4 };
const MOST_SLOTS: usize = 256;

/// Every this many looks, a worker looks for tasks before it looks for loops, so that neither can starve the other.
const TASKS_FIRST: usize = 16;

/// The shared part of a pool. Workers and every `PoolRef` keep it alive.
pub(crate) struct Core {
    /// Including the thread that calls, at least 1.
    threads: usize,
    slots: Box<[CachePadded<Slot>]>,
    pub(crate) queue: Queue,
    /// One per worker.
    pub(crate) inboxes: Box<[CachePadded<Inbox>]>,
    idle: Idle,
}

impl Core {
    pub(crate) fn new(threads: usize, spin: Option<Duration>) -> Self {
        let workers = threads - 1;
        let slots = if workers == 0 { 0 } else { (threads * SLOTS_PER_THREAD).min(MOST_SLOTS) };
        Self {
            threads,
            slots: (0..slots).map(|_| CachePadded::new(Slot::new())).collect(),
            queue: Queue::new(workers > 0),
            inboxes: (0..workers).map(|_| CachePadded::new(Inbox::new())).collect(),
            idle: Idle::new(workers, spin),
        }
    }

    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// Offers `job` to up to `wanted` workers while `own` runs here; `own` may ask for a worker to be woken. Where no slot
    /// is free, `own` runs alone. Nobody is inside `job` any more when this returns or unwinds.
    pub(crate) fn share<R>(&self, wanted: usize, job: &(dyn Fn() + Sync), own: impl FnOnce(Helpers<'_>) -> R) -> R {
        match self.take_slot() {
            Some(slot) => slot.offer(wanted, job, || own(Helpers(Some(&self.idle)))),
            None => own(Helpers(None)),
        }
    }

    fn take_slot(&self) -> Option<Owned<'_>> {
        let (before, from) = self.slots.split_at_checked(context::home(self.slots.len()))?;
        from.iter().chain(before).find_map(|slot| slot.try_take())
    }

    /// Gives `task` to the workers; false if there are none or they are going home.
    pub(crate) fn submit(&self, task: Arc<dyn Run>) -> bool {
        let accepted = self.queue.push(task, context::is_at_work_for(self));
        if accepted {
            self.idle.wake_one();
        }
        accepted
    }

    /// Wakes `worker` for what is in its inbox.
    pub(crate) fn wake(&self, worker: usize) {
        self.idle.wake(worker);
    }

    /// No more tasks from outside; workers go home when those that are queued have run.
    pub(crate) fn close(&self) {
        self.queue.close();
        (0..self.threads - 1).for_each(|worker| self.idle.wake(worker));
    }

    /// The life of worker `me`.
    pub(crate) fn work(&self, me: usize) {
        let mut looks = 0_usize;
        loop {
            looks = looks.wrapping_add(1);
            let tasks_first = looks.is_multiple_of(TASKS_FIRST);
            if self.inboxes[me].run_one() || (tasks_first && self.run_task()) || self.help() || self.run_task() {
                continue;
            }
            if self.queue.is_finished() && self.inboxes[me].close_if_empty() {
                return;
            }
            self.idle.wait(me, || self.has_work(me));
        }
    }

    /// Helps with some open loop.
    fn help(&self) -> bool {
        let (before, from) = self.slots.split_at(context::home(self.slots.len()));
        from.iter().chain(before).any(|slot| {
            slot.help(|more| {
                // The chain of wake-ups: the caller woke one, that one wakes the next.
                if more {
                    self.idle.wake_one();
                }
            })
        })
    }

    fn run_task(&self) -> bool {
        let Some((task, more)) = self.queue.pop() else { return false };
        if more {
            self.idle.wake_one();
        }
        // Tasks keep their panics; what can still panic is the drop of a result that nobody wanted.
        discard(catch(|| {
            task.run(self);
            drop(task);
        }));
        true
    }

    /// Whether there is a reason to stay awake: work, or that it is time to go home. Each of them must be here, or a worker
    /// sleeps through what happened between its last look and its idle bit.
    fn has_work(&self, me: usize) -> bool {
        self.slots.iter().any(|slot| slot.is_open())
            || !self.queue.is_idle()
            || (self.queue.is_finished() && !planted("sleep through the end"))
            || self.inboxes[me].has_work()
    }
}

/// The right to wake workers for a job that is open.
#[derive(Clone, Copy)]
pub(crate) struct Helpers<'c>(Option<&'c Idle>);

impl Helpers<'_> {
    /// Wakes one idle worker, if there is one; it wakes the next.
    pub(crate) fn wake(self) {
        if let Some(idle) = self.0 {
            idle.wake_one();
        }
    }
}

/// A number of its own for each thread that has ever called, so that they begin their search for a slot apart.
///
/// Under the model checker all begin at the same one: a count that goes on from run to run would make them differ.
pub(crate) fn next_home() -> usize {
    if MODEL {
        return 0;
    }
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
