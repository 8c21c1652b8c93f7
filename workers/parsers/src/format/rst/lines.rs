//! Lines and what they begin with.

/// Columns between two stops of a tabulator (docutils' own).
const TAB: usize = 8;

/// The lines of a text without white space at their ends; a tabulator becomes spaces up to its stop.
pub(super) fn of(text: &str) -> Vec<String> {
    text.lines().map(untabbed).collect()
}

fn untabbed(line: &str) -> String {
    let line = line.trim_end();
    if !line.contains('\t') {
        return line.to_owned();
    }
    let (mut plain, mut column) = (String::new(), 0);
    for character in line.chars() {
        let width = if character == '\t' { TAB - column % TAB } else { 1 };
        match character {
            '\t' => plain.extend(std::iter::repeat_n(' ', width)),
            character => plain.push(character),
        }
        column += width;
    }
    plain
}

/// Spaces before the first character.
pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The lines with the least indentation of all taken away, without empty ones at both ends.
pub(super) fn dedented(lines: &[String]) -> Vec<String> {
    let least = lines.iter().filter(|line| !line.is_empty()).map(|line| indent(line)).min().unwrap_or(0);
    let mut plain: Vec<String> =
        lines.iter().map(|line| line.get(least..).unwrap_or_default().to_owned()).collect();
    while plain.last().is_some_and(String::is_empty) {
        plain.pop();
    }
    let empty = plain.iter().take_while(|line| line.is_empty()).count();
    plain.split_off(empty)
}

/// How many lines from `at` on are empty or indented by `least` or more; empty ones at the end do not count.
pub(super) fn indented(lines: &[String], at: usize, least: usize) -> usize {
    let belongs = |line: &&String| line.is_empty() || indent(line) >= least.max(1);
    let mut count = lines[at..].iter().take_while(belongs).count();
    while count > 0 && lines[at + count - 1].is_empty() {
        count -= 1;
    }
    count
}

/// The sign that a line consists of, if it is an adornment of a title.
pub(super) fn adornment(line: &str) -> Option<char> {
    let first = line.chars().next().filter(char::is_ascii_punctuation)?;
    (line.len() >= 2 && line.chars().all(|character| character == first)).then_some(first)
}

/// What begins an item: the width of its mark, and its number; `#.` goes on counting and has none yet.
pub(super) struct Mark {
    pub(super) width: usize,
    pub(super) number: Number,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Bullet,
    Next,
    Is(u64),
}

pub(super) fn mark(line: &str) -> Option<Mark> {
    let word = line.split(' ').next()?;
    let gap = |width: usize| line[width..].len() - line[width..].trim_start().len();
    if matches!(word, "-" | "*" | "+" | "•" | "‣") {
        return Some(Mark {
            width: word.len() + gap(word.len()).max(1).min(line.len() - word.len()),
            number: Number::Bullet,
        });
    }
    let inner = word.strip_suffix('.').or_else(|| word.strip_suffix(')'))?;
    let inner = inner.strip_prefix('(').unwrap_or(inner);
    let number = match inner {
        "#" => Number::Next,
        digits
            if !digits.is_empty()
                && digits.len() < 10
                && digits.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            Number::Is(digits.parse().ok()?)
        }
        letter if letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Number::Is(u64::from(letter.to_ascii_lowercase().as_bytes()[0] - b'a') + 1)
        }
        _ => return None,
    };
    (line.len() > word.len()).then(|| Mark { width: word.len() + gap(word.len()), number })
}

/// Name and value of a field, `:name: value`.
pub(super) fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix(':')?.split_once(':')?;
    let sound = !name.is_empty() && !name.starts_with(' ') && (value.is_empty() || value.starts_with(' '));
    (sound && !name.contains('`')).then(|| (name, value.trim()))
}
