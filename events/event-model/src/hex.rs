//! Thirty-two bytes as text: digests and keys in JSON.

use std::fmt::Write;

/// 64 lower-case hexadecimal digits.
pub fn encode_hex(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string does not fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// What [`encode_hex`] wrote; upper case will do. The error says what is wrong with `text`.
pub fn decode_hex(text: &str) -> Result<[u8; 32], &'static str> {
    const WRONG: &str = "it has not 64 hexadecimal digits";
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(WRONG);
    }
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| WRONG)?;
    }
    Ok(bytes)
}
