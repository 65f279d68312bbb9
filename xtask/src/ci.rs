//! `cargo xtask ci`: what continuous integration runs, step by step, each with its time.

use crate::run::{Failure, cargo, no_more, succeed};
use crate::workspace::Workspace;
use std::process::Command;
use std::time::Instant;

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    no_more(args)?;
    let house = Workspace::read()?;
    let mut took = Vec::new();
    for (name, mut command) in steps() {
        println!("\n== {name}: {}", crate::run::show(&command));
        let start = Instant::now();
        succeed(command.current_dir(&house.root))?;
        took.push(format!("{:5} s  {name}", start.elapsed().as_secs()));
    }
    println!("\n{}", took.join("\n"));
    Ok(())
}

fn steps() -> Vec<(&'static str, Command)> {
    let with = |args: &[&str]| {
        let mut command = cargo();
        command.args(args);
        command
    };
    let mut documentation = with(&["doc", "--no-deps", "--quiet"]);
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    vec![
        ("format", with(&["fmt", "--all", "--check"])),
        (
            "lints, and the benchmarks compile",
            with(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
        ),
        ("no_std", with(&["check", "--quiet", "--package", "kmerge", "--no-default-features"])),
        ("tests", with(&["test"])),
        (
            "tests of the tools",
            with(&["test", "--quiet", "--package", "xtask", "--package", "demo-kit", "--package", "bench-kit"]),
        ),
        ("demos", with(&["xtask", "demo", "--", "--size", "500"])),
        ("documentation", documentation),
        ("models", with(&["xtask", "verify", "loom", "shuttle"])),
        ("packages", with(&["xtask", "verify", "package"])),
    ]
}
