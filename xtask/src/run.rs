//! Running other programs, and what can go wrong with it.

use std::io;
use std::process::{Command, ExitCode};

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong: exit code 2.
    Usage(String),
    /// The work failed: exit code 1.
    Work(String),
}

impl Failure {
    /// Says it in one place and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let (message, code) = match self {
            Self::Usage(message) => (message, 2),
            Self::Work(message) => (message, 1),
        };
        eprintln!("xtask: {message}");
        ExitCode::from(code)
    }
}

/// An error of the operating system, with what was being done.
pub(crate) fn failed(what: impl std::fmt::Display, error: &io::Error) -> Failure {
    Failure::Work(format!("{what}: {error}"))
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs `command` to its end, with our terminal; an error if it cannot start or does not succeed.
pub(crate) fn succeed(command: &mut Command) -> Result<(), Failure> {
    let shown = show(command);
    let status = command.status().map_err(|error| failed(&shown, &error))?;
    if status.success() { Ok(()) } else { Err(Failure::Work(format!("`{shown}` failed ({status})"))) }
}

/// Runs `command` and gives what it printed; an error if it cannot start or does not succeed.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let shown = show(command);
    let output = command.output().map_err(|error| failed(&shown, &error))?;
    if !output.status.success() {
        return Err(Failure::Work(format!("`{shown}` failed: {}", String::from_utf8_lossy(&output.stderr).trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `command` as a person would type it.
pub(crate) fn show(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Refuses arguments where there are none to give.
pub(crate) fn no_more(args: &[String]) -> Result<(), Failure> {
    match args.first() {
        None => Ok(()),
        Some(arg) => Err(Failure::Usage(format!("unexpected argument `{arg}`"))),
    }
}

/// The value that follows the option at `*i`, which is moved onto it.
pub(crate) fn value<'a>(args: &'a [String], i: &mut usize) -> Result<&'a str, Failure> {
    let option = &args[*i];
    *i += 1;
    args.get(*i).map(String::as_str).ok_or_else(|| Failure::Usage(format!("{option} needs a value")))
}
