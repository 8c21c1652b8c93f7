//! Whether two texts contradict each other, where, and in what.
//!
//! Not which of them is right, and not which pairs of a corpus to compare: the caller brings two texts that speak of the same.

mod align;
mod defaults;
mod model;
mod sentences;
mod signature;
mod values;
mod wording;

use std::ops::Range;

use event_model::TextRange;
use serde::Serialize;

use crate::{
    CannotSay, Judgement,
    character_index::CharacterIndex,
    logistic::{Score, Signal},
    passage::{Passage, Term},
};

pub(crate) use model::CONFLICT;

/// Version of everything that tells a conflict; raised whenever two texts may be compared differently.
pub const CONFLICT_RULES_VERSION: u32 = 2;

/// Most sentences looked at of each text; the rest is counted.
const SENTENCES_MAX: usize = 500;

/// Least confidence of a conflict that is told.
const CONFIDENCE_MIN: f64 = 0.5;

/// Most conflicts told of two texts, the surest first.
const CONFLICTS_MAX: usize = 100;

/// What two texts contradict each other in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// One denies what the other says.
    Negation,
    /// They say opposites, such as enabled and disabled.
    Opposite,
    /// They name different members of a family, such as Linux and Windows.
    Other,
    /// They give different amounts.
    Number,
    /// They give different dates.
    Date,
    /// They name different versions.
    Version,
    /// They name different values that hold by default.
    Default,
    /// They declare the same function differently.
    Signature,
}

impl ConflictKind {
    /// Its name in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Negation => "negation",
            Self::Opposite => "opposite",
            Self::Other => "other",
            Self::Number => "number",
            Self::Date => "date",
            Self::Version => "version",
            Self::Default => "default",
            Self::Signature => "signature",
        }
    }
}

/// One contradiction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    /// In what.
    pub kind: ConflictKind,
    /// The sentence or declaration of the first text, in characters.
    pub a: TextRange,
    /// That of the second text.
    pub b: TextRange,
    /// The words of the first text that make it one, where single words do.
    pub words_a: Option<TextRange>,
    /// Those of the second.
    pub words_b: Option<TextRange>,
    /// How sure, 0 to 1. For negation the calibrated score of the wording; for everything else the likeness of what stands around it,
    /// which no data has calibrated.
    pub confidence: f64,
}

/// What is said of two texts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The probability that their wording contradicts, of the two sentences where it is highest; or why nothing is said.
    pub judgement: Judgement,
    /// What that was computed from; empty without a score.
    pub signals: Vec<Signal>,
    /// The contradictions found, the surest first; at most 100.
    pub conflicts: Vec<Conflict>,
    /// Sentences beyond the first 500 of each text, which were not looked at.
    pub sentences_left_out: usize,
}

/// A sentence of one of the texts.
#[derive(Clone, Copy)]
struct Side<'p> {
    /// The whole text.
    text: &'p str,
    terms: &'p [Term<'p>],
    bytes: &'p Range<usize>,
}

/// Two sentences that share words.
struct Pair<'p> {
    a: Side<'p>,
    b: Side<'p>,
}

/// A contradiction with its places in bytes.
struct Found {
    kind: ConflictKind,
    a: Range<usize>,
    b: Range<usize>,
    words_a: Option<Range<usize>>,
    words_b: Option<Range<usize>>,
    confidence: f64,
}

/// Compares two texts that may speak of the same.
///
/// Pure and bounded, and does not depend on the order of the two but for the names of the sides.
pub fn conflict(a: &str, b: &str) -> Comparison {
    let passages = (Passage::of(a), Passage::of(b));
    let mut worded: Option<(Score, Vec<Signal>)> = None;
    let mut found = signature::conflicts(a, b);
    for (of_a, of_b) in align::pairs(&passages.0, &passages.1, SENTENCES_MAX) {
        let pair = Pair {
            a: Side { text: a, terms: passages.0.of_sentence(of_a), bytes: &of_a.bytes },
            b: Side { text: b, terms: passages.1.of_sentence(of_b), bytes: &of_b.bytes },
        };
        let signals = CONFLICT.signals(wording::measure(pair.a.terms, pair.b.terms));
        let score = CONFLICT.score(&signals);
        found.extend(pair.conflicts(score.value));
        if worded.as_ref().is_none_or(|(best, _)| score.value > best.value) {
            worded = Some((score, signals));
        }
    }
    found.retain(|found| found.confidence >= CONFIDENCE_MIN);
    found.sort_by(|x, y| {
        y.confidence
            .total_cmp(&x.confidence)
            .then_with(|| (x.a.start, x.b.start).cmp(&(y.a.start, y.b.start)))
    });
    found.truncate(CONFLICTS_MAX);
    let left_out = |passage: &Passage<'_>| passage.sentences.len().saturating_sub(SENTENCES_MAX);
    Comparison {
        judgement: worded
            .as_ref()
            .map_or_else(|| nothing_to_say(&passages), |(score, _)| Judgement::Score(*score)),
        signals: worded.map(|(_, signals)| signals).unwrap_or_default(),
        conflicts: in_characters(a, b, found),
        sentences_left_out: left_out(&passages.0) + left_out(&passages.1),
    }
}

/// Why two texts without sentences that share a word cannot be compared.
fn nothing_to_say(passages: &(Passage<'_>, Passage<'_>)) -> Judgement {
    let empty = |passage: &Passage<'_>| passage.terms.is_empty();
    Judgement::CannotSay(match (empty(&passages.0), empty(&passages.1)) {
        (true, _) => CannotSay::NoClaim,
        (false, true) => CannotSay::NoEvidence,
        (false, false) => CannotSay::Unrelated,
    })
}

