//! Core properties: who wrote the document, when, and what they call it.

use super::xml::{self, Item};
use crate::DocumentBuilder;

/// Notes the properties; a damaged properties part costs only the properties.
pub(super) fn read(text: &str, builder: &mut DocumentBuilder) {
    let mut value = String::new();
    let read = xml::items(text, |item| {
        match item {
            Item::Start(_) => value.clear(),
            Item::Text(part) => value.push_str(part),
            Item::End(local) => note(local, std::mem::take(&mut value).trim(), builder),
        }
        Ok(())
    });
    read.ok(); // What stood before the damage was noted.
}

fn note(local: &str, value: &str, builder: &mut DocumentBuilder) {
    let name = match local {
        "title" => {
            builder.title(value);
            "title"
        }
        "creator" => "author",
        "lastModifiedBy" => "last_modified_by",
        "subject" | "description" | "keywords" | "category" | "language" | "created" | "modified"
        | "revision" => local,
        _ => return,
    };
    builder.metadata(name, value);
}
