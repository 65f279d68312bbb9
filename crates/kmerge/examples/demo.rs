//! Merges K sorted sequences into one: stable, lazy iterators, slices, and in parallel by exact rank splitting.
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::SUCCESS
}
