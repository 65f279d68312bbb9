//! `cargo xtask verify`: the checks beyond `cargo test`. Each says what it covered and how long it took; what needs
//! something that is not there is skipped with a line that says so and how to get it.

mod mutants;

use crate::run::{Failure, cargo, output, succeed, value};
use crate::workspace::{Member, Workspace};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// What a part did.
enum Outcome {
    Covered(String),
    /// Why, and how to get what is missing.
    Skipped(String),
}

/// A check over the whole house.
type Part = fn(&Checks<'_>) -> Result<Outcome, Failure>;

/// In the order of `all`: the quick ones first.
const PARTS: &[(&str, Part)] = &[
    ("loom", loom),
    ("shuttle", shuttle),
    ("stress", stress),
    ("package", package),
    ("mutants", mutants::mutants),
    ("memcheck", memcheck),
    ("sanitize", sanitize),
    ("fuzz", fuzz),
];

struct Checks<'a> {
    house: &'a Workspace,
    /// For each fuzz target.
    seconds: u32,
}

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let (mut wanted, mut crates, mut seconds) = (Vec::new(), Vec::new(), 60);
    let mut i = 0;
    while i < args.len() {
        match args[i].as_str() {
            "--seconds" => {
                let text = value(args, &mut i)?;
                seconds = text
                    .parse()
                    .map_err(|_| Failure::Usage(format!("--seconds takes a whole number, not `{text}`")))?;
            }
            "all" => wanted.extend(PARTS.iter().copied()),
            name => match PARTS.iter().find(|(part, _)| *part == name) {
                Some(part) => wanted.push(*part),
                None => crates.push(name.to_owned()),
            },
        }
        i += 1;
    }
    if wanted.is_empty() {
        wanted.extend(PARTS.iter().copied());
    }
    let mut house = Workspace::read()?;
    if let Some(name) = crates.iter().find(|name| house.crates.iter().all(|member| member.name != **name)) {
        return Err(unknown(name));
    }
    house.crates.retain(|member| crates.is_empty() || crates.contains(&member.name));
    let checks = Checks { house: &house, seconds };
    let mut lines = Vec::new();
    for (name, part) in wanted {
        println!("\n== {name}");
        let start = Instant::now();
        let outcome = part(&checks)?;
        let took = start.elapsed().as_secs();
        lines.push(match outcome {
            Outcome::Covered(what) => format!("ok       {name}: {what} ({took} s)"),
            Outcome::Skipped(why) => format!("SKIPPED  {name}: {why}"),
        });
    }
    println!("\n{}", lines.join("\n"));
    Ok(())
}

fn unknown(name: &str) -> Failure {
    let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
    Failure::Usage(format!("no check and no crate `{name}`; checks are {}, all", names.join(", ")))
}

/// Every interleaving of small uses, in loom's memory model.
fn loom(checks: &Checks<'_>) -> Result<Outcome, Failure> {
    checks.model_check("loom")
}

/// Many random schedules of larger uses.
fn shuttle(checks: &Checks<'_>) -> Result<Outcome, Failure> {
    checks.model_check("shuttle")
}

/// All integration tests at full size, then once more with all threads on one core.
fn stress(checks: &Checks<'_>) -> Result<Outcome, Failure> {
    let members: Vec<&Member> = checks.house.crates.iter().filter(|member| !member.tests.is_empty()).collect();
    for member in &members {
        let test = ["test", "--release", "--package", &member.name, "--test", "*"];
        succeed(cargo().args(test).env("STRESS", "10"))?;
        if has("taskset") {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            succeed(Command::new("taskset").args(["-c", "0"]).arg(cargo).args(test).env("STRESS", "10"))?;
        }
    }
    Ok(covered(&members))
}

