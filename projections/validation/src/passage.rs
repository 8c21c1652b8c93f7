//! A text as statements: its sentences, and the terms that they are made of.
//!
//! Not a grammar: a sentence ends at a terminal mark, at a line that ends a block, or after [`SENTENCE_TERMS_MAX`] terms.

use std::ops::Range;

use crate::{characters::ends_sentence, lexicon, stem::stem, words::words};

/// Longest sentence; a text without marks is cut here, so that no sentence takes more than bounded work.
pub(crate) const SENTENCE_TERMS_MAX: usize = 120;

/// Letters by which longer words meet that share more than a stem: `America`, `American`.
const ROOT_LETTERS: usize = 5;

/// The sentences of a text, as claims and conflicts are told of them, in order.
pub fn sentences(text: &str) -> Vec<&str> {
    Passage::of(text).sentences.into_iter().map(|sentence| &text[sentence.bytes]).collect()
}

/// One word, number or identifier.
#[derive(Clone, Debug)]
pub(crate) struct Term<'a> {
    /// As written.
    pub(crate) text: &'a str,
    /// Its bytes in the passage.
    pub(crate) bytes: Range<usize>,
    pub(crate) stem: String,
    pub(crate) role: lexicon::Role,
    /// Whether it starts with a capital letter.
    pub(crate) capital: bool,
}

impl Term<'_> {
    /// Whether it carries content.
    pub(crate) fn is_content(&self) -> bool {
        self.role == lexicon::Role::Content
    }

    /// The first letters of a longer word.
    pub(crate) fn root(&self) -> Option<&str> {
        self.stem.char_indices().nth(ROOT_LETTERS - 1).map(|(at, last)| &self.stem[..at + last.len_utf8()])
    }

    /// What a term is found by: its stem, then its root.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.stem.as_str()).chain(self.root())
    }

    /// Whether two terms are forms of one word.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        self.stem == other.stem || (self.root().is_some() && self.root() == other.root())
    }
}

/// Terms from one end to the other.
#[derive(Clone, Debug)]
pub(crate) struct Sentence {
    pub(crate) terms: Range<usize>,
    /// From the first term to the last.
    pub(crate) bytes: Range<usize>,
}

/// A text cut into sentences and terms.
pub(crate) struct Passage<'a> {
    pub(crate) text: &'a str,
    pub(crate) terms: Vec<Term<'a>>,
    pub(crate) sentences: Vec<Sentence>,
}

impl<'a> Passage<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let mut passage = Self { text, terms: Vec::new(), sentences: Vec::new() };
        let (mut first, mut end) = (0, 0);
        for token in words(text) {
            let start = token.as_ptr() as usize - text.as_ptr() as usize;
            if passage.terms.len() > first && ends_block(&text[end..start], token) {
                first = passage.close(first);
            }
            end = start + token.len();
            if token.contains(char::is_alphanumeric) {
                passage.deny_before_to(first, token);
                passage.terms.push(term(token, start));
                if passage.terms.len() - first >= SENTENCE_TERMS_MAX {
                    first = passage.close(first);
                }
            } else if token == ";" || token.chars().all(ends_sentence) {
                first = passage.close(first);
            }
        }
        passage.close(first);
        passage
    }

    /// A word such as `refused` denies when `to` comes next in its sentence.
    fn deny_before_to(&mut self, first: usize, next: &str) {
        if next == "to"
            && let Some(last) = self.terms.get_mut(first..).and_then(<[_]>::last_mut)
            && lexicon::denies_before_to(&last.text.to_lowercase())
        {
            last.role = lexicon::Role::Denial;
        }
    }

    /// Ends the sentence that starts with a term, if there is one, and tells where the next one starts.
    fn close(&mut self, first: usize) -> usize {
        if let (Some(from), Some(to)) = (self.terms.get(first), self.terms.last()) {
            let bytes = from.bytes.start..to.bytes.end;
            self.sentences.push(Sentence { terms: first..self.terms.len(), bytes });
        }
        self.terms.len()
    }

    /// The terms of a sentence.
    pub(crate) fn of_sentence(&self, sentence: &Sentence) -> &[Term<'a>] {
        &self.terms[sentence.terms.clone()]
    }
}

fn term(token: &str, start: usize) -> Term<'_> {
    let lower = token.to_lowercase();
    Term {
        text: token,
        bytes: start..start + token.len(),
        role: lexicon::role(&lower),
        stem: stem(token),
        capital: token.starts_with(char::is_uppercase),
    }
}

/// Whether white space ends a block: an empty line, or a line that starts with the mark of a list or a table.
fn ends_block(space: &str, next: &str) -> bool {
    let lines = space.bytes().filter(|byte| *byte == b'\n').count();
    lines >= 2 || (lines == 1 && matches!(next, "-" | "*" | "•" | "#" | "##" | "###" | "|" | ">"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_at_marks_empty_lines_and_items() {
        assert_eq!(sentences("Dr. Roe left. He, too; she!"), ["Dr. Roe left", "He, too", "she"]);
        assert_eq!(
            sentences("A title\n\nText that\ngoes on\n- one\n- two"),
            ["A title", "Text that\ngoes on", "one", "two"]
        );
        assert_eq!(sentences(" ... \n"), Vec::<&str>::new());
    }

    #[test]
    fn a_text_without_marks_is_cut() {
        let text = "word ".repeat(SENTENCE_TERMS_MAX * 2 + 1);
        assert_eq!(Passage::of(&text).sentences.len(), 3);
    }

    #[test]
    fn refused_denies_only_with_to_behind_it() {
        let role = |text| Passage::of(text).terms[1].role;
        assert_eq!(
            (role("It refused to go"), role("It refused it. To go")),
            (lexicon::Role::Denial, lexicon::Role::Content)
        );
    }

    #[test]
    fn terms_know_their_place_and_part() {
        let passage = Passage::of("É wasn't American.");
        let texts: Vec<_> = passage.terms.iter().map(|term| &passage.text[term.bytes.clone()]).collect();
        assert_eq!(texts, ["É", "was", "n't", "American"]);
        assert_eq!(passage.terms[2].role, lexicon::Role::Negation);
        assert!(!passage.terms[2].is_content());
        assert_eq!(passage.terms[3].root(), Some("ameri"));
    }
}
