//! What a crate's `Cargo.toml` says about dependencies and lints.

use std::path::Path;

use toml::{Table, Value};

/// Where a crate stands; a later shelf may use an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shelf {
    /// What happened.
    Events,
    /// What we know.
    Projections,
    /// What acts.
    Workers,
    /// What proves.
    Tests,
}

impl Shelf {
    /// The shelf of a path below the root.
    pub fn of(path: &str) -> Option<Self> {
        match path.split('/').next()? {
            "events" => Some(Self::Events),
            "projections" => Some(Self::Projections),
            "workers" => Some(Self::Workers),
            "tests" => Some(Self::Tests),
            _ => None,
        }
    }
}

/// What a dependency is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependencyKind {
    /// Part of the crate, or of its build script.
    Normal,
    /// For its tests, examples and benchmarks.
    Dev,
}

/// One line of a dependency table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Name of the crate, not of a rename.
    pub name: String,
    /// What it is for.
    pub kind: DependencyKind,
    /// Whether the version is the workspace's.
    pub from_workspace: bool,
    /// Line in the manifest, from 1.
    pub line: usize,
}

/// A crate of the workspace.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Path of the `Cargo.toml` below the root.
    pub path: String,
    /// Name of the package.
    pub name: String,
    /// Every dependency, of every target.
    pub dependencies: Vec<Dependency>,
    /// Whether it takes the workspace's lints.
    pub workspace_lints: bool,
}

impl Manifest {
    /// Reads the text of the manifest at `path`.
    ///
    /// # Panics
    /// When it is not a manifest of a package.
    pub fn parse(path: &str, text: &str) -> Self {
        let table: Table = text.parse().unwrap_or_else(|error| panic!("{path}:1: not TOML: {error}"));
        let name = table.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
        let name = name.unwrap_or_else(|| panic!("{path}:1: has no package name")).to_owned();
        let lints = table.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
        let mut dependencies = dependencies_in(&table, text);
        for target in table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values) {
            dependencies
                .extend(target.as_table().into_iter().flat_map(|target| dependencies_in(target, text)));
        }
        Self { path: path.to_owned(), name, dependencies, workspace_lints: lints == Some(true) }
    }

    /// The folder of the crate below the root.
    pub fn folder(&self) -> &str {
        Path::new(&self.path).parent().and_then(Path::to_str).unwrap_or_default()
    }

    /// Where the crate stands.
    pub fn shelf(&self) -> Option<Shelf> {
        Shelf::of(&self.path)
    }
}

fn dependencies_in(table: &Table, text: &str) -> Vec<Dependency> {
    let sections = [
        ("dependencies", DependencyKind::Normal),
        ("build-dependencies", DependencyKind::Normal),
        ("dev-dependencies", DependencyKind::Dev),
    ];
    let mut found = Vec::new();
    for (section, kind) in sections {
        for (key, value) in table.get(section).and_then(Value::as_table).into_iter().flatten() {
            let name = value.get("package").and_then(Value::as_str).unwrap_or(key).to_owned();
            let from_workspace = value.get("workspace").and_then(Value::as_bool) == Some(true);
            found.push(Dependency { name, kind, from_workspace, line: line_of_key(text, section, key) });
        }
    }
    found
}

/// Where `key` stands below the header that ends in `section`.
fn line_of_key(text: &str, section: &str, key: &str) -> usize {
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(header) = line.trim().strip_prefix('[') {
            let header = header.trim_end_matches(']');
            inside = header == section || header.ends_with(&format!(".{section}"));
        }
        let rest = line.trim_start().strip_prefix(key).unwrap_or_default();
        if inside && rest.starts_with(['.', ' ', '=']) {
            return index + 1;
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dependency_table_is_read_with_its_lines() {
        let text = "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\nren = { package = \"c\", version = \"1\" }\n\
                    [target.'cfg(unix)'.dependencies]\nd = { workspace = true }\n[dev-dependencies]\nb = \"1\"\n\
                    [lints]\nworkspace = true\n";
        let manifest = Manifest::parse("events/a/Cargo.toml", text);
        let rows: Vec<_> = manifest
            .dependencies
            .iter()
            .map(|d| (d.name.as_str(), d.kind, d.from_workspace, d.line))
            .collect();
        assert_eq!(
            rows,
            [
                ("b", DependencyKind::Normal, true, 4),
                ("c", DependencyKind::Normal, false, 5),
                ("b", DependencyKind::Dev, false, 9),
                ("d", DependencyKind::Normal, true, 7),
            ]
        );
        assert!(manifest.workspace_lints);
        assert_eq!((manifest.folder(), manifest.shelf()), ("events/a", Some(Shelf::Events)));
    }
}
