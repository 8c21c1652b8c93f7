//! Properties: who wrote the document, when, and what they call it; in the core, the extended and the custom part.

use super::xml::{self, Item};
use crate::DocumentBuilder;

const CUSTOM_MAX: usize = 100;

/// Notes the properties of a part; a damaged one costs only its properties.
pub(super) fn read(text: &str, builder: &mut DocumentBuilder) {
    let (mut value, mut custom, mut customs) = (String::new(), None, 0_usize);
    let read = xml::items(text, |item| {
        match item {
            Item::Start(element) => {
                value.clear();
                if element.is("property") {
                    custom = element.attribute("name");
                    customs += 1;
                }
            }
            Item::Text(part) => value.push_str(part),
            Item::End("property") => custom = None,
            Item::End(local) => {
                match &custom {
                    Some(name) if customs <= CUSTOM_MAX => builder.metadata(name, &value),
                    Some(_) => {}
                    None => note(local, value.trim(), builder),
                }
                value.clear();
            }
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
        "Application" => "application",
        "Company" => "company",
        "Manager" => "manager",
        "subject" | "description" | "keywords" | "category" | "language" | "created" | "modified"
        | "revision" => local,
        _ => return,
    };
    builder.metadata(name, value);
}
