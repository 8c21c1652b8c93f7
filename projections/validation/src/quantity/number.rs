//! Numbers in digits and words, with their unit, and versions.

use super::{Value, unit::unit};
use crate::passage::Term;

/// Numbers in words. `One`, `first` and `second` are left out: they are pronouns, adverbs and
/// units more often.
#[rustfmt::skip]
const WORDS: &[(&str, f64)] = &[
    ("two", 2.0), ("three", 3.0), ("four", 4.0), ("five", 5.0), ("six", 6.0), ("seven", 7.0), ("eight", 8.0), ("nine", 9.0), ("ten", 10.0),
    ("eleven", 11.0), ("twelve", 12.0), ("thirteen", 13.0), ("fifteen", 15.0), ("sixteen", 16.0), ("twenty", 20.0), ("thirty", 30.0),
    ("forty", 40.0), ("fifty", 50.0), ("sixty", 60.0), ("seventy", 70.0), ("eighty", 80.0), ("ninety", 90.0), ("dozen", 12.0),
    ("third", 3.0), ("fourth", 4.0), ("fifth", 5.0), ("sixth", 6.0), ("seventh", 7.0), ("eighth", 8.0),
    ("ninth", 9.0), ("tenth", 10.0), ("hundred", 100.0), ("thousand", 1e3), ("million", 1e6), ("billion", 1e9),
];

/// Words that multiply the number before them.
const MULTIPLIERS: [(&str, f64); 5] =
    [("hundred", 100.0), ("thousand", 1e3), ("million", 1e6), ("billion", 1e9), ("trillion", 1e12)];

/// Words before a number that make it a version.
const VERSION_WORDS: [&str; 4] = ["version", "versions", "release", "v"];

/// Most parts of a version.
const VERSION_PARTS_MAX: usize = 6;

/// The number or version that starts with a term, and how many terms it takes.
pub(super) fn read(text: &str, terms: &[Term<'_>], at: usize) -> Option<(Value, usize)> {
    let term = &terms[at];
    let named = at > 0 && VERSION_WORDS.contains(&terms[at - 1].text.to_lowercase().as_str());
    if let Some(version) = version(term.text, named) {
        return Some((Value::Version(version), 1));
    }
    let (digits, glued) = split(term.text);
    let mut count = 1;
    let mut number = match digits.replace(',', "").parse::<f64>() {
        Ok(number) => number,
        Err(_) => in_words(term.text)?,
    };
    let multiplier = terms
        .get(at + 1)
        .and_then(|next| MULTIPLIERS.iter().find(|(word, _)| next.text.eq_ignore_ascii_case(word)));
    if let Some((_, factor)) = multiplier {
        number *= factor;
        count += 1;
    }
    let sign = |c: Option<char>| c.filter(|c| !c.is_alphanumeric()).map(String::from);
    let before = sign(text[..term.bytes.start].chars().next_back());
    let behind = sign(text[terms[at + count - 1].bytes.end..].trim_start().chars().next());
    let next = terms.get(at + count).map(|next| next.text);
    let found =
        unit(glued).or_else(|| before.as_deref().and_then(unit)).or_else(|| behind.as_deref().and_then(unit));
    let (found, more) = match (found, next.and_then(unit)) {
        (Some(found), _) => (Some(found), 0),
        (None, Some(found)) => (Some(found), 1),
        (None, None) => (None, 0),
    };
    let (dimension, factor) = found.map_or((None, 1.0), |(dimension, factor)| (Some(dimension), factor));
    let number = number * factor;
    number.is_finite().then_some((Value::Number(number, dimension), count + more))
}

/// The digits that a word starts with, and the rest.
fn split(word: &str) -> (&str, &str) {
    let digits = word.find(|c: char| !(c.is_ascii_digit() || matches!(c, ',' | '.'))).unwrap_or(word.len());
    let (digits, rest) = word.split_at(digits);
    (digits.trim_end_matches(['.', ',']), rest)
}

fn in_words(word: &str) -> Option<f64> {
    let lower = word.to_lowercase();
    WORDS.iter().find(|(name, _)| *name == lower).map(|(_, number)| *number)
}

/// Three parts or more, or fewer behind `v` or a word that says version.
fn version(word: &str, named: bool) -> Option<Vec<u32>> {
    let digits = word.strip_prefix(['v', 'V']).unwrap_or(word);
    let parts: Vec<u32> =
        digits.split('.').take(VERSION_PARTS_MAX).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    (named || digits.len() < word.len() || parts.len() >= 3).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{passage::Passage, quantity::Dimension};

    fn number(text: &str) -> Option<Value> {
        Some(read(text, &Passage::of(text).terms, 0)?.0)
    }

    #[test]
    fn numbers_are_read_with_what_multiplies_and_measures_them() {
        let with = |number, dimension| Some(Value::Number(number, dimension));
        assert_eq!(number("1,234.5"), with(1234.5, None));
        assert_eq!(number("2.5 million dollars"), with(2.5e6, Some(Dimension::Dollars)));
        assert_eq!(number("500ms"), with(0.5, Some(Dimension::Time)));
        assert_eq!(number("twelve months"), with(12.0 * 2_629_746.0, Some(Dimension::Time)));
        assert_eq!(number("50 %"), with(50.0, Some(Dimension::Percent)));
        assert_eq!(number("house"), None);
    }

    #[test]
    fn versions_have_three_parts_or_a_mark() {
        assert_eq!(number("1.2.3"), Some(Value::Version(vec![1, 2, 3])));
        assert_eq!(number("v2"), Some(Value::Version(vec![2])));
        assert_eq!(number("1.2"), Some(Value::Number(1.2, None)));
    }
}
