//! What came of a dinner.

use super::histogram::Histogram;
use super::pictures;
use super::settings::name;
use crate::detect::DeadlockReport;
use crate::json;
use std::time::{Duration, Instant};

/// How a dinner ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Everybody ate, and nobody was left far behind.
    Done,
    /// Philosophers waited for one another in a circle. The dinner was broken up.
    Deadlock(DeadlockReport),
    /// The time was up, and these philosophers had eaten less than a twentieth of the average (of at least 20 meals).
    Starved(Vec<usize>),
}

/// How long philosophers were hungry before a meal; quantiles are exact to 3 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waits {
    /// Half of all waits were not longer.
    pub p50: Duration,
    /// 99 of 100 waits were not longer.
    pub p99: Duration,
    /// The longest, those who were still hungry at the end included.
    pub max: Duration,
}

/// What a philosopher was doing during a [`Span`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// Waiting for chopsticks.
    Hungry,
    /// Eating.
    Eating,
}

/// A stretch of a philosopher's evening, measured from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Span {
    /// Seat of the philosopher.
    pub philosopher: usize,
    /// What was done.
    pub kind: SpanKind,
    /// When it began.
    pub start: Duration,
    /// When it ended.
    pub end: Duration,
}

/// What came of a dinner, and pictures of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// Meals of each philosopher.
    pub meals: Vec<u64>,
    /// From the first reach to the last chopstick put down.
    pub elapsed: Duration,
    /// How long philosophers were hungry.
    pub waits: Waits,
    /// The most meals that neighbours who became hungry later had while somebody was hungry.
    pub max_overtaking: u64,
    /// Time spent eating, all philosophers together.
    pub eating: Duration,
    /// Every stretch of hunger and of eating if the dinner was [traced](super::Dinner::trace), else empty.
    pub spans: Vec<Span>,
    /// What is left to print about the table itself.
    pub(crate) title: String,
}

/// What a philosopher writes down.
#[derive(Debug)]
pub(crate) struct Diary {
    philosopher: usize,
    pub(crate) meals: u64,
    waits: Histogram,
    longest_unserved: Duration,
    eating: Duration,
    spans: Option<Vec<Span>>,
}

impl Diary {
    pub(crate) fn new(philosopher: usize, trace: bool) -> Self {
        let (waits, spans) = (Histogram::default(), trace.then(Vec::new));
        Self { philosopher, meals: 0, waits, longest_unserved: Duration::ZERO, eating: Duration::ZERO, spans }
    }

    pub(crate) fn meal(&mut self, begin: Instant, hungry: Instant, since: Instant, end: Instant) {
        self.meals += 1;
        self.waits.add(since - hungry);
        self.eating += end - since;
        self.span(SpanKind::Hungry, begin, hungry, since);
        self.span(SpanKind::Eating, begin, since, end);
    }

    pub(crate) fn unserved(&mut self, begin: Instant, hungry: Instant, end: Instant) {
        self.longest_unserved = end - hungry;
        self.span(SpanKind::Hungry, begin, hungry, end);
    }

    fn span(&mut self, kind: SpanKind, begin: Instant, start: Instant, end: Instant) {
        if let Some(spans) = &mut self.spans {
            spans.push(Span { philosopher: self.philosopher, kind, start: start - begin, end: end - begin });
        }
    }
}

impl Report {
    pub(crate) fn new(
        diaries: Vec<Diary>,
        deadlock: Option<DeadlockReport>,
        timed: bool,
        elapsed: Duration,
        max_overtaking: u64,
        title: String,
    ) -> Self {
        let mut waits = Histogram::default();
        diaries.iter().for_each(|diary| waits.merge(&diary.waits));
        let unserved = diaries.iter().map(|diary| diary.longest_unserved).max().unwrap_or_default();
        let meals: Vec<u64> = diaries.iter().map(|diary| diary.meals).collect();
        let outcome = match deadlock {
            Some(report) => Outcome::Deadlock(report),
            None if timed => starved(&meals),
            None => Outcome::Done,
        };
        Self {
            outcome,
            waits: Waits { p50: waits.quantile(0.5), p99: waits.quantile(0.99), max: waits.max().max(unserved) },
            eating: diaries.iter().map(|diary| diary.eating).sum(),
            spans: diaries.into_iter().filter_map(|diary| diary.spans).flatten().collect(),
            meals,
            elapsed,
            max_overtaking,
            title,
        }
    }

