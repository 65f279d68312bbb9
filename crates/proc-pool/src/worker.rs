//! The life of a worker: greet the parent, then run what it sends until it hangs up.

use crate::codec::{self, CodecError};
use crate::last_words;
use crate::link::{AREA, Link};
use crate::records::{self, Head, Records, Tag};
use crate::shared::travel::{self, Way};
use crate::spin::Spin;
use crate::wire::{self, Kind, Message, Received};
use crate::{bytes_file, identity, init, task};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::process::{
    Pid, PidfdFlags, Resource, Rlimit, Signal, getppid, getrlimit, kill_current_process_group, pidfd_open, setrlimit,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

/// How long a worker without work keeps mapped what its last tasks were given.
const KEEP_MAPPED: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// What `Hello` says besides the build.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Bytes the worker may allocate on top of what it has at the start; 0 for no limit.
    pub(crate) memory_limit: u64,
    /// Whether the parent watches the time each item takes.
    pub(crate) timed: bool,
    /// Whether the worker ends after its first `Run`.
    pub(crate) once: bool,
}

/// Becomes a worker of the process `parent`.
pub(crate) fn main(parent: i32) -> ! {
    let code = match serve(parent) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("proc-pool worker {}: {error}", std::process::id());
            1
        }
    };
    std::process::exit(code)
}

fn serve(parent: i32) -> io::Result<()> {
    let socket = take_socket()?;
    end_with(parent)?;
    let Some((terms, link)) = greet(&socket)? else { return Ok(()) };
    let link: &'static Link = Box::leak(Box::new(link));
    last_words::prepare(link, terms.memory_limit > 0);
    init::learn_way();
    limit_memory(terms.memory_limit)?;
    wire::send(socket.as_fd(), &Message::new(Kind::Ready), &[])?;
    let spin = Spin::new();
    while let Some((message, fds)) = next(&socket, &spin)? {
        run(&message, fds, &socket, link, terms)?;
        if terms.once {
            break;
        }
    }
    Ok(())
}

/// The socket came as standard input. It moves out of the way, and tasks read from an empty file instead.
fn take_socket() -> io::Result<OwnedFd> {
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    let null = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    Ok(socket)
}

/// Sees to it that this process, and what its tasks have started, ends when its parent does, however busy it is.
/// `PR_SET_PDEATHSIG` would not do: it strikes when the *thread* that started the worker ends.
fn end_with(parent: i32) -> io::Result<()> {
    let parent = Pid::from_raw(parent).ok_or_else(|| io::Error::other("no process has that id"))?;
    let gone = || io::Error::other("the parent is gone");
    let pidfd = pidfd_open(parent, PidfdFlags::empty()).map_err(|_| gone())?;
    // Asked after the descriptor was opened, so the descriptor means the parent and no later process of that number.
    if getppid() != Some(parent) {
        return Err(gone());
    }
    let up = Arc::new(std::sync::Barrier::new(2));
    let ready = Arc::clone(&up);
    let watch = move || {
        ready.wait();
        while poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], None).is_err() {}
        let _ = kill_current_process_group(Signal::KILL);
    };
    std::thread::Builder::new().name("proc-pool lifeline".into()).stack_size(64 << 10).spawn(watch)?;
    // What a thread takes as it starts must be taken before the memory limit is reckoned from what there is.
    up.wait();
    Ok(())
}

/// Waits for `Hello` and checks it; `None` if the parent has changed its mind.
fn greet(socket: &OwnedFd) -> io::Result<Option<(Terms, Link)>> {
    let (hello, fds) = match wire::receive(socket.as_fd(), true)? {
        Received::Message(message, fds) if message.kind == Kind::Hello => (message, fds),
        Received::Closed => return Ok(None),
        other => return Err(io::Error::other(format!("no greeting: {other:?}"))),
    };
    if hello.text != identity::of_this_process()? {
        let mut refused = Message::new(Kind::Refused);
        refused.text = b"the worker's executable is another build than the parent's".to_vec();
        wire::send(socket.as_fd(), &refused, &[])?;
        return Ok(None);
    }
    let link = fds.first().ok_or_else(|| io::Error::other("no shared memory came with the greeting"))?;
    if let Some(stdout) = fds.get(1) {
        // What the test harness has printed so far went to /dev/null; from here on it is the task that prints.
        io::stdout().flush()?;
        rustix::stdio::dup2_stdout(stdout)?;
    }
    let terms = Terms { memory_limit: hello.at, timed: hello.count & 1 != 0, once: hello.count & 2 != 0 };
    Ok(Some((terms, Link::open(link.as_fd())?)))
}

impl Terms {
    /// As `Hello` carries them.
    pub(crate) fn hello(self, build: &[u8]) -> Message {
        let mut hello = Message::new(Kind::Hello);
        hello.at = self.memory_limit;
        hello.count = u64::from(self.timed) | u64::from(self.once) << 1;
        hello.text = build.to_vec();
        hello
    }
}

