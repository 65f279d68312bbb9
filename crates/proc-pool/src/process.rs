//! One task in a process of its own.

use crate::batch::Batch;
use crate::child::{Child, Plan};
use crate::chunks;
use crate::drive::{Limits, Surroundings, drive};
use crate::error::TaskError;
use crate::handle::Handle;
use crate::spin::Spin;
use crate::task;
use crate::worker::Terms;
use rustix::process::{Signal, pidfd_send_signal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// A process that runs one task. The counterpart of [`std::thread::spawn`], with an end that can be forced.
///
/// Its result is fetched as soon as it is there, whatever its size, so waiting for the process before asking for the
/// result cannot block; and the process is reaped as soon as it has ended, so it never is a zombie. Dropping a
/// `Process` kills it.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// proc_pool::init();
/// let process = proc_pool::Process::spawn(|n: u64| (1..=n).product::<u64>(), 10)?;
/// assert_eq!(process.join().unwrap(), 3_628_800);
/// # Ok(())
/// # }
/// ```
#[must_use = "the process is killed as soon as it is dropped; `join` waits for its result"]
pub struct Process<R> {
    id: u32,
    pidfd: Arc<OwnedFd>,
    handle: Handle<R>,
    /// Drives the process; `None` once joined.
    driver: Option<JoinHandle<()>>,
}

impl<R: Serialize + DeserializeOwned> Process<R> {
    /// Starts a process that runs `f(args)`; several arguments go as a tuple.
    ///
    /// # Errors
    /// If [`init`](crate::init) was not called, the process cannot be started, or `args` cannot be encoded.
    pub fn spawn<F, A>(f: F, args: A) -> io::Result<Self>
    where
        F: Fn(A) -> R + Copy + 'static,
        A: Serialize + DeserializeOwned,
    {
        let mut chunk = chunks::single(task::place_of(f), 0, &args)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let terms = Terms { memory_limit: 0, timed: false, once: true };
        let child = Child::start(&Plan { program: "/proc/self/exe".into(), terms })?.greeted()?;
        let (id, pidfd) = (child.id(), child.pidfd());
        let batch = Arc::new(Batch::default());
        batch.keep(std::mem::take(&mut chunk.kept));
        let handle = Handle::new(Arc::clone(&batch));
        let limits = Limits { task_timeout: None, tasks_per_worker: 1, stillborn: 0 };
        let driver = std::thread::Builder::new().name(format!("proc-pool process {id}")).spawn(move || {
            drive(Some(child), &chunk, limits, &Spin::new(), &Alone, &mut |piece| batch.deliver(piece));
        })?;
        Ok(Self { id, pidfd, handle, driver: Some(driver) })
    }

    /// Waits for the task's outcome and for the end of the process.
    ///
    /// # Errors
    /// The [`TaskError`] that says why there is no result.
    pub fn join(mut self) -> Result<R, TaskError> {
        self.handle.wait_timeout(Duration::MAX);
        self.await_driver();
        self.handle.try_take().unwrap_or(Err(TaskError::Cancelled))
    }

    /// Waits for at most `limit`; `None` if the task has no outcome by then, or if it was taken before.
    pub fn join_timeout(&mut self, limit: Duration) -> Option<Result<R, TaskError>> {
        self.handle.wait_timeout(limit).then(|| self.handle.try_take()).flatten()
    }
}

impl<R> Process<R> {
    /// Kills the process; its outcome is then `Signal(9)`, unless it has ended before.
    pub fn kill(&self) {
        let _ = pidfd_send_signal(&*self.pidfd, Signal::KILL);
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Whether the task has no outcome yet.
    pub fn is_alive(&self) -> bool {
        !self.handle.is_done()
    }

    fn await_driver(&mut self) {
        if let Some(driver) = self.driver.take() {
            // It runs no code of the user's, so there is no panic to pass on.
            let _ = driver.join();
        }
    }
}

impl<R> Drop for Process<R> {
    fn drop(&mut self) {
        if self.driver.is_some() {
            self.kill();
            self.await_driver();
        }
    }
}

impl<R> fmt::Debug for Process<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("id", &self.id).field("alive", &self.is_alive()).finish()
    }
}

/// A process has nobody to take its place.
struct Alone;

impl Surroundings for Alone {
    fn replace(&self) -> Result<Child, TaskError> {
        Err(TaskError::Lost)
    }
    fn begins(&self, _: &Child) {}
    fn ends(&self, _: &Child) {}
    fn is_cancelled(&self) -> bool {
        false
    }
}
