//! Which blocks are headings. Each of what a reader goes by counts: size, weight, capitals, numbering, brevity, and what the document itself
//! says, by its outline or its tags.

use std::collections::HashMap;

use super::{reading_order::Group, segment::Segment, tagging::Role};

const CHARACTERS_MAX: usize = 180;
const LINES_MAX: usize = 4;
/// What a block has to reach.
const ENOUGH: f32 = 2.0;
const LEVEL_MAX: u8 = 6;

/// How a document sets its text, and what it says of its headings.
#[derive(Debug, Default)]
pub(super) struct Styles {
    /// The size in which most of it is set.
    body: f32,
    is_body_bold: bool,
    /// The texts of the outline without anything but letters and digits, and their depth.
    outline: HashMap<String, u8>,
    has_heading_tags: bool,
}

impl Styles {
    pub(super) fn new<'a>(lines: impl Iterator<Item = &'a Segment>, outline: HashMap<String, u8>) -> Self {
        let mut sizes: HashMap<(u32, bool), usize> = HashMap::new();
        let mut has_heading_tags = false;
        for line in lines.filter(|line| line.edge.is_none()) {
            has_heading_tags |= matches!(line.role, Some(Role::Heading(_)));
            *sizes.entry((quarter(line.size), line.style.bold)).or_default() += line.text.len();
        }
        let most = sizes.into_iter().max_by_key(|(key, count)| (*count, *key));
        let ((size, is_body_bold), _) = most.unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "a size")]
        let body = size as f32 / 4.0;
        Self { body, is_body_bold, outline, has_heading_tags }
    }

    /// Marks the headings among the blocks of a document.
    pub(super) fn mark<'a>(&self, groups: impl Iterator<Item = &'a mut Group>) {
        let mut found: Vec<&mut Group> = groups.filter(|group| self.is_heading(group)).collect();
        let mut sizes: Vec<u32> = found.iter().map(|group| whole(group.size())).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes.dedup();
        for group in &mut found {
            let rank = sizes.iter().position(|size| *size == whole(group.size())).unwrap_or_default();
            let rank = u8::try_from(rank + 1).unwrap_or(LEVEL_MAX);
            let told = self.outline.get(&compact(&group.text())).copied();
            let tagged = match group.role {
                Some(Role::Heading(level)) if level > 0 => Some(level),
                _ => None,
            };
            group.heading = Some(told.or(tagged).unwrap_or(rank).clamp(1, LEVEL_MAX));
        }
    }

    fn is_heading(&self, group: &Group) -> bool {
        let Some(first) = group.lines.first() else { return false };
        if group.table.is_some() || first.edge.is_some() || first.turn != 0 || group.lines.len() > LINES_MAX {
            return false;
        }
        let text = group.text();
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        if letters < 2 || text.chars().count() > CHARACTERS_MAX {
            return false;
        }
        self.looks(group, &text) + self.told(group, &text) >= ENOUGH
    }

    /// What the document says.
    fn told(&self, group: &Group, text: &str) -> f32 {
        if self.outline.contains_key(&compact(text)) {
            return 4.0;
        }
        match group.role {
            Some(Role::Heading(_)) => 4.0,
            Some(_) if self.has_heading_tags => -1.0,
            _ => 0.0,
        }
    }

    /// How it looks.
    fn looks(&self, group: &Group, text: &str) -> f32 {
        let size = match group.size() / self.body.max(1.0) {
            ratio if ratio >= 1.5 => 3.0,
            ratio if ratio >= 1.25 => 2.5,
            ratio if ratio >= 1.12 => 1.5,
            ratio if ratio >= 1.05 => 0.5,
            ratio if ratio >= 0.95 => 0.0,
            _ => -1.5,
        };
        let bold = group.lines.iter().all(|line| line.style.bold) && !self.is_body_bold;
        let italic = group.lines.iter().all(|line| line.style.italic);
        let short = match (group.lines.len(), text.chars().count()) {
            (1, ..60) => 0.5,
            (1 | 2, _) => 0.0,
            _ => -1.0,
        };
        let end = match text.chars().next_back() {
            Some(',' | ';') => -2.0,
            Some('.') if !text.ends_with("...") => -1.5,
            _ => 0.0,
        };
        let start = if text.starts_with(|c: char| c.is_lowercase()) { -1.5 } else { 0.0 };
        let beside = match group.beside {
            0 => 0.0,
            1 => -0.3,
            _ => -1.5,
        };
        let clear = match group.clear {
            (above, below) if above < 0.35 && below < 0.35 => -0.7,
            (above, _) if above > 0.8 => 0.3,
            _ => 0.0,
        };
        size + beside
            + clear
            + f32::from(u8::from(bold)) * 1.5
            + f32::from(u8::from(italic)) * 0.3
            + f32::from(u8::from(is_capitals(text)))
            + f32::from(u8::from(is_numbered(text)))
            + short
            + end
            + start
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of fonts are small")]
fn quarter(size: f32) -> u32 {
    (size.clamp(0.0, 10_000.0) * 4.0).round() as u32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of fonts are small")]
fn whole(size: f32) -> u32 {
    size.clamp(0.0, 10_000.0).round() as u32
}

/// Letters and digits only, as texts of the outline are compared.
pub(super) fn compact(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn is_capitals(text: &str) -> bool {
    let capitals = text.chars().filter(|c| c.is_uppercase()).count();
    capitals >= 4 && !text.contains(char::is_lowercase)
}

/// `3 Results`, `2.1. Data`, `IV. DISCUSSION`, `A. Proofs`, `Chapter 2`.
fn is_numbered(text: &str) -> bool {
    let Some((number, rest)) = text.split_once(' ') else { return false };
    let rest = rest.trim_start();
    if !rest.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()) {
        return false;
    }
    let bare = number.trim_end_matches(['.', ':', ')']);
    let digits =
        bare.split('.').all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    let roman = number.ends_with('.') && bare.chars().all(|c| "IVXL".contains(c));
    let letter = number.ends_with('.') && bare.chars().count() == 1 && bare.chars().all(char::is_uppercase);
    let word = ["chapter", "section", "appendix", "part", "annex", "article"]
        .contains(&bare.to_lowercase().as_str());
    !bare.is_empty() && (digits || roman || letter || word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_sections_are_told_from_other_words() {
        for numbered in
            ["1 Introduction", "2.1. Data", "IV. DISCUSSION", "A. Proofs", "Chapter 2", "3) Scope"]
        {
            assert!(is_numbered(numbered), "{numbered}");
        }
        for other in ["1 introduction", "2020 Budget", "A heron", "Introduction", "1.2"] {
            assert!(!is_numbered(other), "{other}");
        }
    }
}
