//! The stem of an English word: what is left when its endings are taken off.
//!
//! Method: M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, as published, without the later departures.
//! Words that are not all ASCII letters are their own stems; so are those of other languages, more or less.

/// The stem of a word, in lower case.
pub(crate) fn stem(word: &str) -> String {
    let lower = word.to_lowercase();
    if lower.len() <= 2 || !lower.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return lower;
    }
    let mut stem = Stem(lower);
    stem.plural();
    stem.past();
    if stem.ends("y") && stem.has_vowel(1) {
        stem.replace(1, "i");
    }
    stem.replace_ending(STEP_2, 1);
    stem.replace_ending(STEP_3, 1);
    stem.drop_ending();
    stem.final_e();
    stem.0
}

/// Endings and what takes their place, longer ones first where one ends another.
#[rustfmt::skip]
const STEP_2: &[(&str, &str)] = &[
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"),
    ("alli", "al"), ("entli", "ent"), ("ousli", "ous"), ("eli", "e"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"),
    ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"),
    ("biliti", "ble"),
];

#[rustfmt::skip]
const STEP_3: &[(&str, &str)] = &[
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
];

/// Endings that go from a stem of measure 2 or more, longer ones first where one ends another.
#[rustfmt::skip]
const STEP_4: &[&str] = &[
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous",
    "ive", "ize",
];

/// A word of ASCII letters in lower case on its way to its stem.
struct Stem(String);

impl Stem {
    fn ends(&self, ending: &str) -> bool {
        self.0.ends_with(ending)
    }

    /// The word without its last letters.
    fn without(&self, letters: usize) -> &[u8] {
        &self.0.as_bytes()[..self.0.len() - letters]
    }

    fn replace(&mut self, letters: usize, by: &str) {
        self.0.truncate(self.0.len() - letters);
        self.0.push_str(by);
    }

    fn measure(&self, letters: usize) -> usize {
        let word = self.without(letters);
        (1..word.len()).filter(|at| is_consonant(word, *at) && !is_consonant(word, at - 1)).count()
    }

    fn has_vowel(&self, letters: usize) -> bool {
        let word = self.without(letters);
        (0..word.len()).any(|at| !is_consonant(word, at))
    }

    /// Whether it ends in consonant, vowel, consonant, the last not `w`, `x` or `y`.
    fn ends_cvc(&self, letters: usize) -> bool {
        let word = self.without(letters);
        let Some(last) = word.len().checked_sub(1).filter(|last| *last >= 2) else { return false };
        is_consonant(word, last)
            && !is_consonant(word, last - 1)
            && is_consonant(word, last - 2)
            && !matches!(word[last], b'w' | b'x' | b'y')
    }

    fn ends_double(&self) -> bool {
        let word = self.0.as_bytes();
        word.len() >= 2 && word[word.len() - 1] == word[word.len() - 2] && is_consonant(word, word.len() - 1)
    }

    /// Step 1a.
    fn plural(&mut self) {
        if self.ends("sses") || self.ends("ies") {
            self.replace(2, "");
        } else if self.ends("s") && !self.ends("ss") {
            self.replace(1, "");
        }
    }

    /// Step 1b.
    fn past(&mut self) {
        if self.ends("eed") {
            if self.measure(3) > 0 {
                self.replace(1, "");
            }
            return;
        }
        let ending = ["ed", "ing"].into_iter().find(|ending| self.ends(ending)).map_or(0, str::len);
        if ending == 0 || !self.has_vowel(ending) {
            return;
        }
        self.replace(ending, "");
        if self.ends("at") || self.ends("bl") || self.ends("iz") {
            self.replace(0, "e");
        } else if self.ends_double() && !(self.ends("l") || self.ends("s") || self.ends("z")) {
            self.replace(1, "");
        } else if self.measure(0) == 1 && self.ends_cvc(0) {
            self.replace(0, "e");
        }
    }

    /// Steps 2 and 3: the first ending that fits is replaced if enough is left.
    fn replace_ending(&mut self, endings: &[(&str, &str)], measure_min: usize) {
        let found = endings.iter().find(|(ending, _)| self.ends(ending));
        if let Some((ending, by)) = found.filter(|(ending, _)| self.measure(ending.len()) >= measure_min) {
            self.replace(ending.len(), by);
        }
    }

    /// Step 4.
    fn drop_ending(&mut self) {
        let Some(ending) = STEP_4.iter().find(|ending| self.ends(ending)) else { return };
        let left = self.without(ending.len());
        let allowed = *ending != "ion" || matches!(left.last(), Some(b's' | b't'));
        if allowed && self.measure(ending.len()) >= 2 {
            self.replace(ending.len(), "");
        }
    }

    /// Step 5.
    fn final_e(&mut self) {
        if self.ends("e") && (self.measure(1) >= 2 || (self.measure(1) == 1 && !self.ends_cvc(1))) {
            self.replace(1, "");
        }
        if self.ends("ll") && self.measure(0) >= 2 {
            self.replace(1, "");
        }
    }
}

/// Whether a letter is a consonant; `y` is one at the beginning and behind a vowel.
fn is_consonant(word: &[u8], at: usize) -> bool {
    match word[at] {
        b'a' | b'e' | b'i' | b'o' | b'u' => false,
        b'y' => {
            // A run of y alternates, so its length decides; counting back keeps a word of only y from recursing.
            let run = word[..at].iter().rev().take_while(|letter| **letter == b'y').count();
            let before = at - run;
            let first = before == 0 || !is_consonant(word, before - 1);
            first == run.is_multiple_of(2)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_s_examples_come_out_as_printed() {
        let pairs = [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("cats", "cat"),
            ("feed", "feed"),
            ("agreed", "agre"),
            ("plastered", "plaster"),
            ("bled", "bled"),
            ("motoring", "motor"),
            ("sing", "sing"),
            ("conflated", "conflat"),
            ("hopping", "hop"),
            ("falling", "fall"),
            ("filing", "file"),
            ("happy", "happi"),
            ("sky", "sky"),
            ("relational", "relat"),
            ("conditional", "condit"),
            ("digitizer", "digit"),
            ("vietnamization", "vietnam"),
            ("operator", "oper"),
            ("hopefulness", "hope"),
            ("triplicate", "triplic"),
            ("formative", "form"),
            ("electrical", "electr"),
            ("revival", "reviv"),
            ("adjustable", "adjust"),
            ("replacement", "replac"),
            ("adoption", "adopt"),
            ("effective", "effect"),
            ("probate", "probat"),
            ("rate", "rate"),
            ("controll", "control"),
            ("roll", "roll"),
            ("yyyy", "yyyi"),
            ("snowed", "snow"),
            ("boxing", "box"),
        ];
        for (word, expected) in pairs {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn forms_of_a_word_meet_and_other_words_stay() {
        assert_eq!(stem("Connections"), stem("connected"));
        assert_eq!(
            (stem("Café"), stem("x86"), stem("is")),
            ("café".to_owned(), "x86".to_owned(), "is".to_owned())
        );
    }
}
