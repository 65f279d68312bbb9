//! How shared memory travels to another process: as a ticket among the bytes of an argument. It says in which process
//! and under which number the file is open; the receiver opens it there (`/proc/<process>/fd/<number>`), makes sure
//! that it is the file meant, and maps it. So no descriptor is sent, and their number does not depend on what is queued.
//!
//! A ticket is good as long as its owner keeps the file open. Therefore whoever encodes an argument keeps the memory
//! ([`take_kept`]) until the task has its outcome and its handle is gone, also if the caller has given its own handle
//! away. A result may hold memory that came with the argument, not memory that the task has made, which ends with it.
//!
//! Memory that a process has mapped already is found in a register by device and inode, which no other living file has.
//! A worker keeps what it has mapped until it has been idle for a while, so that a run of tasks maps once; but nothing
//! that its owner has dropped, once it maps something else.

use super::memory::{Kind, Memory};
use crate::sync::Mutex;
use rustix::fs::{Mode, OFlags, open, stat};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, RawFd};
use std::sync::{Arc, Weak};

/// Where a memory file is open, and which one is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) process: u32,
    pub(crate) fd: RawFd,
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

/// What this thread is encoding or decoding for a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Nothing: shared memory cannot be part of it.
    Nowhere,
    PackArgument,
    PackResult,
    /// In a worker, from its parent, whose tickets are followed.
    UnpackArgument,
    /// From a worker, which may have gone mad: only memory that is known here already.
    UnpackResult,
}

thread_local! {
    static WAY: Cell<Way> = const { Cell::new(Way::Nowhere) };
    /// Why shared memory could not be packed or unpacked; postcard's errors have no place for it.
    static WHY: RefCell<Option<String>> = const { RefCell::new(None) };
    /// Memory of the arguments encoded on this thread.
    static KEPT: RefCell<Vec<Arc<Memory>>> = const { RefCell::new(Vec::new()) };
}

/// Every mapping of this process, by device and inode.
static REGISTER: Mutex<BTreeMap<(u64, u64), Weak<Memory>>> = Mutex::new(BTreeMap::new());

/// What a worker keeps mapped between tasks, oldest first.
static HELD: Mutex<Vec<Arc<Memory>>> = Mutex::new(Vec::new());

/// Mappings that a worker keeps at most: asking after each costs a microsecond or two.
const MAX_HELD: usize = 16;

/// The reason for an error of encoding or decoding, in words.
#[cold]
pub(crate) fn explain(error: &postcard::Error) -> String {
    WHY.take().unwrap_or_else(|| error.to_string())
}

/// Has shared memory go that way, on this thread, until the answer is dropped.
#[inline(always)]
pub(crate) fn on_way(way: Way) -> OnWay {
    OnWay(WAY.replace(way))
}

/// The way from before.
#[must_use]
pub(crate) struct OnWay(Way);

impl Drop for OnWay {
    #[inline(always)]
    fn drop(&mut self) {
        WAY.set(self.0);
    }
}

/// The memory that arguments encoded on this thread since the last call need until their tasks are done.
pub(crate) fn take_kept() -> Vec<Arc<Memory>> {
    KEPT.take()
}

/// A worker that has nothing to do gives back what it has mapped.
pub(crate) fn let_go() {
    let held = std::mem::take(&mut *HELD.lock());
    drop(held);
}

/// Whether a worker keeps anything mapped.
pub(crate) fn holds() -> bool {
    !HELD.lock().is_empty()
}

/// Adds memory that this process has made.
pub(crate) fn register(memory: &Arc<Memory>) {
    let ticket = memory.ticket();
    REGISTER.lock().insert((ticket.device, ticket.inode), Arc::downgrade(memory));
}

/// A mapping is about to go.
pub(crate) fn forget(ticket: Ticket) {
    let mut register = REGISTER.lock();
    let key = (ticket.device, ticket.inode);
    // The entry may be that of a newer mapping of the same file.
    if register.get(&key).is_some_and(|memory| memory.strong_count() == 0) {
        register.remove(&key);
    }
}

