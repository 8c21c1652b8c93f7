//! How deep a source nests, told from its bytes before a grammar sees it.

use super::Grammar;

/// The most brackets, elements and conditions open at one place, strings and comments not told apart. Angles and conditions
/// (`a ? b : c ? d : e`) count within a statement only; most angles are comparisons.
pub(super) fn most(grammar: Grammar, source: &str) -> usize {
    let has_elements = matches!(grammar, Grammar::JavaScript | Grammar::Tsx);
    let (mut open, mut angles, mut most) = (0_usize, 0_usize, 0);
    let (mut conditions, mut elements) = (Conditions::default(), 0_usize);
    let bytes = source.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let (before, next) = (at.checked_sub(1).map(|at| bytes[at]), bytes.get(at + 1).copied());
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b'<' => angles += 1,
            b'>' => angles = angles.saturating_sub(1),
            _ => {}
        }
        if matches!(byte, b';' | b':' | b'{' | b'}') {
            angles = 0;
        }
        conditions.see(before, *byte, next);
        match (byte, next) {
            _ if !has_elements => {}
            (b'<', Some(b'/')) | (b'/', Some(b'>')) => elements = elements.saturating_sub(1),
            // Arguments of types stand behind a name.
            (b'<', Some(b'>' | b'a'..=b'z' | b'A'..=b'Z')) if !before.is_some_and(is_of_name) => {
                elements += 1;
            }
            _ => {}
        }
        most = most.max(open + angles + conditions.open + elements);
    }
    most
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')
}

/// Question marks of a statement that are conditions. It ends at a semicolon, and at the end of a line where no condition goes on.
#[derive(Default)]
struct Conditions {
    open: usize,
    last: u8,
    at_line_start: bool,
}

impl Conditions {
    fn see(&mut self, before: Option<u8>, byte: u8, next: Option<u8>) {
        if byte == b'\n' {
            self.at_line_start |= !matches!(self.last, b'?' | b':');
        } else if !byte.is_ascii_whitespace() {
            if byte == b';' || self.at_line_start && !matches!(byte, b'?' | b':') {
                self.open = 0;
            }
            // Neither `a?: b` nor `a?.b` nor `a ?? b`.
            let is_condition = !matches!(next, Some(b':' | b'.' | b'?')) && before != Some(b'?');
            self.open += usize::from(byte == b'?' && is_condition);
            (self.last, self.at_line_start) = (byte, false);
        }
    }
}