/// The limit is on address space, counted from what the process has now, so that it says what a task may add.
fn limit_memory(bytes: u64) -> io::Result<()> {
    if bytes == 0 {
        return Ok(());
    }
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm.split(' ').next().and_then(|pages| pages.parse().ok()).unwrap_or(0);
    let limit = (pages * rustix::param::page_size() as u64).saturating_add(bytes);
    let hard = getrlimit(Resource::As).maximum;
    let limit = limit.min(hard.unwrap_or(u64::MAX));
    Ok(setrlimit(Resource::As, Rlimit { current: Some(limit), maximum: hard })?)
}

/// The next `Run`; `None` once the parent has hung up.
fn next(socket: &OwnedFd, spin: &Spin) -> io::Result<Option<(Message, Vec<OwnedFd>)>> {
    let spun = spin.until(|| match wire::receive(socket.as_fd(), false) {
        Ok(Received::Nothing) => None,
        other => Some(other),
    });
    match spun.unwrap_or_else(|| await_message(socket))? {
        Received::Message(message, fds) if message.kind == Kind::Run => Ok(Some((message, fds))),
        Received::Closed => Ok(None),
        other => Err(io::Error::other(format!("no order: {other:?}"))),
    }
}

/// Waits for a message; if none comes for a while, nothing is kept mapped meanwhile.
fn await_message(socket: &OwnedFd) -> Result<Received, rustix::io::Errno> {
    if travel::holds() {
        let came = poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&KEEP_MAPPED));
        if came.is_ok_and(|n| n == 0) {
            travel::let_go();
        }
    }
    wire::receive(socket.as_fd(), true)
}

fn run(message: &Message, fds: Vec<OwnedFd>, socket: &OwnedFd, link: &Link, terms: Terms) -> io::Result<()> {
    let entry = task::at(message.at).ok_or_else(|| io::Error::other("no task is where the parent says"))?;
    let from_file;
    let arguments: &[u8] = if message.in_file {
        let file = fds.into_iter().next().ok_or_else(|| io::Error::other("the file of arguments did not come"))?;
        from_file = bytes_file::read(&file, message.bytes)?;
        &from_file
    } else {
        // SAFETY: `Done` is sent at the end of this function, after the last use of the arguments.
        unsafe { link.input(usize::try_from(message.bytes).unwrap_or(AREA)) }
    };
    // SAFETY: the one call for this `Run`; the frame is gone before `Done` is sent.
    let area = unsafe { link.output() };
    let mut frame = Frame {
        socket: socket.as_fd(),
        link,
        terms,
        arguments: Records::new(arguments).take(usize::try_from(message.count).unwrap_or(usize::MAX)),
        area,
        head: Head::default(),
        committed: 0,
        base: 0,
        begun: 0,
        aside: None,
        broken: None,
    };
    last_words::enter();
    entry(&mut frame);
    last_words::leave();
    if let Some(error) = frame.broken {
        return Err(error);
    }
    let _ = io::stdout().flush();
    Ok(wire::send(socket.as_fd(), &Message::new(Kind::Done), &[])?)
}

/// One `Run` under way. Each item goes `begin`, `read`, the task, `write`, then `end`, or `end_panicked` from within.
pub(crate) struct Frame<'a> {
    socket: BorrowedFd<'a>,
    link: &'a Link,
    terms: Terms,
    arguments: std::iter::Take<Records<'a>>,
    area: &'a mut [u8],
    /// The form of head that the next result is expected to need.
    head: Head,
    /// Bytes of complete records in `area`; the parent sees the same number in the control page.
    committed: usize,
    /// The index of the item whose record comes first in `area`.
    base: u64,
    /// Items begun.
    begun: u64,
    /// The record of the running item's result, where it has to travel as a file because it is long.
    aside: Option<Vec<u8>>,
    /// Why the frame cannot go on: the parent is gone or a file could not be made.
    broken: Option<io::Error>,
}

impl std::fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frame").field("begun", &self.begun).field("committed", &self.committed).finish_non_exhaustive()
    }
}

/// A result that is written and not published: so many bytes behind the committed ones in the area; or, if 0, aside.
pub(crate) struct Written(usize);

/// Why an item has no value, as the parent is to read it.
pub(crate) struct Failure {
    tag: Tag,
    why: String,
}

