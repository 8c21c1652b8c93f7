//! Classes of characters as the filters' reference implementation (Python) sees them.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Characters that datatrove counts as symbols: a word of nothing else is not a word.
/// Source: `PUNCTUATION` of datatrove `utils/text.py`; control characters are added by [`is_symbol`].
const SYMBOLS: &str =
    "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»";

/// Whether datatrove counts the character as a symbol.
pub(crate) fn is_symbol(c: char) -> bool {
    match c {
        '\t' | '\n' | ' ' => false,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        _ if c.is_ascii_alphanumeric() => false,
        _ => SYMBOLS.contains(c),
    }
}

/// Python's `str.isspace` for one character: Unicode white space and the four ASCII separators.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Python's `str.isalpha` for one character: the letter categories, which leave out letter-like marks and numbers.
pub(crate) fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphabetic()
    } else {
        c.general_category_group() == GeneralCategoryGroup::Letter
    }
}

/// Whether the character is a decimal digit of any script (`\d`).
pub(crate) fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { c.general_category() == GeneralCategory::DecimalNumber }
}

/// Whether the character is in one of Unicode's punctuation categories.
pub(crate) fn is_punctuation(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Punctuation
}

/// Whether the character is a mark that takes no room of its own, such as an accent.
pub(crate) fn is_accent(c: char) -> bool {
    !c.is_ascii() && c.general_category() == GeneralCategory::NonspacingMark
}

/// Whether the character is a pictorial symbol, such as an emoji, a box or a degree sign.
pub(crate) fn is_pictogram(c: char) -> bool {
    !c.is_ascii() && c.general_category() == GeneralCategory::OtherSymbol
}

/// Whether the character ends a sentence in some script. Quotation marks do not.
/// Source: the terminal punctuation of datatrove, which is that of spaCy's sentence splitter.
pub(crate) fn ends_sentence(c: char) -> bool {
    const TERMINALS: &str = "։؟۔܀܁܂߹।॥၊။።፧፨᙮᜵᜶᠃᠉᥄᥅᪨᪩᪪᪫᭚᭛᭞᭟᰻᰼᱾᱿‼‽⁇⁈⁉⸮⸼꓿꘎꘏꛳꛷꡶꡷꣎꣏꤯꧈꧉꩝꩞꩟꫰꫱꯫﹒﹖﹗！．？\
        𐩖𐩗𑁇𑁈𑂾𑂿𑃀𑃁𑅁𑅂𑅃𑇅𑇆𑇍𑇞𑇟𑈸𑈹𑈻𑈼𑊩𑑋𑑌𑗂𑗃𑗉𑗊𑗋𑗌𑗍𑗎𑗏𑗐𑗑𑗒𑗓𑗔𑗕𑗖𑗗𑙁𑙂𑜼𑜽𑜾𑩂𑩃𑪛𑪜𑱁𑱂𖩮𖩯𖫵𖬷𖬸𖭄𛲟𝪈｡。";
    if c.is_ascii() { matches!(c, '.' | '!' | '?') } else { TERMINALS.contains(c) }
}
