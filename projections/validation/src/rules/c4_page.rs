//! What C4's line filter leaves of a page, and the three rules that look at it: no filler text, no curly bracket, and at
//! least five sentences.
//!
//! Source: Raffel et al. 2020 (JMLR 21(140), section 2.2); datatrove `c4_filters.py`. The rules measure with the
//! setting of FineWeb, in which a line need not end in a terminal mark.

use std::borrow::Cow;

use crate::{
    Family,
    characters::{is_digit, is_space},
    rule::{Finding, Rule, number},
    sentences::count_sentences,
    text_lines::{chars, split_lines},
    text_statistics::TextStatistics,
};

/// Longest word of a kept line, in characters.
const WORD_CHARS_MAX: u64 = 1000;
/// Fewest words of a kept line, cut at white space.
const LINE_WORDS_MIN: usize = 3;
const TERMINAL_MARKS: [char; 5] = ['.', '?', '!', '"', '\''];
const POLICY_PHRASES: [&str; 6] =
    ["terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"];

pub(super) const LOREM_IPSUM: Forbidden =
    Forbidden { name: "lorem_ipsum", first_line: |page| page.lorem_ipsum.as_deref() };
pub(super) const CURLY_BRACKET: Forbidden =
    Forbidden { name: "curly_bracket", first_line: |page| page.curly_bracket.as_deref() };
pub(super) const TOO_FEW_SENTENCES: TooFewSentences = TooFewSentences { sentences_min: 5.0 };

/// What is left of a page.
#[derive(Debug, Default)]
pub(crate) struct C4Page {
    /// The first line with filler text.
    lorem_ipsum: Option<String>,
    /// The first line with a curly bracket.
    curly_bracket: Option<String>,
    /// Sentences in the kept lines.
    sentences: u64,
    /// The reason found first, of those that drop the whole page.
    first_reason: Option<&'static str>,
}

impl C4Page {
    /// Filters the lines of a text. Unlike datatrove it goes on after a line that drops the page, to measure the rest.
    pub(crate) fn of(text: &str, no_terminal_punct: bool) -> Self {
        let mut page = Self::default();
        for line in split_lines(text) {
            page.add(line.trim_matches(is_space), no_terminal_punct);
        }
        page
    }

    /// The reason code of datatrove, or `None` to keep the page.
    pub(crate) fn dropped_for(&self) -> Option<&'static str> {
        let too_few = number(self.sentences) < TOO_FEW_SENTENCES.sentences_min;
        self.first_reason.or(too_few.then_some(TOO_FEW_SENTENCES.name()))
    }

    fn add(&mut self, line: &str, no_terminal_punct: bool) {
        let words = || line.split(is_space).filter(|word| !word.is_empty());
        if words().any(|word| chars(word) > WORD_CHARS_MAX) {
            return;
        }
        let cited = without_citations(line);
        let ended = cited.ends_with(TERMINAL_MARKS) && !cited.ends_with("...");
        if (!no_terminal_punct && !ended) || words().take(LINE_WORDS_MIN).count() < LINE_WORDS_MIN {
            return;
        }
        let lower = cited.to_lowercase();
        if lower.contains("lorem ipsum") {
            self.lorem_ipsum.get_or_insert_with(|| cited.to_string());
            self.first_reason.get_or_insert(LOREM_IPSUM.name);
        } else if lower.contains("javascript") {
            // Such a line is only left out.
        } else if cited.contains('{') {
            self.curly_bracket.get_or_insert_with(|| cited.to_string());
            self.first_reason.get_or_insert(CURLY_BRACKET.name);
        } else if !POLICY_PHRASES.iter().any(|phrase| lower.contains(phrase)) {
            self.sentences += count_sentences(&cited);
        }
    }
}

