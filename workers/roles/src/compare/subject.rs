//! Whether two sentences that read like a contradiction speak of the same thing. Reference pages say the same of many things, each with
//! its own numbers; what shows that is left out, at the price of a conflict now and then that looks like it.

use std::collections::{BTreeMap, BTreeSet};

use event_model::family::conflict::Passage;
use read_models::query::Comparable;
use validation::{ConflictKind, SharedWords, shared_words};

/// Words that two sentences share at least where one denies the other: nothing else ties them together.
const SHARED_IN_DENIAL_MIN: usize = 3;
/// Words that they share at least where something else differs.
const SHARED_MIN: usize = 2;

/// A sentence that differs from so many others is a formula with places to fill in.
const VARIANTS_MIN: usize = 4;

/// Whether both passages stand below headings that may name one thing: if both name identifiers, they share one.
pub(super) fn may_be_the_same(one: &Comparable, other: &Comparable) -> bool {
    let (one, other) = (identifiers(&one.heading_path), identifiers(&other.heading_path));
    one.is_empty() || other.is_empty() || !one.is_disjoint(&other)
}

/// Words that name something in code: with an underscore, a path, a call, or a capital inside.
fn identifiers(headings: &[String]) -> BTreeSet<&str> {
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '(');
    let words = headings.iter().flat_map(|heading| heading.split(move |c| !in_word(c)));
    words.filter(|word| is_identifier(word)).map(|word| word.split('(').next().unwrap_or(word)).collect()
}

fn is_identifier(word: &str) -> bool {
    let hump =
        word.chars().zip(word.chars().skip(1)).any(|(one, next)| one.is_lowercase() && next.is_uppercase());
    let named = word.chars().any(char::is_alphabetic);
    named && (hump || word.contains('_') || word.contains("::") || word.contains('('))
}

/// Whether two sentences that were brought together by a rare word or two say anything of one thing: half of their words are the
/// same. A declaration names its function; that of a method, which many types have, stands below headings that name one thing.
pub(super) fn share_a_subject(kind: ConflictKind, sides: &[Passage; 2]) -> bool {
    let least = match kind {
        ConflictKind::Signature if sides.iter().any(is_method) => {
            let [one, other] = sides;
            return !identifiers(&one.heading_path).is_disjoint(&identifiers(&other.heading_path));
        }
        ConflictKind::Signature => return true,
        ConflictKind::Negation => SHARED_IN_DENIAL_MIN,
        _ => SHARED_MIN,
    };
    let SharedWords { shared, all } = shared_words(&sides[0].text, &sides[1].text);
    shared >= least && 2 * shared >= all
}

/// Whether a declaration is one of something that a type has.
fn is_method(declaration: &Passage) -> bool {
    let parameters = declaration.text.split_once('(').map_or("", |(_, parameters)| parameters);
    let first = parameters.split([',', ')', ':']).next().unwrap_or_default();
    first.trim_start_matches(['&', ' ']).trim_start_matches("mut ").trim() == "self"
}

/// Whether one of the passages says both: then both hold, each of its own thing.
pub(super) fn says_both(one: &Comparable, other: &Comparable, sides: &[Passage; 2]) -> bool {
    one.text.contains(&sides[1].text) || other.text.contains(&sides[0].text)
}

/// Whether what differs is a number by which something is found, such as `#1234`.
pub(super) fn is_reference(side: &Passage) -> bool {
    let Some(span) = side.span else { return false };
    let mut before = side.text.chars().skip((span.start as usize).saturating_sub(1));
    let first = before.next();
    first == Some('#') || (span.start > 0 && before.next() == Some('#'))
}

