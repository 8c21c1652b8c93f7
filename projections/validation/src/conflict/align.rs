//! Which sentences of two texts may speak of the same: those that share words.

use std::collections::{BTreeMap, HashMap};

use crate::passage::{Passage, Sentence};

/// Sentences of the second text that each one of the first is compared with.
const PARTNERS: usize = 3;

/// Sentences looked up for one word.
const SENTENCES_OF_WORD_MAX: usize = 200;

/// For each of the first sentences of `a` those of `b` that share most content words with it.
pub(super) fn pairs<'p>(
    a: &'p Passage<'_>,
    b: &'p Passage<'_>,
    sentences_max: usize,
) -> Vec<(&'p Sentence, &'p Sentence)> {
    let index = index(b, sentences_max);
    let mut pairs = Vec::new();
    for sentence in a.sentences.iter().take(sentences_max) {
        let mut shared: BTreeMap<usize, u32> = BTreeMap::new();
        for term in a.of_sentence(sentence).iter().filter(|term| term.is_content()) {
            let found = term.keys().find_map(|key| index.get(key));
            for number in found.into_iter().flatten() {
                *shared.entry(*number).or_default() += 1;
            }
        }
        let mut partners: Vec<(usize, u32)> = shared.into_iter().collect();
        partners.sort_by_key(|(number, count)| (std::cmp::Reverse(*count), *number));
        pairs.extend(partners.iter().take(PARTNERS).map(|(number, _)| (sentence, &b.sentences[*number])));
    }
    pairs
}

/// The sentences of each content word.
fn index<'p>(passage: &'p Passage<'_>, sentences_max: usize) -> HashMap<&'p str, Vec<usize>> {
    let mut index: HashMap<&str, Vec<usize>> = HashMap::new();
    for (number, sentence) in passage.sentences.iter().take(sentences_max).enumerate() {
        for term in passage.of_sentence(sentence).iter().filter(|term| term.is_content()) {
            for key in term.keys() {
                let sentences = index.entry(key).or_default();
                if sentences.last() != Some(&number) && sentences.len() < SENTENCES_OF_WORD_MAX {
                    sentences.push(number);
                }
            }
        }
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sentence_meets_those_that_share_most_words_with_it() {
        let (a, b) = (
            Passage::of("The cache holds ten entries. Cats sleep."),
            Passage::of("A log. The cache is cold. The cache holds entries."),
        );
        let met: Vec<_> = pairs(&a, &b, 10)
            .iter()
            .map(|(of_a, of_b)| (of_a.terms.start, &b.text[of_b.bytes.clone()]))
            .collect();
        assert_eq!(met, [(0, "The cache holds entries"), (0, "The cache is cold")]);
    }
}
