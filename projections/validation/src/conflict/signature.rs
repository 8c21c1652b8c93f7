//! Functions that two texts declare differently.
//!
//! Declarations of Rust, Python, Go, JavaScript and Kotlin are told by the word in front of the name. Calls and methods of languages
//! without such a word are not compared, nor is a name that one text declares more than once, as overloads do.

use std::{collections::BTreeMap, ops::Range};

use super::{ConflictKind, Found};

/// Words in front of the name of a function that is declared.
const KEYWORDS: [&str; 5] = ["fn", "def", "func", "function", "fun"];

/// Names that every other type, program or example declares for itself.
const USUAL: [&str; 23] = [
    "main", "new", "default", "from", "into", "drop", "clone", "fmt", "build", "run", "test", "setup",
    "__init__", "init", "foo", "bar", "baz", "qux", "f", "g", "example", "hello", "add",
];

/// Longest declaration, in bytes.
const DECLARATION_BYTES_MAX: usize = 1000;

/// How sure a conflict of signatures is when the parameters differ in number or name.
const CONFIDENCE: f64 = 0.9;
/// How sure it is when only types or what is returned differ, as one text may leave them out.
const CONFIDENCE_OF_TYPES: f64 = 0.6;

/// A declared function.
struct Declaration {
    bytes: Range<usize>,
    /// Names of the parameters in order.
    names: Vec<String>,
    /// All of it without white space.
    whole: String,
}

/// The functions that both declare, and differently.
pub(super) fn conflicts(a: &str, b: &str) -> Vec<Found> {
    let of_b = declarations(b);
    let mut found = Vec::new();
    for (name, of_a) in declarations(a) {
        let (Some([one]), [other]) = (of_b.get(name).map(Vec::as_slice), of_a.as_slice()) else { continue };
        if one.whole != other.whole {
            found.push(Found {
                kind: ConflictKind::Signature,
                a: other.bytes.clone(),
                b: one.bytes.clone(),
                words_a: None,
                words_b: None,
                confidence: if one.names == other.names { CONFIDENCE_OF_TYPES } else { CONFIDENCE },
            });
        }
    }
    found
}

fn declarations(text: &str) -> BTreeMap<&str, Vec<Declaration>> {
    let mut declarations: BTreeMap<&str, Vec<Declaration>> = BTreeMap::new();
    for (open, _) in text.match_indices('(') {
        if let Some((name, declaration)) = declaration_at(text, open) {
            declarations.entry(name).or_default().push(declaration);
        }
    }
    declarations
}

/// The declaration whose parameters open at a byte.
fn declaration_at(text: &str, open: usize) -> Option<(&str, Declaration)> {
    let base = text.floor_char_boundary(open.saturating_sub(DECLARATION_BYTES_MAX));
    let before = &text[base..open];
    let before = &before[..before.len() - generics(before)];
    let name = trailing(before, |c| c.is_alphanumeric() || c == '_');
    let name_start = before.len() - name.len();
    let lead = before[..name_start].trim_end_matches([' ', '*']);
    let keyword = trailing(lead, |c| c.is_alphanumeric() || c == '_');
    let keyword_start = lead.len() - keyword.len();
    if name.is_empty() || USUAL.contains(&name) || lead.len() == name_start || !KEYWORDS.contains(&keyword) {
        return None;
    }
    let start = base + keyword_start;
    let close = open
        + closing(&text[open..text.floor_char_boundary((open + DECLARATION_BYTES_MAX).min(text.len()))])?;
    let end = close + end_of_result(&text[close..]);
    let squeeze = |part: &str| part.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let parameters = &text[open + 1..close - 1];
    let whole = squeeze(&text[open..end]).replace(",)", ")");
    Some((name, Declaration { bytes: start..end, names: names(parameters), whole }))
}

/// The characters of a kind that a text ends with.
fn trailing(text: &str, is_part: impl Fn(char) -> bool) -> &str {
    &text[text.trim_end_matches(is_part).len()..]
}

/// Bytes of the generic parameters, such as `<T: Into<P>>`, that the text ends with.
fn generics(text: &str) -> usize {
    let mut depth = 0_usize;
    for (length, byte) in (1..).zip(text.bytes().rev()) {
        match byte {
            b'>' => depth += 1,
            b'<' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return if byte == b'<' { length } else { 0 };
        }
    }
    0
}

/// One past the bracket that closes the one that the text starts with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// How far what is returned reaches: to the body, the end of the line, or a mark of prose.
fn end_of_result(behind: &str) -> usize {
    let arrow = behind.trim_start_matches(' ');
    if !(arrow.starts_with("->") || arrow.starts_with(": ")) {
        return 0;
    }
    let skipped = behind.len() - arrow.len();
    let line = &arrow[..arrow.floor_char_boundary(DECLARATION_BYTES_MAX.min(arrow.len()))];
    let end = line[2..].find(['{', '\n', ';', '`', '=']).map_or(line.len(), |at| at + 2);
    skipped + line[..end].trim_end_matches([' ', ':', '.', ',']).len()
}

/// The parameters' names: the first word of each that is no modifier.
fn names(parameters: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let parts = parameters.split(move |c: char| {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    let name = |part: &str| {
        let words = part.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
        words
            .into_iter()
            .find(|word| !matches!(*word, "mut" | "ref" | "const" | "final" | "var" | "val"))
            .map(str::to_owned)
    };
    parts.filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confidence(a: &str, b: &str) -> Vec<f64> {
        conflicts(a, b).iter().map(|found| found.confidence).collect()
    }

    #[test]
    fn other_parameters_are_surer_than_other_types() {
        let surest = [CONFIDENCE];
        assert_eq!(confidence("def load(path, mode=1):", "def load(path):"), surest);
        assert_eq!(
            confidence("func Load(path string) error {", "func Load(path string, mode int) error {"),
            surest
        );
        assert_eq!(confidence("function load(path) {}", "async function* load(url) {}"), surest);
        assert_eq!(
            confidence("fun load(path: String): Int {", "fun load(path: String): Long {"),
            [CONFIDENCE_OF_TYPES]
        );
        assert_eq!(confidence("fn load<T: Into<P>>(path: T)", "fn load(path: &str)"), [CONFIDENCE_OF_TYPES]);
    }

    #[test]
    fn calls_other_names_and_open_brackets_are_no_declarations() {
        for (a, b) in [
            ("load(a)", "load(a, b)"),
            ("fn load(a)", "fn store(a, b)"),
            ("fn load(a", "fn load(b)"),
            ("afn load(a)", "fn load(b)"),
            ("fn load｛(a)", "fn load(b)"),
        ] {
            assert!(confidence(a, b).is_empty(), "{a} {b}");
        }
    }

    #[test]
    fn the_declaration_is_shown_from_its_word_to_its_result() {
        let a = "Call é `pub fn load(path: &str) -> Result<(), E> {` for it";
        let found = &conflicts(a, "fn load(url: &str) -> Result<(), E>;")[0];
        assert_eq!(&a[found.a.clone()], "fn load(path: &str) -> Result<(), E>");
    }
}
