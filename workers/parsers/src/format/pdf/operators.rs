//! The operators of a content stream, one after another: nothing is kept, nothing recurses, so a stream of millions of
//! operators or of brackets a hundred thousand deep costs its length and no more.

use std::ops::ControlFlow;

/// Operands beyond these are dropped; no operator takes more than 33.
const OPERANDS_MAX: usize = 64;

/// What stands before an operator. Arrays are flattened: only `TJ` and `d` take one, and its brackets mean nothing there. Of dictionaries
/// only the number by which the structure of a tagged document knows what follows is kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Number(f32),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Marked(u32),
}

/// Calls `each` with every operator and its operands until it breaks; returns how deep arrays and dictionaries nest.
pub(super) fn read(content: &[u8], mut each: impl FnMut(&[u8], &[Operand]) -> ControlFlow<()>) -> usize {
    let mut reader = Reader { content, at: 0 };
    let (mut operands, mut nested, mut deepest) = (Vec::new(), Nested::default(), 0);
    while let Some(token) = reader.token() {
        match token {
            Token::Open => nested.dictionaries += 1,
            Token::Close => nested.dictionaries = nested.dictionaries.saturating_sub(1),
            Token::Array(true) => nested.arrays += 1,
            Token::Array(false) => nested.arrays = nested.arrays.saturating_sub(1),
            Token::Operand(operand) if nested.dictionaries > 0 => operands.extend(nested.marked(&operand)),
            Token::Operand(operand) => {
                if nested.arrays > 0 || operands.len() < OPERANDS_MAX {
                    operands.push(operand);
                }
            }
            Token::Operator(operator) => {
                nested = Nested::default();
                if operator == b"ID" {
                    reader.skip_image();
                } else if each(operator, &operands).is_break() {
                    break;
                }
                operands.clear();
            }
        }
        deepest = deepest.max(nested.arrays + nested.dictionaries);
    }
    deepest
}

/// The brackets that are open.
#[derive(Default)]
struct Nested {
    arrays: usize,
    dictionaries: usize,
    is_mark: bool,
}

impl Nested {
    /// The number behind `/MCID`.
    fn marked(&mut self, operand: &Operand) -> Option<Operand> {
        let is_mark =
            std::mem::replace(&mut self.is_mark, matches!(operand, Operand::Name(name) if name == b"MCID"));
        match operand {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a small whole number"
            )]
            Operand::Number(number) if is_mark && *number >= 0.0 => Some(Operand::Marked(*number as u32)),
            _ => None,
        }
    }
}

enum Token<'a> {
    Open,
    Close,
    Array(bool),
    Operand(Operand),
    Operator(&'a [u8]),
}

struct Reader<'a> {
    content: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.content.get(self.at + ahead).copied()
    }

    fn token(&mut self) -> Option<Token<'a>> {
        loop {
            let first = self.peek(0)?;
            let width = match (first, self.peek(1)) {
                (b'<', Some(b'<')) | (b'>', Some(b'>')) => 2,
                _ => 1,
            };
            self.at += width;
            return Some(match first {
                b'<' if width == 2 => Token::Open,
                b'>' if width == 2 => Token::Close,
                0 | 9 | 10 | 12 | 13 | 32 | b'{' | b'}' | b')' | b'>' => continue,
                b'%' => {
                    self.skip_until(|byte| matches!(byte, b'\n' | b'\r'));
                    continue;
                }
                b'[' => Token::Array(true),
                b']' => Token::Array(false),
                b'<' => Token::Operand(Operand::Text(self.hexadecimal())),
                b'(' => Token::Operand(Operand::Text(self.literal())),
                b'/' => Token::Operand(Operand::Name(self.name())),
                _ => self.word(),
            });
        }
    }

    fn skip_until(&mut self, end: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = &self.content[self.at.min(self.content.len())..];
        let length = rest.iter().position(|byte| end(*byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn word(&mut self) -> Token<'a> {
        let start = self.at - 1;
        self.skip_until(ends_word);
        let word = &self.content[start..self.at];
        match number(word) {
            Some(number) => Token::Operand(Operand::Number(number)),
            None => Token::Operator(word),
        }
    }

    fn name(&mut self) -> Vec<u8> {
        let raw = self.skip_until(ends_word);
        let mut name = Vec::with_capacity(raw.len());
        let mut at = 0;
        while at < raw.len() {
            let escaped =
                (raw[at] == b'#').then(|| Some((digit(*raw.get(at + 1)?)?, digit(*raw.get(at + 2)?)?)));
            if let Some(Some((high, low))) = escaped {
                name.push(high << 4 | low);
                at += 3;
            } else {
                name.push(raw[at]);
                at += 1;
            }
        }
        name
    }

    fn hexadecimal(&mut self) -> Vec<u8> {
        let digits: Vec<u8> =
            self.skip_until(|byte| byte == b'>').iter().filter_map(|byte| digit(*byte)).collect();
        self.at += 1;
        digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
    }

    fn literal(&mut self) -> Vec<u8> {
        let (mut text, mut depth) = (Vec::new(), 1_usize);
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\\' => self.escape(&mut text),
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            if byte != b'\\' {
                text.push(byte);
            }
        }
        text
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.peek(0) else { return };
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\r' if self.peek(0) == Some(b'\n') => self.at += 1,
            b'\r' | b'\n' => {}
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(next @ b'0'..=b'7') = self.peek(0) else { break };
                    value = value * 8 + u32::from(next - b'0');
                    self.at += 1;
                }
                text.push((value & 0xff) as u8);
            }
            other => text.push(other),
        }
    }

    /// Goes behind the `EI` of an inline image, whose bytes may look like anything.
    fn skip_image(&mut self) {
        let rest = &self.content[self.at.min(self.content.len())..];
        let end = rest.windows(4).position(|window| {
            window[0].is_ascii_whitespace() && &window[1..3] == b"EI" && window[3].is_ascii_whitespace()
        });
        self.at += end.map_or(rest.len(), |end| end + 3);
    }
}

