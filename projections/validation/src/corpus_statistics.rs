//! How rare words are in a corpus, so that rare ones count for more.

use std::collections::{BTreeSet, HashMap};

use crate::passage::Passage;

/// Least weight of a word that every text holds.
const WEIGHT_MIN: f64 = 0.1;

/// In how many texts of a corpus each stem stands.
#[derive(Clone, Debug, Default)]
pub struct CorpusStatistics {
    texts: u32,
    texts_of_stem: HashMap<String, u32>,
}

impl CorpusStatistics {
    /// Counts one more text.
    pub fn add(&mut self, text: &str) {
        let passage = Passage::of(text);
        let stems: BTreeSet<&str> = passage.terms.iter().map(|term| term.stem.as_str()).collect();
        for stem in stems {
            *self.texts_of_stem.entry(stem.to_owned()).or_default() += 1;
        }
        self.texts = self.texts.saturating_add(1);
    }

    /// Inverse document frequency between 0.1 and 1: 1 for a stem that no text holds, and for every one without texts.
    pub(crate) fn weight(&self, stem: &str) -> f64 {
        if self.texts == 0 {
            return 1.0;
        }
        let (all, with) =
            (f64::from(self.texts), f64::from(self.texts_of_stem.get(stem).copied().unwrap_or(0)));
        (((1.0 + all) / (1.0 + with)).ln() / (1.0 + all).ln()).max(WEIGHT_MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_weigh_more() {
        let mut corpus = CorpusStatistics::default();
        assert!((corpus.weight("x") - 1.0).abs() < f64::EPSILON);
        for text in ["the log", "the logs", "the fence"] {
            corpus.add(text);
        }
        assert!((corpus.weight("unheard") - 1.0).abs() < 1e-12);
        assert!(
            corpus.weight("unheard") > corpus.weight("fenc") && corpus.weight("fenc") > corpus.weight("log")
        );
        assert!((corpus.weight("the") - WEIGHT_MIN).abs() < 1e-12);
    }
}
