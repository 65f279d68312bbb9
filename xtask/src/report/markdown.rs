//! The report as Markdown: one file per crate, and the index.

use super::figures::{rate, ratio, time};
use super::model::{Cell, Entry, Results, Role};

pub(crate) const CAUTION: &str = "Geometric means depend on which workloads were picked and hide the one that matters to you: look for the row that is like your use.";

/// One crate.
pub(crate) fn page(results: &Results, before: Option<&Results>) -> String {
    let mut text = format!("# {}\n\n{}\n", results.name, summary(results));
    text += "\n| | |\n|-|-|\n";
    for (label, said) in &results.about {
        text += &format!("| {label} | {} |\n", escape(said));
    }
    let losses = results.losses();
    if !losses.is_empty() {
        text += "\n## Where a peer is faster\n\n| workload | at | ours | best peer | |\n|-|-|-:|-:|-:|\n";
        for cell in losses {
            text += &loss(results, cell);
        }
    }
    for workload in results.workloads() {
        text += &format!("\n## {workload}\n");
        for cell in results.cells.iter().filter(|cell| cell.workload == workload) {
            text += &table(results, cell, before);
        }
    }
    text += "\n## Over all workloads\n\n| peer | cells | its time / ours |\n|-|-:|-:|\n";
    for (name, cells, mean) in results.means() {
        text += &format!("| {} | {cells} | {} |\n", escape(&name), ratio(mean));
    }
    text + &format!("\n{CAUTION}\n")
}

/// Counts of wins and losses in a sentence.
pub(crate) fn summary(results: &Results) -> String {
    let (ahead, level, behind) = results.tally();
    format!("Against the best peer of each cell: behind in {behind}, level (within 10 %) in {level}, ahead in {ahead}.")
}

/// All crates.
pub(crate) fn index(all: &[Results]) -> String {
    let mut text = "# Benchmarks\n\n| crate | behind | level | ahead | measured |\n|-|-:|-:|-:|-|\n".to_owned();
    for results in all {
        let (ahead, level, behind) = results.tally();
        let date = results.about.iter().find(|(label, _)| label == "date").map_or("", |(_, date)| date);
        text += &format!("| [{0}]({0}.md) | {behind} | {level} | {ahead} | {date} |\n", results.name);
    }
    text + "\nA cell is one workload at one point; it is judged against the fastest peer there. Level means within 10 %.\n"
}

fn loss(results: &Results, cell: &Cell) -> String {
    let (Some(ours), Some(peer), Some(by)) = (results.ours(cell), results.best_peer(cell), results.ratio(cell)) else {
        return String::new();
    };
    let (peer_name, peer_time) = (escape(&peer.contender), time(peer.median));
    format!(
        "| {} | {} | {} | {peer_name} {peer_time} | {} |\n",
        cell.workload,
        escape(&cell.parameter),
        time(ours.median),
        ratio(by)
    )
}

fn table(results: &Results, cell: &Cell, before: Option<&Results>) -> String {
    let title = if cell.parameter.is_empty() { String::new() } else { format!("\n### {}\n", escape(&cell.parameter)) };
    let compared = before.and_then(|before| before.cell(&cell.workload, &cell.parameter));
    let mut text = format!("{title}\n| contender | median | quartiles | minimum | CPU | rate | time / ours |");
    text += if compared.is_some() { " before |\n|-|-:|-:|-:|-:|-:|-:|-:|\n" } else { "\n|-|-:|-:|-:|-:|-:|-:|\n" };
    let mut entries: Vec<&Entry> = cell.entries.iter().collect();
    entries.sort_by(|a, b| a.median.total_cmp(&b.median));
    for entry in entries {
        text += &row(results, cell, entry);
        if let Some(cell) = compared {
            let old = cell.entries.iter().find(|old| old.contender == entry.contender);
            text += &old.map_or_else(|| " |".to_owned(), |old| format!(" {} |", time(old.median)));
        }
        text.push('\n');
    }
    text
}

fn row(results: &Results, cell: &Cell, entry: &Entry) -> String {
    let name = escape(&entry.contender);
    let name = if results.role(&entry.contender) == Role::Ours { format!("**{name}**") } else { name };
    let against = results.ours(cell).map_or_else(String::new, |ours| ratio(entry.median / ours.median));
    let cpu = entry.cpu.map_or_else(String::new, time);
    let rate = cell.elements.map_or_else(String::new, |elements| rate(elements, entry.median));
    let quartiles = format!("{} - {}", time(entry.low), time(entry.high));
    format!("| {name} | {} | {quartiles} | {} | {cpu} | {rate} | {against} |", time(entry.median), time(entry.minimum))
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::tests::sample;

    #[test]
    fn losses_come_first_and_ours_stands_out() {
        let text = page(&sample(), None);
        let loss = text.find("Where a peer is faster").unwrap();
        assert!(loss < text.find("## sort").unwrap());
        assert!(text.contains("**ours stable**"));
        assert!(text.contains("behind in 1, level (within 10 %) in 1, ahead in 1"));
    }

    #[test]
    fn a_comparison_adds_a_column() {
        let results = sample();
        assert!(page(&results, Some(&results)).contains("before |"));
    }
}
