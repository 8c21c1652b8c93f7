//! Who does no IO, reads no clock and draws no randomness: `event-model`, `validation` and the parsers of each format.

use crate::{DependencyKind, Finding, Manifest, function::line_of};

/// Crates that compute and do nothing else.
pub const PURE_CRATES: &[&str] = &["event-model", "validation"];

/// Folders whose source must be pure, although their crate is not.
pub const PURE_FOLDERS: &[&str] =
    &["events/event-model/src/", "projections/validation/src/", "workers/parsers/src/format/"];

/// Dependencies that reach the world, a clock, randomness or a runtime.
const IMPURE_DEPENDENCIES: &[&str] = &[
    "async-std",
    "axum",
    "chrono",
    "deadpool-postgres",
    "fjall",
    "fs-err",
    "getrandom",
    "hyper",
    "libc",
    "metrics",
    "object_store",
    "rand",
    "reqwest",
    "rlimit",
    "smol",
    "socket2",
    "tempfile",
    "time",
    "tokio",
    "tokio-postgres",
    "tokio-util",
    "tracing",
    "ureq",
];

/// Paths in code that do the same.
const IMPURE_PATHS: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "tokio::",
    "Instant::now",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::new_v4",
    "Uuid::now_v7",
];

/// Dependencies that a pure crate must not have.
pub fn impure_dependencies(crates: &[Manifest]) -> Vec<Finding> {
    let pure = crates.iter().filter(|found| PURE_CRATES.contains(&found.name.as_str()));
    pure.flat_map(|found| {
        let impure = found.dependencies.iter().filter(|dependency| {
            dependency.kind == DependencyKind::Normal
                && IMPURE_DEPENDENCIES.contains(&dependency.name.as_str())
        });
        impure.map(|dependency| {
            let problem = format!(
                "`{}` is pure and must not use `{}`; do it in its caller",
                found.name, dependency.name
            );
            Finding::new(&found.path, dependency.line, problem)
        })
    })
    .collect()
}

/// Paths that pure source must not name. Takes masked source.
pub fn impure_paths(path: &str, masked: &str) -> Vec<Finding> {
    if !PURE_FOLDERS.iter().any(|folder| path.starts_with(folder)) {
        return Vec::new();
    }
    let found = IMPURE_PATHS.iter().flat_map(|name| masked.match_indices(name));
    let problem = |name: &str| format!("pure code must not name `{name}`; take the value as a parameter");
    found.map(|(at, name)| Finding::new(path, line_of(masked, at), problem(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_in_a_pure_crate_is_found() {
        let text = "[package]\nname = \"validation\"\n[dependencies]\ntokio.workspace = true\n";
        assert_eq!(
            impure_dependencies(&[Manifest::parse("projections/validation/Cargo.toml", text)]).len(),
            1
        );
    }

    #[test]
    fn a_clock_in_pure_source_is_found_and_elsewhere_is_not() {
        let source = "//! x\nlet at = Timestamp::now();\n";
        let found = impure_paths("events/event-model/src/envelope.rs", source);
        assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [2]);
        assert_eq!(impure_paths("events/event-log/src/clock.rs", source), []);
    }
}
