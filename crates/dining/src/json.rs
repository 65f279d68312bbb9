//! The little of JSON that reports need.

use std::fmt::Write;

/// `text` as a JSON string.
pub(crate) fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `value` as a JSON number, or `null` where JSON has none.
pub(crate) fn number(value: f64) -> String {
    if value.is_finite() { value.to_string() } else { "null".to_owned() }
}
