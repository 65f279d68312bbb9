//! One input, one answer, several contenders.

use crate::cpu::cpu_time;
use criterion::{BenchmarkId, Criterion, Throughput};
use std::fmt::Debug;
use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

type Run<'a, I, O> = Box<dyn FnMut(I) -> O + 'a>;

/// A comparison in the making.
#[must_use = "nothing is measured before `run`"]
pub struct Workload<'a, I, O> {
    group: String,
    parameter: String,
    elements: usize,
    input: Box<dyn FnMut() -> I + 'a>,
    answer: O,
    contenders: Vec<(String, Run<'a, I, O>)>,
}

impl<I, O: Debug> Debug for Workload<'_, I, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.contenders.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Workload")
            .field("group", &self.group)
            .field("parameter", &self.parameter)
            .field("contenders", &names)
            .finish()
    }
}

impl<'a, I, O: PartialEq + Debug> Workload<'a, I, O> {
    /// `group` is `<crate>/<workload>`, `parameter` the point measured (a size, a shape), `elements` what one run handles.
    /// `input` is made afresh for every run, outside the time; dropping the output is outside as well.
    pub fn new(group: &str, parameter: &str, elements: usize, input: impl FnMut() -> I + 'a, answer: O) -> Self {
        Self {
            group: group.to_owned(),
            parameter: parameter.to_owned(),
            elements,
            input: Box::new(input),
            answer,
            contenders: Vec::new(),
        }
    }

    /// Adds a contender. One run should take microseconds at least: what takes nanoseconds loops inside the run.
    pub fn contender(mut self, name: &str, run: impl FnMut(I) -> O + 'a) -> Self {
        self.contenders.push((name.to_owned(), Box::new(run)));
        self
    }

    /// Asserts the answer of every contender, then times each.
    ///
    /// # Panics
    /// If a contender gives a wrong answer, with its name.
    pub fn run(mut self, criterion: &mut Criterion) {
        for (name, run) in &mut self.contenders {
            let output = run((self.input)());
            assert!(output == self.answer, "{}: {name} gives a wrong answer at {}", self.group, self.parameter);
        }
        let mut group = criterion.benchmark_group(&self.group);
        group.throughput(Throughput::Elements(self.elements as u64));
        for (name, run) in &mut self.contenders {
            let input = &mut self.input;
            let mut total = Cost::default();
            group.bench_function(BenchmarkId::new(name.as_str(), &self.parameter), |bencher| {
                bencher.iter_custom(|iterations| {
                    let mut cost = Cost::default();
                    for _ in 0..iterations {
                        cost.add(&mut *input, &mut **run);
                    }
                    total.wall += cost.wall;
                    total.cpu += cost.cpu;
                    total.runs += iterations;
                    cost.wall
                });
            });
            total.record(&self.group, name, &self.parameter);
        }
        group.finish();
    }
}

/// What the runs of one contender took.
#[derive(Default)]
struct Cost {
    wall: Duration,
    cpu: Duration,
    runs: u64,
}

impl Cost {
    fn add<I, O>(&mut self, input: impl FnOnce() -> I, run: &mut dyn FnMut(I) -> O) {
        let input = black_box(input());
        let cpu = cpu_time();
        let start = Instant::now();
        let output = black_box(run(input));
        self.wall += start.elapsed();
        self.cpu += cpu_time().saturating_sub(cpu);
        drop(output);
    }

    /// Appends a line of JSON to the file that `BENCH_CPU_FILE` names; the xtask's report reads it.
    fn record(&self, group: &str, name: &str, parameter: &str) {
        let Some(path) = std::env::var_os("BENCH_CPU_FILE") else { return };
        if self.runs == 0 {
            return;
        }
        let mean = |time: Duration| time.as_nanos() as f64 / self.runs as f64;
        let line = format!(
            "{{\"group\":{group:?},\"function\":{name:?},\"parameter\":{parameter:?},\"wall_ns\":{},\"cpu_ns\":{}}}\n",
            mean(self.wall),
            mean(self.cpu)
        );
        let written = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(line.as_bytes()));
        if let Err(error) = written {
            eprintln!("cannot write {}: {error}", path.display());
        }
    }
}
