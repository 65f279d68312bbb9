//! Colours, only where a person at a terminal sees them.

use std::io::IsTerminal;

/// How a piece of text is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Style {
    Bold,
    Dim,
    Green,
    Red,
}

/// Whether standard output takes colours: a terminal, and `NO_COLOR` is not set.
pub(crate) fn wanted() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// `text` in `style` if `colours` are wanted. Pad before painting: the codes have no width.
pub(crate) fn paint(text: &str, style: Style, colours: bool) -> String {
    if !colours {
        return text.to_owned();
    }
    let code = match style {
        Style::Bold => 1,
        Style::Dim => 2,
        Style::Green => 32,
        Style::Red => 31,
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}
