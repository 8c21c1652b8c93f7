//! Numbers as lists write them: `3`, `c`, `iii`, `③`, `三`.

use crate::numerals::{letters, roman};

/// How a level writes its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Bullet,
    Decimal,
    DecimalZero,
    Letter { upper: bool },
    Roman { upper: bool },
    Circled,
    Chinese,
}

impl Format {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "bullet" | "none" => Self::Bullet,
            "decimalZero" => Self::DecimalZero,
            "lowerLetter" => Self::Letter { upper: false },
            "upperLetter" => Self::Letter { upper: true },
            "lowerRoman" => Self::Roman { upper: false },
            "upperRoman" => Self::Roman { upper: true },
            "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => Self::Circled,
            "chineseCounting"
            | "chineseCountingThousand"
            | "ideographDigital"
            | "japaneseCounting"
            | "taiwaneseCountingThousand" => Self::Chinese,
            _ => Self::Decimal,
        }
    }

    /// A number; in digits where the format has no way to write it.
    pub(super) fn write(self, number: u64) -> String {
        let written = match self {
            Self::Bullet => Some(String::new()),
            Self::Decimal => None,
            Self::DecimalZero => Some(format!("{number:02}")),
            Self::Letter { upper } => letters(number).map(|text| cased(text, upper)),
            Self::Roman { upper } => roman(number).map(|text| cased(text, upper)),
            Self::Circled => circled(number),
            Self::Chinese => chinese(number),
        };
        written.unwrap_or_else(|| number.to_string())
    }
}

fn cased(text: String, upper: bool) -> String {
    if upper { text.to_uppercase() } else { text }
}

fn circled(number: u64) -> Option<String> {
    let code = u32::try_from(number).ok().filter(|number| (1..=20).contains(number))? + 0x245f;
    char::from_u32(code).map(String::from)
}

fn chinese(number: u64) -> Option<String> {
    let digit = |digit: u64| "〇一二三四五六七八九".chars().nth(usize::try_from(digit).ok()?);
    let (tens, ones) = (number / 10, number % 10);
    let mut text = String::new();
    match tens {
        0 => {}
        1 => text.push('十'),
        2..=9 => text.extend([digit(tens)?, '十']),
        _ => return None,
    }
    if ones > 0 || tens == 0 {
        text.push(digit(ones)?);
    }
    Some(text)
}

/// `%1.%2)` with the number of each level in its place.
pub(super) fn fill(text: &str, number: impl Fn(usize) -> String) -> String {
    let (mut filled, mut characters) = (String::new(), text.chars().peekable());
    while let Some(character) = characters.next() {
        match characters.peek().and_then(|next| next.to_digit(10)) {
            Some(level @ 1..=9) if character == '%' => {
                characters.next();
                filled.push_str(&number(level as usize - 1));
            }
            _ => filled.push(character),
        }
    }
    filled.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_lists_write_them() {
        let cases = [
            ("decimal", 12, "12"),
            ("decimalZero", 7, "07"),
            ("lowerLetter", 3, "c"),
            ("upperLetter", 28, "BB"),
            ("lowerRoman", 1994, "mcmxciv"),
            ("upperRoman", 4, "IV"),
            ("upperRoman", 5_000, "5000"),
            ("chineseCounting", 21, "二十一"),
            ("chineseCounting", 10, "十"),
            ("decimalEnclosedCircle", 3, "③"),
            ("lowerLetter", 0, "0"),
            ("lowerLetter", u64::MAX, "18446744073709551615"),
        ];
        for (format, number, expected) in cases {
            assert_eq!(Format::of(format).write(number), expected, "{format}");
        }
        assert_eq!(fill("§ %1.%2)", |level| format!("{}", level + 4)), "§ 4.5)");
        assert_eq!(fill("100% %", |_| String::new()), "100% %");
    }
}
