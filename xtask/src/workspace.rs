//! What `cargo metadata` says about the house.

use crate::run::{Failure, cargo, output};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A published crate.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) description: String,
    /// The folder of its manifest.
    pub(crate) folder: PathBuf,
    /// Whether it has an example target called `demo`.
    pub(crate) has_demo: bool,
    /// The names of its integration tests.
    pub(crate) tests: Vec<String>,
    /// The package `<crate>-bench`, if there is one.
    pub(crate) bench: Option<String>,
    /// Names of the crates of the house it imports.
    imports: Vec<String>,
    /// Names of everything it depends on, with tests.
    pub(crate) dependencies: Vec<String>,
}

/// All published crates, lower floors first.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) crates: Vec<Member>,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn read() -> Result<Self, Failure> {
        let text = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: Value =
            serde_json::from_str(&text).map_err(|error| Failure::Work(format!("cargo metadata: {error}")))?;
        let packages = list(&metadata["packages"]);
        let names: Vec<&str> = packages.iter().map(|package| str(&package["name"])).collect();
        // `publish` is null for a package that may go anywhere and an empty list for one that stays at home.
        let mut crates: Vec<Member> = packages
            .iter()
            .filter(|package| package["publish"].is_null())
            .map(|package| member(package, &names))
            .collect();
        order(&mut crates);
        Ok(Self {
            root: str(&metadata["workspace_root"]).into(),
            target: str(&metadata["target_directory"]).into(),
            crates,
        })
    }

    /// The crates called `names`, in the order of the house; all of them if no name is given.
    pub(crate) fn select(&self, names: &[String]) -> Result<Vec<&Member>, Failure> {
        for name in names {
            if !self.crates.iter().any(|member| member.name == *name) {
                let known: Vec<&str> = self.crates.iter().map(|member| member.name.as_str()).collect();
                return Err(Failure::Usage(format!("no crate `{name}`; there are {}", known.join(", "))));
            }
        }
        Ok(self.crates.iter().filter(|member| names.is_empty() || names.contains(&member.name)).collect())
    }

    /// Where reports are written.
    pub(crate) fn report_folder(&self) -> PathBuf {
        self.target.join("bench-report")
    }
}

fn member(package: &Value, names: &[&str]) -> Member {
    let name = str(&package["name"]).to_owned();
    let targets = list(&package["targets"]);
    let of_kind = |kind: &str| -> Vec<String> {
        let is = |target: &&Value| list(&target["kind"]).iter().any(|k| str(k) == kind);
        targets.iter().filter(is).map(|target| str(&target["name"]).to_owned()).collect()
    };
    let dependencies = list(&package["dependencies"]);
    let normal = dependencies.iter().filter(|dependency| dependency["kind"].is_null());
    let bench = format!("{name}-bench");
    Member {
        description: str(&package["description"]).to_owned(),
        folder: PathBuf::from(str(&package["manifest_path"])).parent().map(Into::into).unwrap_or_default(),
        has_demo: of_kind("example").iter().any(|example| example == "demo"),
        tests: of_kind("test"),
        imports: normal
            .map(|dependency| str(&dependency["name"]).to_owned())
            .filter(|d| names.contains(&d.as_str()))
            .collect(),
        dependencies: dependencies.iter().map(|dependency| str(&dependency["name"]).to_owned()).collect(),
        bench: names.contains(&bench.as_str()).then_some(bench),
        name,
    }
}

/// Lower floors first; within a floor those on which most others stand, then by name. A floor is one more than the highest
/// it imports.
fn order(crates: &mut [Member]) {
    let mut floors: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..crates.len() {
        for member in crates.iter() {
            let below = member.imports.iter().filter_map(|import| floors.get(import)).max();
            floors.insert(member.name.clone(), below.map_or(0, |floor| floor + 1));
        }
    }
    let imports: Vec<String> = crates.iter().flat_map(|member| member.imports.clone()).collect();
    let importers = |name: &String| imports.iter().filter(|import| *import == name).count();
    crates.sort_by_key(|member| (floors[&member.name], Reverse(importers(&member.name)), member.name.clone()));
}

/// The list in `value`, empty if it is none.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The text in `value`, empty if it is none.
pub(crate) fn str(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crate_named(name: &str, imports: &[&str]) -> Member {
        Member {
            name: name.to_owned(),
            description: String::new(),
            folder: PathBuf::new(),
            has_demo: false,
            tests: Vec::new(),
            bench: None,
            imports: imports.iter().map(|&import| import.to_owned()).collect(),
            dependencies: Vec::new(),
        }
    }

    #[test]
    fn what_is_imported_comes_first() {
        let mut crates =
            vec![crate_named("a", &["c", "b"]), crate_named("b", &["c"]), crate_named("c", &[]), crate_named("d", &[])];
        order(&mut crates);
        let names: Vec<&str> = crates.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(names, ["c", "d", "b", "a"]);
    }

    #[test]
    fn the_house_is_found_and_an_unknown_name_lists_what_there_is() {
        let house = Workspace::read().unwrap();
        assert!(house.crates.iter().all(|member| member.has_demo && member.bench.is_some()));
        match house.select(&["kmerg".to_owned()]) {
            Err(Failure::Usage(message)) => assert!(message.contains("kmerge"), "{message}"),
            other => panic!("{other:?}"),
        }
    }
}
