//! Functions and their lengths, found by counting braces in masked source.

use crate::mask::is_word;

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Line of the `fn`, from 1.
    pub line: usize,
    /// Lines from the `fn` to its closing brace, both counted.
    pub lines: usize,
}

/// Every function in masked source, nested ones too.
pub fn functions(masked: &str) -> Vec<Function> {
    word_offsets(masked, "fn").filter_map(|at| function_at(masked, at)).collect()
}

fn function_at(masked: &str, at: usize) -> Option<Function> {
    let after = masked[at + 2..].trim_start();
    let name: String =
        after.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '#' | '$')).collect();
    if name.is_empty() {
        return None; // `fn(u8) -> u8` is a type
    }
    let body = body_start(masked, at)?;
    let end = item_end(masked, body);
    let lines = masked[at..end].lines().count();
    Some(Function { name, line: line_of(masked, at), lines })
}

/// The `{` of the body, past a signature whose types may hold `;` in brackets. `None` for a function without a body.
fn body_start(masked: &str, at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, byte) in masked.bytes().enumerate().skip(at) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'{' if depth == 0 => return Some(offset),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The end of the item that starts at `from`: past its closing brace, or past its `;` when it has no braces.
pub(crate) fn item_end(masked: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in masked.bytes().enumerate().skip(from) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth <= 1 => return offset + 1,
            b'}' => depth -= 1,
            b';' if depth == 0 => return offset + 1,
            _ => {}
        }
    }
    masked.len()
}

/// Line of an offset, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Offsets at which `word` stands alone, not as a part of a longer identifier.
pub(crate) fn word_offsets<'a>(masked: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = masked.as_bytes();
    masked.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = at.checked_sub(1).is_some_and(|before| is_word(bytes[before]));
        let after = bytes.get(at + word.len()).is_some_and(|byte| is_word(*byte));
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask;

    fn measured(source: &str) -> Vec<(String, usize, usize)> {
        functions(&mask(source)).into_iter().map(|f| (f.name, f.line, f.lines)).collect()
    }

    #[test]
    fn a_function_reaches_from_its_name_to_its_brace() {
        let source =
            "//! x\nfn one() {}\n\npub async fn two(\n    a: [u8; 3],\n) -> u8 {\n    \"}\";\n    a[0]\n}\n";
        assert_eq!(measured(source), [("one".to_owned(), 2, 1), ("two".to_owned(), 4, 6)]);
    }

    #[test]
    fn types_declarations_and_words_that_contain_fn_are_no_functions() {
        let source =
            "type F = fn(u8) -> u8;\ntrait T { fn f(&self) -> [u8; 2]; }\nlet fnord = 1; // fn x() {\n";
        assert_eq!(measured(source), []);
    }

    #[test]
    fn a_nested_function_counts_for_itself_and_for_its_outer_one() {
        let source = "fn outer() {\n    fn inner() {\n    }\n    if true {\n    }\n}\n";
        assert_eq!(measured(source), [("outer".to_owned(), 1, 6), ("inner".to_owned(), 2, 2)]);
    }

    #[test]
    fn an_item_without_braces_ends_at_its_semicolon() {
        assert_eq!(item_end("mod tests; fn f() {}", 0), 10);
        assert_eq!(item_end("mod t { fn f() { x } } y", 0), 22);
    }
}
