//! Counting sentences as spaCy's rule-based sentence splitter does.
//!
//! Not a linguistic splitter: a sentence starts at the first word after a token that is one terminal mark
//! (`spacy/pipeline/sentencizer.pyx`). `Dr.` is one token of the tokenizer and so ends nothing.

use crate::{characters, words::words};

/// Number of sentences in a line.
pub(crate) fn count_sentences(line: &str) -> u64 {
    let mut sentences = 0;
    let mut ended = true;
    for word in words(line) {
        let mut chars = word.chars();
        let terminal = chars.next().is_some_and(characters::ends_sentence) && chars.next().is_none();
        if sentences == 0 {
            // The first sentence starts at the first token, even if that is a mark.
            sentences = 1;
            ended = terminal;
        } else if terminal {
            ended = true;
        } else if ended && !word.chars().all(characters::is_punctuation) {
            sentences += 1;
            ended = false;
        }
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_starts_at_the_first_word_after_a_terminal_mark() {
        assert_eq!(count_sentences(""), 0);
        assert_eq!(count_sentences("No end"), 1);
        assert_eq!(count_sentences("One. Two! Three?"), 3);
        assert_eq!(count_sentences("He said \"Stop.\" Then he left."), 2);
        assert_eq!(count_sentences("Wait... what? Really?!"), 2);
        assert_eq!(count_sentences("Dr. Smith met Mr. Jones."), 1);
        assert_eq!(count_sentences("1. First"), 2);
    }
}
