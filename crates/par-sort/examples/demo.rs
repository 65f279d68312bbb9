//! Parallel sorting of slices: stable, unstable, radix, select and argsort, panic-safe and deterministic.
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::SUCCESS
}
