//! A worker as its parent sees it: started, greeted, ordered about, buried.

use crate::error::TaskError;
use crate::link::Link;
use crate::spin::Spin;
use crate::wire::{self, Kind, Message, Received};
use crate::worker::Terms;
use crate::{clock, identity, init};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitIdStatus, kill_process_group, pidfd_open, pidfd_send_signal,
    waitid,
};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// How long a worker may take from its start to its greeting before it is given up.
const GREETING: Duration = Duration::from_secs(30);

/// How long a worker that has been told to end may take before it is killed.
const FAREWELL: Duration = Duration::from_millis(500);

/// How workers are started.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) program: OsString,
    pub(crate) terms: Terms,
}

/// A worker process. Dropping it kills and reaps it, with all that its tasks have started in its process group.
#[derive(Debug)]
pub(crate) struct Child {
    pid: Pid,
    /// Means this process and never a later one of the same number; shared with whoever may want to kill it.
    pidfd: Arc<OwnedFd>,
    socket: OwnedFd,
    pub(crate) link: Link,
    /// Items it was given so far.
    pub(crate) items: usize,
    /// Set once the exit status was collected; from then on the number may be another process's.
    reaped: bool,
}

/// What there is to know when a parent looks at a worker.
#[derive(Debug)]
pub(crate) enum Event {
    Message(Message, Vec<OwnedFd>),
    /// It has hung up or ended.
    Gone,
    /// The deadline has passed.
    Late,
}

