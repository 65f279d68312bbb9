//! The conventions of the house that a program can check.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_path_buf()
}

/// Every file below `folder` whose name ends in `ending`, without `target` and hidden folders.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).expect("a readable folder").map(|entry| entry.expect("a readable entry").path()) {
        let name = path.file_name().expect("entries have names").to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() && name != "target" && !name.starts_with('.') {
            found.extend(files(&path, ending));
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn crates() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("crates")).expect("the crates");
    entries
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.join("Cargo.toml").exists())
        .collect()
}

/// Collects complaints and fails with all of them at once.
#[track_caller]
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn the_top_level_has_the_agreed_shape() {
    let agreed = [
        "Cargo.toml",
        "Cargo.lock",
        "crates",
        "benches",
        "xtask",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "target",
    ];
    let entries = fs::read_dir(root()).expect("the root");
    let names = entries.map(|entry| entry.expect("a readable entry").file_name().to_string_lossy().into_owned());
    none(names.filter(|name| !name.starts_with('.') && !agreed.contains(&name.as_str())).collect());
}

#[test]
fn every_crate_is_furnished() {
    let wanted =
        ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "examples/demo.rs", "src/lib.rs", "tests"];
    let mut missing = Vec::new();
    for folder in crates() {
        missing.extend(wanted.iter().map(|file| folder.join(file)).filter(|path| !path.exists()));
        let name = folder.file_name().expect("crates have names");
        missing.extend(Some(root().join("benches").join(name)).filter(|path| !path.exists()));
        let page = fs::read_to_string(folder.join("src/lib.rs")).unwrap_or_default();
        if !page.contains("include_str!(\"../README.md\")") {
            missing.push(folder.join("src/lib.rs: its page, the README"));
        }
    }
    none(missing.iter().map(|path| format!("missing: {}", path.display())).collect());
}

#[test]
fn the_page_of_every_crate_answers_the_same_questions_in_the_same_order() {
    let wanted = [
        "## How it works",
        "## Guarantees",
        "## Measured",
        "## Differences",
        "## When not to use it",
        "## Rust version and licence",
    ];
    let mut complaints = Vec::new();
    for folder in crates() {
        let page = fs::read_to_string(folder.join("README.md")).expect("a readable README");
        let mut lines = page.lines();
        for heading in wanted {
            if !lines.any(|line| line == heading) {
                complaints.push(format!("{}: no `{heading}`, or not in its place", folder.display()));
                break;
            }
        }
        if !page.contains("[API guidelines]") && !page.contains("[Rust API guidelines]") {
            complaints.push(format!("{}: what came of the review by the API guidelines is missing", folder.display()));
        }
    }
    none(complaints);
}

#[test]
fn links_in_the_readmes_lead_somewhere() {
    let mut broken = Vec::new();
    for path in files(&root(), "README.md") {
        let text = fs::read_to_string(&path).expect("a readable README");
        let folder = path.parent().expect("files lie in folders");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            // What begins with a scheme leads out of the house; a path of Rust items is rustdoc's to check.
            let is_path = !file.is_empty()
                && !file.contains("://")
                && !file.contains("::")
                && (file.contains('/') || file.contains('.'));
            if is_path && !folder.join(file).exists() {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    none(broken);
}

#[test]
fn exceptions_give_their_reason_and_nothing_is_left_open() {
    let mut complaints = Vec::new();
    for path in files(&root(), ".rs").into_iter().filter(|path| !path.ends_with("tests/tidy.rs")) {
        let text = fs::read_to_string(&path).expect("a readable source");
        for (number, line) in text.lines().enumerate() {
            let open = ["TODO", "FIXME", "todo!(", "unimplemented!("].iter().any(|mark| line.contains(mark));
            if open || line.trim() == "#[ignore]" {
                complaints.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    none(complaints);
}

#[test]
fn crates_without_unsafe_code_forbid_it() {
    let mut complaints = Vec::new();
    for folder in crates() {
        let uses = files(&folder.join("src"), ".rs").iter().any(|path| {
            let text = fs::read_to_string(path).expect("a readable source");
            text.lines().any(|line| {
                !line.trim_start().starts_with("//")
                    && (line.contains("unsafe {") || line.contains("unsafe impl") || line.contains("unsafe fn"))
            })
        });
        let page = fs::read_to_string(folder.join("src/lib.rs")).expect("a readable page");
        if !uses && !page.contains("#![forbid(unsafe_code)]") {
            complaints.push(format!("{} has no unsafe code and could forbid it", folder.display()));
        }
    }
    none(complaints);
}
