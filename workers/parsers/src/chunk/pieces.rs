//! Pieces of a document: what no border falls into. A block, or a part of one that is longer than a passage may be.

use std::{ops::Range, rc::Rc};

use event_model::{Block, BlockKind, ParsedDocument, TextRange};

use super::{
    CODE_TOKENS_MAX, CountTokens,
    borders::{HEADING, room},
    split::{self, Part},
    strongest::Strength,
    symbols::Enclosing,
    tokens,
};
use crate::syntax;

const HEADING_CHARACTERS_MAX: usize = 300;
/// Headings right behind each other up to this many tokens stay with what follows them.
const HEADINGS_TOKENS_MAX: usize = 64;
/// Characters of a piece that say how strong the border before it is; an edit behind them moves no border.
const HASHED_CHARACTERS: usize = 64;
const NO_BORDER: u8 = 0;
const AFTER_COLON: u8 = 1;
const BETWEEN_ITEMS: u8 = 4;
const BETWEEN_BLOCKS: u8 = 5;
const BETWEEN_DECLARATIONS: u8 = 6;

/// See the module.
pub(super) struct Piece {
    pub(super) characters: TextRange,
    pub(super) bytes: Range<usize>,
    pub(super) page: Option<u32>,
    pub(super) heading_level: Option<u8>,
    pub(super) is_code: bool,
    pub(super) path: Rc<[String]>,
    pub(super) path_tokens: usize,
    pub(super) tokens: usize,
    /// Of the border before it.
    pub(super) border: Strength,
}

/// Walks a text forward, turning character offsets into byte offsets and back.
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
        self.character = self.character.max(character);
        self.byte
    }
}

pub(super) fn pieces(document: &ParsedDocument, count: &dyn CountTokens) -> Vec<Piece> {
    let mut reader = Reader {
        text: &document.text,
        count,
        symbols: Enclosing::new(&document.symbols),
        headings: Vec::new(),
        path: Rc::from([]),
        path_tokens: 0,
        headings_tokens: 0,
        after_colon: false,
        left: syntax::ASKED_MAX,
        pieces: Vec::with_capacity(document.blocks.len()),
    };
    let mut cursor = Cursor { text: &document.text, character: 0, byte: 0 };
    for block in &document.blocks {
        let bytes = cursor.byte_at(block.range.start)..cursor.byte_at(block.range.end);
        reader.block(block, bytes);
    }
    reader.pieces
}

struct Reader<'a> {
    text: &'a str,
    count: &'a dyn CountTokens,
    symbols: Enclosing<'a>,
    headings: Vec<(u8, String)>,
    path: Rc<[String]>,
    path_tokens: usize,
    /// Tokens of the headings right before, if there are any.
    headings_tokens: usize,
    after_colon: bool,
    left: usize,
    pieces: Vec<Piece>,
}

impl Reader<'_> {
    fn block(&mut self, block: &Block, bytes: Range<usize>) {
        let text = &self.text[bytes.clone()];
        let level = match block.kind {
            BlockKind::Heading { level } => Some(level),
            _ => None,
        };
        if let Some(level) = level {
            self.headings.retain(|(above, _)| *above < level);
            self.headings.push((level, text.chars().take(HEADING_CHARACTERS_MAX).collect()));
            self.set_path(self.headings.iter().map(|(_, heading)| heading.clone()).collect());
        }
        let parts = self.parts(block, text);
        let (mut start, mut at, mut line) = (block.range.start, 0, block.first_line);
        for (number, part) in parts.into_iter().enumerate() {
            let between = &text[at..part.bytes.start];
            start += characters(between);
            let said = &text[part.bytes.clone()];
            let end = start + characters(said);
            line = line.map(|line| line + rows(between));
            if let Some(first_line) = line {
                self.set_path_of_code(first_line, first_line + rows(said));
            }
            let strength = if number == 0 { self.strength(&block.kind) } else { part.strength };
            self.pieces.push(Piece {
                characters: TextRange { start, end },
                bytes: bytes.start + part.bytes.start..bytes.start + part.bytes.end,
                page: block.page,
                heading_level: level,
                is_code: matches!(block.kind, BlockKind::Code { .. }),
                path: self.path.clone(),
                path_tokens: self.path_tokens,
                tokens: part.tokens,
                border: (strength, hash(said)),
            });
            self.headings_tokens = if level.is_some() { self.headings_tokens + part.tokens } else { 0 };
            line = line.map(|line| line + rows(said));
            (start, at) = (end, part.bytes.end);
        }
        self.after_colon = text.trim_end().ends_with([':', '：']);
    }

    /// The whole block, if it may stand in a passage whole.
    fn parts(&mut self, block: &Block, text: &str) -> Vec<Part> {
        let is_code = matches!(block.kind, BlockKind::Code { .. });
        let max = match (is_code, &block.kind) {
            (true, _) => CODE_TOKENS_MAX,
            (_, BlockKind::Heading { .. }) => HEADINGS_TOKENS_MAX,
            _ => room(self.path_tokens).saturating_sub(self.headings_tokens),
        };
        let tokens = tokens(text, max, self.count);
        if tokens <= max {
            return vec![Part { bytes: 0..text.len(), tokens, strength: BETWEEN_BLOCKS }];
        }
        match &block.kind {
            BlockKind::Code { language } => {
                split::code(text, language.as_deref(), &mut self.left, self.count)
            }
            _ => split::prose(text, self.count),
        }
    }

    /// Of the border before a block.
    fn strength(&mut self, kind: &BlockKind) -> u8 {
        if self.headings_tokens > HEADINGS_TOKENS_MAX {
            self.headings_tokens = 0;
            return BETWEEN_BLOCKS;
        }
        match kind {
            _ if self.headings_tokens > 0 => NO_BORDER,
            BlockKind::Heading { level } => HEADING + 7_u8.saturating_sub(*level),
            _ if self.after_colon => AFTER_COLON,
            BlockKind::ListItem { .. } => BETWEEN_ITEMS,
            BlockKind::Code { .. } if self.path.len() <= 1 => BETWEEN_DECLARATIONS,
            _ => BETWEEN_BLOCKS,
        }
    }

    /// Of source code: what it is declared in.
    fn set_path_of_code(&mut self, first_line: u32, last_line: u32) {
        let mut path: Vec<String> = self.headings.iter().map(|(_, heading)| heading.clone()).collect();
        path.extend(self.symbols.path(first_line, last_line));
        self.set_path(path);
    }

    fn set_path(&mut self, path: Vec<String>) {
        if *self.path != *path {
            self.path_tokens = path.iter().map(|name| self.count.count(name)).sum();
            self.path = path.into();
        }
    }
}

fn characters(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

fn rows(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX)
}

/// FNV-1a of the beginning, stirred so that likeness does not show.
fn hash(text: &str) -> u64 {
    let end = text.char_indices().nth(HASHED_CHARACTERS).map_or(text.len(), |(at, _)| at);
    let folded = text[..end].bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let stirred = (folded ^ folded >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    stirred ^ stirred >> 29
}
