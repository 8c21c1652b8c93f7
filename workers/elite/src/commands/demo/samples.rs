//! The sample documents and what is asked about them. They are part of the program, so the demo runs anywhere.

use serde_json::{Value, json};

use crate::push::File;

/// What the demo searches for.
pub(super) const SEARCH: &str = "digest mismatch";

macro_rules! samples {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../../../samples/", $name)))),+]
    };
}

const SAMPLES: &[(&str, &[u8])] = samples![
    "cache-keys-copy.md",
    "cache-keys.md",
    "cache_key.rs",
    "capacity-plan.docx",
    "cut-off.pdf",
    "decision-0012-compression.md",
    "incident-2041.pdf",
    "on-call.txt",
    "overview.md",
    "retention.html",
    "troubleshooting.md",
    "upload_with_retries.py",
    "welcome-offer.html",
];

pub(super) fn files() -> Vec<File> {
    SAMPLES.iter().map(|(name, bytes)| File::in_memory(name, bytes)).collect()
}

/// Questions, each with the feedback that its answer gets.
pub(super) fn questions() -> Vec<(&'static str, Value)> {
    let correction = "Uploads are refused with exit code 75 and downloads keep working, so builds get slower but never red.";
    let other = "Delete the object in the provider's console.";
    vec![
        (
            "How long does Lighthouse keep a result that nobody reads?",
            json!({ "kind": "thumbs", "up": true }),
        ),
        (
            "What happens when the quota of a project is used up?",
            json!({ "kind": "correction", "text": correction }),
        ),
        ("How are objects compressed before upload?", json!({ "kind": "rating", "rating": 5 })),
        ("What should I do about a digest mismatch?", json!({ "kind": "thumbs", "up": false })),
        (
            "How do I remove an object from the bucket?",
            json!({ "kind": "preference", "other": other, "prefers_given": true }),
        ),
    ]
}
