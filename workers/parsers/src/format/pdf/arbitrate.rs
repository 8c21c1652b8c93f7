//! Two readings of a page, and which one to believe. unpdf's has the structure; ours says what stands on the page and where.
//! What ours shows and unpdf's lost without a word is put back, and when that is much, ours is taken whole.

use std::collections::HashMap;

use super::segment::Segment;

/// When unpdf's reading lacks more than this part of the characters, its structure is wrong, too.
const LOST_MAX: f32 = 0.2;
/// When more than this part of a page of cells runs into each other, the cells were taken for lines of one text.
const GLUED_MAX: f32 = 0.08;
/// Lines of a page of cells are shorter than this on average.
const CELL: usize = 12;
/// Characters from which on a block that repeats others cannot be chance.
const DOUBLED: usize = 16;
/// A line is missing when more than this part of its characters stands in words that are.
const MISSING: f32 = 0.6;
/// Shorter lines are looked for as words only; as a part of others they would be found by chance.
const PHRASE: usize = 8;

/// What to take for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// unpdf's reading, with our lines where it lacks some.
    Structure,
    /// Ours.
    Positions,
}

/// Which lines of ours unpdf's reading lacks, and the verdict.
#[derive(Debug)]
pub(super) struct Comparison {
    pub missing: Vec<bool>,
    /// Characters in missing lines, of all our characters.
    pub lost: usize,
    /// Characters in lines whose words run into others.
    pub glued: usize,
    pub all: usize,
    /// Which of unpdf's blocks repeat what others have.
    pub doubled: Vec<bool>,
    pub verdict: Verdict,
}

impl Comparison {
    /// What the two readings differ in.
    pub(super) fn summary(&self) -> String {
        let Self { lost, all, glued, .. } = self;
        match self.verdict {
            Verdict::Structure if *lost == 0 => "both readings agree".to_owned(),
            Verdict::Structure => format!("unpdf lacked {lost} of {all} characters, which were put back"),
            Verdict::Positions if glued > lost => format!("unpdf ran {glued} of {all} characters together"),
            Verdict::Positions => format!("unpdf lacked {lost} of {all} characters"),
        }
    }
}

/// Compares unpdf's texts of the blocks of a page with our lines.
#[expect(clippy::cast_precision_loss, reason = "counts of characters")]
pub(super) fn compare(texts: &[String], lines: &[Segment]) -> Comparison {
    let mut words: HashMap<String, usize> = HashMap::new();
    for word in texts.iter().flat_map(|text| words_of(text)) {
        *words.entry(word).or_default() += 1;
    }
    let together: String = texts.iter().map(|text| compact(text)).collect();
    let (mut lost, mut all, mut glued) = (0, 0, 0);
    let mut missing = Vec::with_capacity(lines.len());
    for line in lines {
        let (absent, count) = take(&mut words, &line.text);
        let phrase = compact(&line.text);
        let is_absent = count > 0 && absent as f32 > count as f32 * MISSING;
        let is_missing = is_absent
            && (phrase.len() < PHRASE || !together.contains(&phrase))
            && (together.is_empty() || !line.text.chars().any(is_right_to_left));
        if line.edge.is_none() {
            all += count;
            lost += if is_missing { count } else { 0 };
            glued += if is_absent && !is_missing { count } else { 0 };
        }
        missing.push(is_missing);
    }
    let is_form = all < lines.len() * CELL;
    let verdict = if lost as f32 > all as f32 * LOST_MAX || is_form && glued as f32 > all as f32 * GLUED_MAX {
        Verdict::Positions
    } else {
        Verdict::Structure
    };
    Comparison { missing, lost, glued, all, doubled: doubled(texts, lines), verdict }
}

/// Marks blocks whose words all stand on the page, but not as often as that.
fn doubled(texts: &[String], lines: &[Segment]) -> Vec<bool> {
    let mut shown: HashMap<String, usize> = HashMap::new();
    for word in lines.iter().flat_map(|line| words_of(&line.text)) {
        *shown.entry(word).or_default() += 1;
    }
    let is_doubled = |text: &String| {
        let known = words_of(text).all(|word| shown.contains_key(&word));
        let (absent, all) = take(&mut shown, text);
        known && all >= DOUBLED && absent * 10 > all * 9
    };
    texts.iter().map(is_doubled).collect()
}

/// Takes the words of a line away; returns how many characters were in words that were not there, and in all.
fn take(words: &mut HashMap<String, usize>, text: &str) -> (usize, usize) {
    let (mut absent, mut all) = (0, 0);
    for word in words_of(text) {
        let length = word.chars().count();
        all += length;
        match words.get_mut(&word).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => absent += length,
        }
    }
    (absent, all)
}