fn in_characters(a: &str, b: &str, found: Vec<Found>) -> Vec<Conflict> {
    let (in_a, in_b) = (CharacterIndex::of(a), CharacterIndex::of(b));
    let conflict = |found: Found| Conflict {
        kind: found.kind,
        a: in_a.range(&found.a),
        b: in_b.range(&found.b),
        words_a: found.words_a.map(|range| in_a.range(&range)),
        words_b: found.words_b.map(|range| in_b.range(&range)),
        confidence: found.confidence,
    };
    found.into_iter().map(conflict).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(a: &str, b: &str) -> Vec<ConflictKind> {
        let mut kinds: Vec<_> = conflict(a, b).conflicts.iter().map(|conflict| conflict.kind).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    #[test]
    fn each_kind_of_contradiction_is_told() {
        for (a, b, kind) in [
            ("The cache is written to disk.", "The cache is not written to disk.", ConflictKind::Negation),
            (
                "The server never retries a failed request.",
                "A failed request is retried.",
                ConflictKind::Negation,
            ),
            ("Retries of requests are enabled.", "Retries of requests are disabled.", ConflictKind::Opposite),
            ("The status light blinks red.", "The status light blinks green.", ConflictKind::Other),
            (
                "The request times out after 30 seconds.",
                "A request times out after 2 minutes.",
                ConflictKind::Number,
            ),
            (
                "The service was started on 2024-05-06.",
                "The service was started on 7 May 2024.",
                ConflictKind::Date,
            ),
            (
                "The flag was added to the client in version 1.4.",
                "The flag was added to the client in version 1.6.",
                ConflictKind::Version,
            ),
            (
                "The connection limit defaults to 10.",
                "The connection limit has a default of 20.",
                ConflictKind::Default,
            ),
            (
                "The log output format defaults to `plain`.",
                "The default output format of the log is `json`.",
                ConflictKind::Default,
            ),
            (
                "The mode defaults to `plain old text`.",
                "The mode defaults to `fancy mail`.",
                ConflictKind::Default,
            ),
            (
                "fn open(path: &Path) -> File",
                "Use `fn open(path: &Path, flags: u32) -> File`.",
                ConflictKind::Signature,
            ),
        ] {
            assert_eq!(kinds(a, b), [kind], "{a} | {b}");
            assert_eq!(kinds(b, a), [kind], "{b} | {a}");
        }
    }

    #[test]
    fn texts_that_agree_or_speak_of_different_things_have_none() {
        for (a, b) in [
            ("The cache is written to disk.", "The cache is written to disk."),
            ("The cache is not written to disk.", "The cache is never written to disk."),
            ("The request times out after 120 seconds.", "A request times out after 2 minutes."),
            ("Retries of requests are enabled.", "Retries of requests are not disabled."),
            ("The request times out after 30 seconds.", "The connection is closed after 2 minutes."),
            ("`alpha` needs the compiler in version 1.71.", "`beta` needs the compiler in version 1.36."),
            ("The service was started in May 2024.", "The service was started on 6 May 2024."),
            ("The flag is not in version 1.4 of the client.", "The flag is in version 1.6 of the client."),
            ("fn open(path: &Path) -> File", "fn open( path : &Path, ) -> File {"),
            ("fn open(path: &Path)\nfn open(file: File)", "fn open(path: &str)"),
            ("It is not recommended.", "We recommend the newest release to people who write plugins."),
            ("The status light never blinks red.", "The status light never blinks green."),
            ("The log output format defaults to `json`.", "The default output format of the log is `JSON`."),
            ("The stay was 30 seconds long.", "It is 40 seconds long."),
            (
                "The backup server copies photo files every night within 30 seconds.",
                "The backup server copies mail folders every night within 40 seconds.",
            ),
            ("def main(): pass", "def main(arguments): pass"),
            ("", "The cache is written to disk."),
        ] {
            assert_eq!(kinds(a, b), [], "{a} | {b}");
        }
    }

    #[test]
    fn a_conflict_shows_both_sentences_and_the_words() {
        let (a, b) = (
            "Für alle. The request times out after 30 seconds. Fine.",
            "Yes. A request times out after 2 minutes.",
        );
        let found = conflict(a, b).conflicts;
        let cut = |text: &str, range: TextRange| {
            text.chars()
                .skip(range.start as usize)
                .take((range.end - range.start) as usize)
                .collect::<String>()
        };
        assert_eq!(found.len(), 1);
        assert_eq!(cut(a, found[0].a), "The request times out after 30 seconds");
        assert_eq!(cut(b, found[0].b), "A request times out after 2 minutes");
        assert_eq!(found[0].words_a.map(|range| cut(a, range)).as_deref(), Some("30 seconds"));
        assert_eq!(found[0].words_b.map(|range| cut(b, range)).as_deref(), Some("2 minutes"));
    }

    #[test]
    fn what_cannot_be_compared_is_said() {
        let judgement = |a, b| conflict(a, b).judgement;
        assert_eq!(judgement("", "A cache."), Judgement::CannotSay(CannotSay::NoClaim));
        assert_eq!(judgement("A cache.", " "), Judgement::CannotSay(CannotSay::NoEvidence));
        assert_eq!(judgement("A cache.", "The moon."), Judgement::CannotSay(CannotSay::Unrelated));
    }

    #[test]
    fn the_surest_conflict_comes_first() {
        let a =
            "The large green cache of the server holds ten entries. The request times out after 30 seconds.";
        let b = "A cache of the server holds twenty odd entries. The request times out after 40 seconds.";
        let found = conflict(a, b).conflicts;
        assert_eq!(found.len(), 2);
        assert!(found[0].confidence > found[1].confidence && found[1].a.start == 0, "{found:?}");
    }
}
