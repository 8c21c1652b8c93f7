//! Damage that readers in use forgive and our libraries do not, mended before either sees it, without moving a byte.

use std::borrow::Cow;

use crate::sniff;

/// A blank between `stream` and the end of its line, which makes the data seem to start one byte early (Microsoft Reporting
/// Services writes it), goes in front of the word.
pub(super) fn mended(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut mended = Cow::Borrowed(bytes);
    let mut from = 0;
    while let Some(at) = sniff::find(&bytes[from..], b"stream ").map(|at| at + from) {
        from = at + 7;
        let ends_line = matches!(bytes.get(from), Some(b'\r' | b'\n'));
        if ends_line && bytes[..at].trim_ascii_end().ends_with(b">>") {
            mended.to_mut()[at..from].copy_from_slice(b" stream");
        }
    }
    mended
}
