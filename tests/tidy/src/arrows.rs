//! Which crate may depend on which. The table is the drawing in `ARCHITECTURE.md`; an arrow that is not in it points up.

use crate::{Dependency, DependencyKind, Finding, Manifest, Shelf};

/// A crate and the crates it may use. `elite` wires everything and the crates of `tests/` prove everything, so they are
/// not listed: they may use any crate of a lower shelf.
pub const ARROWS: &[(&str, &[&str])] = &[
    ("event-model", &[]),
    ("event-log", &["event-model"]),
    ("event-log-embedded", &["event-log", "event-model"]),
    ("event-log-redis", &["event-log", "event-model"]),
    ("blob-store", &["event-model"]),
    ("event-archive", &["event-log", "blob-store", "event-model"]),
    ("read-store", &["event-log", "event-model"]),
    ("read-models", &["event-model", "event-log", "read-store", "blob-store"]),
    ("validation", &["event-model"]),
    ("datasets", &["event-model", "read-store", "blob-store"]),
    ("parsers", &["event-model"]),
    ("inference", &["event-model"]),
    ("worker-runtime", &["event-log", "read-store", "event-model"]),
    ("realtime", &[]),
    (
        "roles",
        &[
            "worker-runtime",
            "parsers",
            "inference",
            "validation",
            "read-models",
            "datasets",
            "realtime",
            "blob-store",
            "read-store",
            "event-archive",
            "event-log",
            "event-model",
        ],
    ),
    (
        "gateway",
        &[
            "realtime",
            "inference",
            "read-models",
            "datasets",
            "read-store",
            "blob-store",
            "event-log",
            "event-model",
        ],
    ),
];

/// The crate that starts servers for tests; it depends on nothing of ours.
const SERVERS: &str = "servers";

/// Every dependency between crates of the workspace that the table does not have.
pub fn arrows_that_point_up(crates: &[Manifest]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for from in crates {
        for dependency in &from.dependencies {
            let Some(to) = crates.iter().find(|other| other.name == dependency.name) else { continue };
            if !allowed(from, to, dependency) {
                findings.push(Finding::new(
                    &from.path,
                    dependency.line,
                    format!(
                        "`{}` must not depend on `{}`; move what it needs down, or draw the arrow in ARCHITECTURE.md and \
                         tests/tidy/src/arrows.rs",
                        from.name, to.name
                    ),
                ));
            }
        }
    }
    findings
}

/// Crates that the table forgot, and lines of the table without a crate.
pub fn crates_without_a_place(crates: &[Manifest]) -> Vec<Finding> {
    let wires_or_proves = |found: &Manifest| found.name == "elite" || found.shelf() == Some(Shelf::Tests);
    let placed =
        |found: &Manifest| found.shelf().is_some() && (wires_or_proves(found) || row(&found.name).is_some());
    let homeless = crates.iter().filter(|found| !placed(found)).map(|found| {
        Finding::new(
            &found.path,
            1,
            format!("`{}` has no line in tests/tidy/src/arrows.rs; add one", found.name),
        )
    });
    let gone =
        ARROWS.iter().filter(|(name, _)| !crates.iter().any(|found| found.name == *name)).map(|(name, _)| {
            Finding::new(
                "tests/tidy/src/arrows.rs",
                1,
                format!("there is no crate `{name}`; remove its line"),
            )
        });
    homeless.chain(gone).collect()
}

fn row(name: &str) -> Option<&'static [&'static str]> {
    ARROWS.iter().find(|(from, _)| *from == name).map(|(_, to)| *to)
}

fn allowed(from: &Manifest, to: &Manifest, dependency: &Dependency) -> bool {
    let (Some(here), Some(there)) = (from.shelf(), to.shelf()) else { return false };
    // Starting a real server is what any test may do.
    if to.name == SERVERS {
        return dependency.kind == DependencyKind::Dev || here == Shelf::Tests;
    }
    if from.name == "elite" || here == Shelf::Tests {
        return there < Shelf::Tests;
    }
    let drawn = row(&from.name).is_some_and(|to_list| to_list.contains(&to.name.as_str()));
    // A test may look at a neighbour in projections/, at anything lower, and at the features of its own crate.
    let in_tests = there < here || (here == Shelf::Projections && there == here) || from.name == to.name;
    drawn || (dependency.kind == DependencyKind::Dev && in_tests)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(path: &str, dependencies: &str) -> Manifest {
        let name = path.rsplit('/').next().unwrap();
        Manifest::parse(
            &format!("{path}/Cargo.toml"),
            &format!("[package]\nname = \"{name}\"\n{dependencies}\n[lints]\nworkspace = true\n"),
        )
    }

    fn findings(path: &str, dependencies: &str) -> Vec<Finding> {
        let mut crates = vec![
            manifest("events/event-model", ""),
            manifest("events/event-log", ""),
            manifest("projections/read-store", ""),
            manifest("projections/validation", ""),
            manifest("workers/roles", ""),
        ];
        crates.retain(|other| other.folder() != path);
        crates.push(manifest(path, dependencies));
        arrows_that_point_up(&crates)
    }

    #[test]
    fn an_arrow_up_is_found_with_its_line() {
        let found =
            findings("events/event-model", "[dependencies]\nserde.workspace = true\nroles.workspace = true");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].path.as_str(), found[0].line), ("events/event-model/Cargo.toml", 5));
    }

    #[test]
    fn a_test_may_look_sideways_in_projections_and_down_but_never_up() {
        assert_eq!(findings("projections/read-store", "[dev-dependencies]\nvalidation.workspace = true"), []);
        assert_eq!(findings("projections/read-store", "[dev-dependencies]\nevent-log.workspace = true"), []);
        assert_eq!(
            findings("projections/read-store", "[dependencies]\nvalidation.workspace = true").len(),
            1
        );
        assert_eq!(findings("projections/read-store", "[dev-dependencies]\nroles.workspace = true").len(), 1);
    }

    #[test]
    fn the_binary_may_use_all_shelves_and_nothing_may_use_the_tests() {
        assert_eq!(
            findings("workers/elite", "[dependencies]\nroles.workspace = true\nevent-log.workspace = true"),
            []
        );
        let crates =
            [manifest("tests/tidy", ""), manifest("workers/elite", "[dependencies]\ntidy.workspace = true")];
        assert_eq!(arrows_that_point_up(&crates).len(), 1);
    }

    #[test]
    fn a_crate_without_a_line_is_found() {
        let found = crates_without_a_place(&[manifest("events/event-log-new", "")]);
        assert!(found.iter().any(|finding| finding.path == "events/event-log-new/Cargo.toml"));
    }
}
