//! Where in the evidence a claim is spoken of.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
};

use crate::{
    CorpusStatistics,
    passage::{Passage, Term},
    rule::number,
};

/// Sentences looked up for one word: one that stands in more of them finds nothing.
const SENTENCES_OF_WORD_MAX: usize = 1000;

/// Evidence whose sentences are found by their words.
pub(super) struct Evidence<'p> {
    pub(super) passage: &'p Passage<'p>,
    pub(super) corpus: &'p CorpusStatistics,
    sentences_of: HashMap<&'p str, Vec<usize>>,
}

/// The sentence that speaks most of a claim, with its neighbours.
pub(super) struct Window<'p> {
    /// Where the sentence stands, in bytes.
    pub(super) sentence: Range<usize>,
    /// Terms of the sentence.
    pub(super) best: &'p [Term<'p>],
    /// Terms of the sentence and its neighbours.
    pub(super) terms: &'p [Term<'p>],
    words: HashSet<&'p str>,
}

impl<'p> Evidence<'p> {
    pub(super) fn of(passage: &'p Passage<'p>, corpus: &'p CorpusStatistics) -> Self {
        let mut sentences_of: HashMap<&str, Vec<usize>> = HashMap::new();
        for (number, sentence) in passage.sentences.iter().enumerate() {
            for term in passage.of_sentence(sentence).iter().filter(|term| term.is_content()) {
                for key in term.keys() {
                    let sentences = sentences_of.entry(key).or_default();
                    if sentences.last() != Some(&number) && sentences.len() <= SENTENCES_OF_WORD_MAX {
                        sentences.push(number);
                    }
                }
            }
        }
        Self { passage, corpus, sentences_of }
    }

    /// The part of the evidence that has most of a claim's words; of equals the first. None if it has no word.
    pub(super) fn window_for(&self, claim: &[Term<'_>]) -> Option<Window<'p>> {
        let mut hits: BTreeMap<usize, f64> = BTreeMap::new();
        for term in claim.iter().filter(|term| term.is_content()) {
            let Some(sentences) = term.keys().find_map(|key| self.sentences_of.get(key)) else { continue };
            // A word of few sentences tells more of where to look than one of many.
            let among = number(self.passage.sentences.len() as u64) / number(sentences.len() as u64);
            let weight = self.corpus.weight(&term.stem) * (1.0 + among.ln());
            for sentence in sentences.iter().take(SENTENCES_OF_WORD_MAX) {
                *hits.entry(*sentence).or_default() += weight;
            }
        }
        let best = hits.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best })?.0;
        let sentences = &self.passage.sentences;
        let last = (best + 1).min(sentences.len() - 1);
        let terms =
            &self.passage.terms[sentences[best.saturating_sub(1)].terms.start..sentences[last].terms.end];
        let words = terms.iter().flat_map(Term::keys).collect();
        let sentence = sentences[best].bytes.clone();
        Some(Window { sentence, best: &self.passage.terms[sentences[best].terms.clone()], terms, words })
    }
}

impl Window<'_> {
    /// Whether the evidence has a word, or one with the same root.
    pub(super) fn has(&self, term: &Term<'_>) -> bool {
        term.keys().any(|key| self.words.contains(key))
    }
}
