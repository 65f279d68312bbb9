//! One cell of a table: a value that knows how a person and how a program reads it.

use std::time::Duration;

/// A value in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A figure with two decimals.
    Figure(f64),
    /// How many times faster or more.
    Ratio(f64),
    /// A time; JSON has it in seconds.
    Time(Duration),
    /// Whether a check held.
    Check(bool),
}

impl Cell {
    /// As a person reads it.
    pub(crate) fn show(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => grouped(*count),
            Self::Figure(figure) => format!("{figure:.2}"),
            Self::Ratio(ratio) => format!("{ratio:.2}x"),
            Self::Time(time) => human(*time),
            Self::Check(true) => "ok".to_owned(),
            Self::Check(false) => "WRONG".to_owned(),
        }
    }

    /// As a program reads it: a JSON value.
    pub(crate) fn json(&self) -> String {
        match self {
            Self::Text(text) => json_string(text),
            Self::Count(count) => count.to_string(),
            Self::Figure(figure) | Self::Ratio(figure) if figure.is_finite() => figure.to_string(),
            Self::Figure(_) | Self::Ratio(_) => "null".to_owned(),
            Self::Time(time) => time.as_secs_f64().to_string(),
            Self::Check(check) => check.to_string(),
        }
    }

    /// Words stand on the left of their column, numbers on the right.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Check(_))
    }
}

/// `text` as a JSON string.
pub(crate) fn json_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            c if (c as u32) < 0x20 => out += &format!("\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out + "\""
}

/// 1234567 as `1 234 567`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

fn human(time: Duration) -> String {
    let s = time.as_secs_f64();
    match s {
        _ if s >= 1.0 => format!("{s:.2} s"),
        _ if s >= 1e-3 => format!("{:.2} ms", s * 1e3),
        _ if s >= 1e-6 => format!("{:.2} us", s * 1e6),
        _ => format!("{:.0} ns", s * 1e9),
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<f64> for Cell {
    fn from(figure: f64) -> Self {
        Self::Figure(figure)
    }
}

impl From<Duration> for Cell {
    fn from(time: Duration) -> Self {
        Self::Time(time)
    }
}

impl From<bool> for Cell {
    fn from(check: bool) -> Self {
        Self::Check(check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_read_well_for_people_and_programs() {
        assert_eq!(Cell::from(1_234_567_u64).show(), "1 234 567");
        assert_eq!(Cell::from(999_u64).show(), "999");
        assert_eq!(Cell::from(Duration::from_micros(1500)).show(), "1.50 ms");
        assert_eq!(Cell::from(Duration::from_micros(1500)).json(), "0.0015");
        assert_eq!(Cell::from("a \"b\"\n").json(), r#""a \"b\"\n""#);
        assert_eq!(Cell::Ratio(f64::INFINITY).json(), "null");
        assert_eq!(Cell::from(false).show(), "WRONG");
    }
}
