//! Pieces that are cut by a list instead of the rules: contractions, times of day, abbreviations and emoticons.
//!
//! Source: `spacy/lang/en/tokenizer_exceptions.py` and `spacy/lang/tokenizer_exceptions.py`; the list is built the same
//! way from its stems.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::LazyLock,
};

use super::emoticons::EMOTICONS;

/// Byte lengths of the tokens of each special case.
type Table = HashMap<String, Vec<u8>, BuildHasherDefault<Fnv1a>>;

static SPECIAL_CASES: LazyLock<Table> = LazyLock::new(build);

/// No special case is longer, in bytes; longer pieces need no look-up.
const BYTES_MAX: usize = 18;

const PRONOUNS: [&str; 7] = ["i", "you", "he", "she", "it", "we", "they"];
const QUESTION_WORDS: [&str; 8] = ["who", "what", "when", "where", "why", "how", "there", "that"];
const NEGATED: [&str; 23] = [
    "ca", "could", "do", "does", "did", "had", "may", "might", "must", "need", "ought", "sha", "should",
    "wo", "would", "ai", "are", "is", "was", "were", "have", "has", "dare",
];
const WITH_HAVE: [&str; 5] = ["could", "might", "must", "should", "would"];

/// Contractions that are words of their own without their apostrophe.
const EXCLUDED: [&str; 16] = [
    "Ill", "ill", "Its", "its", "Hell", "hell", "Shell", "shell", "Shed", "shed", "were", "Were", "Well",
    "well", "Whore", "whore",
];

/// Cases of several tokens that follow no pattern; the tokens are separated by a space.
const CUT: [&str; 20] = [
    "y' all",
    "y’ all",
    "y all",
    "how 'd 'y",
    "How 'd 'y",
    "how ’d ’y",
    "How ’d ’y",
    "not 've",
    "not ’ve",
    "not ve",
    "Not 've",
    "Not ve",
    "can not",
    "Can not",
    "gon na",
    "Gon na",
    "got ta",
    "Got ta",
    "c'm on",
    "C'm on",
];

/// Cases of one token: abbreviations and words with an apostrophe.
const WHOLE: &str = "' '' \\\") <space> C++ a. b. c. d. e. f. g. h. i. j. k. l. m. n. o. p. q. r. s. t. u. v. w. x. y. \
    z. ä. ö. ü. 'S 's ‘S ‘s ’S ’s and/or w/o 're ’re 'Cause 'cause ’cause ’Cause 'cos 'Cos 'coz 'Coz 'cuz 'Cuz ’cos ’Cos \
    ’coz ’Coz ’cuz ’Cuz 'bout ’bout ma'am Ma'am ma’am Ma’am o'clock O'clock o’clock O’clock lovin' Lovin' lovin’ Lovin’ \
    havin' Havin' havin’ Havin’ doin' Doin' doin’ Doin’ goin' Goin' goin’ Goin’ nothin' Nothin' nothin’ Nothin’ \
    nuthin' Nuthin' nuthin’ Nuthin’ ol' Ol' ol’ Ol’ somethin' Somethin' somethin’ Somethin’ 'em ’em 'll ’ll 'nuff \
    ’nuff 'd ’d Mt. Ak. Ala. Apr. Ariz. Ark. Aug. Calif. Colo. Conn. Dec. Del. Feb. Fla. Ga. Ia. Id. Ill. Ind. Jan. Jul. \
    Jun. Kan. Kans. Ky. La. Mar. Mass. Mich. Minn. Miss. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Nov. Oct. Okla. \
    Ore. Pa. S.C. Sep. Sept. Tenn. Va. Wash. Wis. a.m. Adm. Bros. co. Co. Corp. D.C. Dr. e.g. E.g. E.G. Gen. Gov. i.e. \
    I.e. I.E. Inc. Jr. Ltd. Md. Messrs. Mo. Mont. Mr. Mrs. Ms. p.m. Ph.D. Prof. Rep. Rev. Sen. St. vs. v.s.";