/// Each crate packages and builds from its package alone, has its licences inside, and depends on no peer.
fn package(checks: &Checks<'_>) -> Result<Outcome, Failure> {
    // A folder of its own for each run: cargo unpacks the packages a package needs once for each registry, and its
    // temporary registry is known by its path. In the folder of an earlier run it would build against that run's code.
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos());
    let folder = checks.house.target.join(format!("package-{now}"));
    let mut command = cargo();
    command.args(["package", "--allow-dirty", "--quiet", "--target-dir"]).arg(&folder);
    for member in &checks.house.crates {
        command.args(["--package", &member.name]);
        no_peer(checks.house, member)?;
        let files = output(cargo().args(["package", "--list", "--allow-dirty", "--package", &member.name]))?;
        for file in ["LICENSE-MIT", "LICENSE-APACHE", "README.md", "CHANGELOG.md"] {
            if !files.lines().any(|line| line == file) {
                return Err(Failure::Work(format!("the package of {} lacks {file}", member.name)));
            }
        }
    }
    let done = succeed(&mut command);
    drop(std::fs::remove_dir_all(&folder)); // what a failed run left may stay: nobody reads it
    done?;
    Ok(Outcome::Covered(format!("{} crates", checks.house.crates.len())))
}

/// Whom the benchmarks compare us with.
const PEERS: &str = "
    async-channel async-lock chili crossbeam-channel crossfire deloxide flume glidesort happylock hurdles ipc-channel
    itertools kanal no_deadlocks orx-parallel paralight procspawn radsort rayon rdst scoped_threadpool std-semaphore
    surelock thingbuf threadpool tokio tracing-mutex voracious_radix_sort";

/// What the benchmark of a crate compares it with must not be among its dependencies.
fn no_peer(house: &Workspace, member: &Member) -> Result<(), Failure> {
    match member.dependencies.iter().find(|dependency| PEERS.split_whitespace().any(|peer| peer == *dependency)) {
        None => Ok(()),
        Some(peer) => Err(Failure::Work(format!(
            "{} depends on its peer {peer}; peers live in {}",
            member.name,
            house.root.join("benches").display()
        ))),
    }
}

/// The program `sanitize` of each crate under valgrind: leaks, uses after free, uninitialised reads.
fn memcheck(checks: &Checks<'_>) -> Result<Outcome, Failure> {
    if !has("valgrind") {
        return Ok(Outcome::Skipped("needs valgrind; Debian: apt-get install valgrind".to_owned()));
    }
    let members = checks.with_program();
    for member in &members {
        succeed(cargo().args(["build", "--quiet", "--package", &member.name, "--example", "sanitize"]))?;
        let program = checks.house.target.join("debug/examples/sanitize");
        succeed(Command::new("valgrind").args(["--quiet", "--leak-check=full", "--error-exitcode=9"]).arg(program))?;
    }
    Ok(covered(&members))
}

/// The program `sanitize` of each crate under address and thread sanitizer. A program with a data race on purpose goes
/// first: if the thread sanitizer does not report it, its silence about the others means nothing.
fn sanitize(checks: &Checks<'_>) -> Result<Outcome, Failure> {
    if output(cargo_nightly().arg("--version")).is_err() {
        return Ok(Outcome::Skipped("needs a nightly compiler; rustup toolchain install nightly".to_owned()));
    }
    let canary = checks.sanitized("thread", "canary", "canary")?;
    let caught = Command::new(&canary)
        .env("TSAN_OPTIONS", checks.suppressions())
        .output()
        .map_err(|error| crate::run::failed("canary", &error))?;
    if caught.status.success() || !String::from_utf8_lossy(&caught.stderr).contains("data race") {
        return Err(Failure::Work("the thread sanitizer missed the canary's data race".to_owned()));
    }
    let members = checks.with_program();
    for member in &members {
        for sanitizer in ["address", "thread"] {
            let program = checks.sanitized(sanitizer, &member.name, "sanitize")?;
            println!("{sanitizer} sanitizer: {}", member.name);
            succeed(Command::new(program).env("TSAN_OPTIONS", checks.suppressions()))?;
        }
    }
    Ok(Outcome::Covered(format!("canary caught; {}", names(&members))))
}

