//! Fields: an instruction that nobody sees and the result that everybody sees, in runs of their own. Of the instructions only
//! `HYPERLINK` matters.

/// Fields inside fields inside fields; what is deeper is read as text.
const DEPTH_MAX: usize = 16;
const INSTRUCTION_BYTES_MAX: usize = 4_096;

struct Field {
    instruction: String,
    /// Whether the instruction is over and the result has begun.
    shows: bool,
    link: Option<Link>,
}

/// A link that is open: where it leads, and where its text starts in which of the open paragraphs.
pub(super) struct Link {
    pub(super) target: String,
    pub(super) start: usize,
    pub(super) paragraph: usize,
}

#[derive(Default)]
pub(super) struct Fields {
    open: Vec<Field>,
    ignored: usize,
}

impl Fields {
    pub(super) fn begin(&mut self) {
        if self.open.len() < DEPTH_MAX {
            self.open.push(Field { instruction: String::new(), shows: false, link: None });
        } else {
            self.ignored += 1;
        }
    }

    pub(super) fn instruct(&mut self, text: &str) {
        if let Some(field) = self.open.last_mut().filter(|_| self.ignored == 0)
            && field.instruction.len() + text.len() <= INSTRUCTION_BYTES_MAX
        {
            field.instruction.push_str(text);
        }
    }

    /// The instruction is over. A link starts at `place`, which is asked for only then.
    pub(super) fn separate(&mut self, paragraph: usize, place: impl FnOnce() -> usize) {
        if let Some(field) = self.open.last_mut().filter(|_| self.ignored == 0) {
            field.shows = true;
            field.link =
                link_target(&field.instruction).map(|target| Link { target, start: place(), paragraph });
        }
    }

    /// The field is over; the link that it was.
    pub(super) fn end(&mut self) -> Option<Link> {
        if self.ignored > 0 {
            self.ignored -= 1;
            return None;
        }
        self.open.pop().and_then(|field| field.link)
    }

    /// Whether text belongs to an instruction.
    pub(super) fn hide(&self) -> bool {
        self.open.iter().any(|field| !field.shows)
    }

    /// A paragraph ends. A link goes on in the next one; an instruction that goes on is a damaged one and hides nothing more.
    pub(super) fn end_paragraph(&mut self, paragraph: usize, mut link: impl FnMut(usize, &str)) {
        for field in &mut self.open {
            field.shows = true;
            if let Some(open) = field.link.as_mut().filter(|open| open.paragraph == paragraph) {
                link(open.start, &open.target);
                open.start = 0;
            }
        }
    }
}

/// Where `HYPERLINK "https://example.org" \l "part"` leads; a place in the document itself is none.
pub(super) fn link_target(instruction: &str) -> Option<String> {
    let words = words(instruction);
    let mut words = words.iter().map(String::as_str);
    if !words.next()?.eq_ignore_ascii_case("HYPERLINK") {
        return None;
    }
    let (mut target, mut part) = (None, None);
    while let Some(word) = words.next() {
        match word {
            "\\l" => part = words.next(),
            "\\o" | "\\t" => drop(words.next()),
            word if word.starts_with('\\') => {}
            word => target = target.or(Some(word)),
        }
    }
    let target = target.filter(|target| !target.is_empty())?;
    Some(part.map_or_else(|| target.to_owned(), |part| format!("{target}#{part}")))
}

/// Words, of which those in quotation marks hold spaces; a backslash before a quotation mark or another backslash is a lone one.
fn words(instruction: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = instruction.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if quoted && matches!(characters.peek(), Some('\\' | '"')) => word.extend(characters.next()),
            '"' | '“' | '”' => quoted = !quoted,
            character if character.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            character => word.push(character),
        }
    }
    words.push(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_lead_somewhere_or_nowhere() {
        let cases = [
            (r#" HYPERLINK "https://example.org/a b" "#, Some("https://example.org/a b")),
            (r#"hyperlink https://example.org \o "a tip" \l "part""#, Some("https://example.org#part")),
            (r#"HYPERLINK "C:\\files\\a.txt""#, Some(r"C:\files\a.txt")),
            (r#" HYPERLINK \l "_Toc1" "#, None),
            ("PAGEREF _Toc1", None),
            ("", None),
        ];
        for (instruction, expected) in cases {
            assert_eq!(link_target(instruction).as_deref(), expected, "{instruction}");
        }
    }
}
