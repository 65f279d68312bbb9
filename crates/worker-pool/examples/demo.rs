//! Persistent worker threads: fork-join loops the caller takes part in, and the Pool API of Python (map, starmap, apply, imap, async).
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::SUCCESS
}
