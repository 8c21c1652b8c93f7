//! Which words of a passage lead to others, and which of those it leads to are the most telling.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::sample::WordSample;
use crate::query::search::quoted_lexeme;

/// Words that about so many passages hold lead nowhere alone.
const HELD_BY_MAX: f64 = 60.0;
/// Most leads of one sentence, and of one passage.
const OF_SENTENCE_MAX: usize = 3;
const OF_PASSAGE_MAX: usize = 32;
/// Words of a sentence that are looked at for pairs and triples: its rarest.
const COMBINED_MAX: usize = 5;
/// Pairs and triples of one sentence: its most telling, since each reads long lists of the index.
const COMBINED_OF_SENTENCE_MAX: usize = 1;
/// Passages that may hold the words of a pair or triple, added up: so many entries of the index are read at most, whatever is found.
const READ_MAX: f64 = 8_000.0;

/// What is looked up in the index.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::query) struct Lead {
    /// One word, or several that must stand in one passage, as a query.
    pub(in crate::query) query: String,
    /// The sentences that have it.
    pub(in crate::query) sentences: Vec<usize>,
    /// How much it tells, as in BM25 (Robertson and Zaragoza 2009, section 3).
    pub(in crate::query) weight: f64,
}

/// The leads of a passage, from the words of its sentences: of each the rarest words, and where those are common, pairs and
/// triples. Numbers lead nowhere, since it is they that may differ.
pub(in crate::query) fn leads_of(sentences: &[Vec<String>], sample: &WordSample) -> Vec<Lead> {
    let mut leads: Vec<Lead> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let by_sentence: Vec<Vec<(String, f64)>> =
        sentences.iter().map(|words| of_sentence(words, sample)).collect();
    // The first lead of each sentence before the second of any.
    for place in 0..OF_SENTENCE_MAX {
        for (sentence, found) in by_sentence.iter().enumerate() {
            let Some((query, held_by)) = found.get(place) else { continue };
            if let Some(lead) = known.get(query) {
                leads[*lead].sentences.push(sentence);
            } else if leads.len() < OF_PASSAGE_MAX {
                known.insert(query.clone(), leads.len());
                let weight = (1.0 + sample.passages() / held_by).ln();
                leads.push(Lead { query: query.clone(), sentences: vec![sentence], weight });
            }
        }
    }
    leads
}

/// Up to three queries with about how many passages hold each, the rarest first.
fn of_sentence(words: &[String], sample: &WordSample) -> Vec<(String, f64)> {
    let telling = words.iter().filter(|word| is_telling(word)).collect::<BTreeSet<_>>();
    let mut words: Vec<(&str, f64)> =
        telling.into_iter().map(|word| (word.as_str(), sample.held_by(word))).collect();
    words.sort_by(|one, other| one.1.total_cmp(&other.1).then_with(|| one.0.cmp(other.0)));
    let alone = words.iter().take_while(|(_, held_by)| *held_by <= HELD_BY_MAX).take(OF_SENTENCE_MAX);
    let mut found: Vec<(String, f64)> =
        alone.map(|(word, held_by)| (quoted_lexeme(word), *held_by)).collect();
    let common: Vec<(&str, f64)> = words.into_iter().skip(found.len()).take(COMBINED_MAX).collect();
    let room = (OF_SENTENCE_MAX - found.len()).min(COMBINED_OF_SENTENCE_MAX);
    found.extend(combined(&common, sample).into_iter().take(room));
    found
}

