//! Answering by quoting. Nothing is made up: every line of the answer stands in a document, at a known place.

use std::collections::HashSet;

/// The name recorded as the model.
pub const EXTRACTIVE: &str = "extractive";

/// Passages quoted in one answer.
const QUOTES_MAX: usize = 3;
/// Sentences quoted from one passage.
const SENTENCES_MAX: usize = 3;

/// A passage that search found, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// Name of its document.
    pub name: String,
    /// Headings above it, joined.
    pub heading: String,
    /// The words.
    pub text: String,
}

/// A quotation from a passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Which passage, counted in the order given.
    pub passage: usize,
    /// First character of the passage that is quoted.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// The words.
    pub text: String,
}

/// An answer made of quotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The quotations with their numbers, for people.
    pub text: String,
    /// Where they stand.
    pub quotes: Vec<Quote>,
}

/// Quotes what the passages say on `question`; `None` if they say nothing.
pub fn answer(question: &str, passages: &[Passage]) -> Option<Answer> {
    let asked = terms(question);
    let mut quotes: Vec<Quote> = Vec::new();
    for (index, passage) in passages.iter().enumerate() {
        let quote = best_quote(index, passage, &asked);
        let is_new = |quote: &Quote| quotes.iter().all(|other| other.text != quote.text);
        quotes.extend(quote.filter(is_new));
        if quotes.len() == QUOTES_MAX {
            break;
        }
    }
    let lines =
        quotes.iter().enumerate().map(|(number, quote)| format!("{} [{}]", quote.text.trim(), number + 1));
    let text = lines.collect::<Vec<_>>().join("\n\n");
    (!quotes.is_empty()).then_some(Answer { text, quotes })
}

/// The run of sentences that shares the most words with the question; the first sentences of a passage whose heading does.
fn best_quote(index: usize, passage: &Passage, asked: &HashSet<String>) -> Option<Quote> {
    let sentences = sentences(&passage.text);
    let hits: Vec<usize> =
        sentences.iter().map(|(_, text)| terms(text).intersection(asked).count()).collect();
    let best = (0..sentences.len()).max_by_key(|at| (hits[*at], usize::MAX - at))?;
    if hits[best] == 0 && terms(&passage.heading).is_disjoint(asked) {
        return None;
    }
    let last = (best + SENTENCES_MAX).min(sentences.len());
    let (first, _) = sentences[best];
    let (tail, text) = sentences[last - 1];
    let quoted = &passage.text[first..tail + text.len()];
    let trimmed = quoted.trim_end();
    let start = passage.text[..first].chars().count();
    Some(Quote { passage: index, start, end: start + trimmed.chars().count(), text: trimmed.to_owned() })
}

/// Sentences and lines with the byte they start at.
fn sentences(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut marks = text.char_indices().peekable();
    while let Some((at, mark)) = marks.next() {
        let next = marks.peek().map(|(_, next)| *next);
        let ends = mark == '\n' || (matches!(mark, '.' | '!' | '?') && next.is_none_or(char::is_whitespace));
        if ends || next.is_none() {
            let end = at + mark.len_utf8();
            let piece = &text[start..end];
            let lead = piece.len() - piece.trim_start().len();
            if !piece.trim().is_empty() {
                found.push((start + lead, &piece[lead..]));
            }
            start = end;
        }
    }
    found
}

/// Words of three letters or more, lower case, without the endings that grammar adds.
fn terms(text: &str) -> HashSet<String> {
    const COMMON: [&str; 16] = [
        "the", "and", "for", "how", "what", "does", "who", "when", "where", "why", "which", "can", "are",
        "you", "with", "that",
    ];
    let words = text.split(|mark: char| !mark.is_alphanumeric() && mark != '_').map(str::to_lowercase);
    let kept = words.filter(|word| word.chars().count() > 2 && !COMMON.contains(&word.as_str()));
    kept.map(|word| stem(&word).to_owned()).collect()
}

fn stem(word: &str) -> &str {
    let endings = ["ing", "ed", "es", "s"];
    let stem =
        endings.iter().find_map(|ending| word.strip_suffix(ending).filter(|rest| rest.chars().count() > 2));
    stem.unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(heading: &str, text: &str) -> Passage {
        Passage { name: "guide.md".into(), heading: heading.into(), text: text.into() }
    }

    #[test]
    fn an_answer_quotes_the_sentence_that_speaks_to_the_question() {
        let text =
            "Caches are warm. The cache evicts entries after 30 days. Größe matters — ümläut.\nOther line";
        let answer = answer("When are cache entries evicted?", &[passage("Caching", text)]).unwrap();
        let quote = &answer.quotes[0];
        assert!(answer.text.starts_with("The cache evicts entries after 30 days."), "{}", answer.text);
        let quoted: String = text.chars().skip(quote.start).take(quote.end - quote.start).collect();
        assert_eq!(quoted, quote.text, "the place is exact, in characters");
    }

    #[test]
    fn passages_that_say_nothing_give_no_answer() {
        assert_eq!(answer("quantum gravity", &[passage("Caching", "Warm caches.")]), None);
        assert_eq!(answer("anything", &[]), None);
        assert_eq!(answer("anything", &[passage("", "")]), None);
    }

    #[test]
    fn the_same_words_are_quoted_once() {
        let twice = [passage("Caching", "Entries expire."), passage("Caching", "Entries expire.")];
        assert_eq!(answer("do entries expire", &twice).unwrap().quotes.len(), 1);
    }
}