/// Byte lengths of the tokens that a special case is cut into; `None` for any other piece.
pub(super) fn find(piece: &str) -> Option<&'static [u8]> {
    if piece.is_empty() || piece.len() > BYTES_MAX {
        return None;
    }
    SPECIAL_CASES.get(piece).map(Vec::as_slice)
}

fn build() -> Table {
    let mut cases = Cases::default();
    for apostrophe in ["'", "’", ""] {
        cases.add_contractions(apostrophe);
    }
    for hour in 1..=12 {
        for period in ["a.m.", "am", "p.m.", "pm"] {
            cases.add(&[&hour.to_string(), period]);
        }
    }
    for case in CUT {
        cases.add(&case.split(' ').collect::<Vec<_>>());
    }
    for excluded in EXCLUDED {
        cases.0.remove(excluded);
    }
    for case in WHOLE.split(' ').filter(|case| !case.is_empty()).chain(EMOTICONS) {
        cases.add(&[case]);
    }
    cases.0
}

/// The hash FNV-1a: quick for a few bytes. Every word is looked up, but the table itself never holds a foreign one.
struct Fnv1a(u64);

impl Default for Fnv1a {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv1a {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[derive(Default)]
struct Cases(Table);

impl Cases {
    fn add(&mut self, tokens: &[&str]) {
        let lengths = tokens.iter().filter_map(|token| u8::try_from(token.len()).ok()).collect();
        self.0.insert(tokens.concat(), lengths);
    }

    /// A stem and its endings, with the stem's first letter in both cases and `'` in the endings standing for the
    /// apostrophe.
    fn add_both(&mut self, stem: &str, endings: &[&str], apostrophe: &str) {
        let endings: Vec<String> = endings.iter().map(|ending| ending.replace('\'', apostrophe)).collect();
        let title = stem[..1].to_uppercase() + &stem[1..];
        for stem in [stem, &title] {
            let tokens: Vec<&str> = std::iter::once(stem).chain(endings.iter().map(String::as_str)).collect();
            self.add(&tokens);
        }
    }

    fn add_contractions(&mut self, apostrophe: &str) {
        self.add_both("i", &["'m"], apostrophe);
        self.add_both("i", &["'m", "a"], apostrophe);
        for pronoun in PRONOUNS {
            for endings in [&["'ll"][..], &["'ll", "'ve"], &["'d"], &["'d", "'ve"]] {
                self.add_both(pronoun, endings, apostrophe);
            }
        }
        for pronoun in ["i", "you", "we", "they"] {
            self.add_both(pronoun, &["'ve"], apostrophe);
        }
        for pronoun in ["you", "we", "they"] {
            self.add_both(pronoun, &["'re"], apostrophe);
        }
        for word in ["he", "she", "it", "let"] {
            // `lets` is a verb, and no contraction.
            if word != "let" || !apostrophe.is_empty() {
                self.add_both(word, &["'s"], apostrophe);
            }
        }
        for word in QUESTION_WORDS {
            for endings in
                [&["'s"][..], &["'ll"], &["'ll", "'ve"], &["'re"], &["'ve"], &["'d"], &["'d", "'ve"]]
            {
                self.add_both(word, endings, apostrophe);
            }
        }
        for verb in NEGATED {
            self.add_both(verb, &["n't"], apostrophe);
            self.add_both(verb, &["n't", "'ve"], apostrophe);
        }
        for verb in WITH_HAVE {
            self.add_both(verb, &["'ve"], apostrophe);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_special_case_is_longer_than_the_bound() {
        let longest = SPECIAL_CASES.keys().map(String::len).max();
        assert!(longest.is_some_and(|bytes| bytes <= BYTES_MAX), "{longest:?}");
    }

    #[test]
    fn the_tokens_of_a_special_case_are_as_long_as_it_is() {
        for (case, lengths) in SPECIAL_CASES.iter() {
            assert_eq!(
                lengths.iter().map(|length| usize::from(*length)).sum::<usize>(),
                case.len(),
                "{case}"
            );
        }
    }
}
