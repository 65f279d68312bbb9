//! `cargo xtask verify mutants`: plants each fault of the crates' hand-kept lists and wants a test to fail.
//!
//! The list of a crate is `tests/mutants.txt`. An entry says what the fault is, where it goes and which test must notice:
//! ```text
//! == a permit given back wakes nobody
//! file: src/semaphore.rs
//! test: --test semaphore a_release_wakes
//! - self.line.wake_one();
//! + ();
//! ```
//! `file` is relative to the crate; `test` is what follows `cargo test --package CRATE`; `cfg: loom` (or `shuttle`) runs it
//! under that model checker. The lines behind `-` must stand once in the file, one below the other; those behind `+`, if
//! any, take their place (white space at the ends of lines does not count). Lines with `#` are comments.
//!
//! All this happens in a copy of the tree. A fault that does not compile is an error of the list; a test that hangs is
//! ended and counts as having noticed.

use super::{Checks, Outcome};
use crate::run::{Failure, cargo, failed, output, show};
use crate::workspace::Member;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// From here on a test is taken to hang.
const PATIENCE: Duration = Duration::from_secs(120);

/// One fault.
#[derive(Debug, Default, PartialEq)]
struct Mutant {
    name: String,
    file: String,
    test: Vec<String>,
    /// The model checker, empty for none.
    cfg: String,
    from: Vec<String>,
    to: Vec<String>,
}

/// Every mutant of every crate's list.
pub(super) fn mutants(checks: &Checks<'_>) -> Result<Outcome, Failure> {
    let house = copy(checks)?;
    let (mut planted, mut survivors) = (0, Vec::new());
    for member in &checks.house.crates {
        let list = member.folder.join("tests/mutants.txt");
        let Ok(text) = fs::read_to_string(&list) else { continue };
        let mutants = parse(&text).map_err(|error| Failure::Work(format!("{}: {error}", list.display())))?;
        let mut sound: Vec<Command> = Vec::new();
        for mutant in &mutants {
            let test = mutant.command(&house, member, &[]);
            if !sound.iter().any(|known| same(known, &test)) {
                if noticed(mutant.command(&house, member, &[]))? {
                    return Err(Failure::Work(format!("`{}` fails without a planted fault", show(&test))));
                }
                sound.push(test);
            }
            let noticed = mutant.plant(&house, member)?;
            println!("{}  {}: {}", if noticed { "noticed " } else { "SURVIVED" }, member.name, mutant.name);
            planted += 1;
            if !noticed {
                survivors.push(format!("{}: {}", member.name, mutant.name));
            }
        }
    }
    match (planted, survivors.is_empty()) {
        (0, _) => Ok(Outcome::Skipped(super::NOTHING.to_owned())),
        (_, true) => Ok(Outcome::Covered(format!("{planted} planted faults, each noticed by a test"))),
        (_, false) => Err(Failure::Work(format!("no test noticed:\n  {}", survivors.join("\n  ")))),
    }
}

impl Mutant {
    /// Plants the fault in the copy, runs its test, and takes the fault out again. Whether the test noticed.
    fn plant(&self, house: &Path, member: &Member) -> Result<bool, Failure> {
        let path = house.join("crates").join(&member.name).join(&self.file);
        let sound = fs::read_to_string(&path).map_err(|error| failed(path.display(), &error))?;
        let faulty = replaced(&sound, &self.from, &self.to)
            .map_err(|error| Failure::Work(format!("{}: {}: {error}", member.name, self.name)))?;
        fs::write(&path, faulty).map_err(|error| failed(path.display(), &error))?;
        let noticed = output(&mut self.command(house, member, &["--no-run"]))
            .and_then(|_| noticed(self.command(house, member, &[])));
        fs::write(&path, sound).map_err(|error| failed(path.display(), &error))?;
        noticed.map_err(|failure| match failure {
            Failure::Work(text) => Failure::Work(format!("{}: {}: {text}", member.name, self.name)),
            other => other,
        })
    }

    fn command(&self, house: &Path, member: &Member, flags: &[&str]) -> Command {
        let mut command = cargo();
        command.args(["test", "--quiet", "--package", &member.name]);
        if !self.cfg.is_empty() {
            command.arg("--release").env("RUSTFLAGS", format!("--cfg {}", self.cfg));
        }
        command.args(flags).args(&self.test).current_dir(house);
        command.env("CARGO_TARGET_DIR", house.join("target").join(&self.cfg));
        command
    }
}

fn same(a: &Command, b: &Command) -> bool {
    a.get_args().eq(b.get_args()) && a.get_envs().eq(b.get_envs())
}