    /// Meals of all philosophers.
    pub fn total_meals(&self) -> u64 {
        self.meals.iter().sum()
    }

    /// Meals per second, all philosophers together.
    pub fn meals_per_second(&self) -> f64 {
        self.total_meals() as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Jain's index of fairness over the meals: 1 if all ate alike, `1 / n` if one ate everything.
    pub fn jain_index(&self) -> f64 {
        let sum = self.total_meals() as f64;
        let squares: f64 = self.meals.iter().map(|&m| (m as f64).powi(2)).sum();
        if squares == 0.0 { 1.0 } else { sum * sum / (self.meals.len() as f64 * squares) }
    }

    /// How many were eating at a time, on average.
    pub fn mean_concurrency(&self) -> f64 {
        self.eating.as_secs_f64() / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// The deadlock, if that is how the dinner ended.
    pub fn deadlock(&self) -> Option<&DeadlockReport> {
        match &self.outcome {
            Outcome::Deadlock(report) => Some(report),
            Outcome::Done | Outcome::Starved(_) => None,
        }
    }

    /// The first name that reports and pictures use for the philosopher at `seat`.
    pub fn philosopher_name(seat: usize) -> String {
        name(seat)
    }

    /// The evening as a Gantt chart: a row for each philosopher, hunger and meals over time. Without
    /// [tracing](super::Dinner::trace) it has empty rows.
    pub fn gantt_svg(&self) -> String {
        pictures::gantt_svg(self)
    }

    /// The evening in the trace event format that Perfetto and chrome://tracing open.
    pub fn chrome_trace_json(&self) -> String {
        pictures::chrome_trace_json(self)
    }

    /// The evening as lines of text `width` characters wide: `#` eating, `.` hungry, blank thinking; a character shows what
    /// took most of its time.
    pub fn timeline(&self, width: usize) -> Vec<String> {
        pictures::timeline(self, width)
    }

    /// Everything but the spans as one JSON object.
    pub fn to_json(&self) -> String {
        let (outcome, detail) = match &self.outcome {
            Outcome::Done => ("done", "null".to_owned()),
            Outcome::Deadlock(report) => ("deadlock", report.graph.to_json()),
            Outcome::Starved(who) => ("starved", format!("{who:?}")),
        };
        let us = |time: Duration| json::number(time.as_nanos() as f64 / 1e3);
        format!(
            "{{\"table\":{},\"outcome\":\"{outcome}\",\"detail\":{detail},\"meals\":{:?},\"elapsed_us\":{},\"meals_per_second\":{},\
             \"wait_p50_us\":{},\"wait_p99_us\":{},\"wait_max_us\":{},\"jain_index\":{},\"max_overtaking\":{},\"mean_concurrency\":{}}}",
            json::string(&self.title),
            self.meals,
            us(self.elapsed),
            json::number(self.meals_per_second()),
            us(self.waits.p50),
            us(self.waits.p99),
            us(self.waits.max),
            json::number(self.jain_index()),
            self.max_overtaking,
            json::number(self.mean_concurrency()),
        )
    }
}

fn starved(meals: &[u64]) -> Outcome {
    let mean = meals.iter().sum::<u64>() / meals.len() as u64;
    let who: Vec<usize> = (0..meals.len()).filter(|&p| mean >= 20 && meals[p] * 20 < mean).collect();
    if who.is_empty() { Outcome::Done } else { Outcome::Starved(who) }
}
