//! The summary in the root README, between two markers.

use super::figures::ratio;
use super::model::Results;
use crate::run::{Failure, failed};
use crate::workspace::Workspace;
use std::fs;

const BEGIN: &str = "<!-- bench: begin, written by `cargo xtask report --readme` -->";
const END: &str = "<!-- bench: end -->";

/// Replaces what stands between the markers.
pub(crate) fn update(house: &Workspace, all: &[Results]) -> Result<(), Failure> {
    let path = house.root.join("README.md");
    let text = fs::read_to_string(&path).map_err(|error| failed(path.display(), &error))?;
    let new = replaced(&text, &table(all))
        .ok_or_else(|| Failure::Work(format!("{}: the markers `{BEGIN}` and `{END}` are missing", path.display())))?;
    fs::write(&path, new).map_err(|error| failed(path.display(), &error))
}

fn replaced(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

/// Peers named in a row; the report has them all.
const NAMED: usize = 4;

/// A row per crate: counts, and the strongest of the peers it was measured against.
fn table(all: &[Results]) -> String {
    let mut text = "\n| crate | behind | level | ahead | the strongest peers: their time / ours, geometric mean over the cells shared |\n|-|-:|-:|-:|-|\n".to_owned();
    for results in all {
        let (ahead, level, behind) = results.tally();
        let peers: Vec<String> =
            results.means().iter().take(NAMED).map(|(name, _, mean)| format!("{name} {}", ratio(*mean))).collect();
        text += &format!("| `{}` | {behind} | {level} | {ahead} | {} |\n", results.name, peers.join(", "));
    }
    let said = |label: &str| {
        all.first()
            .and_then(|results| results.about.iter().find(|(l, _)| l == label))
            .map_or("unknown", |(_, text)| text)
    };
    text + &format!(
        "\nMeasured {} on {}. A cell is one workload at one point, judged against the fastest peer there; level means within 10 %.\nGeometric means depend on the workloads picked: the report has every cell, losses first.\n\n",
        said("date"),
        said("machine")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::tests::sample;

    #[test]
    fn only_what_stands_between_the_markers_changes() {
        let text = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let new = replaced(&text, &table(&[sample()])).unwrap();
        assert!(new.starts_with("before\n") && new.ends_with("\nafter\n") && !new.contains("old"));
        assert_eq!(replaced(&new, &table(&[sample()])).unwrap(), new);
        assert!(replaced("no markers", "x").is_none());
    }
}
