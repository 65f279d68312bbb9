//! How a wait at a barrier ends.

use super::Arrival;
use std::error::Error;
use std::fmt;

/// All parties have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BarrierWaitResult {
    generation: u64,
    index: usize,
    leader: bool,
}

impl BarrierWaitResult {
    pub(super) fn new(arrival: Arrival) -> Self {
        let Arrival { generation, index, leader } = arrival;
        Self { generation, index, leader }
    }

    /// Whether this thread arrived last. There is one leader in each generation.
    pub fn is_leader(&self) -> bool {
        self.leader
    }

    /// How many had arrived before this thread: 0 for the first, and so on up to the leader.
    pub fn arrival_index(&self) -> usize {
        self.index
    }

    /// How many generations had ended before this one, by completion or by breaking.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

/// Why a barrier could not be passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BarrierError {
    /// Another party timed out, aborted, panicked or reset the barrier.
    Broken,
    /// The time of this thread was over before all had arrived; the barrier is broken for the others now.
    TimedOut,
}

impl fmt::Display for BarrierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Broken => "the barrier is broken",
            Self::TimedOut => "timed out before all parties arrived",
        })
    }
}

impl Error for BarrierError {}
