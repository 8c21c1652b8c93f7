//! Words and punctuation marks of a text, cut close to how spaCy's English tokenizer cuts them.
//!
//! The filters' figures depend on it: with another tokenizer one text in seven is judged differently. The method is
//! spaCy's (`spacy/tokenizer.pyx`): cut at white space; look the piece up among the special cases; otherwise strip
//! affixes until nothing changes; keep what looks like a web address; cut the rest at infixes; at last join emoticons.
//! Not handled: languages other than English, and spaces as tokens.

mod affixes;
mod character_sets;
mod emoticons;
mod special_cases;
mod web_address;

use crate::characters::is_space;

/// The words and marks of a text, in order. No token is empty or holds white space; together they are the text without
/// its white space. Takes time in proportion to the length of the text.
pub fn words(text: &str) -> Vec<&str> {
    let mut tokens = Vec::with_capacity(text.len() / 5);
    for piece in text.split(is_space).filter(|piece| !piece.is_empty()) {
        let first = tokens.len();
        cut_piece(piece, &mut tokens);
        emoticons::join(piece, &mut tokens, first);
    }
    tokens
}

/// Cuts a piece without white space.
fn cut_piece<'a>(piece: &'a str, tokens: &mut Vec<&'a str>) {
    let mut suffixes = Vec::new();
    // Plain letters have no affixes and no infixes: most words are done at once.
    let plain = piece.bytes().all(|byte| byte.is_ascii_alphabetic());
    let core = if plain { piece } else { strip_affixes(piece, tokens, &mut suffixes) };
    if let Some(parts) = special_cases::find(core) {
        let mut rest = core;
        for length in parts {
            let (part, after) = rest.split_at(usize::from(*length));
            tokens.push(part);
            rest = after;
        }
    } else if plain || web_address::is_address(core) {
        tokens.push(core);
    } else {
        affixes::cut_at_infixes(core, tokens);
    }
    tokens.extend(suffixes.into_iter().rev());
}

/// Strips prefixes into `tokens` and suffixes, outermost first, into `suffixes` until a special case or nothing is
/// left, or nothing more comes off. Returns what is left.
fn strip_affixes<'a>(piece: &'a str, tokens: &mut Vec<&'a str>, suffixes: &mut Vec<&'a str>) -> &'a str {
    let mut rest = piece;
    while !rest.is_empty() && special_cases::find(rest).is_none() {
        let prefix = affixes::prefix_length(rest);
        if prefix > 0 && special_cases::find(&rest[prefix..]).is_some() {
            tokens.push(&rest[..prefix]);
            return &rest[prefix..];
        }
        let suffix = affixes::suffix_length(&rest[prefix..]);
        if suffix > 0 && special_cases::find(&rest[..rest.len() - suffix]).is_some() {
            suffixes.push(&rest[rest.len() - suffix..]);
            return &rest[..rest.len() - suffix];
        }
        if prefix + suffix == 0 {
            break;
        }
        if prefix > 0 {
            tokens.push(&rest[..prefix]);
        }
        if suffix > 0 {
            suffixes.push(&rest[rest.len() - suffix..]);
        }
        rest = &rest[prefix..rest.len() - suffix];
    }
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Cuts `text` and joins the tokens with `|`, so that an example reads like its text.
    fn cut(text: &str) -> String {
        words(text).join("|")
    }

    #[test]
    fn punctuation_comes_off_both_ends() {
        assert_eq!(cut("Hello, world!"), "Hello|,|world|!");
        assert_eq!(cut("(see 'this')."), "(|see|'|this|'|)|.");
        assert_eq!(cut("wait... what…"), "wait|...|what|…");
        assert_eq!(cut("-- - --x *bold*"), "--|-|--x|*|bold|*");
        assert_eq!(cut("**Note:** a"), "*|*|Note|:*|*|a");
    }

    #[test]
    fn contractions_and_possessives_are_cut() {
        assert_eq!(cut("I'm can't they'll've it's"), "I|'m|ca|n't|they|'ll|'ve|it|'s");
        assert_eq!(cut("John's don’t cannot gonna"), "John|'s|do|n’t|can|not|gon|na");
        assert_eq!(cut("its well were Hell"), "its|well|were|Hell");
    }

    #[test]
    fn abbreviations_keep_their_point_and_sentences_do_not() {
        assert_eq!(cut("Mr. Smith, e.g. U.S. end."), "Mr.|Smith|,|e.g.|U.S.|end|.");
        assert_eq!(cut("In 1999. NASA. A. b."), "In|1999|.|NASA|.|A.|b.");
        assert_eq!(cut("(etc.). 8am 10p.m."), "(|etc|.|)|.|8|am|10|p.m.");
    }

    #[test]
    fn numbers_currencies_and_units_are_cut_apart() {
        assert_eq!(cut("$5 5% 10km 1,000.5 3+4 20°"), "$|5|5|%|10|km|1,000.5|3|+|4|20|°");
        assert_eq!(cut("US$100 +5 -5 5+"), "US$|100|+5|-5|5|+");
    }

    #[test]
    fn hyphens_slashes_and_commas_between_letters_are_infixes() {
        assert_eq!(cut("well-known and/or a,b either/or x=y"), "well|-|known|and/or|a|,|b|either|/|or|x|=|y");
        assert_eq!(cut("10-year-old 2020-21"), "10|-|year|-|old|2020|-|21");
        assert_eq!(cut("end.Start v1.2 snake_case"), "end|.|Start|v1.2|snake_case");
    }

    #[test]
    fn web_addresses_stay_whole() {
        assert_eq!(cut("(https://a.example.com/x-y?z=1)."), "(|https://a.example.com/x-y?z=1|)|.");
        assert_eq!(cut("see https://example.org/a-b/."), "see|https://example.org/a-b/.");
        assert_eq!(cut("mail me@example.org, example.com"), "mail|me@example.org|,|example.com");
    }

    #[test]
    fn emoticons_are_one_token() {
        assert_eq!(cut("Good :) (8) fine:)"), "Good|:)|(|8)|fine|:)");
        // spaCy takes a closing quotation in brackets for one, too.
        assert_eq!(cut("(a \"b\")."), "(|a|\"|b|\")|.");
    }

    proptest! {
        #[test]
        fn tokens_are_the_text_without_its_white_space(text in "(\\PC|[-a-z .,'\":/@()0-9\n]){0,60}") {
            let expected: String = text.chars().filter(|c| !is_space(*c)).collect();
            let tokens = words(&text);
            prop_assert!(tokens.iter().all(|t| !t.is_empty()));
            prop_assert_eq!(tokens.concat(), expected);
        }
    }
}
