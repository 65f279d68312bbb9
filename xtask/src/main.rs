//! `cargo xtask …`: everything that is run on the workspace as a whole. It names no crate: `cargo metadata` says what there is.

mod bench;
mod ci;
mod demo;
mod picture;
mod report;
mod run;
mod verify;
mod workspace;

use run::Failure;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  list                                the crates, each with its demo and its benchmark
  demo [CRATE...] [-- ARGS]           run the demos; ARGS go to each of them (--help says which there are)
  bench [CRATE...] [--quick] [--rounds N] [--baseline NAME] [-- FILTER]
                                      measure against the peers, in interleaved rounds, then write the report
  report [CRATE...] [--compare NAME] [--readme]
                                      write target/bench-report from what was measured
  verify [loom|shuttle|stress|package|mutants|memcheck|sanitize|fuzz|all] [CRATE...] [--seconds N]
                                      the checks beyond `cargo test`
  picture CRATE FILE [-- ARGS]        what a demo prints as a picture of a terminal (SVG)
  ci                                  what continuous integration runs

Without CRATE all of them, in the order in which they stand on one another.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn dispatch(args: &[String]) -> Result<(), Failure> {
    let (command, rest) = args.split_first().ok_or_else(|| Failure::Usage(format!("no command\n\n{USAGE}")))?;
    match command.as_str() {
        "list" => list(rest),
        "demo" => demo::run(rest),
        "bench" => bench::run(rest),
        "report" => report::run(rest),
        "picture" => picture::run(rest),
        "verify" => verify::run(rest),
        "ci" => ci::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => Err(Failure::Usage(format!("no command `{other}`\n\n{USAGE}"))),
    }
}

fn list(args: &[String]) -> Result<(), Failure> {
    run::no_more(args)?;
    let house = workspace::Workspace::read()?;
    let width = house.crates.iter().map(|member| member.name.len()).max().unwrap_or(0);
    for member in &house.crates {
        println!("{:width$}  {}", member.name, member.description);
        let demo = if member.has_demo { format!("cargo xtask demo {}", member.name) } else { "no demo".to_owned() };
        let bench = if member.bench.is_some() {
            format!("cargo xtask bench {}", member.name)
        } else {
            "no benchmark".to_owned()
        };
        println!("{:width$}  {demo}, {bench}", "");
    }
    Ok(())
}
