//! `cargo xtask picture`: what a demo prints, as a picture of a terminal for the README. Made from a real run.

use crate::run::{Failure, cargo, failed, output};
use crate::workspace::Workspace;
use std::fs;

const LINE: usize = 19;
const COLUMN: f64 = 8.1;
const TOP: usize = 48;

/// `picture CRATE FILE [-- ARGS]`.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let split = args.iter().position(|arg| arg == "--").unwrap_or(args.len());
    let [name, file] = &args[..split] else {
        return Err(Failure::Usage("usage: cargo xtask picture CRATE FILE [-- ARGS]".to_owned()));
    };
    let house = Workspace::read()?;
    house.select(std::slice::from_ref(name))?;
    let passed = args.get(split + 1..).unwrap_or_default();
    let text = output(
        cargo()
            .args(["run", "--quiet", "--release", "--package", name, "--example", "demo", "--"])
            .args(passed)
            .env("CLICOLOR_FORCE", "1")
            .current_dir(&house.root),
    )?;
    fs::write(file, svg(&format!("cargo xtask demo {name}"), &text)).map_err(|error| failed(file, &error))
}

/// `text`, with the codes for bold, dim, green and red, in a window.
fn svg(command: &str, text: &str) -> String {
    let lines: Vec<&str> = std::iter::once("").chain(text.trim_end().lines()).collect();
    let columns = lines.iter().map(|line| plain_width(line)).max().unwrap_or(0).max(60);
    let (width, height) = ((columns as f64 * COLUMN + 40.0).ceil(), TOP + LINE * (lines.len() + 1));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" role=\"img\" aria-label=\"{}\">\n",
        escape(command)
    );
    out += "<style>text{font:13.5px ui-monospace,Menlo,Consolas,monospace;fill:#e6e8ea;white-space:pre}.bold{font-weight:700}.dim{fill:#98a2ab}.green{fill:#58c48b}.red{fill:#ff8a7a}</style>\n";
    out += "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#15181b\"/>\n";
    for (i, colour) in ["#ff5f57", "#febc2e", "#28c840"].iter().enumerate() {
        out += &format!("<circle cx=\"{}\" cy=\"18\" r=\"5.5\" fill=\"{colour}\"/>\n", 20 + i * 18);
    }
    out += &format!(
        "<text x=\"20\" y=\"{TOP}\"><tspan class=\"dim\">$ </tspan><tspan class=\"bold\">{}</tspan></text>\n",
        escape(command)
    );
    for (i, line) in lines.iter().enumerate() {
        if !line.is_empty() {
            out += &format!(
                "<text x=\"20\" y=\"{}\" xml:space=\"preserve\">{}</text>\n",
                TOP + LINE * (i + 1),
                spans(line)
            );
        }
    }
    out + "</svg>\n"
}

/// The pieces between escape codes, each in its style.
fn spans(line: &str) -> String {
    let mut out = String::new();
    let mut pieces = line.split("\x1b[");
    out += &escape(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (code, text) = piece.split_once('m').unwrap_or(("", piece));
        let class = match code {
            "1" => "bold",
            "2" => "dim",
            "31" => "red",
            "32" => "green",
            _ => "",
        };
        if class.is_empty() {
            out += &escape(text);
        } else {
            out += &format!("<tspan class=\"{class}\">{}</tspan>", escape(text));
        }
    }
    out
}

fn plain_width(line: &str) -> usize {
    line.split("\x1b[")
        .enumerate()
        .map(|(i, piece)| {
            if i == 0 { piece } else { piece.split_once('m').map_or("", |(_, text)| text) }.chars().count()
        })
        .sum()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_classes_and_take_no_room() {
        let line = "a \x1b[32mok\x1b[0m <b>";
        assert_eq!(plain_width(line), "a ok <b>".len());
        assert_eq!(spans(line), "a <tspan class=\"green\">ok</tspan> &lt;b&gt;");
    }
}
