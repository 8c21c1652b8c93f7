//! Answering by quoting. Nothing is made up: every line of the answer stands in a document, at a known place.

use std::collections::{HashMap, HashSet};

/// The name recorded as the model.
pub const EXTRACTIVE: &str = "extractive";

/// Passages quoted in one answer.
const QUOTES_MAX: usize = 3;
/// Sentences quoted from one passage.
const SENTENCES_MAX: usize = 2;
/// Share of the best quotation's score that another needs to stand beside it.
const SCORE_SHARE_MIN: f64 = 0.6;
/// What a line without an end mark counts for: a heading or a row of a table says less than a sentence.
const UNENDED_WEIGHT: f64 = 0.7;
/// What a word of the heading counts for, against one of the sentence.
const HEADING_WEIGHT: f64 = 0.4;

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
    /// Where they stand, best first.
    pub quotes: Vec<Quote>,
}

/// Quotes what the passages say on `question`; `None` if they say nothing.
pub fn answer(question: &str, passages: &[Passage]) -> Option<Answer> {
    let weights = weights(&terms(question), passages);
    let mut found: Vec<(f64, Quote)> = Vec::new();
    for (index, passage) in passages.iter().enumerate() {
        let quote = best_quote(index, passage, &weights);
        let is_new = |(_, quote): &(f64, Quote)| found.iter().all(|(_, other)| other.text != quote.text);
        found.extend(quote.filter(is_new));
    }
    // The order of search decides between equals, because the sort is stable.
    found.sort_by(|(left, _), (right, _)| right.total_cmp(left));
    let best = found.first()?.0;
    let close = found.into_iter().take_while(|(score, _)| *score >= best * SCORE_SHARE_MIN);
    let quotes: Vec<Quote> = close.take(QUOTES_MAX).map(|(_, quote)| quote).collect();
    let lines = quotes.iter().enumerate().map(|(number, quote)| format!("{} [{}]", quote.text, number + 1));
    Some(Answer { text: lines.collect::<Vec<_>>().join("\n\n"), quotes })
}

/// How much each word of the question tells: the fewer passages have it, the more.
#[expect(clippy::cast_precision_loss, reason = "a handful of passages")]
fn weights(asked: &HashSet<String>, passages: &[Passage]) -> HashMap<String, f64> {
    let spoken: Vec<HashSet<String>> = passages.iter().map(|passage| terms(&passage.text)).collect();
    let weight = |term: &String| {
        let with = spoken.iter().filter(|terms| terms.contains(term)).count();
        (1.0 + (passages.len() as f64 + 1.0) / (with as f64 + 1.0)).ln()
    };
    asked.iter().map(|term| (term.clone(), weight(term))).collect()
}

/// The sentence that tells most, with the one after it.
fn best_quote(index: usize, passage: &Passage, weights: &HashMap<String, f64>) -> Option<(f64, Quote)> {
    let worth = |text: &str| terms(text).iter().filter_map(|term| weights.get(term)).sum::<f64>();
    let above = worth(&passage.heading) * HEADING_WEIGHT;
    let sentences = sentences(&passage.text);
    let mut best: Option<(f64, usize)> = None;
    for (at, (_, text)) in sentences.iter().enumerate() {
        let score = worth(text) * if is_ended(text) { 1.0 } else { UNENDED_WEIGHT };
        if score > best.map_or(0.0, |(score, _)| score) {
            best = Some((score, at));
        }
    }
    let (score, mut at) = best?;
    // A heading says where the answer is; what follows it says what it is.
    if !is_ended(sentences[at].1) && !is_row(sentences[at].1) && at + 1 < sentences.len() {
        at += 1;
    }
    let (first, _) = sentences[at];
    let (last, text) = sentences[(at + SENTENCES_MAX).min(sentences.len()) - 1];
    let quoted = passage.text[first..last + text.len()].trim_end();
    // A quotation stays within its paragraph.
    let quoted = quoted.split_once("\n\n").map_or(quoted, |(paragraph, _)| paragraph);
    let start = passage.text[..first].chars().count();
    let quote = Quote { passage: index, start, end: start + quoted.chars().count(), text: quoted.to_owned() };
    Some((score + above, quote))
}

/// Sentences and lines with the byte they start at.
fn sentences(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut marks = text.char_indices().peekable();
    while let Some((at, mark)) = marks.next() {
        let next = marks.peek().map(|(_, next)| *next);
        // A single line break is only the width of the page, but in a table; an empty line ends whatever it was.
        let breaks = mark == '\n' && (next == Some('\n') || is_row(&text[start..at]));
        let ends = breaks || (matches!(mark, '.' | '!' | '?') && next.is_none_or(char::is_whitespace));
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

/// Whether a piece ends like a sentence.
fn is_ended(piece: &str) -> bool {
    piece.trim_end().ends_with(['.', '!', '?', ':', '`', ')'])
}

/// Whether a piece is a row of a table.
fn is_row(piece: &str) -> bool {
    piece.contains(" | ")
}

/// Words that questions are made of, and that tell nothing about what is asked.
const COMMON: [&str; 34] = [
    "and", "are", "can", "could", "did", "does", "for", "from", "get", "happen", "has", "have", "how",
    "into", "long", "many", "much", "not", "should", "that", "the", "there", "they", "this", "was", "what",
    "when", "where", "which", "who", "why", "will", "with", "you",
];

/// Words of three letters or more, lower case, without the endings that grammar adds.
fn terms(text: &str) -> HashSet<String> {
    let words = text.split(|mark: char| !mark.is_alphanumeric() && mark != '_').map(str::to_lowercase);
    let stems = words.filter(|word| word.chars().count() > 2).map(|word| stem(&word).to_owned());
    stems.filter(|stem| !COMMON.contains(&stem.as_str())).collect()
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
            "Caches are warm. The cache evicts\nentries after 30 days. Größe matters — ümläut.\n\nOther line";
        let answer = answer("When are cache entries evicted?", &[passage("Caching", text)]).unwrap();
        let quote = &answer.quotes[0];
        assert!(answer.text.starts_with("The cache evicts\nentries after 30 days."), "{}", answer.text);
        let quoted: String = text.chars().skip(quote.start).take(quote.end - quote.start).collect();
        assert_eq!(quoted, quote.text, "the place is exact, in characters");
    }

    #[test]
    fn a_rare_word_tells_more_than_a_frequent_one() {
        let passages = [
            passage("", "The project is old. The project is large."),
            passage("", "A project is named once."),
            passage("", "When the quota of a project is reached, uploads are refused."),
        ];
        let answer = answer("What happens when the quota of a project is reached?", &passages).unwrap();
        assert_eq!(answer.quotes.len(), 1, "{}", answer.text);
        assert_eq!(answer.quotes[0].passage, 2);
    }

    #[test]
    fn a_row_is_quoted_without_its_table_and_a_heading_with_what_follows_it() {
        let table = "Code | Meaning\n64 | wrong words\n75 | the quota is used up\n76 | something else";
        let row = answer("quota used up", &[passage("", table)]).unwrap();
        assert_eq!(row.quotes[0].text, "75 | the quota is used up\n76 | something else");
        let section = "Digest mismatch\n\nThe bytes differ. Drain the node.";
        let below = answer("digest mismatch", &[passage("Digest mismatch", section)]).unwrap();
        assert_eq!(below.quotes[0].text, "The bytes differ. Drain the node.");
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
