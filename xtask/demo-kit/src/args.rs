//! The command line of a demo: the flags all demos have, and those one demo adds.

use crate::Demo;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// A flag that one demo adds to the common ones.
#[derive(Debug)]
struct Extra {
    name: &'static str,
    /// The placeholder in the help; `None` for a flag without a value.
    value: Option<&'static str>,
    help: &'static str,
}

/// What a demo is called and which flags it takes; [`start`](Self::start) reads the command line.
#[derive(Debug)]
#[must_use = "a builder does nothing until `start`"]
pub struct Builder {
    name: &'static str,
    caption: &'static str,
    size: Option<(&'static str, usize)>,
    extras: Vec<Extra>,
}

/// The command line, read and checked.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) threads: usize,
    pub(crate) seed: u64,
    pub(crate) size: usize,
    pub(crate) json: bool,
    pub(crate) extras: BTreeMap<String, Vec<String>>,
}

impl Builder {
    pub(crate) fn new(name: &'static str, caption: &'static str) -> Self {
        Self { name, caption, size: None, extras: Vec::new() }
    }

    /// What `--size` counts in this demo, and its default.
    pub fn size(mut self, what: &'static str, default: usize) -> Self {
        self.size = Some((what, default));
        self
    }

    /// Adds `--name VALUE`, which may be given more than once.
    pub fn option(mut self, name: &'static str, value: &'static str, help: &'static str) -> Self {
        self.extras.push(Extra { name, value: Some(value), help });
        self
    }

    /// Adds `--name`, which takes no value.
    pub fn flag(mut self, name: &'static str, help: &'static str) -> Self {
        self.extras.push(Extra { name, value: None, help });
        self
    }

    /// Reads the command line and prints the demo's heading. `--help` prints the help and ends the process with 0;
    /// a bad command line prints one line and ends it with 2.
    pub fn start(self) -> Demo {
        match self.parse(std::env::args().skip(1)) {
            Ok(Some(args)) => Demo::begin(self.name, self.caption, args),
            Ok(None) => {
                print!("{}", self.help());
                std::process::exit(0);
            }
            Err(message) => {
                eprintln!("{}: {message}; try --help", self.name);
                std::process::exit(2);
            }
        }
    }

    /// The command line as values, `None` when it asks for help.
    fn parse(&self, args: impl Iterator<Item = String>) -> Result<Option<Args>, String> {
        let mut parsed = Args {
            threads: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            seed: 7,
            size: self.size.map_or(0, |(_, default)| default),
            json: false,
            extras: BTreeMap::new(),
        };
        let mut args = args;
        while let Some(arg) = args.next() {
            let (flag, inline) = match arg.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (arg, None),
            };
            let mut value = || inline.clone().or_else(|| args.next()).ok_or_else(|| format!("{flag} needs a value"));
            match flag.as_str() {
                "--help" | "-h" => return Ok(None),
                "--json" => parsed.json = true,
                "--threads" => parsed.threads = at_least_one("--threads", &value()?)?,
                "--seed" => parsed.seed = number("--seed", &value()?)?,
                "--size" if self.size.is_some() => parsed.size = at_least_one("--size", &value()?)?,
                other => {
                    let extra = other
                        .strip_prefix("--")
                        .and_then(|name| self.extras.iter().find(|extra| extra.name == name))
                        .ok_or_else(|| format!("unknown argument `{other}`"))?;
                    let value = if extra.value.is_some() { value()? } else { String::new() };
                    parsed.extras.entry(extra.name.to_owned()).or_default().push(value);
                }
            }
        }
        Ok(Some(parsed))
    }

    fn help(&self) -> String {
        let mut rows = vec![
            ("--threads N".to_owned(), "threads to use (default: all processors)".to_owned()),
            ("--seed N".to_owned(), "seed of everything random (default: 7)".to_owned()),
        ];
        if let Some((what, default)) = self.size {
            rows.push(("--size N".to_owned(), format!("{what} (default: {default})")));
        }
        for extra in &self.extras {
            let value = extra.value.map(|value| format!(" {value}")).unwrap_or_default();
            rows.push((format!("--{}{value}", extra.name), extra.help.to_owned()));
        }
        rows.push(("--json".to_owned(), "one JSON object per result instead of tables".to_owned()));
        rows.push(("--help".to_owned(), "this text".to_owned()));
        let width = rows.iter().map(|(flag, _)| flag.len()).max().unwrap_or(0);
        let mut text = format!("{}: {}\n\n", self.name, self.caption);
        for (flag, help) in rows {
            text += &format!("  {flag:width$}  {help}\n");
        }
        text
    }
}

fn number<N: std::str::FromStr>(flag: &str, text: &str) -> Result<N, String> {
    text.replace('_', "").parse().map_err(|_| format!("{flag} takes a whole number, not `{text}`"))
}

fn at_least_one(flag: &str, text: &str) -> Result<usize, String> {
    match number(flag, text)? {
        0 => Err(format!("{flag} must be at least 1")),
        n => Ok(n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Args>, String> {
        Builder::new("demo", "a test")
            .size("things", 10)
            .option("input", "FILE", "a file")
            .flag("live", "a switch")
            .parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn flags_are_read_in_both_spellings() {
        let args = parse("--threads 3 --seed=5 --size 1_000 --input a --input=b --live --json").unwrap().unwrap();
        assert_eq!((args.threads, args.seed, args.size, args.json), (3, 5, 1000, true));
        assert_eq!(args.extras["input"], ["a", "b"]);
        assert!(args.extras.contains_key("live"));
    }

    #[test]
    fn a_bad_command_line_is_an_error_that_names_the_flag() {
        for (line, part) in [
            ("--threads 0", "--threads must be at least 1"),
            ("--size 0", "--size must be at least 1"),
            ("--seed x", "--seed takes a whole number, not `x`"),
            ("--threads", "--threads needs a value"),
            ("--what", "unknown argument `--what`"),
            ("stray", "unknown argument `stray`"),
        ] {
            let message = parse(line).unwrap_err();
            assert!(message.contains(part), "{line}: {message}");
        }
    }

    #[test]
    fn help_is_no_error() {
        assert!(parse("--help").unwrap().is_none());
    }
}
