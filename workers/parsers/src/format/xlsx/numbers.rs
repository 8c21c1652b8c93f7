//! What a cell shows: its value in the number format of its style, as far as dates, times and percentages go.

use std::collections::BTreeMap;

use crate::{Rejection, format::xml};

/// Days from the first day of the calendar of Excel to 1970-01-01, with the 29th of February 1900 that never was.
const EPOCH: i64 = 25_569;
/// What the other calendar, of old Macintoshes, is behind.
const DAYS_TO_1904: i64 = 1_462;
/// 9999-12-31.
const DAY_MAX: f64 = 2_958_465.0;
const SECONDS_A_DAY: f64 = 86_400.0;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Format {
    #[default]
    General,
    Percent,
    Date,
}

/// How the number formats of a workbook show numbers.
#[derive(Default)]
pub(super) struct Formats {
    /// By the number of the style.
    styles: Vec<Format>,
    from_1904: bool,
}

impl Formats {
    pub(super) fn read(text: &str, from_1904: bool) -> Result<Self, Rejection> {
        let (mut custom, mut styles, mut in_cells) = (BTreeMap::new(), Vec::new(), false);
        xml::items(text, |item| {
            match item {
                xml::Item::Start(element) => {
                    let id = |name| {
                        element.attribute(name).and_then(|id| id.parse::<u32>().ok()).unwrap_or_default()
                    };
                    match element.local() {
                        "numFmt" => {
                            let code = element.attribute("formatCode").unwrap_or_default();
                            custom.insert(id("numFmtId"), of_code(&code));
                        }
                        "cellXfs" => in_cells = true,
                        "xf" if in_cells => {
                            let id = id("numFmtId");
                            styles.push(custom.get(&id).copied().unwrap_or(built_in(id)));
                        }
                        _ => {}
                    }
                }
                xml::Item::End("cellXfs") => in_cells = false,
                _ => {}
            }
            Ok(())
        })?;
        Ok(Self { styles, from_1904 })
    }
}

/// Everything a cell's text depends on.
pub(super) struct Shown<'a> {
    pub(super) strings: &'a [String],
    pub(super) formats: &'a Formats,
}

impl Shown<'_> {
    /// The text of a cell of a type and a style.
    pub(super) fn text(&self, kind: &str, style: usize, value: &str) -> String {
        match kind {
            "s" => value
                .trim()
                .parse()
                .ok()
                .and_then(|at: usize| self.strings.get(at).cloned())
                .unwrap_or_default(),
            "b" => if value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            "" | "n" => self.number(style, value.trim()),
            _ => value.to_owned(),
        }
    }

    fn number(&self, style: usize, value: &str) -> String {
        let Ok(number) = value.parse::<f64>() else { return value.to_owned() };
        match self.formats.styles.get(style).copied().unwrap_or_default() {
            Format::Date => date(number, self.formats.from_1904).unwrap_or_else(|| plain(number)),
            Format::Percent => format!("{}%", plain(number * 100.0)),
            Format::General => plain(number),
        }
    }
}

/// The number as Excel shows it, with 15 digits.
fn plain(number: f64) -> String {
    if !number.is_finite() {
        return String::new();
    }
    let rounded = format!("{number:.14e}").parse::<f64>().unwrap_or(number);
    let sized = rounded.abs();
    if sized != 0.0 && !(1e-9..1e15).contains(&sized) { format!("{rounded:e}") } else { rounded.to_string() }
}

/// A day and a time as ISO 8601 writes them, without the part that is nothing.
fn date(number: f64, from_1904: bool) -> Option<String> {
    if !(0.0..=DAY_MAX).contains(&number) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    let (day, second) = (number.trunc() as i64, (number.fract() * SECONDS_A_DAY).round() as i64);
    let (day, second) = if second >= 86_400 { (day + 1, 0) } else { (day, second) };
    let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    if day == 0 && !from_1904 {
        return Some(time);
    }
    let shift = if from_1904 { DAYS_TO_1904 } else { i64::from(day < 60) };
    let (year, month, day) = calendar(day + shift - EPOCH);
    let date = format!("{year:04}-{month:02}-{day:02}");
    Some(if second == 0 { date } else { format!("{date} {time}") })
}

/// Year, month and day of a number of days since 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn calendar(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The formats that every workbook has (ECMA-376, 18.8.30).
fn built_in(id: u32) -> Format {
    match id {
        9 | 10 => Format::Percent,
        14..=22 | 27..=36 | 45..=47 | 50..=58 => Format::Date,
        _ => Format::General,
    }
}

/// What a format does to numbers, by the letters outside of its quotes and brackets.
fn of_code(code: &str) -> Format {
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    for character in code.chars() {
        match character {
            _ if escaped => escaped = false,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '\\' | '_' | '*' => escaped = true,
            '[' => bracketed = true,
            ']' => bracketed = false,
            _ if bracketed => {}
            '%' => return Format::Percent,
            'y' | 'Y' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' if !code.contains("General") => {
                return Format::Date;
            }
            ';' => break,
            _ => {}
        }
    }
    Format::General
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_they_are_shown() {
        assert_eq!(plain(0.1 + 0.2), "0.3");
        assert_eq!(plain(1_234_567.0), "1234567");
        assert_eq!(plain(1e300), "1e300");
        assert_eq!(date(45_292.0, false).as_deref(), Some("2024-01-01"));
        assert_eq!(date(1.0, false).as_deref(), Some("1900-01-01"));
        assert_eq!(date(61.0, false).as_deref(), Some("1900-03-01"));
        assert_eq!(date(0.75, false).as_deref(), Some("18:00:00"));
        assert_eq!(date(45_292.999_999_9, false).as_deref(), Some("2024-01-02"));
        assert_eq!(date(43_830.5, true).as_deref(), Some("2024-01-01 12:00:00"));
        assert_eq!(date(-1.0, false), None);
    }

    #[test]
    fn formats_of_dates_are_told_from_those_of_numbers() {
        assert_eq!(of_code("yyyy\\-mm\\-dd"), Format::Date);
        assert_eq!(of_code("[$-409]h:mm AM/PM"), Format::Date);
        assert_eq!(of_code("#,##0.00 \"days\""), Format::General);
        assert_eq!(of_code("0.0%"), Format::Percent);
        assert_eq!(of_code("[Red]0;General"), Format::General);
    }
}
