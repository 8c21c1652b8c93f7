//! Text with marked parts, as a parser collects it for one block: cleaned as it comes, so that places stay right.

use std::ops::Range;

use event_model::SpanStyle;

/// The text of a block in the making and what is marked in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RichText {
    text: String,
    /// Bytes of `text`, in the order the marks were closed.
    spans: Vec<(Range<usize>, SpanStyle)>,
}

impl RichText {
    /// Appends text without control characters (PostgreSQL refuses NUL, and none of the others means anything in text) and
    /// with plain line ends.
    pub fn push(&mut self, text: &str) {
        clean_into(text, &mut self.text);
    }

    /// Where the next text will stand: the place to give to [`mark`](Self::mark) later.
    pub fn place(&self) -> usize {
        self.text.len()
    }

    /// Marks what was appended since `start`, without white space at its ends. Nothing is marked if nothing was appended.
    pub fn mark(&mut self, start: usize, style: SpanStyle) {
        let Some(marked) = self.text.get(start..) else { return };
        let from = start + (marked.len() - marked.trim_start().len());
        let to = start + marked.trim_end().len();
        if from < to {
            self.spans.push((from..to, style));
        }
    }

    /// Marks parts of the text, given in bytes and in order, where nothing in them is a link or code already.
    pub(crate) fn mark_unmarked(&mut self, parts: Vec<(Range<usize>, SpanStyle)>) {
        let fixed = |(_, style): &&(Range<usize>, SpanStyle)| {
            matches!(style, SpanStyle::Link { .. } | SpanStyle::Code)
        };
        let mut taken: Vec<Range<usize>> =
            self.spans.iter().filter(fixed).map(|(range, _)| range.clone()).collect();
        taken.sort_unstable_by_key(|range| range.start);
        let (mut next, mut taken_to) = (0, 0);
        for (part, style) in parts {
            while let Some(range) = taken.get(next).filter(|range| range.start < part.end) {
                taken_to = taken_to.max(range.end);
                next += 1;
            }
            if taken_to <= part.start {
                self.spans.push((part, style));
            }
        }
    }

    /// The text so far.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether there is nothing to read in it.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Forgets everything and returns it.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Appends another text with its marks.
    pub fn append(&mut self, other: &Self) {
        let start = self.text.len();
        self.text.push_str(&other.text);
        self.spans.extend(
            other.spans.iter().map(|(range, style)| (range.start + start..range.end + start, style.clone())),
        );
    }

    /// The same behind `prefix`.
    #[must_use]
    pub(crate) fn behind(self, prefix: &str) -> Self {
        let mut whole = Self::default();
        whole.push(prefix);
        whole.append(&self.cut(|text| text.trim_start_matches(char::is_whitespace)));
        whole
    }

    /// The part that `choose` leaves of the text; it must be a part of it.
    #[must_use]
    pub(crate) fn cut(self, choose: impl FnOnce(&str) -> &str) -> Self {
        let kept = choose(&self.text);
        let start = kept.as_ptr() as usize - self.text.as_ptr() as usize;
        let (text, len) = (kept.to_owned(), kept.len());
        let within = |at: usize| at.saturating_sub(start).min(len);
        let spans =
            self.spans.into_iter().map(|(range, style)| (within(range.start)..within(range.end), style));
        Self { text, spans: spans.filter(|(range, _)| !range.is_empty()).collect() }
    }

    /// With a space for each line end, as a heading has to be.
    #[must_use]
    pub(crate) fn on_one_line(mut self) -> Self {
        self.text = self.text.replace(['\n', '\t'], " ");
        self
    }

    /// The text, and the marks counted in characters: by their start, outer before inner.
    pub(crate) fn into_parts(self) -> (String, Vec<(Range<usize>, SpanStyle)>) {
        let mut spans = self.spans;
        spans.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut ends: Vec<usize> = spans.iter().flat_map(|(range, _)| [range.start, range.end]).collect();
        ends.sort_unstable();
        ends.dedup();
        let (mut characters, mut byte) = (Vec::with_capacity(ends.len()), 0);
        let mut count = 0;
        for end in &ends {
            count += self.text[byte..*end].chars().count();
            byte = *end;
            characters.push(count);
        }
        let character = |byte: usize| ends.binary_search(&byte).map_or(0, |at| characters[at]);
        let spans =
            spans.into_iter().map(|(range, style)| (character(range.start)..character(range.end), style));
        (self.text, spans.collect())
    }
}

impl From<&str> for RichText {
    fn from(text: &str) -> Self {
        let mut rich = Self::default();
        rich.push(text);
        rich
    }
}

impl From<&String> for RichText {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

/// What [`RichText::push`] makes of a text.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    clean_into(text, &mut cleaned);
    cleaned
}

fn clean_into(text: &str, cleaned: &mut String) {
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}' => cleaned.push('\n'),
            '\n' | '\t' => cleaned.push(character),
            '\u{a0}' => cleaned.push(' '),
            '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {}
            character if character.is_control() => {}
            character => cleaned.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stay_on_their_words() {
        let mut text = RichText::from("  Über ");
        let start = text.place();
        text.push(" the\0 page ");
        text.mark(start, SpanStyle::Strong);
        let (text, spans) = text.behind("3. ").cut(str::trim).into_parts();
        assert_eq!(text, "3. Über  the page");
        assert_eq!(spans, [(9..17, SpanStyle::Strong)]);
    }

    #[test]
    fn a_mark_without_words_is_none() {
        let mut text = RichText::default();
        let start = text.place();
        text.push(" \n ");
        text.mark(start, SpanStyle::Code);
        assert_eq!(text.into_parts().1, []);
    }
}
