//! What was measured, and what it says: cells, ratios, verdicts.

use crate::workspace::{list, str};
use serde_json::{Value, json};

/// Ratios within this of 1 count as level: gaps this small come and go between runs.
const LEVEL: f64 = 0.10;

/// One crate's measurements of one day.
#[derive(Clone, Debug)]
pub(crate) struct Results {
    pub(crate) name: String,
    /// Where and how it was measured: label and text, in the order shown.
    pub(crate) about: Vec<(String, String)>,
    pub(crate) cells: Vec<Cell>,
}

/// One workload at one point: what every contender needed.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) workload: String,
    pub(crate) parameter: String,
    /// What one run handles.
    pub(crate) elements: Option<u64>,
    pub(crate) entries: Vec<Entry>,
}

/// One contender at one point; times of one run in nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) contender: String,
    /// The median of all samples, taken in turns with the other contenders'.
    pub(crate) median: f64,
    /// The quartiles: half of the samples lie between.
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// The fastest sample of all.
    pub(crate) minimum: f64,
    /// CPU time of all threads, where it was taken.
    pub(crate) cpu: Option<f64>,
}

/// What a contender is to the crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Ours,
    Peer,
    /// Not a rival but what the machine can do at best: `limit: …`, or a plain copy.
    Limit,
}

/// How a cell went against the best peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Behind,
    Level,
    Ahead,
}

impl Results {
    /// Ours is what is called like the crate, or begins so.
    pub(crate) fn role(&self, contender: &str) -> Role {
        if contender.starts_with(&self.name) {
            Role::Ours
        } else if contender.starts_with("limit") || contender.starts_with("memcpy") {
            Role::Limit
        } else {
            Role::Peer
        }
    }

    /// Our fastest entry in `cell`.
    pub(crate) fn ours<'a>(&self, cell: &'a Cell) -> Option<&'a Entry> {
        fastest(cell.entries.iter().filter(|entry| self.role(&entry.contender) == Role::Ours))
    }

    /// The fastest peer in `cell`.
    pub(crate) fn best_peer<'a>(&self, cell: &'a Cell) -> Option<&'a Entry> {
        fastest(cell.entries.iter().filter(|entry| self.role(&entry.contender) == Role::Peer))
    }

    /// How many times longer the best peer takes than we do; `None` where one of the two is missing.
    pub(crate) fn ratio(&self, cell: &Cell) -> Option<f64> {
        Some(self.best_peer(cell)?.median / self.ours(cell)?.median)
    }

    pub(crate) fn verdict(&self, cell: &Cell) -> Option<Verdict> {
        let ratio = self.ratio(cell)?;
        Some(match ratio {
            _ if ratio > 1.0 + LEVEL => Verdict::Ahead,
            _ if ratio < 1.0 / (1.0 + LEVEL) => Verdict::Behind,
            _ => Verdict::Level,
        })
    }

    /// How many cells are ahead, level, behind.
    pub(crate) fn tally(&self) -> (usize, usize, usize) {
        let count = |verdict| self.cells.iter().filter(|cell| self.verdict(cell) == Some(verdict)).count();
        (count(Verdict::Ahead), count(Verdict::Level), count(Verdict::Behind))
    }

    /// The cells, those in which we are furthest behind first.
    pub(crate) fn losses(&self) -> Vec<&Cell> {
        let mut cells: Vec<&Cell> =
            self.cells.iter().filter(|cell| self.verdict(cell) == Some(Verdict::Behind)).collect();
        cells.sort_by(|a, b| self.ratio(a).unwrap_or(1.0).total_cmp(&self.ratio(b).unwrap_or(1.0)));
        cells
    }

    /// Per peer: in how many cells it was measured and the geometric mean of its time over ours.
    pub(crate) fn means(&self) -> Vec<(String, usize, f64)> {
        let mut means: Vec<(String, usize, f64)> = Vec::new();
        for cell in &self.cells {
            let Some(ours) = self.ours(cell) else { continue };
            for entry in cell.entries.iter().filter(|entry| self.role(&entry.contender) == Role::Peer) {
                let log = (entry.median / ours.median).ln();
                match means.iter_mut().find(|(name, ..)| *name == entry.contender) {
                    Some((_, count, sum)) => {
                        *count += 1;
                        *sum += log;
                    }
                    None => means.push((entry.contender.clone(), 1, log)),
                }
            }
        }
        for (_, count, sum) in &mut means {
            *sum = (*sum / *count as f64).exp();
        }
        means.sort_by(|a, b| a.2.total_cmp(&b.2));
        means
    }

    /// The workloads in the order measured, each once.
    pub(crate) fn workloads(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for cell in &self.cells {
            if !names.contains(&cell.workload.as_str()) {
                names.push(&cell.workload);
            }
        }
        names
    }

    pub(crate) fn cell(&self, workload: &str, parameter: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.workload == workload && cell.parameter == parameter)
    }

    pub(crate) fn to_json(&self) -> Value {
        let cells: Vec<Value> = self.cells.iter().map(Cell::to_json).collect();
        let about: Vec<Value> = self.about.iter().map(|(label, text)| json!([label, text])).collect();
        json!({ "name": self.name, "about": about, "cells": cells })
    }

    /// `None` if `value` is not what [`to_json`](Self::to_json) wrote.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let about =
            list(&value["about"]).iter().map(|pair| (str(&pair[0]).to_owned(), str(&pair[1]).to_owned())).collect();
        let cells = list(&value["cells"]).iter().map(Cell::from_json).collect::<Option<_>>()?;
        Some(Self { name: value["name"].as_str()?.to_owned(), about, cells })
    }
}

