//! Writes the JSON Schema of what a plugin answers to `schemas/`: `cargo run -p parsers --example schema`.

use std::{fs, io, path::Path};

use schemars::schema_for;

/// The file as it should be.
pub(crate) fn rendered() -> String {
    format!("{:#}\n", schema_for!(parsers::Answer).as_value())
}

fn main() -> io::Result<()> {
    fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/answer.json"), rendered())
}
