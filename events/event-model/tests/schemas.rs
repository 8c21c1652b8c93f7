//! The committed JSON Schema files say what the types say.

use std::{collections::BTreeSet, fs, path::Path};

#[expect(dead_code, reason = "`main` of the example that writes the files")]
#[path = "../examples/schemas.rs"]
mod written;

const REGENERATE: &str = "run `cargo run -p event-model --example schemas` and commit the result";

#[test]
fn the_schema_files_are_what_the_types_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    for (name, content) in written::rendered() {
        let committed = fs::read_to_string(folder.join(&name)).unwrap_or_default();
        assert_eq!(committed, content, "schemas/{name} differs; {REGENERATE}");
    }
}

#[test]
fn every_schema_file_belongs_to_a_version_that_was_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let known: BTreeSet<String> = written::rendered().into_iter().map(|(name, _)| name).collect();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // A schema of an older version stays, because events written under it stay.
        let newer = known
            .iter()
            .any(|known| type_of(known) == type_of(&name) && version_of(&name) < version_of(known));
        assert!(known.contains(&name) || newer, "schemas/{name} belongs to no event type; delete it");
    }
}

/// `document.received` of `document.received.1.json`.
fn type_of(name: &str) -> Option<&str> {
    name.strip_suffix(".json").and_then(|stem| stem.rsplit_once('.')).map(|(event_type, _)| event_type)
}

fn version_of(name: &str) -> Option<u32> {
    name.strip_suffix(".json")
        .and_then(|stem| stem.rsplit_once('.'))
        .and_then(|(_, version)| version.parse().ok())
}
