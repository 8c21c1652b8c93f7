//! How far a text supports a claim, claim by claim, with what shows it.
//!
//! Not a judge of truth: it measures wording, numbers, names and denials against trusted evidence. What it cannot measure it does
//! not guess: it cannot say.

mod features;
mod locate;
mod model;
mod spans;
#[cfg(test)]
mod tests;

use event_model::TextRange;
use serde::Serialize;

use crate::{
    CorpusStatistics,
    character_index::CharacterIndex,
    logistic::{Score, Signal},
    mismatch::{Mismatch, mismatches},
    passage::{Passage, Sentence, Term},
};
use locate::Evidence;

pub(crate) use model::{SUPPORT, SUPPORT_BY_MEANING};

/// Most claims judged of one text; the rest is counted.
const CLAIMS_MAX: usize = 256;

/// Least share of letters of the alphabets whose words this can cut and compare.
const READABLE_MIN: f64 = 0.5;

/// Why nothing can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CannotSay {
    /// The claim says nothing that could be looked for.
    NoClaim,
    /// There is no evidence.
    NoEvidence,
    /// The claim is written without spaces between words, or from right to left: its words are not known here.
    UnknownScript,
    /// Evidence and claim have no word in common: they speak of different things, or in different words.
    Unrelated,
}

/// A score, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// The probability that the evidence supports the claim, as calibrated on FEVER-Symmetric.
    Score(Score),
    /// Too little is known.
    CannotSay(CannotSay),
}

/// What is said of one claim.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClaimSupport {
    /// The claim, in characters of the text it was taken from.
    pub claim: TextRange,
    /// How far it is supported.
    pub judgement: Judgement,
    /// The parts of the claim that the evidence has, too, in characters.
    pub supported: Vec<TextRange>,
    /// Where the evidence has them, in characters of the evidence.
    pub supporting: Vec<TextRange>,
    /// The parts of the claim that the evidence has not.
    pub missing: Vec<TextRange>,
    /// What the evidence says differently.
    pub mismatches: Vec<Mismatch>,
    /// The sentence of the evidence that speaks most of the claim, in characters of the evidence; none without a score.
    pub nearest: Option<TextRange>,
    /// What the score was computed from; empty without one.
    pub signals: Vec<Signal>,
}

impl ClaimSupport {
    /// The same with how alike the claim and [`nearest`](Self::nearest) are in meaning: 1 where they mean the same, 0 where they are no
    /// nearer than texts on different matters. Of what had no score nothing more is said.
    #[must_use]
    pub fn with_likeness(mut self, likeness: f64) -> Self {
        if matches!(self.judgement, Judgement::Score(_)) {
            // What is no number is no likeness.
            let likeness = if likeness.is_nan() { 0.0 } else { likeness.clamp(0.0, 1.0) };
            let mut values = [likeness; model::SIGNALS + 1];
            values
                .iter_mut()
                .zip(&self.signals)
                .take(model::SIGNALS)
                .for_each(|(value, known)| *value = known.value);
            self.signals = SUPPORT_BY_MEANING.signals(values);
            self.judgement = Judgement::Score(SUPPORT_BY_MEANING.score(&self.signals));
        }
        self
    }
}

/// What is said of a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Support {
    /// The mean of the claims that have a score: the share of claims that can be expected to be supported.
    pub judgement: Judgement,
    /// Every claim, in the order of the text.
    pub claims: Vec<ClaimSupport>,
    /// Claims beyond the first 256, which were not looked at.
    pub claims_left_out: usize,
}

/// How far `evidence` supports each claim that `text` makes; every word counts the same.
///
/// Pure and bounded: time grows with the length of both, and the score is always a number.
pub fn support(text: &str, evidence: &str) -> Support {
    support_in(text, evidence, &CorpusStatistics::default())
}

/// The same with words weighed by how rare they are in a corpus.
pub fn support_in(text: &str, evidence: &str, corpus: &CorpusStatistics) -> Support {
    let (claims, evidence) = (Passage::of(text), Passage::of(evidence));
    let places = (CharacterIndex::of(text), CharacterIndex::of(evidence.text));
    let index = Evidence::of(&evidence, corpus);
    let judged: Vec<ClaimSupport> = claims
        .sentences
        .iter()
        .take(CLAIMS_MAX)
        .map(|claim| judge(&claims, claim, &index, (&places.0, &places.1)))
        .collect();
    Support {
        judgement: together(&judged),
        claims_left_out: claims.sentences.len().saturating_sub(CLAIMS_MAX),
        claims: judged,
    }
}

fn judge(
    claims: &Passage<'_>,
    claim: &Sentence,
    evidence: &Evidence<'_>,
    places: (&CharacterIndex<'_>, &CharacterIndex<'_>),
) -> ClaimSupport {
    let terms = claims.of_sentence(claim);
    let range = places.0.range(&claim.bytes);
    let cannot = |reason| ClaimSupport {
        claim: range,
        judgement: Judgement::CannotSay(reason),
        supported: Vec::new(),
        supporting: Vec::new(),
        missing: vec![range],
        mismatches: Vec::new(),
        nearest: None,
        signals: Vec::new(),
    };
    if !is_readable(&claims.text[claim.bytes.clone()]) {
        return cannot(CannotSay::UnknownScript);
    }
    if !terms.iter().any(Term::is_content) {
        return cannot(CannotSay::NoClaim);
    }
    if evidence.passage.terms.is_empty() {
        return cannot(CannotSay::NoEvidence);
    }
    let Some(window) = evidence.window_for(terms) else { return cannot(CannotSay::Unrelated) };
    let mismatches = mismatches(claims.text, terms, evidence.passage.text, window.best);
    let signals = SUPPORT.signals(features::measure(claims.text, terms, evidence, &window, &mismatches));
    ClaimSupport {
        claim: range,
        judgement: Judgement::Score(SUPPORT.score(&signals)),
        supported: spans::of_claim(terms, &window, true, places.0),
        supporting: spans::of_evidence(terms, &window, places.1),
        missing: spans::of_claim(terms, &window, false, places.0),
        mismatches: mismatches.iter().map(|found| found.in_characters(places)).collect(),
        nearest: Some(places.1.range(&window.sentence)),
        signals,
    }
}

/// The mean of the scores, or the first reason why there is none.
fn together(claims: &[ClaimSupport]) -> Judgement {
    let scores: Vec<Score> = claims
        .iter()
        .filter_map(|claim| match claim.judgement {
            Judgement::Score(score) => Some(score),
            Judgement::CannotSay(_) => None,
        })
        .collect();
    if scores.is_empty() {
        return claims.first().map_or(Judgement::CannotSay(CannotSay::NoClaim), |claim| claim.judgement);
    }
    let mean =
        |of: fn(&Score) -> f64| scores.iter().map(of).sum::<f64>() / crate::rule::number(scores.len() as u64);
    Judgement::Score(Score { value: mean(|s| s.value), low: mean(|s| s.low), high: mean(|s| s.high) })
}

/// Whether most letters are of alphabets that put spaces between words and run from left to right.
fn is_readable(text: &str) -> bool {
    let (mut readable, mut letters) = (0, 0);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        letters += 1;
        // Latin, Greek and Cyrillic with their extensions; behind them Armenian, Hebrew, Arabic, and so on.
        readable += u64::from(
            matches!(c, '\0'..='\u{52f}' | '\u{1e00}'..='\u{1fff}' | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}'),
        );
    }
    letters == 0 || crate::rule::ratio(readable, letters) >= READABLE_MIN
}
