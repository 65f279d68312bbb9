//! A running demo: what it was asked for, what it has shown, and whether every check held.

use crate::Progress;
use crate::args::{Args, Builder};
use crate::cell::{Cell, json_string};
use crate::paint::{Style, paint, wanted};
use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

/// The columns of [`Demo::compare`].
const COMPARISON: [&str; 5] = ["what", "sequential", "parallel", "speed-up", "check"];

/// A demo between [`Builder::start`] and [`finish`](Self::finish).
#[derive(Debug)]
#[must_use = "`finish` gives the exit code"]
pub struct Demo {
    name: &'static str,
    args: Args,
    colours: bool,
    section: String,
    /// The table in the making: printed when a section, a sentence or another table begins.
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
    checks: usize,
    failed: Vec<String>,
}

impl Demo {
    /// The demo of the crate `name`; `caption` says in one line what the concept is.
    #[expect(clippy::new_ret_no_self, reason = "reads as what it is at the call: a demo, being described")]
    pub fn new(name: &'static str, caption: &'static str) -> Builder {
        Builder::new(name, caption)
    }

    pub(crate) fn begin(name: &'static str, caption: &'static str, args: Args) -> Self {
        let demo = Self {
            name,
            args,
            colours: wanted(),
            section: String::new(),
            columns: Vec::new(),
            rows: Vec::new(),
            checks: 0,
            failed: Vec::new(),
        };
        if !demo.args.json {
            println!("{}: {caption}", paint(name, Style::Bold, demo.colours));
        }
        demo
    }

    /// `--threads`, at least 1; by default the number of processors.
    pub fn threads(&self) -> usize {
        self.args.threads
    }

    /// `--seed`.
    pub fn seed(&self) -> u64 {
        self.args.seed
    }

    /// `--size`, at least 1.
    pub fn size(&self) -> usize {
        self.args.size
    }

    /// The last value given for `--name`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values(name).last().map(String::as_str)
    }

    /// Every value given for `--name`, in order.
    pub fn values(&self, name: &str) -> &[String] {
        self.args.extras.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether the switch `--name` was given.
    pub fn has(&self, name: &str) -> bool {
        self.args.extras.contains_key(name)
    }

    /// Begins a part of the demo.
    pub fn section(&mut self, title: &str) {
        self.flush();
        title.clone_into(&mut self.section);
        if !self.args.json {
            println!("\n{}", paint(title, Style::Bold, self.colours));
        }
    }

    /// Says a sentence; not part of the JSON.
    pub fn say(&mut self, sentence: impl Display) {
        self.flush();
        if !self.args.json {
            println!("  {sentence}");
        }
    }

    /// Begins a table with these columns; [`row`](Self::row) fills it.
    pub fn table(&mut self, columns: &[&str]) {
        self.flush();
        self.columns = columns.iter().map(|&column| column.to_owned()).collect();
    }

    /// Adds a row to the table. Every [`Cell::Check`] in it counts as a check of the demo.
    ///
    /// # Panics
    /// If there is not one cell for each column.
    #[track_caller]
    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        assert_eq!(N, self.columns.len(), "a row needs one cell for each column");
        for cell in &cells {
            if let Cell::Check(held) = cell {
                self.count(*held, &cells[0].show());
            }
        }
        if self.args.json {
            self.print_json(&cells);
        } else {
            self.rows.push(cells.into());
        }
    }

    /// A row of the usual table: time sequential, time parallel, speed-up, check.
    pub fn compare(&mut self, what: &str, sequential: Duration, parallel: Duration, check: bool) {
        if self.columns != COMPARISON {
            self.table(&COMPARISON);
        }
        let ratio = sequential.as_secs_f64() / parallel.as_secs_f64();
        self.row([what.into(), sequential.into(), parallel.into(), Cell::Ratio(ratio), check.into()]);
    }

    /// A check with a sentence of its own.
    pub fn check(&mut self, what: &str, held: bool) {
        self.flush();
        self.count(held, what);
        if self.args.json {
            println!("{{{},\"what\":{},\"check\":{held}}}", self.origin(), json_string(what));
        } else {
            let (mark, style) = if held { ("ok   ", Style::Green) } else { ("WRONG", Style::Red) };
            println!("  {} {what}", paint(mark, style, self.colours));
        }
    }

    /// A line of progress for long work.
    pub fn progress(&self, label: &str, total: u64) -> Progress {
        Progress::new(label, total)
    }

    /// Ends the process with 2 because of what the user gave: a file that is missing, a value that makes no sense.
    pub fn refuse(&self, problem: impl Display) -> ! {
        eprintln!("{}: {problem}", self.name);
        std::process::exit(2);
    }

    /// The value of `result`, or [`refuse`](Self::refuse) with its error.
    pub fn accept<T, E: Display>(&self, result: Result<T, E>) -> T {
        result.unwrap_or_else(|error| self.refuse(error))
    }

    /// Prints what is left and gives the exit code: success if every check held.
    pub fn finish(mut self) -> ExitCode {
        self.flush();
        if self.failed.is_empty() {
            if !self.args.json {
                let all = format!("all {} checks held", self.checks);
                println!("\n  {}", paint(&all, Style::Green, self.colours));
            }
            return ExitCode::SUCCESS;
        }
        eprintln!("{}: {} of {} checks failed: {}", self.name, self.failed.len(), self.checks, self.failed.join("; "));
        ExitCode::FAILURE
    }

    fn count(&mut self, held: bool, what: &str) {
        self.checks += 1;
        if !held {
            self.failed.push(what.to_owned());
        }
    }

    /// Where a JSON object comes from.
    fn origin(&self) -> String {
        format!("\"crate\":{},\"section\":{}", json_string(self.name), json_string(&self.section))
    }

    fn print_json(&self, cells: &[Cell]) {
        let fields: Vec<String> = self
            .columns
            .iter()
            .zip(cells)
            .map(|(column, cell)| format!("{}:{}", json_string(column), cell.json()))
            .collect();
        println!("{{{},{}}}", self.origin(), fields.join(","));
    }

    /// Prints the table in the making, aligned.
    fn flush(&mut self) {
        let (columns, rows) = (std::mem::take(&mut self.columns), std::mem::take(&mut self.rows));
        if rows.is_empty() {
            return;
        }
        let shown: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(Cell::show).collect()).collect();
        let widths: Vec<usize> = (0..columns.len())
            .map(|i| shown.iter().map(|row| width(&row[i])).chain([width(&columns[i])]).max().unwrap_or(0))
            .collect();
        let left: Vec<bool> = rows[0].iter().map(Cell::is_text).collect();
        let heading: Vec<String> = columns.iter().enumerate().map(|(i, text)| pad(text, widths[i], left[i])).collect();
        println!("  {}", paint(heading.join("  ").trim_end(), Style::Dim, self.colours));
        for (row, cells) in shown.iter().zip(&rows) {
            let line: Vec<String> = row
                .iter()
                .enumerate()
                .map(|(i, text)| {
                    let padded = pad(text, widths[i], left[i]);
                    match cells[i] {
                        Cell::Check(true) => paint(&padded, Style::Green, self.colours),
                        Cell::Check(false) => paint(&padded, Style::Red, self.colours),
                        _ => padded,
                    }
                })
                .collect();
            println!("  {}", line.join("  ").trim_end());
        }
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn pad(text: &str, to: usize, left: bool) -> String {
    let space = " ".repeat(to.saturating_sub(width(text)));
    if left { format!("{text}{space}") } else { format!("{space}{text}") }
}
