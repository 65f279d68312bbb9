//! A chart of one cell as SVG: a bar per contender, whiskers for the quartiles. Written by hand: no script, no network.

use super::figures::{ratio, time};
use super::html::escape;
use super::model::{Cell, Entry, Results, Role};

const ROW: f64 = 24.0;
const NAME: f64 = 178.0;
const BARS: f64 = 260.0;
const WIDTH: f64 = 590.0;
/// From this factor between the slowest and the fastest on, lengths are logarithmic.
const LOGARITHMIC_FROM: f64 = 12.0;

/// The chart of `cell`, fastest first.
pub(crate) fn svg(results: &Results, cell: &Cell) -> String {
    let mut entries: Vec<&Entry> = cell.entries.iter().collect();
    entries.sort_by(|a, b| a.median.total_cmp(&b.median));
    let scale = Scale::of(&entries);
    let height = ROW * entries.len() as f64 + 22.0;
    let label = format!("{} {}: time of one run, shorter is better", cell.workload, cell.parameter);
    let mut text = format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">\n", escape(&label));
    for (i, entry) in entries.iter().enumerate() {
        text += &bar(results, cell, entry, i as f64 * ROW, &scale);
    }
    let kind = if scale.logarithmic { "logarithmic" } else { "linear" };
    text += &format!(
        "<text class=\"axis\" x=\"{NAME}\" y=\"{}\">time of one run, {kind} scale, shorter is better</text>\n",
        height - 6.0
    );
    text + "</svg>\n"
}

fn bar(results: &Results, cell: &Cell, entry: &Entry, top: f64, scale: &Scale) -> String {
    let class = match results.role(&entry.contender) {
        Role::Ours => "ours",
        Role::Peer => "peer",
        Role::Limit => "limit",
    };
    let (length, middle, base) = (scale.length(entry.median), top + ROW / 2.0, top + ROW / 2.0 + 4.5);
    let (low, high) = (NAME + scale.length(entry.low), NAME + scale.length(entry.high));
    let against =
        results.ours(cell).map_or_else(String::new, |ours| format!(" ({})", ratio(entry.median / ours.median)));
    let edge = NAME + scale.length(entry.median).max(scale.length(entry.high)) + 8.0;
    let (name_edge, bar_top, bar_height) = (NAME - 8.0, top + 4.0, ROW - 8.0);
    let mut text =
        format!("<text class=\"name {class}-name\" x=\"{name_edge}\" y=\"{base}\">{}</text>", escape(&entry.contender));
    text += &format!(
        "<rect class=\"{class}\" x=\"{NAME}\" y=\"{bar_top}\" width=\"{length:.1}\" height=\"{bar_height}\" rx=\"2\"/>"
    );
    text += &format!("<path class=\"whisker\" d=\"M{low:.1} {middle}H{high:.1}\"/>");
    text + &format!("<text class=\"value\" x=\"{edge:.1}\" y=\"{base}\">{}{against}</text>\n", time(entry.median))
}

/// Times to lengths.
struct Scale {
    shortest: f64,
    longest: f64,
    logarithmic: bool,
}

impl Scale {
    fn of(entries: &[&Entry]) -> Self {
        let shortest = entries.iter().map(|entry| entry.median).fold(f64::INFINITY, f64::min);
        let longest = entries.iter().map(|entry| entry.median).fold(0.0, f64::max);
        Self { shortest, longest, logarithmic: longest / shortest > LOGARITHMIC_FROM }
    }

    /// The length of `ns`; what would leave the chart is cut at its edge.
    fn length(&self, ns: f64) -> f64 {
        let part = if self.logarithmic {
            // The fastest keeps a tenth of the width, so that its bar can be seen.
            0.1 + 0.9 * (ns / self.shortest).ln() / (self.longest / self.shortest).ln()
        } else {
            ns / self.longest
        };
        (part * BARS).clamp(1.0, BARS * 1.08)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::tests::sample;

    #[test]
    fn every_contender_has_a_bar_and_its_name_is_escaped() {
        let results = sample();
        let text = svg(&results, &results.cells[0]);
        assert_eq!(text.matches("<rect").count(), 4);
        assert!(text.contains("peer &lt;a&gt;"));
        assert!(text.contains("class=\"ours\""));
    }

    #[test]
    fn far_apart_times_get_a_logarithmic_scale() {
        let mut results = sample();
        assert!(svg(&results, &results.cells[1]).contains("linear"));
        results.cells[1].entries[0].median = 1e6;
        assert!(svg(&results, &results.cells[1]).contains("logarithmic"));
    }
}
