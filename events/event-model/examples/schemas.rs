//! Writes the JSON Schema of every event type to `schemas/`: `cargo run -p event-model --example schemas`.

use std::{fs, io, path::Path};

use event_model::{ParsedDocument, TYPES};
use schemars::{Schema, schema_for};

/// File names and contents, as they should be in `schemas/`.
pub(crate) fn rendered() -> Vec<(String, String)> {
    let of_types = TYPES.iter().map(|entry| {
        let dataschema = (entry.dataschema)();
        let version = dataschema.rsplit(':').next().unwrap_or_default();
        let mut schema = (entry.schema)();
        schema.insert("$id".into(), dataschema.clone().into());
        (format!("{}.{version}.json", entry.name), pretty(&schema))
    });
    let parsed = ("parsed_document.json".to_owned(), pretty(&schema_for!(ParsedDocument)));
    of_types.chain([parsed]).collect()
}

fn pretty(schema: &Schema) -> String {
    format!("{:#}\n", schema.as_value())
}

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    for (name, content) in rendered() {
        fs::write(folder.join(name), content)?;
    }
    Ok(())
}