fn ends_word(byte: u8) -> bool {
    matches!(
        byte,
        0 | 9 | 10 | 12 | 13 | 32 | b'/' | b'[' | b']' | b'<' | b'>' | b'(' | b')' | b'%' | b'{' | b'}'
    )
}

fn digit(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// `12`, `-.5`, `+3.`, and `--4` and `1.2-3`, which writers produce and readers accept.
fn number(word: &[u8]) -> Option<f32> {
    let signs = word.iter().take_while(|byte| matches!(byte, b'-' | b'+')).count();
    let (mut value, mut scale, mut is_fraction, mut is_over) = (0.0_f64, 1.0_f64, false, false);
    for byte in &word[signs..] {
        match byte {
            b'0'..=b'9' if is_over => {}
            b'0'..=b'9' => {
                value = value * 10.0 + f64::from(byte - b'0');
                scale *= if is_fraction { 10.0 } else { 1.0 };
            }
            b'.' if !is_fraction => is_fraction = true,
            b'.' | b'-' | b'+' => is_over = true,
            _ => return None,
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "places on a page need no more")]
    let value = (value / scale) as f32;
    let value = if value.is_finite() { value } else { 0.0 };
    Some(if word.starts_with(b"-") { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(content: &[u8]) -> Vec<(String, Vec<Operand>)> {
        let mut found = Vec::new();
        read(content, |operator, operands| {
            found.push((String::from_utf8_lossy(operator).into_owned(), operands.to_vec()));
            ControlFlow::Continue(())
        });
        found
    }

    #[test]
    fn strings_names_and_numbers_are_read_as_they_are_meant() {
        let found = all(b"/F#31 -.5 Tf [(a\\)\\053(b))-120<4 1>]TJ % no Tj\n(x\\\ny)'");
        assert_eq!(found[0], ("Tf".into(), vec![Operand::Name(b"F1".to_vec()), Operand::Number(-0.5)]));
        let parts =
            vec![Operand::Text(b"a)+(b)".to_vec()), Operand::Number(-120.0), Operand::Text(b"A".to_vec())];
        assert_eq!(found[1], ("TJ".into(), parts));
        assert_eq!(found[2], ("'".into(), vec![Operand::Text(b"xy".to_vec())]));
    }

    #[test]
    fn images_and_dictionaries_hide_what_looks_like_operators() {
        let found = all(b"/P <</A [1 2] /MCID 7>> BDC BI /W 1 ID (Tj \x00 EI (x) Tj");
        assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["BDC", "BI", "Tj"]);
        assert_eq!(found[0].1, [Operand::Name(b"P".to_vec()), Operand::Marked(7)]);
        assert_eq!(found[2].1, [Operand::Text(b"x".to_vec())]);
    }

    #[test]
    fn numbers_are_read_as_writers_write_them() {
        let read: Vec<Option<f32>> = [
            "12",
            "-.5",
            "+3.",
            "--4",
            "1.2-3",
            "-",
            "0.000016",
            "1e5",
            "Tj",
            "999999999999999999999999999999999999999999",
        ]
        .iter()
        .map(|word| number(word.as_bytes()))
        .collect();
        let numbers = [12.0, -0.5, 3.0, -4.0, 1.2, -0.0, 0.000_016].map(Some);
        assert_eq!(read[..7], numbers);
        assert_eq!(read[7..], [None, None, Some(0.0)]);
    }

    #[test]
    fn brackets_without_end_cost_their_length() {
        for bracket in ["[", "<<", "(", "<", "<</a"] {
            assert!(all(bracket.repeat(200_000).as_bytes()).is_empty(), "{bracket}");
        }
        for (brackets, depth) in [("[<</A [1]>>] TJ [1] TJ", 3), ("]>> (((a))) Tj", 0)] {
            assert_eq!(read(brackets.as_bytes(), |_, _| ControlFlow::Continue(())), depth, "{brackets}");
        }
    }
}
