//! What detection says.

use super::{Claimed, Cycle, WaitGraph};
use std::fmt;

/// Who held what and who waited for whom when a deadlock was complete.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadlockReport {
    /// The circle.
    pub cycle: Cycle,
    /// Everybody who held or wanted something at that moment.
    pub graph: WaitGraph,
}

impl DeadlockReport {
    /// The shortest cycle through a party, if there is one.
    pub(crate) fn through(party: u64, graph: WaitGraph) -> Option<Self> {
        Some(Self { cycle: graph.cycle_through(party)?, graph })
    }
}

impl fmt::Display for DeadlockReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cycle)
    }
}

/// One step of a [`PotentialDeadlock`]: a thread that held one lock asked for another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct OrderStep {
    /// The thread.
    pub thread: String,
    /// What it held, and where it had taken that.
    pub held: Claimed,
    /// What it asked for, and where: the `held` of the next step.
    pub asked: Claimed,
}

/// Locks that were taken in orders which contradict each other. Nobody is stuck; with another timing somebody could be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PotentialDeadlock {
    /// Each step asks for what the next one held, the last for what the first held.
    pub steps: Vec<OrderStep>,
}

impl fmt::Display for PotentialDeadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{} held {} and asked for {}", step.thread, step.held.lock.name, step.asked.lock.name)?;
            writeln!(f, "    taken at {}, asked for at {}", step.held.at, step.asked.at)?;
        }
        Ok(())
    }
}
