//! Events that were written once are read for ever.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{fs, path::Path};

use event_model::{Envelope, Fact, SCHEMA_PREFIX, SubjectKey, TYPES, is_sealed, open};

/// What sealed golden events were sealed with.
const GOLDEN_KEY: SubjectKey = SubjectKey([7; 32]);

/// Names (without `.json`) and contents of the golden events.
fn golden_events() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let events = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    events
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn every_golden_event_is_read_by_todays_code() {
    for (name, json) in golden_events() {
        let event = Envelope::decode(json.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let version = event.dataschema.rsplit(':').next().unwrap();
        assert!(
            name == format!("{}.{version}", &*event.event_type)
                || name.starts_with(&format!("{}.{version}.", &*event.event_type)),
            "{name} is named after its type and version"
        );
        let data = if name.ends_with(".sealed") {
            assert!(
                event.datasubject.is_some() && is_sealed(&event.data),
                "{name} is sealed and names its subject"
            );
            open(&GOLDEN_KEY, event.id, &event.data).unwrap_or_else(|error| panic!("{name}: {error}"))
        } else {
            event.data.clone().into_owned()
        };
        let fact = Fact::decode(&event.event_type, &event.dataschema, &data)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(fact.event_type(), &*event.event_type);
        assert_eq!(fact.partition_key(&event.subject), *event.partitionkey, "{name} stays in its partition");
    }
}

#[test]
fn every_version_of_every_type_has_a_golden_event() {
    let names: Vec<String> = golden_events().into_iter().map(|(name, _)| name).collect();
    for entry in TYPES {
        let dataschema = (entry.dataschema)();
        let today = dataschema.strip_prefix(&format!("{SCHEMA_PREFIX}{}:", entry.name)).unwrap();
        for version in 1..=today.parse::<u32>().unwrap() {
            let wanted = format!("{}.{version}", entry.name);
            assert!(names.contains(&wanted), "add tests/golden/{wanted}.json");
        }
    }
}

#[test]
fn a_golden_event_that_is_written_again_says_the_same() {
    for (name, json) in golden_events() {
        let event = Envelope::decode(json.as_bytes()).unwrap();
        let before: serde_json::Value = serde_json::from_str(&json).unwrap();
        let after: serde_json::Value = serde_json::from_slice(&event.encode()).unwrap();
        assert_eq!(before, after, "{name}");
    }
}
