//! Footnotes and endnotes: their texts by id, appended in the order the body refers to them.

use std::collections::BTreeMap;

use event_model::BlockKind;

use super::xml::{self, Item};
use crate::{DocumentBuilder, Rejection};

/// A reference from the body: which kind, which id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NoteRef {
    Footnote(String),
    Endnote(String),
}

pub(super) struct Notes(BTreeMap<NoteRef, String>);

impl Notes {
    pub(super) fn read(footnotes: &str, endnotes: &str) -> Result<Self, Rejection> {
        let mut notes = BTreeMap::new();
        collect(footnotes, NoteRef::Footnote, &mut notes)?;
        collect(endnotes, NoteRef::Endnote, &mut notes)?;
        Ok(Self(notes))
    }

    /// Appends the notes `referred` to, numbered from 1 as the body numbers them.
    pub(super) fn append(&self, referred: &[NoteRef], builder: &mut DocumentBuilder) {
        for (at, note) in referred.iter().enumerate() {
            if let Some(text) = self.0.get(note).filter(|text| !text.trim().is_empty()) {
                builder.block(BlockKind::Footnote, &format!("[{}] {}", at + 1, text.trim()), None);
            }
        }
    }
}

fn collect(
    text: &str,
    kind: fn(String) -> NoteRef,
    notes: &mut BTreeMap<NoteRef, String>,
) -> Result<(), Rejection> {
    let (mut id, mut note, mut in_text, mut deleted) = (None, String::new(), false, 0_usize);
    xml::items(text, |item| {
        match item {
            Item::Start(element) => match element.local() {
                "footnote" | "endnote" => id = element.attribute("id"),
                "t" => in_text = true,
                "del" | "moveFrom" => deleted += 1,
                "tab" => note.push('\t'),
                "br" | "cr" => note.push('\n'),
                _ => {}
            },
            Item::Text(part) if in_text && deleted == 0 => note.push_str(part),
            Item::Text(_) => {}
            Item::End(local) => match local {
                "t" => in_text = false,
                "del" | "moveFrom" => deleted = deleted.saturating_sub(1),
                "p" => note.push('\n'),
                "footnote" | "endnote" => {
                    let text = std::mem::take(&mut note);
                    notes.extend(id.take().map(|id| (kind(id), text)));
                }
                _ => {}
            },
        }
        Ok(())
    })
}
