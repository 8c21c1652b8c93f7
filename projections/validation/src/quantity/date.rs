//! Days, months and years, as English, ISO 8601 and slashes write them.

use super::{Relation, Value};
use crate::passage::Term;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Years that a bare number of four digits is taken for.
const YEARS: std::ops::RangeInclusive<u16> = 1000..=2199;

/// A date, or the part of it that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: Option<u16>,
    /// 1 to 12.
    pub(crate) month: Option<u8>,
    /// 1 to 31.
    pub(crate) day: Option<u8>,
}

/// The date that the terms start with, and how many terms it takes.
pub(super) fn read(text: &str, terms: &[Term<'_>]) -> Option<(Value, usize)> {
    let (date, count) = iso(text, terms)
        .or_else(|| slashes(terms))
        .or_else(|| day_first(terms))
        .or_else(|| month_first(terms))
        .or_else(|| year(terms.first()?).map(|year| (Date { year: Some(year), ..Date::default() }, 1)))?;
    Some((Value::Date(date), count))
}

/// Two dates are different if they disagree in a part that both have, and say nothing of each other without such a part.
pub(super) fn relation(a: Date, b: Date) -> Relation {
    let parts = [
        (a.year.map(u32::from), b.year.map(u32::from)),
        (a.month.map(u32::from), b.month.map(u32::from)),
        (a.day.map(u32::from), b.day.map(u32::from)),
    ];
    let mut common = parts.iter().filter_map(|(a, b)| Some((a.as_ref()?, b.as_ref()?))).peekable();
    if common.peek().is_none() {
        return Relation::Unrelated;
    }
    common.all(|(a, b)| a == b).into()
}

/// `1980-06-26`, which the tokenizer cuts at its hyphens or leaves whole.
fn iso(text: &str, terms: &[Term<'_>]) -> Option<(Date, usize)> {
    let first = terms.first()?;
    let whole: Vec<&str> = first.text.split('-').collect();
    if let [year, month, day] = whole[..] {
        return Some((of_parts(year, month, day)?, 1));
    }
    let [year, month, day] = terms.get(..3)? else { return None };
    let joined =
        text.get(first.bytes.start..day.bytes.end)? == format!("{}-{}-{}", year.text, month.text, day.text);
    joined.then(|| of_parts(year.text, month.text, day.text)).flatten().map(|date| (date, 3))
}

fn of_parts(year: &str, month: &str, day: &str) -> Option<Date> {
    let year = (year.len() == 4).then(|| year.parse().ok()).flatten()?;
    Some(Date { year: Some(year), month: Some(in_range(month, 12)?), day: Some(in_range(day, 31)?) })
}

/// `26/06/1980` or `06/26/1980`; where both could be the month, only the year is known.
fn slashes(terms: &[Term<'_>]) -> Option<(Date, usize)> {
    let parts: Vec<&str> = terms.first()?.text.split('/').collect();
    let [one, other, year] = parts[..] else { return None };
    let year = Some(year.parse::<u16>().ok().filter(|year| YEARS.contains(year))?);
    let (one, other) = (in_range(one, 31)?, in_range(other, 31)?);
    let (month, day) = match (one, other) {
        (13.., 1..=12) => (Some(other), Some(one)),
        (1..=12, 13..) => (Some(one), Some(other)),
        _ => (None, None),
    };
    Some((Date { year, month, day }, 1))
}

/// `26 June 1980`, `26th of June`.
fn day_first(terms: &[Term<'_>]) -> Option<(Date, usize)> {
    let day = day(terms.first()?)?;
    let of = usize::from(terms.get(1).is_some_and(|term| term.text == "of"));
    let month = month(terms.get(1 + of)?)?;
    let year = terms.get(2 + of).and_then(year);
    Some((Date { year, month: Some(month), day: Some(day) }, 2 + of + usize::from(year.is_some())))
}

/// `June 26, 1980`, `June 1980`, `June`; `May` only beside a number.
fn month_first(terms: &[Term<'_>]) -> Option<(Date, usize)> {
    let month = month(terms.first()?)?;
    if let Some(year) = terms.get(1).and_then(year) {
        return Some((Date { year: Some(year), month: Some(month), day: None }, 2));
    }
    let day = terms.get(1).and_then(day);
    if day.is_none() && terms[0].text == "May" {
        return None;
    }
    let year = day.and(terms.get(2)).and_then(year);
    let count = 1 + usize::from(day.is_some()) + usize::from(year.is_some());
    Some((Date { year, month: Some(month), day }, count))
}

fn month(term: &Term<'_>) -> Option<u8> {
    let lower = term.text.trim_end_matches('.').to_lowercase();
    let short = lower.len() >= 3 && lower != "may" && term.capital;
    let found = MONTHS
        .iter()
        .position(|month| *month == lower || (short && lower.len() <= 4 && month.starts_with(&lower)))?;
    u8::try_from(found + 1).ok().filter(|_| term.capital)
}

fn day(term: &Term<'_>) -> Option<u8> {
    in_range(term.text.trim_end_matches(|c: char| c.is_ascii_alphabetic()), 31)
}

fn year(term: &Term<'_>) -> Option<u16> {
    let digits = term.text.strip_suffix('s').unwrap_or(term.text);
    (digits.len() == 4).then(|| digits.parse().ok()).flatten().filter(|year| YEARS.contains(year))
}

fn in_range(digits: &str, max: u8) -> Option<u8> {
    (digits.len() <= 2).then(|| digits.parse().ok()).flatten().filter(|value| (1..=max).contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::Passage;

    fn date(text: &str) -> Option<(u16, u8, u8)> {
        match read(text, &Passage::of(text).terms)?.0 {
            Value::Date(Date { year, month, day }) => {
                Some((year.unwrap_or(0), month.unwrap_or(0), day.unwrap_or(0)))
            }
            _ => None,
        }
    }

    #[test]
    fn dates_are_read_in_every_order() {
        for text in [
            "26 June 1980",
            "June 26, 1980",
            "1980-06-26",
            "26/06/1980",
            "06/26/1980",
            "26th of June 1980",
            "Jun 26 1980",
        ] {
            assert_eq!(date(text), Some((1980, 6, 26)), "{text}");
        }
        assert_eq!(date("June 1980"), Some((1980, 6, 0)));
        assert_eq!(
            (date("05/06/1980"), date("1980"), date("May 5")),
            (Some((1980, 0, 0)), Some((1980, 0, 0)), Some((0, 5, 5)))
        );
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["May he rest", "may 5", "12345", "32 June", "13/13/1980", "9999", "march on"] {
            assert_eq!(date(text).filter(|date| date.1 > 0), None, "{text}");
        }
    }
}
