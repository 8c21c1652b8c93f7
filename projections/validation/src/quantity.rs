//! Numbers with units, versions and dates, read so that they can be compared however they are written.
//!
//! Not arithmetic: `about`, ranges and sums are read as the numbers they are made of.

mod date;
mod number;
mod unit;

use std::ops::Range;

use crate::passage::Term;

pub(crate) use date::Date;
pub(crate) use unit::Dimension;

/// Something that can be equal or not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A number in the base unit of its dimension, if it has a unit.
    Number(f64, Option<Dimension>),
    /// The parts of a version, most significant first.
    Version(Vec<u32>),
    /// A day, a month or a year.
    Date(Date),
}

/// A value and the terms that it was read from.
#[derive(Clone, Debug)]
pub(crate) struct Quantity {
    pub(crate) value: Value,
    /// Index of its first term among those it was read from, and one past its last.
    pub(crate) terms: Range<usize>,
}

/// How two values stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// They say the same, as far as both say something.
    Equal,
    /// They measure the same and differ.
    Different,
    /// They measure different things.
    Unrelated,
}

/// Relative difference below which two numbers are the same: the rounding of a unit's conversion.
const SAME: f64 = 1e-6;

/// The quantities of a sentence, from left to right.
pub(crate) fn quantities(text: &str, terms: &[Term<'_>]) -> Vec<Quantity> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < terms.len() {
        let number = number::read(text, terms, at);
        // A number of four digits may be a year, but not with a unit behind it.
        let measured = number.clone().filter(|(value, _)| matches!(value, Value::Number(_, Some(_))));
        let read = measured.or_else(|| date::read(text, &terms[at..])).or(number);
        match read {
            Some((value, count)) => {
                found.push(Quantity { value, terms: at..at + count });
                at += count;
            }
            None => at += 1,
        }
    }
    found
}

/// How two values stand to each other.
pub(crate) fn relation(a: &Value, b: &Value) -> Relation {
    match (a, b) {
        (Value::Number(a, in_a), Value::Number(b, in_b)) => match (in_a, in_b) {
            (Some(in_a), Some(in_b)) if in_a != in_b => Relation::Unrelated,
            (Some(_), None) | (None, Some(_)) if !same(*a, *b) => Relation::Unrelated,
            _ => same(*a, *b).into(),
        },
        (Value::Version(a), Value::Version(b)) => {
            // Version 2 holds for 2.3 as well.
            let common = a.len().min(b.len());
            (a[..common] == b[..common]).into()
        }
        (Value::Date(a), Value::Date(b)) => date::relation(*a, *b),
        (Value::Version(version), Value::Number(number, None))
        | (Value::Number(number, None), Value::Version(version)) => match version.as_slice() {
            [major] => same(f64::from(*major), *number).into(),
            [major, minor] => {
                format!("{major}.{minor}").parse().is_ok_and(|version| same(version, *number)).into()
            }
            _ => Relation::Unrelated,
        },
        (Value::Date(date), Value::Number(number, None))
        | (Value::Number(number, None), Value::Date(date)) => {
            if date.year.is_some_and(|year| same(f64::from(year), *number)) {
                Relation::Equal
            } else {
                Relation::Unrelated
            }
        }
        _ => Relation::Unrelated,
    }
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME * a.abs().max(b.abs())
}

impl From<bool> for Relation {
    fn from(equal: bool) -> Self {
        if equal { Self::Equal } else { Self::Different }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::Passage;

    fn values(text: &str) -> Vec<Value> {
        let passage = Passage::of(text);
        quantities(text, &passage.terms).into_iter().map(|quantity| quantity.value).collect()
    }

    fn related(a: &str, b: &str) -> Relation {
        relation(&values(a)[0], &values(b)[0])
    }

    #[test]
    fn the_same_amount_in_other_units_and_words_is_equal() {
        for (a, b) in [
            ("2 GB", "2000 MB"),
            ("1.5 hours", "90 min"),
            ("5 km", "5,000 metres"),
            ("50%", "50 percent"),
            ("twelve", "12"),
            ("3 million", "3,000,000"),
            ("version 2", "v2.3.1"),
            ("2.7", "Python version 2.7"),
            ("1980", "June 26, 1980"),
            ("26 June 1980", "1980-06-26"),
            ("June 26th, 1980", "26/06/1980"),
            ("June 1980", "1980"),
            ("500ms", "0.5 s"),
            ("$5", "5 dollars"),
        ] {
            assert_eq!(related(a, b), Relation::Equal, "{a} {b}");
        }
    }

    #[test]
    fn other_amounts_of_the_same_thing_differ() {
        for (a, b) in [
            ("2 GB", "3 GB"),
            ("30 seconds", "1 minute"),
            ("v1.2.3", "v1.3.0"),
            ("June 1980", "July 1980"),
            ("1980-06-26", "1980-06-27"),
            ("in 1980", "in 1981"),
            ("1990s", "1980s"),
        ] {
            assert_eq!(related(a, b), Relation::Different, "{a} {b}");
        }
    }

    #[test]
    fn amounts_of_other_things_are_not_compared() {
        for (a, b) in [("2 GB", "3 seconds"), ("2 GB", "7"), ("June 5", "5 GB"), ("1.2.3", "5%")] {
            assert_eq!(related(a, b), Relation::Unrelated, "{a} {b}");
        }
    }
}