impl Cell {
    fn to_json(&self) -> Value {
        let entries: Vec<Value> = self
            .entries
            .iter()
            .map(|e| json!({ "contender": e.contender, "median": e.median, "low": e.low, "high": e.high, "minimum": e.minimum, "cpu": e.cpu }))
            .collect();
        json!({ "workload": self.workload, "parameter": self.parameter, "elements": self.elements, "entries": entries })
    }

    fn from_json(value: &Value) -> Option<Self> {
        let entry = |e: &Value| {
            Some(Entry {
                contender: e["contender"].as_str()?.to_owned(),
                median: e["median"].as_f64()?,
                low: e["low"].as_f64()?,
                high: e["high"].as_f64()?,
                minimum: e["minimum"].as_f64()?,
                cpu: e["cpu"].as_f64(),
            })
        };
        Some(Self {
            workload: value["workload"].as_str()?.to_owned(),
            parameter: value["parameter"].as_str()?.to_owned(),
            elements: value["elements"].as_u64(),
            entries: list(&value["entries"]).iter().map(entry).collect::<Option<_>>()?,
        })
    }
}

fn fastest<'a>(entries: impl Iterator<Item = &'a Entry>) -> Option<&'a Entry> {
    entries.min_by(|a, b| a.median.total_cmp(&b.median))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Two workloads: one won by three times, one lost by two.
    pub(crate) fn sample() -> Results {
        let entry = |contender: &str, median: f64| Entry {
            contender: contender.to_owned(),
            median,
            low: median * 0.9,
            high: median * 1.2,
            minimum: median * 0.8,
            cpu: Some(median * 2.0),
        };
        let cell = |parameter: &str, entries| Cell {
            workload: "sort".to_owned(),
            parameter: parameter.to_owned(),
            elements: Some(1000),
            entries,
        };
        Results {
            name: "ours".to_owned(),
            about: vec![("date".to_owned(), "today".to_owned())],
            cells: vec![
                cell(
                    "random",
                    vec![
                        entry("ours", 10.0),
                        entry("peer <a>", 30.0),
                        entry("peer b", 90.0),
                        entry("limit: copy", 5.0),
                    ],
                ),
                cell("sorted", vec![entry("ours stable", 20.0), entry("peer <a>", 10.0)]),
                cell("close", vec![entry("ours", 10.0), entry("peer <a>", 10.5)]),
            ],
        }
    }

    #[test]
    fn a_cell_is_judged_against_the_best_peer_and_never_against_a_limit() {
        let results = sample();
        assert_eq!(results.tally(), (1, 1, 1));
        assert_eq!(results.losses()[0].parameter, "sorted");
        assert!((results.ratio(&results.cells[0]).unwrap() - 3.0).abs() < 1e-9);
        assert_eq!(results.role("limit: copy"), Role::Limit);
    }

    #[test]
    fn the_mean_of_ratios_is_geometric() {
        let means = sample().means();
        let (_, count, mean) = means.iter().find(|(name, ..)| name == "peer <a>").unwrap();
        assert_eq!(*count, 3);
        assert!((mean - (3.0_f64 * 0.5 * 1.05).cbrt()).abs() < 1e-9);
    }

    #[test]
    fn json_gives_back_what_it_took() {
        let results = sample();
        let again = Results::from_json(&results.to_json()).unwrap();
        assert_eq!(format!("{results:?}"), format!("{again:?}"));
    }
}
