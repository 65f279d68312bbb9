//! Why there is no permit.

use super::Semaphore;
use std::error::Error;
use std::fmt;

/// The semaphore has been closed: nobody gets a permit any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Closed(());

/// Why a try got no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TryAcquireError {
    /// Too few permits are free, or others wait for them; a later try may succeed.
    NoPermits,
    /// The semaphore has been closed: no try will ever succeed.
    Closed,
}

/// Why a wait of limited time got no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AcquireTimeoutError {
    /// The time is over.
    TimedOut,
    /// The semaphore has been closed: no wait will ever succeed.
    Closed,
}

/// More permits would have been free than a semaphore can hold; none was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TooManyPermits {
    asked: usize,
}

impl Closed {
    pub(super) const fn new() -> Self {
        Self(())
    }
}

impl TooManyPermits {
    pub(super) const fn new(asked: usize) -> Self {
        Self { asked }
    }
}

const CLOSED: &str = "the semaphore is closed";

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(CLOSED)
    }
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NoPermits => "too few permits are free now",
            Self::Closed => CLOSED,
        })
    }
}

impl fmt::Display for AcquireTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::TimedOut => "timed out waiting for permits",
            Self::Closed => CLOSED,
        })
    }
}

impl fmt::Display for TooManyPermits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "adding {} permits would exceed the maximum of {}", self.asked, Semaphore::MAX_PERMITS)
    }
}

impl Error for Closed {}
impl Error for TryAcquireError {}
impl Error for AcquireTimeoutError {}
impl Error for TooManyPermits {}