/// Pairs of common words that stand together in few passages, as far as they are independent; else triples.
fn combined(words: &[(&str, f64)], sample: &WordSample) -> Vec<(String, f64)> {
    let all = sample.passages().max(1.0);
    let mut found = Vec::new();
    let few = |words: &[(&str, f64)]| words.iter().map(|(_, held_by)| held_by).sum::<f64>() <= READ_MAX;
    for (at, one) in words.iter().enumerate() {
        for (next, other) in words.iter().enumerate().skip(at + 1).filter(|(_, other)| few(&[*one, **other]))
        {
            let pair =
                (format!("{} & {}", quoted_lexeme(one.0), quoted_lexeme(other.0)), one.1 * other.1 / all);
            if pair.1 <= HELD_BY_MAX {
                found.push(pair);
                continue;
            }
            for third in words[next + 1..].iter().filter(|third| few(&[*one, *other, **third])) {
                found.push((format!("{} & {}", pair.0, quoted_lexeme(third.0)), pair.1 * third.1 / all));
            }
        }
    }
    found.retain(|(_, held_by)| *held_by <= HELD_BY_MAX);
    for (_, held_by) in &mut found {
        *held_by = held_by.max(1.0);
    }
    found.sort_by(|one, other| one.1.total_cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
    found
}

/// Whether a word may lead to what speaks of the same: it has two letters or more.
fn is_telling(word: &str) -> bool {
    word.chars().filter(|character| character.is_alphabetic()).count() >= 2
}

/// A passage: its document, and its number in it.
type Place = (Uuid, i32);

/// The `most` places that share the most telling words with one sentence; those that share more with all break ties.
pub(in crate::query) fn best(leads: &[Lead], held: &[(usize, Place)], most: usize) -> Vec<Place> {
    let mut held: Vec<(Place, usize)> = held.iter().map(|(lead, place)| (*place, *lead)).collect();
    held.sort_unstable();
    let sentences = leads.iter().flat_map(|lead| &lead.sentences).max().map_or(0, |last| last + 1);
    let mut by_sentence = vec![0.0; sentences];
    let mut shares = |held: &[(Place, usize)]| {
        by_sentence.fill(0.0);
        let mut all = 0.0;
        for lead in held.iter().filter_map(|(_, lead)| leads.get(*lead)) {
            all += lead.weight;
            for sentence in &lead.sentences {
                by_sentence[*sentence] += lead.weight;
            }
        }
        (held[0].0, by_sentence.iter().copied().fold(0.0, f64::max), all)
    };
    let mut places: Vec<(Place, f64, f64)> =
        held.chunk_by(|one, other| one.0 == other.0).map(&mut shares).collect();
    places.sort_by(|one, other| {
        (other.1.total_cmp(&one.1)).then_with(|| other.2.total_cmp(&one.2)).then_with(|| one.0.cmp(&other.0))
    });
    places.into_iter().take(most).map(|(place, ..)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(words: &str) -> Vec<String> {
        words.split(' ').map(str::to_owned).collect()
    }

    fn queries(leads: &[Lead]) -> Vec<&str> {
        leads.iter().map(|lead| lead.query.as_str()).collect()
    }

    #[test]
    fn rare_words_lead_and_numbers_do_not() {
        let sample = WordSample::of(&[("time", 2.0), ("request", 4.0)], 1_000.0, 1_000.0);
        let leads = leads_of(&[sentence("30 s request time")], &sample);
        assert_eq!(queries(&leads), ["'time'", "'request'"]);
        assert!(leads[0].weight > leads[1].weight);
    }

    #[test]
    fn common_words_lead_together_only() {
        let sample =
            WordSample::of(&[("time", 100.0), ("request", 100.0), ("server", 900.0)], 1_000.0, 4_000.0);
        assert_eq!(queries(&leads_of(&[sentence("request time server")], &sample)), ["'request' & 'time'"]);
        let sample = WordSample::of(&[("time", 900.0), ("request", 900.0)], 1_000.0, 4_000.0);
        assert_eq!(leads_of(&[sentence("request time")], &sample), [], "nothing that many hold is looked up");
    }

    #[test]
    fn what_takes_long_to_look_up_does_not_lead() {
        let pair = |passages: f64| {
            let sample = WordSample::of(&[("time", 5.0), ("request", 5.0)], 1_000.0, passages);
            leads_of(&[sentence("request time")], &sample).len()
        };
        // In both few passages hold the pair, in the larger corpus 5,000 each of its words.
        assert_eq!((pair(100_000.0), pair(1_000_000.0)), (1, 0));
    }

    #[test]
    fn each_sentence_leads_before_any_leads_twice() {
        let sample = WordSample::default();
        let sentences: Vec<Vec<String>> =
            (0..40).map(|number| sentence(&format!("alpha{number} beta{number} all"))).collect();
        let leads = leads_of(&sentences, &sample);
        assert_eq!(leads.len(), OF_PASSAGE_MAX);
        assert_eq!(leads[0].sentences.len(), 40, "a word that all have is one lead");
    }

    #[test]
    fn those_that_share_most_with_one_sentence_come_first() {
        let lead = |query: &str, sentences: Vec<usize>| Lead { query: query.into(), sentences, weight: 1.0 };
        let leads = [lead("'a'", vec![0]), lead("'b'", vec![0]), lead("'c'", vec![1]), lead("'d'", vec![2])];
        let place = |number: u128| (Uuid::from_u128(number), 0);
        let held = [(0, place(1)), (2, place(1)), (3, place(1)), (0, place(2)), (1, place(2)), (2, place(3))];
        assert_eq!(best(&leads, &held, 2), [place(2), place(1)]);
    }
}
