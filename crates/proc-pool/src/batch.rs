//! What becomes of the tasks of one call: pieces of outcomes arrive in any order from whoever drives the workers, and
//! leave in the order of the tasks, or as they come, towards whoever waits.

use crate::codec::{self, CodecError};
use crate::error::TaskError;
use crate::records::{Records, Tag};
use crate::shared::memory::Memory;
use crate::shared::travel::{self, Way};
use crate::sync::{Condvar, Mutex};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// The outcome of `count` neighbouring tasks, the first of which has index `first`.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) first: usize,
    pub(crate) count: usize,
    pub(crate) outcome: Outcome,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    /// Records from a worker, not yet looked at; believed in nothing.
    Records(Vec<u8>),
    /// The one task failed.
    Failed(TaskError),
    /// None of them was or will be run to the end.
    Cancelled,
}

/// The meeting place of one call's tasks and its waiter.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pieces: Mutex<Pieces>,
    more: Condvar,
    /// Set by a handle: tasks not begun yet are not worth beginning.
    pub(crate) cancelled: AtomicBool,
    /// Shared memory that the tasks' arguments name; their results may name it too.
    kept: Mutex<Vec<Arc<Memory>>>,
}

#[derive(Debug, Default)]
struct Pieces {
    /// By the index of the first task; not yet taken.
    waiting: BTreeMap<usize, Piece>,
    /// Tasks whose outcome has arrived, taken or not.
    arrived: usize,
}

impl Batch {
    pub(crate) fn deliver(&self, piece: Piece) {
        let mut pieces = self.pieces.lock();
        pieces.arrived += piece.count;
        pieces.waiting.insert(piece.first, piece);
        drop(pieces);
        self.more.notify_all();
    }

    /// Keeps the memory as long as this.
    pub(crate) fn keep(&self, memory: Vec<Arc<Memory>>) {
        if memory.is_empty() {
            return;
        }
        let mut kept = self.kept.lock();
        for memory in memory {
            if !kept.iter().rev().any(|other| Arc::ptr_eq(other, &memory)) {
                kept.push(memory);
            }
        }
    }

    /// How many tasks have their outcome.
    pub(crate) fn arrived(&self) -> usize {
        self.pieces.lock().arrived
    }

    /// Waits until `count` tasks have their outcome; false if `deadline` comes first.
    pub(crate) fn wait(&self, count: usize, deadline: Option<Instant>) -> bool {
        let mut pieces = self.pieces.lock();
        while pieces.arrived < count {
            match deadline {
                None => self.more.wait(&mut pieces),
                Some(deadline) => {
                    if self.more.wait_until(&mut pieces, deadline).timed_out() {
                        return pieces.arrived >= count;
                    }
                }
            }
        }
        true
    }

    /// Waits for the piece that begins with task `first`.
    pub(crate) fn take(&self, first: usize) -> Piece {
        let mut pieces = self.pieces.lock();
        loop {
            if let Some(piece) = pieces.waiting.remove(&first) {
                return piece;
            }
            self.more.wait(&mut pieces);
        }
    }

    /// Waits for any piece.
    pub(crate) fn take_any(&self) -> Piece {
        let mut pieces = self.pieces.lock();
        loop {
            if let Some((_, piece)) = pieces.waiting.pop_first() {
                return piece;
            }
            self.more.wait(&mut pieces);
        }
    }

    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }
}

impl Piece {
    pub(crate) fn cancelled(first: usize, count: usize) -> Self {
        Self { first, count, outcome: Outcome::Cancelled }
    }

    /// Gives the outcome of every task of the piece to `each`, in order: exactly `count` of them, whatever the bytes.
    pub(crate) fn open<R: DeserializeOwned>(self, mut each: impl FnMut(Result<R, TaskError>)) {
        match self.outcome {
            Outcome::Records(bytes) => {
                let mut records = Records::new(&bytes);
                for _ in 0..self.count {
                    each(records.next().map_or_else(|| Err(unreadable()), |(tag, payload)| outcome_of(tag, payload)));
                }
            }
            Outcome::Failed(error) => each(Err(error)),
            Outcome::Cancelled => (0..self.count).for_each(|_| each(Err(TaskError::Cancelled))),
        }
    }
}

#[inline(always)]
fn outcome_of<R: DeserializeOwned>(tag: Tag, payload: &[u8]) -> Result<R, TaskError> {
    match tag {
        Tag::Value => codec::read(payload, Way::UnpackResult).map_err(|error| undecodable(&error)),
        _ => Err(failure_of(tag, payload)),
    }
}

#[cold]
fn undecodable(error: &CodecError) -> TaskError {
    TaskError::Decode(format!("the result: {}", travel::explain(error)))
}

#[cold]
fn failure_of(tag: Tag, payload: &[u8]) -> TaskError {
    match tag {
        Tag::Value => unreadable(),
        Tag::Panicked => match codec::read(payload, Way::Nowhere) {
            Ok((message, location)) => TaskError::Panicked { message, location },
            Err(_) => unreadable(),
        },
        Tag::Decode => codec::read(payload, Way::Nowhere).map_or_else(|_| unreadable(), TaskError::Decode),
        Tag::Encode => codec::read(payload, Way::Nowhere).map_or_else(|_| unreadable(), TaskError::Encode),
    }
}

#[cold]
fn unreadable() -> TaskError {
    TaskError::Decode("what the worker sent: no record".to_owned())
}