/// Every fuzz target of every crate, for a while.
fn fuzz(checks: &Checks<'_>) -> Result<Outcome, Failure> {
    if !has("cargo-fuzz") {
        return Ok(Outcome::Skipped("needs cargo-fuzz; cargo install cargo-fuzz --locked".to_owned()));
    }
    let mut covered = Vec::new();
    for member in checks.house.crates.iter().filter(|member| member.folder.join("fuzz/Cargo.toml").exists()) {
        let targets = output(cargo_nightly().args(["fuzz", "list"]).current_dir(&member.folder))?;
        for target in targets.lines() {
            let seconds = format!("-max_total_time={}", checks.seconds);
            succeed(cargo_nightly().args(["fuzz", "run", target, "--", &seconds]).current_dir(&member.folder))?;
            covered.push(format!("{} {target}", member.name));
        }
    }
    if covered.is_empty() {
        return Ok(Outcome::Skipped(NOTHING.to_owned()));
    }
    Ok(Outcome::Covered(format!("{} s each of {}", checks.seconds, covered.join(", "))))
}

impl Checks<'_> {
    /// The test called like the model checker, with the `cfg` of that name, apart from the ordinary builds.
    fn model_check(&self, checker: &str) -> Result<Outcome, Failure> {
        let members = self.with_test(checker);
        for member in &members {
            let target = self.house.target.join(checker);
            succeed(
                cargo()
                    .args(["test", "--release", "--package", &member.name, "--test", checker, "--target-dir"])
                    .arg(target)
                    .env("RUSTFLAGS", format!("--cfg {checker}")),
            )?;
        }
        Ok(covered(&members))
    }

    fn with_test(&self, name: &str) -> Vec<&Member> {
        self.house.crates.iter().filter(|member| member.tests.iter().any(|test| test == name)).collect()
    }

    /// The crates with an example `sanitize`: a small program that uses everything and joins its threads by hand.
    fn with_program(&self) -> Vec<&Member> {
        self.house.crates.iter().filter(|member| member.folder.join("examples/sanitize.rs").exists()).collect()
    }

    /// Builds the example `program` of `package` with `sanitizer` and says where it is.
    fn sanitized(&self, sanitizer: &str, package: &str, program: &str) -> Result<std::path::PathBuf, Failure> {
        let target = self.house.target.join(format!("sanitize-{sanitizer}"));
        let host = "x86_64-unknown-linux-gnu";
        succeed(
            cargo_nightly()
                .args([
                    "build",
                    "--quiet",
                    "--package",
                    package,
                    "--example",
                    program,
                    "--target",
                    host,
                    "--target-dir",
                ])
                .arg(&target)
                .env("RUSTFLAGS", format!("-Zsanitizer={sanitizer} -Cunsafe-allow-abi-mismatch=sanitizer")),
        )?;
        Ok(target.join(host).join("debug/examples").join(program))
    }

    fn suppressions(&self) -> String {
        format!("suppressions={}", self.house.root.join("xtask/tsan.supp").display())
    }
}

/// Said where a part finds nothing: an empty pass must not look like a pass.
const NOTHING: &str = "no crate has one yet";

fn covered(members: &[&Member]) -> Outcome {
    if members.is_empty() { Outcome::Skipped(NOTHING.to_owned()) } else { Outcome::Covered(names(members)) }
}

fn names(members: &[&Member]) -> String {
    members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// A nightly cargo. The variables by which rustup and cargo tell a child which toolchain runs it must go.
fn cargo_nightly() -> Command {
    let mut command = Command::new("cargo");
    command
        .arg("+nightly")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO")
        .env_remove("RUSTC")
        .env("RUSTUP_AUTO_INSTALL", "0");
    command
}

fn has(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| Path::new(&folder).join(program).is_file())
}
