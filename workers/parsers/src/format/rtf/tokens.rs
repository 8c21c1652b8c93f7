//! Cuts RTF into tokens. Whatever the bytes are, there are tokens.

/// What RTF is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    /// A word and its number: `\par`, `\li720`.
    Word(&'a [u8], Option<i32>),
    /// A sign: `\~`, `\*`.
    Sign(u8),
    /// A byte of the current charset: `\'e9`, or one as it is.
    Byte(u8),
}

const WORD_BYTES_MAX: usize = 32;

pub(super) struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn control(&mut self) -> Option<Token<'a>> {
        let first = *self.rest.first()?;
        if first == b'\'' {
            let code = self.rest.get(1..3).and_then(|code| std::str::from_utf8(code).ok());
            let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
            self.skip(if byte.is_some() { 3 } else { 1 });
            return Some(Token::Byte(byte.unwrap_or(b'?')));
        }
        if !first.is_ascii_alphabetic() {
            self.skip(1);
            return Some(match first {
                b'{' | b'}' | b'\\' => Token::Byte(first),
                b'\n' | b'\r' => Token::Word(b"par", None),
                sign => Token::Sign(sign),
            });
        }
        let letters =
            self.rest.iter().take(WORD_BYTES_MAX).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, after) = self.rest.split_at(letters);
        let minus = usize::from(after.first() == Some(&b'-'));
        let digits = after[minus..].iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
        let (number, after) = if digits == 0 {
            (None, after)
        } else {
            let number = std::str::from_utf8(&after[..minus + digits]).ok();
            (number.and_then(|number| number.parse().ok()), &after[minus + digits..])
        };
        self.rest = after.strip_prefix(b" ").unwrap_or(after);
        // What follows is no text, but bytes of a picture.
        if word == b"bin" {
            self.skip(usize::try_from(number.unwrap_or(0)).unwrap_or(0));
        }
        Some(Token::Word(word, number))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let first = *self.rest.first()?;
            self.skip(1);
            return Some(match first {
                b'{' => Token::Open,
                b'}' => Token::Close,
                b'\\' => return self.control(),
                b'\r' | b'\n' | 0 => continue,
                byte => Token::Byte(byte),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_are_tokens() {
        let tokens: Vec<Token<'_>> = Tokens::new(b"{\\b0 a\\'e9\\li-720\\~\\\\\\'zz\\bin3 {}}\\").collect();
        let expected = [
            Token::Open,
            Token::Word(b"b", Some(0)),
            Token::Byte(b'a'),
            Token::Byte(0xe9),
            Token::Word(b"li", Some(-720)),
            Token::Sign(b'~'),
            Token::Byte(b'\\'),
            Token::Byte(b'?'),
            Token::Byte(b'z'),
            Token::Byte(b'z'),
            Token::Word(b"bin", Some(3)),
        ];
        assert_eq!(tokens, expected);
    }
}
