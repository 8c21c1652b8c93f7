//! Words divided at the ends of lines. Only the lines tell them from `pre- and postwar`, so the pairs come from them.

use std::{borrow::Cow, collections::HashSet};

use super::reading_order::Group;

/// The two parts of each divided word of a page: `sci-` and `entific`.
pub(super) type Divided = HashSet<(String, String)>;

/// Behind these a hyphen stands for a word that is left out.
const NOT_SECOND_PARTS: [&str; 7] = ["and", "or", "to", "und", "oder", "et", "y"];

/// Collects the divided words of a page.
pub(super) fn divided(groups: &[Group]) -> Divided {
    let pairs = groups.iter().flat_map(|group| group.lines.windows(2));
    pairs.filter_map(|pair| parts(&pair[0].text, &pair[1].text)).collect()
}

/// The parts of the word that is divided between two lines.
pub(super) fn parts(line: &str, next: &str) -> Option<(String, String)> {
    let (first, second) = (line.rsplit(' ').next()?, next.split(' ').next()?);
    let is_divided = first.strip_suffix('-').is_some_and(|head| head.ends_with(char::is_alphabetic))
        && second.starts_with(char::is_lowercase)
        && !NOT_SECOND_PARTS.contains(&second);
    is_divided.then(|| (first.to_owned(), second.to_owned()))
}

/// Lines as one text, in which divided words are whole again.
pub(super) fn together<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for line in lines {
        if parts(&text, line).is_some() {
            text.pop();
        } else if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(line);
    }
    text
}

/// Makes the divided words in a text whole.
pub(super) fn joined<'a>(text: &'a str, divided: &Divided) -> Cow<'a, str> {
    if divided.is_empty() || !text.contains("- ") {
        return Cow::Borrowed(text);
    }
    let mut whole = String::with_capacity(text.len());
    for (at, word) in text.split(' ').enumerate() {
        let last = whole.rsplit(' ').next().unwrap_or_default();
        if last.ends_with('-') && divided.contains(&(last.to_owned(), word.to_owned())) {
            whole.pop();
        } else if at > 0 {
            whole.push(' ');
        }
        whole.push_str(word);
    }
    Cow::Owned(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_divided_word_is_whole_again_and_a_hyphen_that_is_meant_stays() {
        let divided: Divided = [("a sci-", "entific pre-"), ("a pre-", "and postwar"), ("the Jean-", "Luc")]
            .iter()
            .filter_map(|(line, next)| parts(line, next))
            .collect();
        assert_eq!(divided.len(), 1);
        assert_eq!(joined("a sci- entific pre- and postwar", &divided), "a scientific pre- and postwar");
        assert_eq!(joined(" run, sci- fi", &divided), " run, sci- fi");
    }
}
