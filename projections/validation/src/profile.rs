//! The kind of text, which decides what rules it is held to: rules made for web prose are wrong for code and answers.
//!
//! Not a language or a format: a Markdown file may be prose or code, depending on what it mostly holds.

use std::{fmt, str::FromStr};

use event_model::{BlockKind, ParsedDocument};

/// Share of a document's characters in code blocks from which it is judged as code.
const CODE_SHARE_MIN: f64 = 0.5;

/// Share of a document's paragraphs that open with a speaker from which it is judged as a conversation.
const SPEAKER_SHARE_MIN: f64 = 0.5;

/// Names that open a turn of a conversation, as exported by chat programs and model providers.
const SPEAKERS: [&str; 8] =
    ["user:", "assistant:", "system:", "human:", "ai:", "bot:", "question:", "answer:"];

/// The kind of text a set of rules was chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Running text, such as an article or a manual.
    Prose,
    /// Source code, or a document that is mostly code.
    Code,
    /// A conversation or one answer of it; may be very short.
    Chat,
}

/// A string that names no profile.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a profile; expected `prose`, `code` or `chat`")]
pub struct UnknownProfile(String);

impl Profile {
    /// All profiles, in the order in which the registry lists standings.
    pub const ALL: [Self; 3] = [Self::Prose, Self::Code, Self::Chat];

    /// The name recorded in `knowledge.validated`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prose => "prose",
            Self::Code => "code",
            Self::Chat => "chat",
        }
    }

    /// Finds the profile of a document from its media type and its structure.
    ///
    /// The media type speaks first where it is certain (`text/x-rust`); otherwise at least half of the characters in
    /// code blocks make it code, at least half of two or more paragraphs opening with a speaker make it chat, and
    /// everything else is prose.
    pub fn detect(media_type: &str, document: &ParsedDocument) -> Self {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if is_code_type(&essence) || code_share(document) >= CODE_SHARE_MIN {
            Self::Code
        } else if is_chat_type(&essence) || is_conversation(&document.text) {
            Self::Chat
        } else {
            Self::Prose
        }
    }
}

/// Whether a media type (lower case, without parameters) is source code.
fn is_code_type(essence: &str) -> bool {
    const PLAIN: [&str; 6] = [
        "text/x-markdown",
        "text/x-rst",
        "text/x-web-markdown",
        "text/x-asciidoc",
        "text/x-log",
        "text/x-org",
    ];
    const CODE: [&str; 10] = [
        "text/javascript",
        "application/javascript",
        "application/typescript",
        "application/json",
        "application/toml",
        "application/yaml",
        "application/sql",
        "application/x-sh",
        "application/wasm",
        "text/css",
    ];
    (essence.starts_with("text/x-") && !PLAIN.contains(&essence)) || CODE.contains(&essence)
}

fn is_chat_type(essence: &str) -> bool {
    essence.contains("conversation") || essence.contains("chat")
}

/// Share of the characters of all blocks that stand in code blocks; 0 for a document without blocks.
fn code_share(document: &ParsedDocument) -> f64 {
    let (mut code, mut all) = (0_u64, 0_u64);
    for block in &document.blocks {
        let chars = u64::from(block.range.end.saturating_sub(block.range.start));
        all += chars;
        if matches!(block.kind, BlockKind::Code { .. }) {
            code += chars;
        }
    }
    if all == 0 { 0.0 } else { crate::rule::ratio(code, all) }
}

/// Whether two or more paragraphs open with a speaker and they are at least half of all paragraphs.
fn is_conversation(text: &str) -> bool {
    let (mut turns, mut paragraphs) = (0_u64, 0_u64);
    for paragraph in text.split("\n\n").map(str::trim_start).filter(|p| !p.is_empty()) {
        paragraphs += 1;
        turns += u64::from(SPEAKERS.iter().any(|speaker| opens_with(paragraph, speaker)));
    }
    turns >= 2 && crate::rule::ratio(turns, paragraphs) >= SPEAKER_SHARE_MIN
}

/// Whether `text` starts with the ASCII string `opening`, in any case.
fn opens_with(text: &str, opening: &str) -> bool {
    text.as_bytes().get(..opening.len()).is_some_and(|head| head.eq_ignore_ascii_case(opening.as_bytes()))
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|p| p.as_str() == name).ok_or_else(|| UnknownProfile(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use event_model::{Block, TextRange};

    use super::*;

    /// A document of `code` characters of code after `prose` characters of paragraph.
    fn document(prose: u32, code: u32) -> ParsedDocument {
        let block = |kind, start, end| Block::new(kind, TextRange { start, end }, None);
        ParsedDocument {
            blocks: vec![
                block(BlockKind::Paragraph, 0, prose),
                block(BlockKind::Code { language: None }, prose, prose + code),
            ],
            ..ParsedDocument::default()
        }
    }

    #[test]
    fn a_document_is_code_from_half_of_its_characters_on() {
        assert_eq!(Profile::detect("text/markdown", &document(50, 50)), Profile::Code);
        assert_eq!(Profile::detect("text/markdown", &document(51, 49)), Profile::Prose);
        assert_eq!(Profile::detect("text/markdown", &ParsedDocument::default()), Profile::Prose);
    }

    #[test]
    fn source_files_are_code_whatever_their_blocks_say() {
        let plain = document(100, 0);
        assert_eq!(Profile::detect("text/x-rust", &plain), Profile::Code);
        assert_eq!(Profile::detect("Text/X-Python; charset=utf-8", &plain), Profile::Code);
        assert_eq!(Profile::detect("text/x-rst", &plain), Profile::Prose);
        assert_eq!(Profile::detect("text/html", &plain), Profile::Prose);
    }

    #[test]
    fn turns_of_named_speakers_make_a_conversation() {
        let said = |text: &str| ParsedDocument { text: text.to_owned(), ..ParsedDocument::default() };
        assert_eq!(Profile::detect("text/plain", &said("User: hi\n\nAssistant: hello")), Profile::Chat);
        assert_eq!(Profile::detect("text/plain", &said("User: hi")), Profile::Prose);
        let mostly_prose = "Answer: a\n\nAnswer: b\n\nOne.\n\nTwo.\n\nThree.";
        assert_eq!(Profile::detect("text/plain", &said(mostly_prose)), Profile::Prose);
    }

    #[test]
    fn a_profile_is_read_back_from_its_name() {
        for profile in Profile::ALL {
            assert_eq!(profile.to_string().parse::<Profile>().unwrap(), profile);
        }
        assert!("web".parse::<Profile>().unwrap_err().to_string().contains("`web`"));
    }
}
