//! Cuts a document into passages for search and answers: along headings, never inside a block that fits, and each exactly a
//! range of the text. Not a tokenizer: bounds count characters.

use std::rc::Rc;

use event_model::{BlockKind, Chunk, ParsedDocument, TextRange, Tool};

use self::split::split;

mod split;

/// A chunk is closed when the next block would carry it over this many characters.
pub const CHUNK_CHARACTERS_TARGET: usize = 1_200;
/// No chunk is longer.
pub const CHUNK_CHARACTERS_MAX: usize = 2_000;
/// A chunk shorter than this is not closed by a heading below the one it started under, nor before a block that fits the
/// maximum: crumbs answer no question.
const CRUMB_CHARACTERS: usize = 300;

/// The chunker; its version is part of what it makes.
pub fn chunker() -> Tool {
    Tool { name: "headings".to_owned(), version: 1 }
}

/// Replaces the document's chunks.
pub fn chunk(document: &mut ParsedDocument) {
    document.chunks = pack(&document.text, &pieces(document));
    document.chunker = chunker();
}

/// A block, or a part of a block that is longer than a chunk may be.
struct Piece {
    characters: TextRange,
    bytes: std::ops::Range<usize>,
    page: Option<u32>,
    heading_level: Option<u8>,
    path: Rc<[String]>,
}

/// Walks a text forward, turning character offsets into byte offsets.
struct Cursor<'a> {
    text: &'a str,
    character: u32,
    byte: usize,
}

impl Cursor<'_> {
    fn byte_at(&mut self, character: u32) -> usize {
        let ahead = character.saturating_sub(self.character) as usize;
        let rest = &self.text[self.byte..];
        self.byte += rest.char_indices().nth(ahead).map_or(rest.len(), |(byte, _)| byte);
        self.character = character;
        self.byte
    }
}

fn pieces(document: &ParsedDocument) -> Vec<Piece> {
    let mut cursor = Cursor { text: &document.text, character: 0, byte: 0 };
    let mut headings: Vec<(u8, String)> = Vec::new();
    let mut path: Rc<[String]> = Rc::from([]);
    let mut pieces = Vec::with_capacity(document.blocks.len());
    for block in &document.blocks {
        let bytes = cursor.byte_at(block.range.start)..cursor.byte_at(block.range.end);
        let text = &document.text[bytes.clone()];
        let heading_level = match block.kind {
            BlockKind::Heading { level } => Some(level),
            _ => None,
        };
        if let Some(level) = heading_level {
            headings.retain(|(above, _)| *above < level);
            headings.push((level, text.chars().take(CRUMB_CHARACTERS).collect()));
            path = headings.iter().map(|(_, heading)| heading.clone()).collect();
        }
        for part in split(text, matches!(block.kind, BlockKind::Code { .. })) {
            pieces.push(Piece {
                characters: TextRange {
                    start: block.range.start + part.characters.start,
                    end: block.range.start + part.characters.end,
                },
                bytes: bytes.start + part.bytes.start..bytes.start + part.bytes.end,
                page: block.page,
                heading_level,
                path: path.clone(),
            });
        }
    }
    pieces
}

/// Fills chunks with whole pieces, in order.
fn pack(text: &str, pieces: &[Piece]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut start = 0;
    for at in 1..=pieces.len() {
        if at == pieces.len() || ends_before(&pieces[start..at], &pieces[at]) {
            chunks.push(passage(text, &pieces[start..at]));
            start = at;
        }
    }
    chunks
}

/// Whether a chunk of `held` pieces is closed before `next`.
fn ends_before(held: &[Piece], next: &Piece) -> bool {
    let (Some(first), Some(last)) = (held.first(), held.last()) else { return false };
    let held_len = (last.characters.end - first.characters.start) as usize;
    let joined_len = (next.characters.end - first.characters.start) as usize;
    if joined_len > CHUNK_CHARACTERS_MAX {
        return true;
    }
    if last.heading_level.is_some() && next.heading_level.is_none() {
        return false;
    }
    if let Some(level) = next.heading_level {
        let body = held.iter().any(|piece| piece.heading_level.is_none());
        let leaves = first.heading_level.is_some_and(|opened| level < opened);
        return body && (held_len >= CRUMB_CHARACTERS || leaves);
    }
    joined_len > CHUNK_CHARACTERS_TARGET && held_len >= CRUMB_CHARACTERS
}

fn passage(text: &str, pieces: &[Piece]) -> Chunk {
    let (first, last) = (&pieces[0], &pieces[pieces.len() - 1]);
    // A heading that only leads to a deeper one says nothing about the passage as a whole, so the bodies decide.
    let bodies = || pieces.iter().filter(|piece| piece.heading_level.is_none());
    let path = bodies().next().unwrap_or(first).path.clone();
    let shared = bodies().map(|piece| shared_len(&path, &piece.path)).min().unwrap_or(path.len());
    Chunk {
        heading_path: path[..shared].to_vec(),
        range: TextRange { start: first.characters.start, end: last.characters.end },
        page: first.page,
        text: text[first.bytes.start..last.bytes.end].to_owned(),
    }
}

fn shared_len(one: &[String], other: &[String]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests;
