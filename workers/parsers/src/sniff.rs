//! What the bytes show before anybody parses them: the evidence each parser decides on. The declared media type has no
//! say; the name's extension is a hint between the text formats only.

use serde::{Deserialize, Serialize};

/// What the producer says about the document. Nothing here is trusted, and the name is never used as a path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// File name or path as given.
    pub name: String,
    /// Media type as claimed.
    pub declared_type: Option<String>,
}

impl Source {
    /// A source of which only the name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), declared_type: None }
    }

    /// The name's extension in lower case without the dot, or an empty string.
    pub fn extension(&self) -> String {
        let file = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        match file.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => extension.to_ascii_lowercase(),
            _ => String::new(),
        }
    }

    /// The last part of the name, in lower case.
    pub fn file_name(&self) -> String {
        self.name.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase()
    }
}

/// How much of a document is looked at to tell text from binary.
const HEAD_BYTES: usize = 64 * 1024;
/// How many member names of an archive are collected; the main part of every real package comes long before.
const ZIP_MEMBERS_MAX: usize = 512;

/// The evidence: made from the first bytes or from all of them.
#[derive(Clone, Debug)]
pub struct Sniffed<'a> {
    /// The first bytes, at most 64 KiB.
    pub head: &'a [u8],
    /// The name's extension, lower case, without the dot.
    pub extension: String,
    /// The last part of the name, lower case.
    pub file_name: String,
    /// Whether the head reads as text in some charset.
    pub is_text: bool,
    /// Names found in local headers when the bytes are a ZIP archive.
    pub zip_members: Vec<String>,
}

impl<'a> Sniffed<'a> {
    /// Looks at `bytes`: the whole document, or as much of its beginning as is at hand.
    pub fn of(bytes: &'a [u8], source: &Source) -> Self {
        let head = &bytes[..bytes.len().min(HEAD_BYTES)];
        Self {
            head,
            extension: source.extension(),
            file_name: source.file_name(),
            is_text: is_text(head),
            zip_members: if bytes.starts_with(b"PK\x03\x04") { zip_members(bytes) } else { Vec::new() },
        }
    }

    /// The media type that a package of `OpenDocument` or EPUB states in its first member, which is stored as it is.
    pub fn stated_type(&self) -> Option<&str> {
        let number =
            |at: usize| Some(usize::from(u16::from_le_bytes([*self.head.get(at)?, *self.head.get(at + 1)?])));
        let stored = self.zip_members.first().is_some_and(|name| name == "mimetype") && number(8)? == 0;
        let start = 30 + number(26)? + number(28)?;
        let rest = self.head.get(start..).filter(|_| stored)?;
        // The size may stand behind the content instead of here.
        let size = Some(number(18)?).filter(|size| *size > 0).or_else(|| find(rest, b"PK"))?;
        std::str::from_utf8(rest.get(..size)?).ok().map(str::trim)
    }

    /// The head as ASCII-lower-case text without a byte order mark and leading white space; for looking at markers.
    pub fn opening(&self) -> String {
        let text = String::from_utf8_lossy(&self.head[..self.head.len().min(4096)]);
        text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase()
    }
}

/// Text has a byte order mark, or is valid UTF-8 without control characters, or is bytes of some other charset that still
/// has ASCII in it. NUL and a share of control characters mean binary.
fn is_text(head: &[u8]) -> bool {
    if encoding_rs::Encoding::for_bom(head).is_some() {
        return true;
    }
    let is_binary = memchr::memchr(0, head).is_some();
    if is_binary || head.iter().filter(|byte| is_control(**byte)).count() * 200 > head.len() {
        return false;
    }
    match std::str::from_utf8(head) {
        Ok(_) => return true,
        // The head may end inside a character.
        Err(error) if error.error_len().is_none() => return true,
        Err(_) => {}
    }
    let mut seen = [false; 256];
    for byte in head {
        seen[usize::from(*byte)] = true;
    }
    let ascii = head.iter().filter(|byte| byte.is_ascii()).count();
    ascii * 100 > head.len() && seen.iter().filter(|seen| **seen).count() > 8
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b) || byte == 0x7f
}

/// Member names by their local headers, so a truncated archive and a mere beginning are recognised too.
fn zip_members(bytes: &[u8]) -> Vec<String> {
    let mut members = Vec::new();
    for found in memchr::memmem::find_iter(bytes, b"PK\x03\x04").take(ZIP_MEMBERS_MAX) {
        let at = found + 4;
        let Some(header) = bytes.get(at..at + 26) else { break };
        let length = usize::from(u16::from_le_bytes([header[22], header[23]]));
        if let Some(name) = bytes.get(at + 26..at + 26 + length) {
            members.push(String::from_utf8_lossy(name).replace('\\', "/"));
        }
    }
    members
}

/// Where `needle` first stands in `hay`.
pub(crate) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(hay, needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> bool {
        Sniffed::of(bytes, &Source::default()).is_text
    }

    #[test]
    fn text_is_told_from_binary_whatever_its_charset() {
        assert!(text("Grüße, Welt\n".as_bytes()));
        assert!(text(b"\xff\xfeh\0i\0"), "UTF-16 with its mark");
        assert!(text(b"Gr\xfc\xdfe aus M\xfcnchen, liebe Welt\n"), "windows-1252");
        assert!(!text(&[0xff; 4096]));
        assert!(!text(b"\x7fELF\x02\x01\x01\0\0\0"));
        assert!(!text(&[0x80, 0x81, 0x01, 0x02, 0x03, 0x04]));
    }

    #[test]
    fn only_the_last_part_of_a_name_counts() {
        assert_eq!(Source::named("../../etc/passwd.D/README.MD").extension(), "md");
        assert_eq!(Source::named("..\\notes").extension(), "");
        assert_eq!(Source::named(".bashrc").extension(), "");
    }
}
