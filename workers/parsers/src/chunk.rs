//! Cuts a document into passages for search and answers: along headings, never inside code that a model can use whole, each exactly
//! a range of the text, and such that an edit changes the passages around it and no others.
//!
//! ```text
//!   blocks ──► pieces: what is never cut, with its tokens ──► borders between them ──► passages
//! ```

use event_model::{Chunk, ParsedDocument, TextRange, Tool, chunk_ids};

#[cfg(feature = "tokenizer")]
pub use self::tokenizer::Tokenizer;
pub use self::tokens::{CountTokens, Estimate};
use self::{borders::borders, pieces::Piece};

mod borders;
mod pieces;
mod split;
mod strongest;
mod symbols;
#[cfg(feature = "tokenizer")]
mod tokenizer;
mod tokens;

/// Tokens of a passage with the headings above it and the two that a model puts around a text: what all-MiniLM-L6-v2 reads.
pub const CHUNK_TOKENS_MAX: usize = 256;
/// Code up to this many tokens stays whole, although a model then reads its beginning only.
pub const CODE_TOKENS_MAX: usize = 2_000;
/// Characters that count as a token at most, so that what a tokenizer takes for one unknown word is no endless passage.
const CHARACTERS_PER_TOKEN_MAX: usize = 8;

/// The chunker with what counted for it; both are part of what it makes.
pub fn chunker(count: &dyn CountTokens) -> Tool {
    Tool { name: format!("headings/{}", count.name()), version: 2 }
}

/// Replaces the document's chunks.
pub fn chunk(document: &mut ParsedDocument, count: &dyn CountTokens) {
    let pieces = pieces::pieces(document, count);
    let mut chunks = Vec::new();
    let mut start = 0;
    for end in borders(&pieces).into_iter().chain([pieces.len()]) {
        if start < end {
            chunks.push(passage(&document.text, &pieces[start..end]));
        }
        start = end;
    }
    for (id, chunk) in chunk_ids(&chunks).into_iter().zip(&mut chunks) {
        chunk.id = id;
    }
    document.chunks = chunks;
    document.chunker = chunker(count);
}

/// Tokens of a text that is known to be short, or more than `max`.
fn tokens(text: &str, max: usize, count: &dyn CountTokens) -> usize {
    let by_characters = text.chars().count().div_ceil(CHARACTERS_PER_TOKEN_MAX);
    // What is too long anyway is never given to a tokenizer.
    if by_characters > max { by_characters } else { count.count(text).max(by_characters).max(1) }
}

fn passage(text: &str, pieces: &[Piece]) -> Chunk {
    let (first, last) = (&pieces[0], &pieces[pieces.len() - 1]);
    // A heading that only leads to a deeper one says nothing about the passage as a whole, so the bodies decide.
    let bodies = || pieces.iter().filter(|piece| piece.heading_level.is_none());
    let path = bodies().next().unwrap_or(first).path.clone();
    let shared = bodies().map(|piece| shared_len(&path, &piece.path)).min().unwrap_or(path.len());
    Chunk {
        id: String::new(),
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
