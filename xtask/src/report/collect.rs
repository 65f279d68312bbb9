//! From criterion's files to [`Results`]. Criterion's layout is its own affair and may change with a version: a missing
//! key is an error that names the file, never a silent gap.

use super::model::{Cell, Entry};
use crate::run::{Failure, failed};
use crate::workspace::list;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// One contender's samples, those of all rounds together.
struct Measured {
    workload: String,
    parameter: String,
    contender: String,
    elements: Option<u64>,
    /// Nanoseconds of one run.
    samples: Vec<f64>,
}

/// Everything criterion has about the crate `name`, over `rounds` baselines called `round-1`, `round-2`, …
pub(crate) fn collect(criterion: &Path, name: &str, rounds: usize, raw: &Path) -> Result<Vec<Cell>, Failure> {
    let mut measured: Vec<Measured> = Vec::new();
    for round in 1..=rounds {
        for folder in rounds_below(criterion, &format!("round-{round}"))? {
            let about = read(&folder.join("benchmark.json"))?;
            let group = text(&about, "group_id", &folder)?;
            let Some(workload) = group.strip_prefix(name).and_then(|rest| rest.strip_prefix('/')) else { continue };
            let samples = samples(&read(&folder.join("sample.json"))?, &folder)?;
            let (contender, parameter) =
                (text(&about, "function_id", &folder)?, about["value_str"].as_str().unwrap_or(""));
            let same =
                |m: &&mut Measured| m.workload == workload && m.parameter == parameter && m.contender == contender;
            if let Some(entry) = measured.iter_mut().find(same) {
                entry.samples.extend(samples);
            } else {
                measured.push(Measured {
                    workload: workload.to_owned(),
                    parameter: parameter.to_owned(),
                    contender: contender.to_owned(),
                    elements: about["throughput"]["Elements"].as_u64(),
                    samples,
                });
            }
        }
    }
    Ok(cells(measured, &cpu(raw, name, rounds)))
}

/// Groups the contenders of one point, in the order of the CPU file, which is the order measured.
fn cells(measured: Vec<Measured>, cpu: &[CpuLine]) -> Vec<Cell> {
    let place = |m: &Measured| cpu.iter().position(|line| line.is(m)).unwrap_or(usize::MAX);
    let mut measured = measured;
    measured.sort_by_key(place);
    let mut cells: Vec<Cell> = Vec::new();
    for m in measured {
        let mut samples = m.samples.clone();
        samples.sort_by(f64::total_cmp);
        let quantile = |part: usize| samples[(samples.len() - 1) * part / 4];
        let cpu_times: Vec<f64> = cpu.iter().filter(|line| line.is(&m)).map(|line| line.cpu).collect();
        let entry = Entry {
            median: quantile(2),
            low: quantile(1),
            high: quantile(3),
            minimum: samples[0],
            cpu: (!cpu_times.is_empty()).then(|| cpu_times.iter().sum::<f64>() / cpu_times.len() as f64),
            contender: m.contender,
        };
        match cells.iter_mut().find(|cell| cell.workload == m.workload && cell.parameter == m.parameter) {
            Some(cell) => cell.entries.push(entry),
            None => cells.push(Cell {
                workload: m.workload,
                parameter: m.parameter,
                elements: m.elements,
                entries: vec![entry],
            }),
        }
    }
    cells
}

/// A line that bench-kit wrote: the mean CPU time of a contender in one round.
struct CpuLine {
    workload: String,
    parameter: String,
    contender: String,
    cpu: f64,
}

impl CpuLine {
    fn is(&self, m: &Measured) -> bool {
        self.workload == m.workload && self.parameter == m.parameter && self.contender == m.contender
    }
}

fn cpu(raw: &Path, name: &str, rounds: usize) -> Vec<CpuLine> {
    let texts = (1..=rounds).filter_map(|round| fs::read_to_string(raw.join(format!("cpu-{round}.jsonl"))).ok());
    let lines: Vec<Value> = texts
        .flat_map(|text| text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect::<Vec<_>>())
        .collect();
    let line = |value: &Value| {
        Some(CpuLine {
            workload: value["group"].as_str()?.strip_prefix(name)?.strip_prefix('/')?.to_owned(),
            parameter: value["parameter"].as_str()?.to_owned(),
            contender: value["function"].as_str()?.to_owned(),
            cpu: value["cpu_ns"].as_f64()?,
        })
    };
    lines.iter().filter_map(line).collect()
}

/// Forgets what criterion has about the crate `name`, or contenders that are gone would keep appearing.
pub(crate) fn forget(criterion: &Path, name: &str) -> Result<(), Failure> {
    let Ok(entries) = fs::read_dir(criterion) else { return Ok(()) };
    for entry in entries.flatten() {
        // Criterion makes one folder per group and puts `_` for what a file name cannot hold.
        if entry.file_name().to_string_lossy().starts_with(&format!("{name}_")) {
            fs::remove_dir_all(entry.path()).map_err(|error| failed(entry.path().display(), &error))?;
        }
    }
    Ok(())
}

/// Every folder called `round` below `folder`.
fn rounds_below(folder: &Path, round: &str) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(folder).map_err(|error| failed(format!("no measurements in {}", folder.display()), &error))?;
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        if path.file_name().is_some_and(|name| name == round) {
            found.push(path);
        } else {
            found.extend(rounds_below(&path, round)?);
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<Value, Failure> {
    let text = fs::read_to_string(path).map_err(|error| failed(path.display(), &error))?;
    serde_json::from_str(&text).map_err(|error| Failure::Work(format!("{}: {error}", path.display())))
}

fn text<'a>(value: &'a Value, key: &str, folder: &Path) -> Result<&'a str, Failure> {
    value[key].as_str().ok_or_else(|| missing(key, folder))
}

fn missing(key: &str, folder: &Path) -> Failure {
    Failure::Work(format!("{}: criterion wrote no `{key}`; has its format changed?", folder.display()))
}

/// The samples, never none: time over iterations.
fn samples(sample: &Value, folder: &Path) -> Result<Vec<f64>, Failure> {
    let times = list(&sample["times"]).iter().filter_map(Value::as_f64);
    let iterations = list(&sample["iters"]).iter().filter_map(Value::as_f64);
    let samples: Vec<f64> = times.zip(iterations).map(|(time, n)| time / n).collect();
    if samples.is_empty() { Err(missing("times", folder)) } else { Ok(samples) }
}
