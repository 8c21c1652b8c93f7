//! CSV and TSV: one table. The separator is the one that cuts the most lines into equal numbers of fields; without one, the file
//! is no table and plain text takes it.

use event_model::ParsedDocument;

use crate::{DocumentBuilder, DocumentParser, Reason, Rejection, Sniffed, Source, charset};

const EXTENSIONS: &[&str] = &["csv", "tsv", "tab", "psv"];
const SEPARATORS: &[char] = &[',', ';', '\t', '|'];
/// Records that the separator is told from.
const RECORDS_LOOKED_AT: usize = 100;
const CELLS_MAX: usize = 2_000_000;
/// Rows of a block: a table of a million rows is no passage, and each block repeats the names of the columns.
const ROWS_OF_BLOCK_MAX: usize = 200;

/// See the module.
#[derive(Debug)]
pub(crate) struct Csv;

impl DocumentParser for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn version(&self) -> u32 {
        1
    }

    fn media_types(&self) -> &'static [&'static str] {
        &["text/csv", "text/tab-separated-values"]
    }

    fn can_parse(&self, sniffed: &Sniffed<'_>) -> bool {
        let named = sniffed.is_text && EXTENSIONS.contains(&sniffed.extension.as_str());
        named && separator(&charset::decode(sniffed.head, None).0).is_some()
    }

    fn parse(&self, bytes: &[u8], _source: &Source) -> Result<ParsedDocument, Rejection> {
        let (text, charset) = charset::decode(bytes, None);
        let separator = separator(&text).unwrap_or(',');
        let media_type = if separator == '\t' { "text/tab-separated-values" } else { "text/csv" };
        let mut builder = DocumentBuilder::new(media_type, self.tool());
        builder.metadata("charset", charset);
        let (mut rows, mut header, mut cells) = (Vec::new(), None, 0);
        for record in Records::new(&text, separator) {
            cells += record.len();
            if cells > CELLS_MAX {
                let advice = "the table has more than two million cells; split it into smaller files";
                return Err(Rejection::new(Reason::TooComplex, advice));
            }
            let header = header.get_or_insert_with(|| record.clone());
            rows.push(record);
            if rows.len() > ROWS_OF_BLOCK_MAX {
                builder.table(std::mem::replace(&mut rows, vec![header.clone()]), None);
            }
        }
        if rows.len() > 1 || builder.last_block().is_none() {
            builder.table(rows, None);
        }
        builder.finish()
    }
}

/// The separator that gives most records the same number of fields, two or more.
fn separator(text: &str) -> Option<char> {
    let agreement = |separator: &char| {
        let records = Records::new(text, *separator).take(RECORDS_LOOKED_AT);
        let widths: Vec<usize> = records
            .filter(|record| record.iter().any(|field| !field.is_empty()))
            .map(|record| record.len())
            .collect();
        let mut sorted = widths.clone();
        sorted.sort_unstable();
        let usual = *sorted.get(sorted.len() / 2).filter(|usual| **usual > 1)?;
        let agreeing = widths.iter().filter(|width| **width == usual).count();
        // More than half, so that prose with a comma here and there is none.
        (agreeing * 2 > widths.len()).then_some((agreeing, usual, *separator))
    };
    SEPARATORS
        .iter()
        .filter_map(agreement)
        .max_by_key(|(agreeing, usual, _)| (*agreeing, *usual))
        .map(|best| best.2)
}

/// The records of a text whose fields are separated by commas.
pub(super) fn records(text: &str) -> Vec<Vec<String>> {
    Records::new(text, ',').collect()
}

/// The records of a text (RFC 4180): fields in quotes may hold separators, line ends and doubled quotes. A quote that is never
/// closed is a character like others.
struct Records<'a> {
    rest: &'a str,
    separator: char,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, separator: char) -> Self {
        Self { rest: text, separator }
    }

    /// The field that stands at the beginning, and whether it ends the record.
    fn field(&mut self) -> (String, bool) {
        let ends = [self.separator, '\n', '\r'];
        let quoted = self.rest.strip_prefix('"').and_then(|inner| unquoted(inner, &ends));
        let (field, rest) = quoted.unwrap_or_else(|| {
            let end = self.rest.find(ends).unwrap_or(self.rest.len());
            (self.rest[..end].to_owned(), &self.rest[end..])
        });
        let after = rest.strip_prefix(self.separator);
        self.rest = after.unwrap_or_else(|| {
            let rest = rest.strip_prefix('\r').unwrap_or(rest);
            rest.strip_prefix('\n').unwrap_or(rest)
        });
        (field, after.is_none())
    }
}

/// What is quoted, and what follows; nothing if the quote does not end before a separator or a line end.
fn unquoted<'a>(inner: &'a str, ends: &[char]) -> Option<(String, &'a str)> {
    let (mut field, mut rest) = (String::new(), inner);
    loop {
        let (before, after) = rest.split_once('"')?;
        field.push_str(before);
        rest = match after.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                after
            }
            None => return (after.is_empty() || after.starts_with(ends)).then_some((field, after)),
        };
    }
}

impl Iterator for Records<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut record = Vec::new();
        loop {
            let (field, last) = self.field();
            record.push(field);
            if last {
                return Some(record);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_what_would_end_a_field() {
        assert_eq!(
            records("a,\"b,\"\"c\"\"\nd\",\r\n1,,2\n"),
            [vec!["a", "b,\"c\"\nd", ""], vec!["1", "", "2"]]
        );
        assert_eq!(records("5\" pipe,\"open\nx,y"), [vec!["5\" pipe", "\"open"], vec!["x", "y"]]);
    }

    #[test]
    fn the_separator_is_told_from_the_fields() {
        assert_eq!(separator("name;price\nheron;1,50\nstork;2,75\n"), Some(';'));
        assert_eq!(separator("a\tb c\td\n1\t2, 3\t4\n"), Some('\t'));
        assert_eq!(
            separator("Well, this is prose.\nAnd it goes on.\nWithout any, or many, or more.\n"),
            None
        );
    }
}
