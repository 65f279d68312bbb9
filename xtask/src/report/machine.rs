//! Where and how something was measured.

use crate::run::{Failure, cargo, output};
use crate::workspace::{Workspace, list, str};
use serde_json::Value;
use std::fs;
use std::process::Command;

/// The machine, the moment and the versions, as label and text.
pub(crate) fn about(house: &Workspace, package: &str, command: &str) -> Result<Vec<(String, String)>, Failure> {
    let said = |program: &str, args: &[&str]| {
        output(Command::new(program).args(args)).map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
    };
    let cpu_info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu_info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or(std::env::consts::ARCH, |rest| rest.trim_start_matches([' ', '\t', ':']));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let dirty = if said("git", &["status", "--porcelain"]).is_empty() { "" } else { " with changes" };
    let pairs = [
        ("date", said("date", &["-u", "+%Y-%m-%d %H:%M UTC"])),
        ("machine", format!("{cpu}, {threads} threads, {}", std::env::consts::OS)),
        ("kernel", said("uname", &["-r"])),
        ("load at the end", load.split_whitespace().next().unwrap_or("unknown").to_owned()),
        ("compiler", said("rustc", &["--version"])),
        ("commit", format!("{}{dirty}", said("git", &["rev-parse", "--short", "HEAD"]))),
        ("command", command.to_owned()),
        ("peers", peers(house, package)?),
    ];
    Ok(pairs.into_iter().map(|(label, text)| (label.to_owned(), text)).collect())
}

/// The versions that the bench package resolved to, without the house's own.
fn peers(house: &Workspace, package: &str) -> Result<String, Failure> {
    let text = output(cargo().args(["metadata", "--format-version", "1", "--offline"]).current_dir(&house.root))?;
    let metadata: Value =
        serde_json::from_str(&text).map_err(|error| Failure::Work(format!("cargo metadata: {error}")))?;
    let packages = list(&metadata["packages"]);
    let Some(bench) = packages.iter().find(|candidate| str(&candidate["name"]) == package) else {
        return Ok(String::new());
    };
    let id = &bench["id"];
    let node = list(&metadata["resolve"]["nodes"]).iter().find(|node| node["id"] == *id);
    let mut versions: Vec<String> = node
        .map_or(&[][..], |node| list(&node["dependencies"]))
        .iter()
        .filter_map(|id| packages.iter().find(|candidate| candidate["id"] == *id))
        .filter(|dependency| !dependency["source"].is_null())
        .map(|dependency| format!("{} {}", str(&dependency["name"]), str(&dependency["version"])))
        .collect();
    versions.sort();
    Ok(versions.join(", "))
}
