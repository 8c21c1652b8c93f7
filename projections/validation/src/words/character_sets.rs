//! The sets of characters that spaCy's rules speak of (`spacy/lang/char_classes.py`), by Unicode property where spaCy
//! lists ranges.

/// Punctuation that may be a prefix or a suffix.
pub(super) fn is_mark(c: char) -> bool {
    const BEYOND_ASCII: &str = "…¿؟¡。？！，、；：～·।،۔؛٪";
    if c.is_ascii() {
        matches!(
            c,
            ',' | ':'
                | ';'
                | '!'
                | '?'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '<'
                | '>'
                | '_'
                | '#'
                | '*'
                | '&'
        )
    } else {
        BEYOND_ASCII.contains(c)
    }
}

/// Quotation marks and the brackets of East Asian scripts.
pub(super) fn is_quote(c: char) -> bool {
    const BEYOND_ASCII: &str = "”“‘´’‚„»«「」『』（）〔〕【】《》〈〉〈〉⟦⟧";
    if c.is_ascii() { matches!(c, '\'' | '"' | '`') } else { BEYOND_ASCII.contains(c) }
}

/// Signs of currencies.
pub(super) fn is_currency(c: char) -> bool {
    matches!(c, '$' | '£' | '€' | '¥' | '฿' | '₠'..='₿' | '﷼')
}

/// A letter.
pub(super) fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { c.is_alphabetic() }
}

/// A lower-case letter, or one of a script without case.
pub(super) fn is_lower(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_lowercase() } else { c.is_alphabetic() && !c.is_uppercase() }
}

/// An upper-case letter, or one of a script without case.
pub(super) fn is_upper(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_uppercase() } else { c.is_alphabetic() && !c.is_lowercase() }
}
