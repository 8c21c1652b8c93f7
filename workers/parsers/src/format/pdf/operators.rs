//! The operators of a content stream, one after another: nothing is kept, nothing recurses, so a stream of millions of
//! operators or of brackets a hundred thousand deep costs its length and no more.

use std::ops::ControlFlow;

/// Operands beyond these are dropped; no operator takes more than 33.
const OPERANDS_MAX: usize = 64;

/// What stands before an operator. Arrays are flattened: only `TJ` and `d` take one, and its brackets mean nothing there.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Number(f32),
    Name(Vec<u8>),
    Text(Vec<u8>),
}

/// Calls `each` with every operator and its operands until it breaks.
pub(super) fn read(content: &[u8], mut each: impl FnMut(&[u8], &[Operand]) -> ControlFlow<()>) {
    let mut reader = Reader { content, at: 0 };
    let (mut operands, mut dictionaries, mut in_array) = (Vec::new(), 0_usize, false);
    while let Some(token) = reader.token() {
        match token {
            Token::Open => dictionaries += 1,
            Token::Close => dictionaries = dictionaries.saturating_sub(1),
            Token::Array(open) => in_array = open,
            Token::Operand(_) if dictionaries > 0 => {}
            Token::Operand(operand) => {
                if in_array || operands.len() < OPERANDS_MAX {
                    operands.push(operand);
                }
            }
            Token::Operator(operator) => {
                (dictionaries, in_array) = (0, false);
                if operator == b"ID" {
                    reader.skip_image();
                } else if each(operator, &operands).is_break() {
                    return;
                }
                operands.clear();
            }
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
    if !word.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+')) {
        return None;
    }
    let text = std::str::from_utf8(word).ok()?;
    let negative = text.starts_with('-');
    let digits = text.trim_start_matches(['-', '+']);
    let digits = digits.split(['-', '+']).next()?;
    let value = if digits.is_empty() || digits == "." { 0.0 } else { digits.parse::<f32>().ok()? };
    Some(if negative { -value } else { value })
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
        let found = all(b"/P <</MCID 0 /A [1 2]>> BDC BI /W 1 ID (Tj \x00 EI (x) Tj");
        assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["BDC", "BI", "Tj"]);
        assert_eq!(found[0].1, [Operand::Name(b"P".to_vec())]);
        assert_eq!(found[2].1, [Operand::Text(b"x".to_vec())]);
    }

    #[test]
    fn brackets_without_end_cost_their_length() {
        for bracket in ["[", "<<", "(", "<", "<</a"] {
            assert!(all(bracket.repeat(200_000).as_bytes()).is_empty(), "{bracket}");
        }
    }
}