fn known(ticket: Ticket) -> Option<Arc<Memory>> {
    REGISTER.lock().get(&(ticket.device, ticket.inode)).and_then(Weak::upgrade)
}

/// Writes the way to `memory` and one number of the type's own.
pub(crate) fn pack<S: Serializer>(memory: &Arc<Memory>, count: usize, serializer: S) -> Result<S::Ok, S::Error> {
    match WAY.get() {
        Way::PackArgument => keep(memory),
        Way::PackResult if !memory.is_own() => {}
        Way::PackResult => {
            return Err(ser_error(
                "memory that a task has made ends with its worker; make it in the parent and pass it",
            ));
        }
        _ => return Err(ser_error("shared memory can only be sent as the argument of a task of proc-pool")),
    }
    let Ticket { process, fd, device, inode } = memory.ticket();
    (process, fd, device, inode, count as u64).serialize(serializer)
}

fn keep(memory: &Arc<Memory>) {
    KEPT.with_borrow_mut(|kept| {
        // Newest first: the items of a map tend to name the same memory.
        if !kept.iter().rev().any(|other| Arc::ptr_eq(other, memory)) {
            kept.push(Arc::clone(memory));
        }
    });
}

/// Reads what [`pack`] wrote of memory of that kind, and maps it if it is not mapped.
pub(crate) fn unpack<'de, D: Deserializer<'de>>(deserializer: D, kind: Kind) -> Result<(Arc<Memory>, usize), D::Error> {
    let way = WAY.get();
    if !matches!(way, Way::UnpackArgument | Way::UnpackResult) {
        return Err(de_error("shared memory can only be received as the argument of a task of proc-pool"));
    }
    let (process, fd, device, inode, count): (u32, RawFd, u64, u64, u64) = Deserialize::deserialize(deserializer)?;
    let ticket = Ticket { process, fd, device, inode };
    let memory = match known(ticket) {
        Some(memory) if memory.kind() == kind => memory,
        Some(_) => return Err(de_error(format!("cannot use the shared memory: {}", kind.refusal()))),
        None if way == Way::UnpackResult => {
            return Err(de_error("the shared memory of the result is not known here any more"));
        }
        None => fetch(ticket, kind).map_err(|error| {
            de_error(format!("cannot open the shared memory of process {process}, descriptor {fd}: {error}"))
        })?,
    };
    Ok((memory, usize::try_from(count).unwrap_or(usize::MAX)))
}

fn path(ticket: Ticket) -> String {
    format!("/proc/{}/fd/{}", ticket.process, ticket.fd)
}

/// Whether the owner still has the memory.
fn is_open(ticket: Ticket) -> bool {
    stat(path(ticket)).is_ok_and(|file| (file.st_dev, file.st_ino) == (ticket.device, ticket.inode))
}

fn fetch(ticket: Ticket, kind: Kind) -> io::Result<Arc<Memory>> {
    // Whatever the number has come to mean: opening it must neither wait nor become the terminal of anybody.
    let file = open(path(ticket), OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY, Mode::empty())?;
    let memory = Memory::open(file.as_fd(), ticket, kind)?;
    register(&memory);
    let mut held = HELD.lock();
    held.retain(|memory| is_open(memory.ticket()));
    if held.len() == MAX_HELD {
        held.remove(0);
    }
    held.push(Arc::clone(&memory));
    Ok(memory)
}

#[cold]
pub(crate) fn de_error<E: de::Error>(why: impl Into<String>) -> E {
    let why = why.into();
    let error = E::custom(&why);
    WHY.set(Some(why));
    error
}

#[cold]
fn ser_error<E: ser::Error>(why: &str) -> E {
    WHY.set(Some(why.to_owned()));
    E::custom(why)
}
