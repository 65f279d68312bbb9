//! The report as HTML that opens from disk: no script, no network, light and dark, readable on a phone.

use super::chart;
use super::figures::{rate, ratio, time};
use super::markdown::{CAUTION, summary};
use super::model::{Cell, Entry, Results, Role, Verdict};

const STYLE: &str = include_str!("style.css");

/// One crate.
pub(crate) fn page(results: &Results, before: Option<&Results>) -> String {
    let mut body = format!(
        "<p><a href=\"index.html\">all crates</a></p>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>\n",
        escape(&results.name),
        summary(results)
    );
    body += &losses(results);
    for workload in results.workloads() {
        body += &format!("<h2>{}</h2>\n", escape(workload));
        for cell in results.cells.iter().filter(|cell| cell.workload == workload) {
            body += &section(results, cell, before);
        }
    }
    body += &means(results);
    body += "<h2>Where and how it was measured</h2>\n<table class=\"about\">\n";
    for (label, said) in &results.about {
        body += &format!("<tr><th>{}</th><td>{}</td></tr>\n", escape(label), escape(said));
    }
    document(&format!("{} benchmarks", results.name), &(body + "</table>\n"))
}

/// All crates.
pub(crate) fn index(all: &[Results]) -> String {
    let mut body = "<h1>Chopsticks: benchmarks</h1>\n<p class=\"lead\">Every crate against its peers in the same run. A cell is one workload at one point, judged against the fastest peer there; level means within 10 %.</p>\n".to_owned();
    body += "<div class=\"scroll\"><table>\n<tr><th>crate</th><th>behind</th><th>level</th><th>ahead</th><th>measured</th></tr>\n";
    for results in all {
        let (ahead, level, behind) = results.tally();
        let date = results.about.iter().find(|(label, _)| label == "date").map_or("", |(_, date)| date);
        let name = escape(&results.name);
        body += &format!(
            "<tr><td><a href=\"{name}.html\">{name}</a></td><td>{behind}</td><td>{level}</td><td>{ahead}</td><td>{}</td></tr>\n",
            escape(date)
        );
    }
    document("Chopsticks: benchmarks", &(body + "</table></div>\n"))
}

/// `text` as it may stand in HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n<main>\n{body}</main>\n</html>\n",
        escape(title)
    )
}

fn losses(results: &Results) -> String {
    let losses = results.losses();
    if losses.is_empty() {
        return "<p>No peer is faster in any cell measured.</p>\n".to_owned();
    }
    let mut text = "<h2>Where a peer is faster</h2>\n<div class=\"scroll\"><table>\n<tr><th>workload</th><th>at</th><th>ours</th><th>best peer</th><th></th></tr>\n".to_owned();
    for cell in losses {
        let (Some(ours), Some(peer), Some(by)) = (results.ours(cell), results.best_peer(cell), results.ratio(cell))
        else {
            continue;
        };
        text += &format!(
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{} {}</td><td class=\"behind\">{}</td></tr>\n",
            escape(&cell.workload),
            escape(&cell.parameter),
            time(ours.median),
            escape(&peer.contender),
            time(peer.median),
            ratio(by)
        );
    }
    text + "</table></div>\n"
}

fn section(results: &Results, cell: &Cell, before: Option<&Results>) -> String {
    let verdict = match results.verdict(cell) {
        Some(Verdict::Ahead) => "<span class=\"ahead\">ahead</span>",
        Some(Verdict::Level) => "<span>level</span>",
        Some(Verdict::Behind) => "<span class=\"behind\">behind</span>",
        None => "",
    };
    let limit = fraction_of_limit(results, cell)
        .map_or_else(String::new, |(name, part)| format!("<p>{:.0} % of {}</p>\n", part * 100.0, escape(&name)));
    let compared = before.and_then(|before| before.cell(&cell.workload, &cell.parameter));
    let mut text = format!(
        "<section>\n<h3>{} {verdict}</h3>\n{}{limit}<details><summary>figures</summary><div class=\"scroll\"><table>\n",
        escape(&cell.parameter),
        chart::svg(results, cell)
    );
    text += "<tr><th>contender</th><th>median</th><th>quartiles</th><th>minimum</th><th>CPU</th><th>rate</th><th>time / ours</th>";
    text += if compared.is_some() { "<th>before</th></tr>\n" } else { "</tr>\n" };
    let mut entries: Vec<&Entry> = cell.entries.iter().collect();
    entries.sort_by(|a, b| a.median.total_cmp(&b.median));
    for entry in entries {
        let old = compared.map(|cell| cell.entries.iter().find(|old| old.contender == entry.contender));
        text += &row(results, cell, entry, old);
    }
    text + "</table></div></details>\n</section>\n"
}

fn row(results: &Results, cell: &Cell, entry: &Entry, old: Option<Option<&Entry>>) -> String {
    let class = if results.role(&entry.contender) == Role::Ours { " class=\"us\"" } else { "" };
    let columns = [
        escape(&entry.contender),
        time(entry.median),
        format!("{} - {}", time(entry.low), time(entry.high)),
        time(entry.minimum),
        entry.cpu.map_or_else(String::new, time),
        cell.elements.map_or_else(String::new, |elements| rate(elements, entry.median)),
        results.ours(cell).map_or_else(String::new, |ours| ratio(entry.median / ours.median)),
    ];
    let before = old.map(|old| old.map_or_else(String::new, |old| time(old.median)));
    let shown: String = columns.into_iter().chain(before).map(|column| format!("<td>{column}</td>")).collect();
    format!("<tr{class}>{shown}</tr>\n")
}

/// How near we come to what the machine can do: the limit's time over ours.
fn fraction_of_limit(results: &Results, cell: &Cell) -> Option<(String, f64)> {
    let limit = cell.entries.iter().find(|entry| results.role(&entry.contender) == Role::Limit)?;
    Some((limit.contender.clone(), limit.median / results.ours(cell)?.median))
}

fn means(results: &Results) -> String {
    let mut text = "<h2>Over all workloads</h2>\n<div class=\"scroll\"><table>\n<tr><th>peer</th><th>cells</th><th>its time / ours</th></tr>\n".to_owned();
    for (name, cells, mean) in results.means() {
        text += &format!("<tr><td>{}</td><td>{cells}</td><td>{}</td></tr>\n", escape(&name), ratio(mean));
    }
    text + &format!("</table></div>\n<p class=\"caution\">{CAUTION}</p>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::tests::sample;

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        let text = page(&sample(), None);
        assert!(!text.contains("<script") && !text.contains("http"));
        assert!(text.contains("50 % of limit: copy"));
        assert!(text.find("Where a peer is faster").unwrap() < text.find("<h2>sort").unwrap());
    }
}
