//! `cargo xtask report`: what was measured as Markdown and HTML under `target/bench-report`.

mod chart;
mod collect;
mod figures;
mod html;
mod machine;
mod markdown;
mod model;
mod readme;

use crate::run::{Failure, failed, value};
use crate::workspace::{Member, Workspace};
use model::Results;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use collect::forget;

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let (mut names, mut compare, mut readme) = (Vec::new(), None, false);
    let mut i = 0;
    while i < args.len() {
        match args[i].as_str() {
            "--compare" => compare = Some(value(args, &mut i)?.to_owned()),
            "--readme" => readme = true,
            flag if flag.starts_with('-') => return Err(Failure::Usage(format!("no option `{flag}`"))),
            name => names.push(name.to_owned()),
        }
        i += 1;
    }
    let house = Workspace::read()?;
    house.select(&names)?;
    write(&house, &names, compare.as_deref())?;
    if readme { readme::update(&house, &everything(&house)) } else { Ok(()) }
}

/// Collects what criterion wrote about `member` in `rounds` rounds and keeps it, also under `baseline` if there is one.
pub(crate) fn store(
    house: &Workspace,
    member: &Member,
    rounds: usize,
    command: &str,
    baseline: Option<&str>,
) -> Result<(), Failure> {
    let raw = house.report_folder().join("raw").join(&member.name);
    let cells = collect::collect(&house.target.join("criterion"), &member.name, rounds, &raw)?;
    let about = machine::about(house, member.bench.as_deref().unwrap_or_default(), command)?;
    let date: String = about
        .iter()
        .find(|(label, _)| label == "date")
        .map(|(_, date)| date.replace([' ', ':'], "-"))
        .unwrap_or_default();
    let results = Results { name: member.name.clone(), about, cells };
    let text = format!("{:#}\n", results.to_json());
    for name in [Some("latest"), Some(date.as_str()), baseline].into_iter().flatten() {
        put(&raw.join(format!("{name}.json")), &text)?;
    }
    Ok(())
}

/// Writes the pages of `names` (all if none is named) and the index of all that was ever measured.
pub(crate) fn write(house: &Workspace, names: &[String], compare: Option<&str>) -> Result<(), Failure> {
    let folder = house.report_folder();
    let mut written = 0;
    for member in house.select(names)? {
        let Some(results) = stored(house, &member.name, "latest") else {
            if names.is_empty() {
                continue;
            }
            return Err(Failure::Work(format!(
                "no measurements of `{0}` yet; run `cargo xtask bench {0}`",
                member.name
            )));
        };
        let before = match compare {
            None => None,
            Some(baseline) => Some(stored(house, &member.name, baseline).ok_or_else(|| {
                Failure::Work(format!(
                    "no baseline `{baseline}` of {0}; `cargo xtask bench {0} --baseline {baseline}` makes one",
                    member.name
                ))
            })?),
        };
        put(&folder.join(format!("{}.md", member.name)), &markdown::page(&results, before.as_ref()))?;
        put(&folder.join(format!("{}.html", member.name)), &html::page(&results, before.as_ref()))?;
        println!("{}: {}", member.name, markdown::summary(&results));
        written += 1;
    }
    if written == 0 {
        return Err(Failure::Work("no measurements yet; run `cargo xtask bench`".to_owned()));
    }
    let all = everything(house);
    put(&folder.join("index.md"), &markdown::index(&all))?;
    put(&folder.join("index.html"), &html::index(&all))?;
    println!("report: {}", folder.join("index.html").display());
    Ok(())
}

/// The latest results of every crate that has some.
fn everything(house: &Workspace) -> Vec<Results> {
    house.crates.iter().filter_map(|member| stored(house, &member.name, "latest")).collect()
}

fn stored(house: &Workspace, name: &str, which: &str) -> Option<Results> {
    let path: PathBuf = house.report_folder().join("raw").join(name).join(format!("{which}.json"));
    let text = fs::read_to_string(path).ok()?;
    Results::from_json(&serde_json::from_str(&text).ok()?)
}

fn put(path: &Path, text: &str) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| failed(folder.display(), &error))?;
    }
    fs::write(path, text).map_err(|error| failed(path.display(), &error))
}
