//! One input, one answer, several contenders, timed in turn.
//!
//! Criterion times one function after the other, each in one long stretch: on a machine whose speed drifts the contender
//! measured in the slow minute loses. So the stretches here are short and alternate, and every round gives one sample per
//! contender; criterion gets the samples afterwards and does what it is good at: statistics, files, comparisons.

use crate::cpu::cpu_time;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
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
    contenders: Vec<Contender<'a, I, O>>,
}

struct Contender<'a, I, O> {
    name: String,
    run: Run<'a, I, O>,
    /// One per round, all runs of the round together.
    samples: Vec<Cost>,
}

impl<I, O: Debug> Debug for Workload<'_, I, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.contenders.iter().map(|contender| contender.name.as_str()).collect();
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
        self.contenders.push(Contender { name: name.to_owned(), run: Box::new(run), samples: Vec::new() });
        self
    }

    /// Asserts the answer of every contender, then times them in alternating rounds. A filter on the command line that
    /// matches none of them leaves the workload out altogether.
    ///
    /// # Panics
    /// If a contender gives a wrong answer, with its name.
    pub fn run(mut self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group(&self.group);
        group
            .throughput(Throughput::Elements(self.elements as u64))
            .sampling_mode(SamplingMode::Flat)
            .sample_size(rounds())
            // Criterion only replays what was sampled: there is nothing to warm up, and its own clock must not matter.
            .warm_up_time(Duration::from_nanos(1))
            .measurement_time(Duration::from_millis(1));
        for i in 0..self.contenders.len() {
            let id = BenchmarkId::new(&self.contenders[i].name, &self.parameter);
            let mut calls = 0;
            group.bench_function(id, |bencher| {
                self.sample_once();
                // Criterion's warm-up asks once or more, then once per sample: in a circle each sample is given once.
                let samples = &self.contenders[i].samples;
                let sample = &samples[calls % samples.len()];
                calls += 1;
                bencher.iter_custom(|iterations| sample.wall_of(iterations));
            });
            self.record(&self.contenders[i]);
        }
        group.finish();
    }

    /// Asserts and measures, unless an earlier contender's turn has.
    fn sample_once(&mut self) {
        if self.contenders.iter().any(|contender| !contender.samples.is_empty()) {
            return;
        }
        let mut runs = Vec::new();
        for contender in &mut self.contenders {
            let start = Instant::now();
            let output = (contender.run)((self.input)());
            assert!(
                output == self.answer,
                "{}: {} gives a wrong answer at {}",
                self.group,
                contender.name,
                self.parameter
            );
            drop(output);
            // The first run pays for cold caches and pools: a second one says how many fit into a stretch.
            let once =
                if start.elapsed() > stretch() { start.elapsed() } else { contender.cost(&mut self.input, 1).wall };
            runs.push((stretch().as_nanos() / once.as_nanos().max(1)).clamp(1, 1 << 20) as u64);
        }
        let n = self.contenders.len();
        for round in 0..rounds() {
            for i in shuffled(n, round) {
                await_rest();
                if runs[i] > 1 {
                    // Untimed: the neighbour's data are in the caches, and threads sleep.
                    self.contenders[i].cost(&mut self.input, 1);
                }
                let cost = self.contenders[i].cost(&mut self.input, runs[i]);
                self.contenders[i].samples.push(cost);
            }
        }
    }

    /// Appends a line of JSON to the file that `BENCH_CPU_FILE` names; the xtask's report reads it.
    fn record(&self, contender: &Contender<'a, I, O>) {
        let Some(path) = std::env::var_os("BENCH_CPU_FILE") else { return };
        if contender.samples.is_empty() {
            return;
        }
        let runs: u64 = contender.samples.iter().map(|sample| sample.runs).sum();
        let mean = |time: fn(&Cost) -> Duration| {
            contender.samples.iter().map(time).sum::<Duration>().as_nanos() as f64 / runs as f64
        };
        let line = format!(
            "{{\"group\":{:?},\"function\":{:?},\"parameter\":{:?},\"wall_ns\":{},\"cpu_ns\":{}}}\n",
            self.group,
            contender.name,
            self.parameter,
            mean(|sample| sample.wall),
            mean(|sample| sample.cpu)
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

/// Waits until the threads of whoever ran before have come to rest: those of OpenMP and OpenBLAS go on spinning for
/// milliseconds, on processors that the next contender would pay for. Not for ever: some workloads have a load of their own.
fn await_rest() {
    const PAUSE: Duration = Duration::from_millis(1);
    for _ in 0..16 {
        let before = cpu_time();
        std::thread::sleep(PAUSE);
        if cpu_time().saturating_sub(before) < PAUSE / 8 {
            return;
        }
    }
}

/// The first `n` numbers in an order of its own for each round, so that nobody always runs after the same neighbour, whose
/// data are in the caches.
fn shuffled(n: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_cached_key(|&i| {
        // The finish of SplitMix64.
        let mixed = ((round * n + i + 1) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^ mixed >> 27
    });
    order
}

/// How many alternating rounds, each of which gives one sample per contender.
fn rounds() -> usize {
    if crate::quick() { 10 } else { 20 }
}

/// How long a contender runs before the next one's turn; one run if that takes longer.
fn stretch() -> Duration {
    Duration::from_millis(if crate::quick() { 8 } else { 20 })
}

impl<I, O> Contender<'_, I, O> {
    /// At most `runs` runs: fewer where they take much longer than the one whose time `runs` was chosen by. (A contender
    /// that starves its threads now and then would hold up everybody for minutes.)
    fn cost(&mut self, input: &mut dyn FnMut() -> I, runs: u64) -> Cost {
        let mut cost = Cost::default();
        while cost.runs < runs && cost.wall < 8 * stretch() {
            let input = black_box(input());
            let cpu = cpu_time();
            let start = Instant::now();
            let output = black_box((self.run)(input));
            cost.wall += start.elapsed();
            cost.cpu += cpu_time().saturating_sub(cpu);
            cost.runs += 1;
            drop(output);
        }
        cost
    }
}

/// What some runs of one contender took.
#[derive(Debug, Default)]
struct Cost {
    wall: Duration,
    cpu: Duration,
    runs: u64,
}

impl Cost {
    /// What `iterations` runs take at this rate, for criterion, which chooses a number of its own.
    fn wall_of(&self, iterations: u64) -> Duration {
        self.wall.mul_f64(iterations as f64 / self.runs as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn contenders_take_turns_in_orders_that_change() {
        let order = RefCell::new(Vec::new());
        let slow = |name: char| {
            let order = &order;
            move |()| {
                order.borrow_mut().push(name);
                // Longer than a stretch: one run per round, and none to warm up.
                let start = Instant::now();
                while start.elapsed() < stretch() + Duration::from_millis(1) {}
            }
        };
        let mut workload =
            Workload::new("kit/turns", "", 1, || (), ()).contender("a", slow('a')).contender("b", slow('b'));
        workload.sample_once();
        workload.sample_once();
        let order = order.borrow();
        let (first, turns) = order.split_at(2);
        assert_eq!(first, ['a', 'b'], "answers are checked first");
        let of = |wanted: [char; 2]| turns.chunks(2).filter(|&turn| turn == wanted).count();
        let (ab, ba) = (of(['a', 'b']), of(['b', 'a']));
        assert_eq!(ab + ba, rounds(), "everybody once in each round");
        assert!(ab >= rounds() / 4 && ba >= rounds() / 4, "{ab} and {ba}: neighbours change");
        assert!(workload.contenders.iter().all(|contender| contender.samples.len() == rounds()));
    }

    #[test]
    #[should_panic(expected = "kit/answers: liar gives a wrong answer at 1")]
    fn a_wrong_answer_is_never_timed() {
        Workload::new("kit/answers", "1", 1, || 1, 2)
            .contender("honest", |x| x + 1)
            .contender("liar", |x| x)
            .sample_once();
    }
}
