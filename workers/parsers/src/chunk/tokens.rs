//! How many tokens a text has for the model that will read it: counted by that model's tokenizer, or estimated.

/// Counts the tokens of a text.
pub trait CountTokens: Send + Sync {
    /// What counted, for the record; two that count differently are called differently.
    fn name(&self) -> &str;

    /// Tokens of the text, without those that a model puts around it.
    fn count(&self, text: &str) -> usize;
}

/// Counts without a model: close to the word pieces of BERT for English and code, and rather too many than too few. The README says
/// how close.
#[derive(Clone, Copy, Debug, Default)]
pub struct Estimate;

/// Letters of a word that a vocabulary mostly knows whole.
const WHOLE_LETTERS: usize = 6;
/// Letters of each further piece.
const PIECE_LETTERS: usize = 3;

impl CountTokens for Estimate {
    fn name(&self) -> &'static str {
        "estimate"
    }

    fn count(&self, text: &str) -> usize {
        let (mut tokens, mut word) = (0, Word::default());
        for character in text.chars() {
            if character.is_ascii_alphabetic() {
                word.letters += 1;
                word.capitals += usize::from(character.is_ascii_uppercase() && word.letters > 1);
            } else if character.is_ascii_digit() {
                word.digits += 1;
            } else {
                tokens += std::mem::take(&mut word).tokens();
                tokens += foreign(character);
            }
        }
        tokens += word.tokens();
        tokens + (tokens * 3).div_ceil(20) // So that one passage in twenty or so is under the truth, and not every second one.
    }
}

/// A run of ASCII letters and digits.
#[derive(Default)]
struct Word {
    letters: usize,
    capitals: usize,
    digits: usize,
}

impl Word {
    fn tokens(&self) -> usize {
        let Self { letters, capitals, digits } = *self;
        match (letters, digits) {
            (0, 0) => 0,
            // Numbers come in pieces of two or three digits, years in one.
            (0, _) => digits.div_ceil(2),
            // Letters and digits in turn, as in hashes and base64, make pieces of one or two characters.
            (_, 1..) => (letters + digits).div_ceil(2) + 1,
            // `DocumentBuilder` is no word that a vocabulary knows.
            _ if capitals > 0 => letters.div_ceil(PIECE_LETTERS).max(1),
            _ => 1 + letters.saturating_sub(WHOLE_LETTERS).div_ceil(PIECE_LETTERS),
        }
    }
}

/// What a character outside of ASCII words costs at most: most alphabets go letter by letter, syllables of Korean by their parts.
fn foreign(character: char) -> usize {
    match character {
        _ if character.is_whitespace() || character.is_control() => 0,
        '\u{ac00}'..='\u{d7a3}' => 3,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_spaces_does_not_fool_it() {
        // Beside each what the word pieces of all-MiniLM-L6-v2 are.
        let cases = [
            ("漢字テスト日本語の文章", 11),
            ("한국어 문장입니다", 21),
            ("Привет как дела мой друг", 20),
            ("שלום עולם וברכה", 13),
            ("aGVsbG8gd29ybGQgdGhpcyBpcyBiYXNlNjQ=", 27),
            ("0xdeadbeef 550e8400-e29b-41d4-a716-446655440000", 29),
            ("😀🎉👩‍👩‍👧 ok", 2),
        ];
        for (text, truth) in cases {
            let told = Estimate.count(text);
            assert!(told * 10 >= truth * 7 && told <= truth * 2 + 10, "{text}: {told} for {truth}");
        }
        assert!(Estimate.count(&"a".repeat(3000)) >= 900);
        assert_eq!((Estimate.count(""), Estimate.count(" \u{200b}\n")), (0, 2));
    }
}