impl Child {
    /// Starts a worker without waiting for it; [`greeted`](Self::greeted) does.
    pub(crate) fn start(plan: &Plan) -> io::Result<Self> {
        let way = init::way().ok_or_else(|| {
            io::Error::other(
                "call `proc_pool::init()` first: as the first line of `main`, or of each test that uses this crate",
            )
        })?;
        let (link, memory) = Link::create()?;
        let (socket, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        let mut command = Command::new(&plan.program);
        // The socket goes as standard input: the one way to hand over a descriptor that needs no code between fork
        // and exec (so the parent's size does not matter) and that no other child of this process can inherit.
        command.arg0(init::worker_name()).args(&way.arguments).stdin(Stdio::from(theirs)).process_group(0);
        let stdout =
            way.through_harness.then(|| rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)).transpose()?;
        if stdout.is_some() {
            command.stdout(Stdio::null());
        }
        if plan.terms.memory_limit > 0 {
            // With a backtrace to print, std would bury under other errors the one that tells a failed allocation.
            command.env("RUST_BACKTRACE", "0");
        }
        let process = command.spawn()?;
        let pid = Pid::from_child(&process);
        let pidfd = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => Arc::new(pidfd),
            Err(error) => {
                let mut process = process;
                let _ = process.kill();
                let _ = process.wait();
                return Err(error.into());
            }
        };
        let child = Self { pid, pidfd, socket, link, items: 0, reaped: false };
        let mut fds = vec![memory.as_fd()];
        fds.extend(stdout.as_ref().map(AsFd::as_fd));
        // A failure shows again, with its cause, when the answer does not come.
        let _ = wire::send(child.socket.as_fd(), &plan.terms.hello(identity::of_this_process()?), &fds);
        Ok(child)
    }

    /// Waits until the worker is ready for work.
    pub(crate) fn greeted(mut self) -> io::Result<Self> {
        match self.event(&Spin::new(), Some(clock::after(GREETING))) {
            Event::Message(message, _) if message.kind == Kind::Ready => Ok(self),
            Event::Message(message, _) if message.kind == Kind::Refused => {
                Err(io::Error::other(String::from_utf8_lossy(&message.text).into_owned()))
            }
            Event::Gone => {
                let cause = self.bury();
                Err(io::Error::other(format!(
                    "the worker ended before it was ready ({cause}); is `proc_pool::init()` the first line of `main`?"
                )))
            }
            Event::Late => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the worker did not get ready; is `proc_pool::init()` the first line of `main`?",
            )),
            other @ Event::Message(..) => Err(io::Error::other(format!("the worker gave a strange answer: {other:?}"))),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    pub(crate) fn pidfd(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.pidfd)
    }

    pub(crate) fn send(&self, message: &Message, fds: &[BorrowedFd<'_>]) -> Result<(), rustix::io::Errno> {
        wire::send(self.socket.as_fd(), message, fds)
    }

    /// Waits for the next event, until `deadline` on [`clock`] if there is one.
    pub(crate) fn event(&self, spin: &Spin, deadline: Option<u64>) -> Event {
        if let Some(event) = spin.until(|| self.look()) {
            return event;
        }
        loop {
            let timeout = match deadline.map(|deadline| deadline.saturating_sub(clock::now())) {
                Some(0) => return self.look().unwrap_or(Event::Late),
                Some(nanos) => {
                    Some(Timespec { tv_sec: (nanos / 1_000_000_000) as i64, tv_nsec: (nanos % 1_000_000_000) as i64 })
                }
                None => None,
            };
            let mut fds = [PollFd::new(&self.socket, PollFlags::IN), PollFd::new(&*self.pidfd, PollFlags::IN)];
            let polled = poll(&mut fds, timeout.as_ref());
            let ended = polled.is_ok() && !fds[1].revents().is_empty();
            if let Some(event) = self.look() {
                return event;
            }
            if ended {
                // Ended with nothing left to read, though a process that it started may hold the socket open.
                return Event::Gone;
            }
        }
    }

    /// What is there without waiting.
    fn look(&self) -> Option<Event> {
        match wire::receive(self.socket.as_fd(), false) {
            Ok(Received::Nothing) => None,
            Ok(Received::Message(message, fds)) => Some(Event::Message(message, fds)),
            Ok(Received::Closed | Received::Garbage) | Err(_) => Some(Event::Gone),
        }
    }

    /// The messages that a worker has left behind.
    pub(crate) fn left_behind(&self) -> impl Iterator<Item = (Message, Vec<OwnedFd>)> {
        std::iter::from_fn(|| match self.look() {
            Some(Event::Message(message, fds)) => Some((message, fds)),
            _ => None,
        })
    }

    fn has_ended(&self, within: Duration) -> bool {
        let timeout = Timespec { tv_sec: within.as_secs() as i64, tv_nsec: i64::from(within.subsec_nanos()) };
        loop {
            match poll(&mut [PollFd::new(&*self.pidfd, PollFlags::IN)], Some(&timeout)) {
                Err(rustix::io::Errno::INTR) => {}
                ready => return ready.is_ok_and(|n| n > 0),
            }
        }
    }

    /// Kills the process at once; [`bury`](Self::bury) says how it ended.
    pub(crate) fn kill(&self) {
        let _ = pidfd_send_signal(&*self.pidfd, Signal::KILL);
    }

    /// Waits for the end of a process that has hung up, is being killed or is to be killed if it takes its time, and
    /// collects its exit status: no zombie is left, nor anything that its tasks have left running in its group.
    pub(crate) fn bury(&mut self) -> TaskError {
        if self.reaped {
            return TaskError::Lost;
        }
        if !self.has_ended(FAREWELL) {
            self.kill();
        }
        // While the process is a zombie its number, and so that of its group, cannot belong to anybody else.
        self.has_ended(Duration::from_secs(60));
        let _ = kill_process_group(self.pid, Signal::KILL);
        let status = loop {
            match waitid(WaitId::PidFd(self.pidfd.as_fd()), WaitIdOptions::EXITED) {
                Err(rustix::io::Errno::INTR) => {}
                other => break other,
            }
        };
        self.reaped = true;
        status.ok().flatten().map_or(TaskError::Lost, |status| self.cause(&status))
    }

    fn cause(&self, status: &WaitIdStatus) -> TaskError {
        let Some(signal) = status.terminating_signal() else {
            return status.exit_status().map_or(TaskError::Lost, TaskError::Exit);
        };
        if signal == Signal::ABORT.as_raw() {
            if self.link.control().out_of_memory.load(std::sync::atomic::Ordering::Acquire) != 0 {
                return TaskError::OutOfMemory;
            }
            if let Some(note) = self.link.note() {
                let note = String::from_utf8_lossy(&note);
                let (location, message) = note.split_once('\n').unwrap_or(("", &note));
                return TaskError::Panicked { message: message.to_owned(), location: location.to_owned() };
            }
        }
        TaskError::Signal(signal)
    }

    /// Tells an idle worker that nothing more will come; it ends by itself.
    pub(crate) fn hang_up(&self) {
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.reaped {
            self.kill();
            self.bury();
        }
    }
}
