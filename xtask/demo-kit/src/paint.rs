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

/// Whether standard output takes colours: a terminal, or `CLICOLOR_FORCE` is set; never if `NO_COLOR` is.
pub(crate) fn wanted() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && (set("CLICOLOR_FORCE") || std::io::stdout().is_terminal())
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
