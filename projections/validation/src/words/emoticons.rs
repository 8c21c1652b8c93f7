//! Emoticons: the marks of one are joined again after cutting, as spaCy does with special cases that are made of affixes.

use std::sync::LazyLock;

/// The emoticons of `spacy/lang/tokenizer_exceptions.py` and two escapes that stand beside them.
pub(super) const EMOTICONS: [&str; 118] = [
    ":)", ":-)", ":))", ":-))", ":)))", ":-)))", "(:", "(-:", "=)", "(=", "\")", ":]", ":-]", "[:", "[-:",
    "[=", "=]", ":o)", "(o:", ":}", ":-}", "8)", "8-)", "(-8", ";)", ";-)", "(;", "(-;", ":(", ":-(", ":((",
    ":-((", ":(((", ":-(((", "):", ")-:", "=(", ">:(", ":')", ":'-)", ":'(", ":'-(", ":/", ":-/", "=/", "=|",
    ":|", ":-|", ":1", ":P", ":-P", ":p", ":-p", ":O", ":-O", ":o", ":-o", ":0", ":-0", ":()", ">:o", ":*",
    ":-*", ":3", ":-3", "=3", ":>", ":->", ":X", ":-X", ":x", ":-x", ":D", ":-D", ";D", ";-D", "=D", "xD",
    "XD", "xDD", "XDD", "8D", "8-D", "^_^", "^__^", "^___^", ">.<", ">.>", "<.<", "._.", ";_;", "-_-",
    "-__-", "v.v", "V.V", "v_v", "V_V", "o_o", "o_O", "O_o", "O_O", "0_o", "o_0", "0_0", "o.O", "O.o", "O.O",
    "o.o", "0.0", "o.0", "0.o", "@_@", "<3", "<33", "<333", "</3", "\\\")", "''",
];

/// The emoticons that start with each ASCII character.
static BY_FIRST_BYTE: LazyLock<[Vec<&'static str>; 128]> = LazyLock::new(|| {
    std::array::from_fn(|byte| {
        EMOTICONS.into_iter().filter(|e| usize::from(e.as_bytes()[0]) == byte).collect()
    })
});

/// Joins, among the tokens from `first` on, those that spell an emoticon. `piece` is the text they were cut from.
pub(super) fn join<'a>(piece: &'a str, tokens: &mut Vec<&'a str>, first: usize) {
    if tokens.len() - first < 2 {
        return;
    }
    let cut: Vec<&'a str> = tokens.drain(first..).collect();
    let (mut next, mut at) = (0, 0);
    while next < cut.len() {
        let count = longest_emoticon(&piece[at..], &cut[next..]).max(1);
        let length: usize = cut[next..next + count].iter().map(|token| token.len()).sum();
        tokens.push(&piece[at..at + length]);
        at += length;
        next += count;
    }
}

/// Number of tokens in the longest emoticon that `text`, cut into `tokens`, starts with; 0 if there is none.
fn longest_emoticon(text: &str, tokens: &[&str]) -> usize {
    let candidates = BY_FIRST_BYTE.get(usize::from(text.as_bytes()[0])).into_iter().flatten();
    let spelled = candidates.filter(|emoticon| text.starts_with(**emoticon));
    spelled.filter_map(|emoticon| token_count(emoticon.len(), tokens)).max().unwrap_or(0)
}

/// Number of tokens that are together `length` bytes long, if they end there.
fn token_count(length: usize, tokens: &[&str]) -> Option<usize> {
    let mut end = 0;
    for (count, token) in (1..).zip(tokens) {
        end += token.len();
        if end >= length {
            return (end == length).then_some(count);
        }
    }
    None
}