/// The sentences, of pairs that differ, that differ from many others.
pub(super) fn formulas<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeSet<String> {
    let mut variants: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (own, other) in pairs {
        variants.entry(own).or_default().insert(other);
    }
    let many = variants.into_iter().filter(|(_, others)| others.len() >= VARIANTS_MIN);
    many.map(|(own, _)| own.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use event_model::TextRange;
    use uuid::Uuid;

    use super::*;

    fn below(headings: &[&str]) -> Comparable {
        Comparable {
            document_id: Uuid::nil(),
            name: "a".into(),
            ordinal: 0,
            heading_path: headings.iter().map(ToString::to_string).collect(),
            start_char: 0,
            text: "It is 10. It is 20.".into(),
        }
    }

    fn side(text: &str, start: u32, end: u32) -> Passage {
        let range = TextRange::default();
        let span = Some(TextRange { start, end });
        Passage {
            document: Uuid::nil(),
            range,
            text: text.into(),
            span,
            heading_path: Vec::new(),
            chunk: None,
        }
    }

    #[test]
    fn headings_that_name_different_identifiers_are_about_different_things() {
        let same = |one: &[&str], other: &[&str]| may_be_the_same(&below(one), &below(other));
        assert!(!same(&["Function _mm_sra_epi32"], &["Function _mm_sra_epi16"]));
        assert!(!same(&["open(path)"], &["close(file)"]));
        assert!(same(&["Limits"], &["Time outs"]));
        assert!(same(&["Limits"], &["HashMap"]));
        assert!(same(&["Notes on open(path)"], &["open(path, flags)"]));
        assert!(same(&["std::fs", "File"], &["std::fs"]));
    }

    #[test]
    fn sentences_that_share_a_word_or_two_are_not_about_one_thing() {
        let share =
            |kind, one: &str, other: &str| share_a_subject(kind, &[side(one, 0, 1), side(other, 0, 1)]);
        let negation = |one, other| share(ConflictKind::Negation, one, other);
        assert!(negation("The server never retries a failed request", "A failed request is retried"));
        assert!(!negation("Nodes for each region", "First steps for a region without a node"));
        assert!(!negation(
            "The bytes that arrived are not the bytes that were uploaded",
            "A hit returns exactly the bytes that were uploaded"
        ));
        let number = |one, other| share(ConflictKind::Number, one, other);
        assert!(number("The request times out after 30 seconds", "A request times out after 2 minutes"));
        assert!(!number(
            "It runs every night at 02:30 UTC in each region",
            "On 14 October, between 08:52 and 10:37 UTC, builds in the Frankfurt region received old results"
        ));
        assert!(share(
            ConflictKind::Opposite,
            "Retries of requests are enabled",
            "Retries of requests are disabled"
        ));
        assert!(share(
            ConflictKind::Signature,
            "fn open(path: &Path) -> File",
            "fn open(a: u8, b: u8, c: u8)"
        ));
    }

    #[test]
    fn methods_of_one_name_are_compared_below_headings_that_name_one_type() {
        let method = |text: &str, heading: &str| Passage {
            heading_path: vec![heading.to_owned()],
            ..side(text, 0, 1)
        };
        let same = |one: &str, other: &str| {
            let sides = [method("fn get(&mut self) -> u8", one), method("fn get(&self, at: u8)", other)];
            share_a_subject(ConflictKind::Signature, &sides)
        };
        assert!(same("RingBuffer", "Methods of RingBuffer"));
        assert!(!same("RingBuffer", "HashMap") && !same("Methods", "Examples"));
        assert!(!is_method(&side("fn get(itself: u8)", 0, 1)) && is_method(&side("def get(self):", 0, 1)));
    }

    #[test]
    fn a_passage_that_says_both_contradicts_nothing() {
        let (one, sides) = (below(&[]), [side("It is 10", 6, 8), side("It is 20", 6, 8)]);
        let other = Comparable { text: "It is 20.".into(), ..below(&[]) };
        assert!(says_both(&one, &other, &sides));
        let one = Comparable { text: "It is 10.".into(), ..below(&[]) };
        assert!(!says_both(&one, &other, &sides));
    }

    #[test]
    fn a_reference_is_no_amount() {
        assert!(is_reference(&side("The issue is #12", 14, 16)));
        assert!(is_reference(&side("The issue is #12", 13, 16)));
        assert!(is_reference(&side("#12", 0, 3)));
        assert!(!is_reference(&side("The limit is 12", 13, 15)));
    }

    #[test]
    fn a_sentence_with_many_variants_is_a_formula() {
        let others = ["b", "c", "d", "e"];
        let pairs = |count: usize| others.iter().take(count).map(|other| ("a", *other));
        assert_eq!(formulas(pairs(4)).len(), 1);
        assert_eq!(formulas(pairs(3)).len(), 0);
        assert_eq!(formulas(["b", "b", "b", "b"].into_iter().map(|other| ("a", other))).len(), 0);
    }
}
