//! What the rules measure in, computed at most once a text: the seam between a text and the rules.

use std::cell::OnceCell;

use event_model::Block;

use crate::{
    characters::{is_letter, is_symbol},
    n_grams::NGrams,
    rules::C4Page,
    sensitive::{Sensitive, find_sensitive},
    text_lines::{chars, split_lines},
    words::words,
};

/// One text and what was found out about it so far.
pub(crate) struct TextStatistics<'a> {
    /// The text itself.
    pub(crate) text: &'a str,
    /// The structure over it, if it is a document's.
    pub(crate) blocks: &'a [Block],
    chars: OnceCell<u64>,
    words: OnceCell<WordStatistics<'a>>,
    lines: OnceCell<Vec<&'a str>>,
    c4_page: OnceCell<C4Page>,
    sensitive: OnceCell<Vec<Sensitive>>,
}

/// The tokens of a text, counted in one pass.
pub(crate) struct WordStatistics<'a> {
    /// Every token, punctuation too.
    pub(crate) tokens: Vec<&'a str>,
    /// Characters of each token.
    pub(crate) token_chars: Vec<u32>,
    /// Tokens with a character that is no symbol.
    pub(crate) proper: u64,
    /// Characters of those.
    pub(crate) proper_chars: u64,
    /// Tokens with a letter.
    pub(crate) with_letter: u64,
    /// The tokens' runs.
    pub(crate) n_grams: NGrams,
}

impl<'a> TextStatistics<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self::with_blocks(text, &[])
    }

    pub(crate) fn with_blocks(text: &'a str, blocks: &'a [Block]) -> Self {
        Self {
            text,
            blocks,
            chars: OnceCell::new(),
            words: OnceCell::new(),
            lines: OnceCell::new(),
            c4_page: OnceCell::new(),
            sensitive: OnceCell::new(),
        }
    }

    /// Number of characters.
    pub(crate) fn chars(&self) -> u64 {
        *self.chars.get_or_init(|| chars(self.text))
    }

    /// The lines, as Python's `splitlines` cuts them.
    pub(crate) fn lines(&self) -> &[&'a str] {
        self.lines.get_or_init(|| split_lines(self.text))
    }

    /// The tokens.
    pub(crate) fn words(&self) -> &WordStatistics<'a> {
        self.words.get_or_init(|| WordStatistics::of(self.text))
    }

    /// What C4's line filter leaves of the text, without its rule that a line must end in a terminal mark.
    pub(crate) fn c4_page(&self) -> &C4Page {
        self.c4_page.get_or_init(|| C4Page::of(self.text, true))
    }

    /// Personal data and secrets.
    pub(crate) fn sensitive(&self) -> &[Sensitive] {
        self.sensitive.get_or_init(|| find_sensitive(self.text))
    }
}

impl<'a> WordStatistics<'a> {
    fn of(text: &'a str) -> Self {
        let tokens = words(text);
        let mut statistics = Self {
            token_chars: Vec::with_capacity(tokens.len()),
            proper: 0,
            proper_chars: 0,
            with_letter: 0,
            n_grams: NGrams::of(&tokens),
            tokens,
        };
        for token in &statistics.tokens {
            let length = u32::try_from(token.chars().count()).unwrap_or(u32::MAX);
            statistics.token_chars.push(length);
            if token.chars().any(|c| !is_symbol(c)) {
                statistics.proper += 1;
                statistics.proper_chars += u64::from(length);
            }
            statistics.with_letter += u64::from(token.chars().any(is_letter));
        }
        statistics
    }

    /// Number of tokens.
    pub(crate) fn count(&self) -> u64 {
        self.tokens.len() as u64
    }

    /// Characters of `n` tokens from `first` on, without anything between them.
    pub(crate) fn run_chars(&self, first: usize, n: usize) -> u64 {
        self.token_chars[first..first + n].iter().copied().map(u64::from).sum()
    }

    /// `n` tokens from `first` on, for a reader.
    pub(crate) fn run_text(&self, first: usize, n: usize) -> String {
        self.tokens[first..first + n].join(" ")
    }
}
