//! Numbers as documents write them when not in digits: `iv`, `bb`.

/// Lower-case Roman, from 1 to 3,999.
pub(crate) fn roman(number: u64) -> Option<String> {
    const SIGNS: [(u64, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    let mut left = Some(number).filter(|number| (1..4_000).contains(number))?;
    let mut text = String::new();
    for (value, sign) in SIGNS {
        while left >= value {
            text.push_str(sign);
            left -= value;
        }
    }
    Some(text)
}

/// Lower-case letters: behind `z` come `aa`, `bb`, and so on, up to twenty of them.
pub(crate) fn letters(number: u64) -> Option<String> {
    let at = number.checked_sub(1).filter(|at| *at < 26 * 20)?;
    let letter = char::from(b'a' + u8::try_from(at % 26).ok()?);
    Some(std::iter::repeat_n(letter, usize::try_from(at / 26 + 1).ok()?).collect())
}
