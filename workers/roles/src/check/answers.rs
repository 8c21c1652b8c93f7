//! An answer as passages: its paragraphs, without the numbers of its citations.

use super::Passage;

/// The paragraphs of an answer. Places stay what they are: what is taken out leaves spaces.
pub(super) fn passages(answer: &str) -> Vec<Passage> {
    let answer = without_citations(answer);
    let (mut passages, mut start) = (Vec::new(), 0);
    for paragraph in answer.split("\n\n") {
        let characters = u32::try_from(paragraph.chars().count()).unwrap_or(u32::MAX);
        if paragraph.contains(char::is_alphanumeric) {
            passages.push(Passage { start, text: paragraph.to_owned(), vector: None });
        }
        start = start.saturating_add(characters).saturating_add(2);
    }
    passages
}

/// `[1]` and `[2, 3]` say where something is from, not how many there are.
fn without_citations(answer: &str) -> String {
    let mut text = String::with_capacity(answer.len());
    let mut rest = answer;
    while let Some(at) = rest.find('[') {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let end = from.find(']').filter(|end| is_citation(&from[1..*end]));
        let taken = end.map_or(1, |end| end + 1);
        if end.is_some() {
            text.extend(from[..taken].chars().map(|_| ' '));
        } else {
            text.push('[');
        }
        rest = &from[taken..];
    }
    text.push_str(rest);
    text
}

fn is_citation(within: &str) -> bool {
    within.chars().any(|character| character.is_ascii_digit())
        && within.chars().all(|character| character.is_ascii_digit() || matches!(character, ',' | ' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_are_taken_out_and_places_stay() {
        let answer = "It is 5 m [1][2, 3].\n\n\n\nÉtretat [see a] `x[0]`";
        let found = passages(answer);
        assert_eq!(found[0].text, "It is 5 m          .");
        assert_eq!((found[1].start, found[1].text.as_str()), (24, "Étretat [see a] `x   `"));
        assert_eq!(answer.chars().skip(24).take(7).collect::<String>(), "Étretat");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn what_never_closes_stays() {
        assert_eq!(without_citations("[1 and [2"), "[1 and [2");
        assert_eq!(without_citations(""), "");
    }
}
