//! `cargo xtask demo`: every crate's example `demo`, in release, lower floors first.

use crate::run::{Failure, cargo, succeed};
use crate::workspace::Workspace;

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let split = args.iter().position(|arg| arg == "--").unwrap_or(args.len());
    let (names, passed) = (&args[..split], args.get(split + 1..).unwrap_or_default());
    if let Some(flag) = names.iter().find(|name| name.starts_with('-')) {
        return Err(Failure::Usage(format!(
            "{flag} is for the demos: put it after `--`, as in `cargo xtask demo -- {flag}`"
        )));
    }
    let house = Workspace::read()?;
    let mut failed = Vec::new();
    for member in house.select(names)?.into_iter().filter(|member| member.has_demo) {
        // Built with cargo's progress in sight, then run with nothing but the demo's own words.
        succeed(
            cargo()
                .args(["build", "--release", "--package", &member.name, "--example", "demo"])
                .current_dir(&house.root),
        )?;
        if !passed.iter().any(|arg| arg == "--json") {
            println!("\n{}", "=".repeat(100));
        }
        let status = cargo()
            .args(["run", "--quiet", "--release", "--package", &member.name, "--example", "demo", "--"])
            .args(passed)
            .status()
            .map_err(|error| crate::run::failed("cargo run", &error))?;
        match status.code() {
            Some(0) => {}
            Some(2) => {
                return Err(Failure::Usage(format!("the demo of {} does not take these arguments", member.name)));
            }
            _ => failed.push(member.name.as_str()),
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Failure::Work(format!("failed their own check: {}", failed.join(", "))))
    }
}