fn words_of(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase)
}

/// Without anything but letters and digits.
fn compact(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Hebrew and Arabic: our lines have them as drawn, from left to right, and unpdf's text as read, so they never match.
pub(super) fn is_right_to_left(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// A text without white space, and where each of its bytes comes from.
struct Dense {
    text: String,
    characters: Vec<usize>,
}

impl Dense {
    fn new(text: &str) -> Self {
        let mut dense = Self { text: String::new(), characters: Vec::new() };
        for (at, character) in text.chars().enumerate().filter(|(_, character)| !character.is_whitespace()) {
            dense.text.push(character);
            dense.characters.resize(dense.text.len(), at);
        }
        dense
    }
}

/// A line as it is looked for: without white space.
pub(super) fn phrase(line: &Segment) -> String {
    line.text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// Finds lines in the text of a block, in order: each with its range in characters.
pub(super) fn find<'a>(
    text: &str,
    phrases: impl Iterator<Item = (usize, &'a String)>,
) -> Vec<(usize, std::ops::Range<usize>)> {
    find_from(text, phrases, PHRASE / 2)
}

/// Finds the lines of cells in the text of a table: all of them are there, so short ones are not found by chance.
pub(super) fn find_cells<'a>(
    text: &str,
    phrases: impl Iterator<Item = (usize, &'a String)>,
) -> Vec<(usize, std::ops::Range<usize>)> {
    find_from(text, phrases, 1)
}

/// [`find`], with phrases of at least `long` bytes also farther on than the one before.
fn find_from<'a>(
    text: &str,
    phrases: impl Iterator<Item = (usize, &'a String)>,
    long: usize,
) -> Vec<(usize, std::ops::Range<usize>)> {
    let Dense { text: whole, characters } = Dense::new(text);
    let mut from = 0;
    let mut found = Vec::new();
    for (index, phrase) in phrases {
        let whole_word = phrase.as_str();
        // The hyphen at the end of a line is gone when its word is whole again.
        let tries = [Some(whole_word), whole_word.strip_suffix('-')];
        let place = tries
            .into_iter()
            .flatten()
            .find_map(|phrase| Some((locate(&whole, from, phrase, long)?, phrase.len())));
        let Some((at, length)) = place.filter(|(_, length)| *length > 0) else { continue };
        from = at + length;
        found.push((index, characters[at]..characters[from - 1] + 1));
    }
    found
}

/// Where a phrase stands: behind the one before, or for long ones anywhere.
fn locate(whole: &str, from: usize, phrase: &str, long: usize) -> Option<usize> {
    let next = whole[from..].find(phrase).map(|at| at + from);
    match next {
        Some(at) if at == from || phrase.len() >= long => Some(at),
        _ if phrase.len() >= PHRASE => whole.find(phrase),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Segment {
        Segment { text: text.into(), size: 10.0, ..Segment::default() }
    }

    #[test]
    fn a_line_that_is_lacking_is_noticed_and_much_of_it_turns_the_verdict() {
        let texts = vec!["The heron stands still in shallow water and waits".to_owned()];
        let lines = [line("The heron stands still"), line("in shallow water"), line("and waits"), line("42")];
        let comparison = compare(&texts, &lines);
        assert_eq!(comparison.missing, [false, false, false, true]);
        assert_eq!((comparison.lost, comparison.verdict), (2, Verdict::Structure));
        let comparison = compare(&texts[..0], &lines);
        assert_eq!((comparison.lost, comparison.verdict), (comparison.all, Verdict::Positions));
    }

    #[test]
    fn a_block_that_repeats_another_is_noticed_unless_the_page_does_so_too() {
        let text = "the heron stands still".to_owned();
        let texts = vec![text.clone(), "and waits".to_owned(), text];
        assert_eq!(doubled(&texts, &[line("the heron stands still and waits")]), [false, false, true]);
        let twice = [line("the heron stands still and waits"), line("the heron stands still")];
        assert_eq!(doubled(&texts, &twice), [false; 3]);
    }

    #[test]
    fn lines_are_found_where_they_stand_in_a_block() {
        let lines = [line("Ünder the col-"), line("umn it goes"), line("not here")];
        let phrases: Vec<String> = lines.iter().map(phrase).collect();
        let found = find("Ünder the column it goes on", phrases.iter().enumerate());
        assert_eq!(found, [(0, 0..13), (1, 13..24)]);
    }
}