/// Runs a test; whether it failed or hung.
fn noticed(mut test: Command) -> Result<bool, Failure> {
    let shown = show(&test);
    let mut child = test
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| failed(&shown, &error))?;
    let start = Instant::now();
    loop {
        match child.try_wait().map_err(|error| failed(&shown, &error))? {
            Some(status) => return Ok(!status.success()),
            None if start.elapsed() > PATIENCE => {
                end(child.id());
                child.wait().map_err(|error| failed(&shown, &error))?;
                return Ok(true);
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Ends cargo and the test program it runs, which cargo would leave behind.
fn end(cargo: u32) {
    let id = cargo.to_string();
    // A program that has just ended by itself is no failure.
    let _ = Command::new("pkill").args(["-KILL", "-P", &id]).status();
    let _ = Command::new("kill").args(["-KILL", &id]).status();
}

/// A copy of what git knows or would know of the tree, below the target folder; files that did not change keep their times.
fn copy(checks: &Checks<'_>) -> Result<PathBuf, Failure> {
    let (root, house) = (&checks.house.root, checks.house.target.join("mutants"));
    // What was deleted meanwhile must not stay in an older copy; what was built in it may.
    for folder in ["crates", "xtask", "benches"] {
        let _ = fs::remove_dir_all(house.join(folder));
    }
    let list = output(Command::new("git").args(["ls-files", "-co", "--exclude-standard"]).current_dir(root))?;
    for file in list.lines() {
        let (from, to) = (root.join(file), house.join(file));
        let Ok(bytes) = fs::read(&from) else { continue };
        if fs::read(&to).is_ok_and(|old| old == bytes) {
            continue;
        }
        let folder = to.parent().unwrap_or(&house);
        fs::create_dir_all(folder).map_err(|error| failed(folder.display(), &error))?;
        fs::write(&to, bytes).map_err(|error| failed(to.display(), &error))?;
    }
    Ok(house)
}

/// The mutants in a list; an error names the line.
fn parse(text: &str) -> Result<Vec<Mutant>, String> {
    let mut mutants: Vec<Mutant> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("== ") {
            mutants.push(Mutant { name: name.trim().to_owned(), ..Mutant::default() });
            continue;
        }
        let mutant = mutants.last_mut().ok_or_else(|| format!("line {}: before the first `== name`", number + 1))?;
        let rest = |key: &str| line.strip_prefix(key).map(|rest| rest.trim().to_owned());
        if let Some(file) = rest("file:") {
            mutant.file = file;
        } else if let Some(test) = rest("test:") {
            mutant.test = test.split_whitespace().map(str::to_owned).collect();
        } else if let Some(cfg) = rest("cfg:") {
            mutant.cfg = cfg;
        } else if let Some(from) = rest("-") {
            mutant.from.push(from);
        } else if let Some(to) = rest("+") {
            mutant.to.push(to);
        } else {
            return Err(format!("line {}: neither `== name` nor `file:`, `test:`, `cfg:`, `-`, `+`", number + 1));
        }
    }
    match mutants.iter().find(|mutant| mutant.file.is_empty() || mutant.test.is_empty() || mutant.from.is_empty()) {
        Some(mutant) => Err(format!("`{}` lacks its file, its test or its `-` lines", mutant.name)),
        None => Ok(mutants),
    }
}

/// `text` with the only place where the lines `from` stand replaced by the lines `to`.
fn replaced(text: &str, from: &[String], to: &[String]) -> Result<String, String> {
    let lines: Vec<&str> = text.lines().collect();
    let places: Vec<usize> = lines
        .windows(from.len())
        .enumerate()
        .filter(|(_, window)| window.iter().zip(from).all(|(line, from)| line.trim() == from))
        .map(|(place, _)| place)
        .collect();
    let [place] = places[..] else {
        return Err(format!("`{}` stands {} times in its file, not once", from.join(" / "), places.len()));
    };
    let new = to.iter().map(String::as_str);
    let all: Vec<&str> =
        lines[..place].iter().copied().chain(new).chain(lines[place + from.len()..].iter().copied()).collect();
    Ok(all.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "# about\n== wakes nobody\nfile: src/a.rs\ntest: --test a wakes\n- wake();\n+ ();\n";

    #[test]
    fn a_list_is_read() {
        let mutants = parse(LIST).unwrap();
        assert_eq!(mutants.len(), 1);
        assert_eq!(mutants[0].test, ["--test", "a", "wakes"]);
        assert_eq!((mutants[0].from[0].as_str(), mutants[0].to[0].as_str()), ("wake();", "();"));
    }

    #[test]
    fn what_is_not_understood_is_an_error_with_its_line() {
        assert!(parse("file: x").unwrap_err().contains("line 1"));
        assert!(parse(&format!("{LIST}oops\n")).unwrap_err().contains("line 7"));
        assert!(parse("== nothing\nfile: a\n").unwrap_err().contains("nothing"));
    }

    #[test]
    fn a_fault_goes_to_the_only_place_or_nowhere() {
        let (from, to) = (vec!["b".to_owned(), "c".to_owned()], vec!["x".to_owned()]);
        assert_eq!(replaced("a\n  b\n  c\nd\n", &from, &to).unwrap(), "a\nx\nd\n");
        assert!(replaced("b\nc\nb\nc\n", &from, &to).unwrap_err().contains("2 times"));
        assert!(replaced("a\n", &from, &to).unwrap_err().contains("0 times"));
    }
}
