//! Why a task gave no result.

use std::error::Error;
use std::fmt;
use std::io;

/// Why a task gave no result. It concerns that task alone: the pool goes on, and no other task notices.
#[derive(Debug)]
#[non_exhaustive]
pub enum TaskError {
    /// The task panicked. Its worker lives on.
    Panicked {
        /// What the panic said.
        message: String,
        /// Where, as `file:line:column`; empty if the task had replaced the panic hook.
        location: String,
    },
    /// A signal ended the worker: 11 for a segmentation fault, 6 for an abort or a stack overflow, 9 for `kill -9`.
    Signal(i32),
    /// The task ended its process with this exit code.
    Exit(i32),
    /// The task ran longer than the pool's `task_timeout`; its worker was killed.
    Timeout,
    /// The task asked for more memory than the pool's `memory_limit` allows.
    OutOfMemory,
    /// The argument or the result could not be turned into bytes; the text says which and why.
    Encode(String),
    /// The argument or the result could not be read back from its bytes; the text says which and why. Nor is a value read
    /// that is nested deeper than 256 levels, or has more than 65 536 elements that take no bytes (`Vec<()>`).
    Decode(String),
    /// No worker could be started for the task.
    Spawn(io::Error),
    /// The pool was shut down before the task was done, or the task's handle cancelled it.
    Cancelled,
    /// The worker ended, but somebody else in this process collected its exit status, so the cause is unknown.
    Lost,
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked { message, location } if location.is_empty() => write!(f, "the task panicked: {message}"),
            Self::Panicked { message, location } => write!(f, "the task panicked at {location}: {message}"),
            Self::Signal(signal) => write!(f, "the worker was ended by signal {signal}{}", name_of(*signal)),
            Self::Exit(code) => write!(f, "the task ended its process with exit code {code}"),
            Self::Timeout => f.write_str("the task ran into its time limit"),
            Self::OutOfMemory => f.write_str("the task ran into its memory limit"),
            Self::Encode(why) => write!(f, "cannot encode {why}"),
            Self::Decode(why) => write!(f, "cannot decode {why}"),
            Self::Spawn(error) => write!(f, "cannot start a worker: {error}"),
            Self::Cancelled => f.write_str("the task was cancelled"),
            Self::Lost => f.write_str("the worker ended and its exit status was collected by somebody else"),
        }
    }
}

impl Error for TaskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Spawn(error) => Some(error),
            _ => None,
        }
    }
}

/// The usual name of the signals that a reader may not know by heart.
fn name_of(signal: i32) -> &'static str {
    match signal {
        2 => " (SIGINT)",
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV)",
        15 => " (SIGTERM)",
        24 => " (SIGXCPU)",
        _ => "",
    }
}
