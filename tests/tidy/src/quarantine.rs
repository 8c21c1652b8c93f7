//! Heavy dependencies and the crates that own them. Everybody else goes through the owner, so replacing one is one crate's work.

use crate::{DependencyKind, Finding, Manifest, Shelf};

/// A dependency and its owners.
#[derive(Clone, Copy, Debug)]
pub struct Quarantine {
    /// The third-party crates.
    pub dependencies: &'static [&'static str],
    /// Who may name them.
    pub owners: &'static [&'static str],
    /// Whether tests of other crates may, too.
    pub in_tests: bool,
}

/// All of them.
pub const QUARANTINES: &[Quarantine] = &[
    Quarantine { dependencies: &["object_store"], owners: &["blob-store"], in_tests: false },
    Quarantine { dependencies: &["zstd"], owners: &["event-archive"], in_tests: false },
    Quarantine { dependencies: &["redis"], owners: &["event-log-redis"], in_tests: false },
    Quarantine { dependencies: &["fred"], owners: &["realtime"], in_tests: true },
    Quarantine { dependencies: &["fjall"], owners: &["event-log-embedded"], in_tests: false },
    Quarantine {
        dependencies: &["pglite-oxide", "tokio-postgres", "deadpool-postgres", "virtual-mio", "virtual-net"],
        owners: &["read-store"],
        in_tests: false,
    },
    Quarantine {
        dependencies: &[
            "chardetng",
            "landlock",
            "lopdf",
            "pulldown-cmark",
            "quick-xml",
            "scraper",
            "tree-sitter",
            "tree-sitter-c",
            "tree-sitter-cpp",
            "tree-sitter-go",
            "tree-sitter-java",
            "tree-sitter-javascript",
            "tree-sitter-python",
            "tree-sitter-rust",
            "tree-sitter-typescript",
            "unpdf",
            "whatlang",
            "zip",
        ],
        owners: &["parsers"],
        in_tests: false,
    },
    // The log's tests make `fsync` fail with it.
    Quarantine { dependencies: &["seccompiler"], owners: &["parsers"], in_tests: true },
    Quarantine {
        dependencies: &["axum", "tower-http", "utoipa", "utoipa-axum"],
        owners: &["gateway"],
        in_tests: false,
    },
    // A test of an HTTP server is an HTTP client.
    Quarantine { dependencies: &["reqwest"], owners: &["inference", "elite"], in_tests: true },
    Quarantine {
        dependencies: &["clap", "clap_complete", "clap_mangen", "indicatif"],
        owners: &["elite"],
        in_tests: false,
    },
];

/// Every use of a quarantined dependency outside its owners.
pub fn strangers(crates: &[Manifest]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for found in crates {
        for dependency in &found.dependencies {
            let for_tests = dependency.kind == DependencyKind::Dev || found.shelf() == Some(Shelf::Tests);
            let broken = QUARANTINES.iter().find(|quarantine| {
                quarantine.dependencies.contains(&dependency.name.as_str())
                    && !quarantine.owners.contains(&found.name.as_str())
                    && !(quarantine.in_tests && for_tests)
            });
            if let Some(quarantine) = broken {
                let owners = quarantine.owners.join(" and ");
                let problem = format!("`{}` belongs to {owners}; go through its owner", dependency.name);
                findings.push(Finding::new(&found.path, dependency.line, problem));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, dependencies: &str) -> usize {
        let text = format!("[package]\nname = \"{name}\"\n{dependencies}");
        strangers(&[Manifest::parse(&format!("workers/{name}/Cargo.toml"), &text)]).len()
    }

    #[test]
    fn only_the_owner_names_a_quarantined_dependency() {
        assert_eq!(found("gateway", "[dependencies]\naxum.workspace = true"), 0);
        assert_eq!(found("roles", "[dependencies]\naxum.workspace = true"), 1);
        assert_eq!(found("roles", "[dev-dependencies]\ntokio-postgres.workspace = true"), 1);
    }

    #[test]
    fn a_test_may_be_an_http_client() {
        assert_eq!(found("gateway", "[dev-dependencies]\nreqwest.workspace = true"), 0);
        assert_eq!(found("gateway", "[dependencies]\nreqwest.workspace = true"), 1);
    }
}
