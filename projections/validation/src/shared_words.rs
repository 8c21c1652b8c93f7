//! How many words two sentences have in common: whether they may speak of the same at all, before anybody asks what they say of it.

use std::collections::BTreeSet;

use crate::passage::{Passage, Term};

/// Words with content of two texts, by their stems; numbers are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedWords {
    /// In both.
    pub shared: usize,
    /// In either.
    pub all: usize,
}

/// What two texts have in common.
pub fn shared_words(a: &str, b: &str) -> SharedWords {
    let (a, b) = (stems(a), stems(b));
    SharedWords { shared: a.intersection(&b).count(), all: a.union(&b).count() }
}

fn stems(text: &str) -> BTreeSet<String> {
    let terms = Passage::of(text).terms.into_iter().filter(Term::is_content);
    terms.map(|term| term.stem).filter(|stem| stem.chars().any(char::is_alphabetic)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_once_and_by_their_stems() {
        let counted = shared_words(
            "The cache keeps 3 entries, and the cache is cold.",
            "An entry of a cache is not cold",
        );
        assert_eq!(counted, SharedWords { shared: 3, all: 4 });
        assert_eq!(shared_words("", "a cache"), SharedWords { shared: 0, all: 1 });
    }
}