impl<'a> Frame<'a> {
    /// The bytes of the next argument; from here on a crash is this item's.
    #[inline]
    pub(crate) fn begin(&mut self) -> Option<&'a [u8]> {
        if self.broken.is_some() {
            return None;
        }
        let (_, argument) = self.arguments.next()?;
        self.begun += 1;
        let control = self.link.control();
        if self.terms.timed {
            control.started_at.store(crate::clock::now(), std::sync::atomic::Ordering::Relaxed);
        }
        if self.terms.memory_limit > 0 {
            last_words::forget_errors();
        }
        control.started.store(self.begun, std::sync::atomic::Ordering::Release);
        Some(argument)
    }

    #[inline]
    pub(crate) fn read<A: DeserializeOwned>(argument: &[u8]) -> Result<A, Failure> {
        codec::read(argument, Way::UnpackArgument)
            .map_err(|error| Failure { tag: Tag::Decode, why: format!("the argument: {}", travel::explain(&error)) })
    }

    /// Writes the result behind the committed ones, or aside if it does not fit there.
    #[inline]
    pub(crate) fn write<R: Serialize>(&mut self, result: &R) -> Result<Written, Failure> {
        if let Some(room) = self.area.get_mut(self.committed..) {
            match codec::write(result, Way::PackResult, &mut self.head, room) {
                Ok(len) => return Ok(Written(len)),
                Err(CodecError::SerializeBufferFull) => {}
                Err(error) => return Err(cannot_write(&error)),
            }
        }
        self.write_aside(result)
    }

    #[cold]
    fn write_aside<R: Serialize>(&mut self, result: &R) -> Result<Written, Failure> {
        let mut record = Vec::new();
        codec::append(result, Tag::Value, Way::PackResult, &mut Head::default(), &mut record)
            .map_err(|error| cannot_write(&error))?;
        self.aside = Some(record);
        Ok(Written(0))
    }

    /// Publishes the item's outcome: from here on a crash does not touch it.
    #[inline(always)]
    pub(crate) fn end(&mut self, outcome: Result<Written, Failure>) {
        match outcome {
            Ok(Written(0)) => self.end_aside(),
            Ok(Written(len)) => self.commit(len),
            Err(failure) => self.fail(&failure),
        }
    }

    #[cold]
    fn end_aside(&mut self) {
        match self.aside.take() {
            Some(record) => self.spill_one(record),
            None => self.fail(&Failure { tag: Tag::Encode, why: "nothing".into() }),
        }
    }

    #[inline(always)]
    fn commit(&mut self, len: usize) {
        self.committed += len;
        self.link.control().committed.store(self.committed as u64, std::sync::atomic::Ordering::Release);
    }

    #[cold]
    fn fail(&mut self, failure: &Failure) {
        self.put(failure.tag, &failure.why);
    }

    /// As [`end`](Self::end), for an item that panicked.
    #[cold]
    pub(crate) fn end_panicked(&mut self, panic: Box<dyn Any + Send>) {
        let words = last_words::of(&*panic);
        last_words::leave();
        // A payload's destructor may panic in its turn; that is of no interest to anybody.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(panic)));
        last_words::enter();
        self.put(Tag::Panicked, &words);
    }

    fn put<T: Serialize>(&mut self, tag: Tag, what: &T) {
        let mut record = Vec::new();
        if codec::append(what, tag, Way::Nowhere, &mut Head::default(), &mut record).is_err() {
            record = records::empty(Tag::Encode);
        }
        match self.area.get_mut(self.committed..self.committed + record.len()) {
            Some(room) => {
                room.copy_from_slice(&record);
                self.commit(record.len());
            }
            None => self.spill_one(record),
        }
    }

    /// Sends the records in the area, then this one, each as a file, and begins the area anew.
    #[cold]
    fn spill_one(&mut self, record: Vec<u8>) {
        let done = self.begun - 1;
        let sent = self.spill(self.base, done - self.base, &self.area[..self.committed]).and_then(|()| {
            self.rebase(done);
            self.spill(done, 1, &record)
        });
        match sent {
            Ok(()) => self.rebase(self.begun),
            Err(error) => self.broken = Some(error),
        }
    }

    fn spill(&self, first: u64, count: u64, records: &[u8]) -> io::Result<()> {
        if count == 0 {
            return Ok(());
        }
        let file = bytes_file::write(records)?;
        let mut message = Message::new(Kind::Spill);
        (message.in_file, message.at, message.count, message.bytes) = (true, first, count, records.len() as u64);
        Ok(wire::send(self.socket, &message, &[file.as_fd()])?)
    }

    /// The area is empty and its next record is that of item `base`. A crash between the two stores does no harm: the
    /// parent skips records of items that it has already got.
    fn rebase(&mut self, base: u64) {
        (self.committed, self.base) = (0, base);
        self.link.control().committed.store(0, std::sync::atomic::Ordering::Release);
        self.link.control().base.store(base, std::sync::atomic::Ordering::Release);
    }
}

fn cannot_write(error: &CodecError) -> Failure {
    Failure { tag: Tag::Encode, why: format!("the result: {}", travel::explain(error)) }
}
