//! Footnotes, endnotes and comments: their texts by id, and the whole document put together, notes in the order the body refers
//! to them and comments behind what they are about.

use std::collections::BTreeMap;

use event_model::BlockKind;

use super::{
    margins::Margins,
    package::Package,
    story::{self, Context, Piece, Story},
};
use crate::{DocumentBuilder, Rejection, RichText};

/// A reference from the body: which kind, which id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NoteRef {
    Footnote(String),
    Endnote(String),
    Comment(String),
}

struct Note {
    author: Option<String>,
    text: RichText,
}

pub(super) struct Notes(BTreeMap<NoteRef, Note>);

impl Notes {
    pub(super) fn read(package: &mut Package<'_>, context: Context<'_>) -> Result<Self, Rejection> {
        let mut notes = BTreeMap::new();
        let kinds = [NoteRef::Footnote, NoteRef::Endnote, NoteRef::Comment];
        for (part, kind) in ["/footnotes", "/endnotes", "/comments"].into_iter().zip(kinds) {
            let Some(name) = context.relationships.target(part) else { continue };
            let text = package.part(&name)?.unwrap_or_default();
            let relationships = package.relationships(&name)?;
            let story = story::read(&text, Context { relationships: &relationships, ..context })?;
            collect(story.pieces, kind, &mut notes);
        }
        Ok(Self(notes))
    }

    /// Appends headers, the story with its comments, the notes it refers to, numbered from 1 as it numbers them, and footers.
    pub(super) fn append(mut self, story: Story, margins: Margins, builder: &mut DocumentBuilder) {
        for header in margins.headers {
            builder.block(BlockKind::PageHeader, header, None);
        }
        for piece in story.pieces {
            self.append_piece(piece, builder);
        }
        for (at, note) in story.notes.iter().enumerate() {
            if let Some(note) = self.0.get(note).filter(|note| !note.text.is_blank()) {
                let text = note.text.clone().behind(&format!("[{}] ", at + 1));
                builder.block(BlockKind::Footnote, text, None);
            }
        }
        for footer in margins.footers {
            builder.block(BlockKind::PageFooter, footer, None);
        }
    }

    fn append_piece(&mut self, piece: Piece, builder: &mut DocumentBuilder) {
        match piece {
            Piece::Block(kind, text) => builder.block(kind, text, None),
            Piece::Title(text) => {
                builder.title(text.as_str());
                builder.block(BlockKind::Heading { level: 1 }, text, None);
            }
            Piece::Item { depth, number, text } => builder.list_item(depth, number, None, text, None),
            Piece::Table(rows, links) => {
                builder.table(rows, None);
                for (text, target) in links {
                    builder.link(&text, &target);
                }
            }
            // Each is referred to by its range and by its mark.
            Piece::Comment(id) => {
                if let Some(note) = self.0.remove(&NoteRef::Comment(id)) {
                    builder.block(BlockKind::Comment { author: note.author }, note.text, None);
                }
            }
            Piece::Entry { .. } => {}
        }
    }
}

fn collect(pieces: Vec<Piece>, kind: fn(String) -> NoteRef, notes: &mut BTreeMap<NoteRef, Note>) {
    let (mut open, mut held) = (None, Vec::new());
    let mut close = |open: &mut Option<(String, Option<String>)>, held: &mut Vec<Piece>| {
        let text = story::text_of(std::mem::take(held));
        if let Some((id, author)) = open.take() {
            notes.insert(kind(id), Note { author, text });
        }
    };
    for piece in pieces {
        if let Piece::Entry { id, author } = piece {
            close(&mut open, &mut held);
            open = Some((id, author));
        } else {
            held.push(piece);
        }
    }
    close(&mut open, &mut held);
}
