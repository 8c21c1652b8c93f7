//! Bytes to text: byte order mark, then what the document states, then valid UTF-8, then statistics.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// How much of a document the statistics look at.
const DETECT_BYTES_MAX: usize = 256 * 1024;

/// The text and the name of the charset it was read with. `stated` is the charset label the document gives for itself.
pub(crate) fn decode<'a>(bytes: &'a [u8], stated: Option<&[u8]>) -> (Cow<'a, str>, &'static str) {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return read(encoding, &bytes[mark..]);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text), UTF_8.name());
    }
    // A document that could read its own label is not UTF-16, whatever the label says.
    let labelled = stated.and_then(Encoding::for_label).filter(|encoding| encoding.is_ascii_compatible());
    match labelled {
        Some(encoding) if encoding != UTF_8 => read(encoding, bytes),
        _ => read(detect(bytes), bytes),
    }
}

/// [`decode`] for bytes that nobody needs afterwards: UTF-8, which nearly everything is, is not copied.
pub(crate) fn into_text(bytes: Vec<u8>) -> String {
    if Encoding::for_bom(&bytes).is_some() {
        return decode(&bytes, None).0.into_owned();
    }
    String::from_utf8(bytes).unwrap_or_else(|other| decode(other.as_bytes(), None).0.into_owned())
}

fn read<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> (Cow<'a, str>, &'static str) {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    (text, encoding.name())
}

/// Text that is UTF-8 but for a few bytes stays UTF-8; the rest is a guess from the frequency of bytes.
fn detect(bytes: &[u8]) -> &'static Encoding {
    let head = &bytes[..bytes.len().min(DETECT_BYTES_MAX)];
    let broken = head.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
    let whole = head
        .utf8_chunks()
        .map(|chunk| chunk.valid().chars().filter(|c| !c.is_ascii()).count())
        .sum::<usize>();
    if whole > broken * 4 {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(head, true);
    detector.guess(None, Utf8Detection::Allow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_beats_the_label_and_the_label_beats_statistics() {
        assert_eq!(decode(b"\xff\xfeH\0i\0", Some(b"windows-1252")).0, "Hi");
        assert_eq!(decode(b"\xef\xbb\xbfcaf\xc3\xa9", None).0, "café");
        assert_eq!(decode(b"\xcf\xf0\xe8\xe2\xe5\xf2", Some(b"windows-1251")).0, "Привет");
        assert_eq!(decode("naïve".as_bytes(), Some(b"utf-16")).0, "naïve");
        assert_eq!(
            decode(b"Stra\xdfe in M\xfcnchen, sch\xf6ne Gr\xfc\xdfe", None).0,
            "Straße in München, schöne Grüße"
        );
    }

    #[test]
    fn one_broken_byte_does_not_cost_the_rest() {
        let mut bytes = "Größe, Übung, Äpfel, Öl, süß, müde".as_bytes().to_vec();
        bytes.push(0xff);
        assert!(decode(&bytes, None).0.starts_with("Größe, Übung"));
    }
}
