//! `cargo xtask bench`: rounds over all contenders of a crate's benchmark, so that a noisy machine shifts all alike.

use crate::report;
use crate::run::{Failure, cargo, failed, succeed, value};
use crate::workspace::{Member, Workspace};
use std::fs;
use std::path::Path;

/// What was asked for.
struct Options {
    names: Vec<String>,
    quick: bool,
    rounds: usize,
    baseline: Option<String>,
    passed: Vec<String>,
}

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let options = parse(args)?;
    let house = Workspace::read()?;
    let members: Vec<&Member> =
        house.select(&options.names)?.into_iter().filter(|member| member.bench.is_some()).collect();
    for member in &members {
        measure(&house, member, &options)?;
    }
    let names: Vec<String> = members.iter().map(|member| member.name.clone()).collect();
    report::write(&house, &names, None)
}

fn parse(args: &[String]) -> Result<Options, Failure> {
    let mut options = Options { names: Vec::new(), quick: false, rounds: 0, baseline: None, passed: Vec::new() };
    let mut i = 0;
    while i < args.len() {
        match args[i].as_str() {
            "--quick" => options.quick = true,
            "--rounds" => {
                let text = value(args, &mut i)?;
                options.rounds =
                    text.parse().ok().filter(|&rounds| rounds > 0).ok_or_else(|| {
                        Failure::Usage(format!("--rounds takes a whole number from 1 on, not `{text}`"))
                    })?;
            }
            "--baseline" => options.baseline = Some(value(args, &mut i)?.to_owned()),
            "--" => {
                options.passed = args[i + 1..].to_vec();
                break;
            }
            flag if flag.starts_with('-') => return Err(Failure::Usage(format!("no option `{flag}`"))),
            name => options.names.push(name.to_owned()),
        }
        i += 1;
    }
    if options.rounds == 0 {
        options.rounds = if options.quick { 1 } else { 3 };
    }
    Ok(options)
}

fn measure(house: &Workspace, member: &Member, options: &Options) -> Result<(), Failure> {
    let package = member.bench.as_deref().unwrap_or_default();
    println!("building {package}");
    succeed(cargo().args(["bench", "--quiet", "--package", package, "--no-run"]).current_dir(&house.root))?;
    let criterion = house.target.join("criterion");
    report::forget(&criterion, &member.name)?;
    let folder = house.report_folder().join("raw").join(&member.name);
    fs::create_dir_all(&folder).map_err(|error| failed(folder.display(), &error))?;
    for round in 1..=options.rounds {
        println!("{}: round {round} of {}", member.name, options.rounds);
        let cpu = folder.join(format!("cpu-{round}.jsonl"));
        remove(&cpu)?;
        let mut command = cargo();
        command
            .args(["bench", "--quiet", "--package", package, "--", "--save-baseline", &format!("round-{round}")])
            .args(&options.passed)
            .env("CRITERION_HOME", &criterion)
            .env("BENCH_CPU_FILE", &cpu)
            .current_dir(&house.root);
        if options.quick {
            command.env("BENCH_QUICK", "1");
        }
        succeed(&mut command)?;
    }
    let command = shown(member, options);
    report::store(house, member, options.rounds, &command, options.baseline.as_deref())
}

/// The command that repeats this measurement.
fn shown(member: &Member, options: &Options) -> String {
    let mut text = format!("cargo xtask bench {} --rounds {}", member.name, options.rounds);
    if options.quick {
        text += " --quick";
    }
    if !options.passed.is_empty() {
        text += &format!(" -- {}", options.passed.join(" "));
    }
    text
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(path.display(), &error)),
        _ => Ok(()),
    }
}