/// The line without `[12]`, `[]`, `[edit]` and `[citation needed]`.
fn without_citations(line: &str) -> Cow<'_, str> {
    if !line.contains('[') {
        return Cow::Borrowed(line);
    }
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(open) = rest.find('[') {
        let (before, bracket) = rest.split_at(open);
        kept.push_str(before);
        let inside = bracket[1..].trim_start_matches(is_digit);
        let after = inside.strip_prefix(']').or_else(|| {
            ["[edit]", "[citation needed]"].into_iter().find_map(|marker| bracket.strip_prefix(marker))
        });
        if after.is_none() {
            kept.push('[');
        }
        rest = after.unwrap_or(&bracket[1..]);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// The value is 1 if there is such a line, otherwise 0.
pub(super) struct Forbidden {
    name: &'static str,
    first_line: fn(&C4Page) -> Option<&str>,
}

impl Rule for Forbidden {
    fn name(&self) -> &'static str {
        self.name
    }

    fn family(&self) -> Family {
        Family::C4
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        let line = (self.first_line)(text.c4_page());
        Finding::at_most(number(line.is_some().into()), 0.0).shown_by(|| line.map(str::to_owned))
    }
}

/// The value is the number of sentences in kept lines.
pub(super) struct TooFewSentences {
    sentences_min: f64,
}

impl Rule for TooFewSentences {
    fn name(&self) -> &'static str {
        "too_few_sentences"
    }

    fn family(&self) -> Family {
        Family::C4
    }

    fn measure(&self, text: &TextStatistics<'_>) -> Finding {
        Finding::at_least(number(text.c4_page().sentences), self.sentences_min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        c4,
        rules::tests::{passes, score},
    };

    const FOUR: &str = "The first is here. The second is here. The third is here. The fourth is here.";

    /// Whether the page is kept only without `line`, which would be its fifth sentence.
    fn leaves_out(line: &str) -> bool {
        c4(&format!("{FOUR}\nHere is one more."), false).is_none()
            && c4(&format!("{FOUR}\n{line}"), false) == Some("too_few_sentences")
    }

    #[test]
    fn five_sentences_are_enough() {
        assert!(passes(&TOO_FEW_SENTENCES, &format!("{FOUR} The last is here.")));
        assert!(!passes(&TOO_FEW_SENTENCES, FOUR));
    }

    #[test]
    fn lines_are_left_out_by_their_end_their_length_and_their_words() {
        assert!(leaves_out("There is no end mark"));
        assert!(leaves_out("It goes on ..."));
        assert!(leaves_out("Two words."));
        assert!(leaves_out("Please turn on JavaScript now."));
        assert!(leaves_out("Read our Privacy Policy first."));
        assert!(leaves_out(&format!("A word {} long.", "x".repeat(1001))));
        assert!(!leaves_out(&format!("A word {} long.", "x".repeat(1000))));
        assert!(!leaves_out("He cited it twice.[12][citation needed]"));
    }

    #[test]
    fn without_the_rule_on_ends_a_line_needs_no_mark() {
        let text = format!("{FOUR}\nThere is no end mark");
        assert_eq!(c4(&text, false), Some("too_few_sentences"));
        assert_eq!(c4(&text, true), None);
    }

    #[test]
    fn the_line_that_comes_first_names_the_reason() {
        assert_eq!(c4("a b { c.\nLorem ipsum dolor.", true), Some("curly_bracket"));
        assert_eq!(c4("Lorem ipsum dolor.\na b { c.", true), Some("lorem_ipsum"));
        assert_eq!(c4("javascript has { too.", true), Some("too_few_sentences"));
    }

    #[test]
    fn forbidden_lines_are_shown() {
        assert!(passes(&CURLY_BRACKET, "a b c") && passes(&LOREM_IPSUM, "lorem a ipsum"));
        assert_eq!(score(&CURLY_BRACKET, "x\n if a { b }").evidence.as_deref(), Some("if a { b }"));
        assert_eq!(score(&LOREM_IPSUM, "Lorem IPSUM dolor").evidence.as_deref(), Some("Lorem IPSUM dolor"));
    }

    #[test]
    fn only_citations_are_cut_out_of_brackets() {
        assert_eq!(without_citations("a[1] b[] c[edit] d[x] e[12"), "a b c d[x] e[12");
        assert_eq!(without_citations("[[3]] [citation needed]"), "[] ");
    }
}
