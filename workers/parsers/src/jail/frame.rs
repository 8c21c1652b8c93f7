//! What crosses the pipes: frames of a 32-bit little-endian length and that many bytes.
//!
//! ```text
//!   child  ──► hello   JSON JailReport                          once
//!   parent ──► header  JSON Source      parent ──► document     bytes as they are
//!   child  ──► reply   JSON Result<ParsedDocument, Rejection>
//! ```

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

/// How far a protection is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// In force.
    Full,
    /// The kernel knows a part of it.
    Partial,
    /// The kernel does not know it.
    Missing,
}

/// How well a child has locked itself up; for `doctor` and the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailReport {
    /// Address space, processor time, files, core dumps.
    pub limits: Protection,
    /// No access to the file system (Landlock).
    pub files: Protection,
    /// Only the system calls a parser needs (seccomp).
    pub system_calls: Protection,
}

impl JailReport {
    /// Whether everything is in force.
    pub fn is_complete(&self) -> bool {
        self.lacking().is_empty()
    }

    /// The layers that are not in force, or not wholly, for people.
    pub fn lacking(&self) -> Vec<String> {
        let layers = [
            ("limits of memory, time and open files", self.limits),
            ("Landlock, which keeps files away", self.files),
            ("seccomp, which keeps system calls away", self.system_calls),
        ];
        let told = |(layer, protection): (&str, Protection)| match protection {
            Protection::Full => None,
            Protection::Partial => Some(format!("parts of {layer}")),
            Protection::Missing => Some(layer.to_owned()),
        };
        layers.into_iter().filter_map(told).collect()
    }
}

/// Length prefix of a frame.
pub(crate) fn prefix(payload: &[u8]) -> io::Result<[u8; 4]> {
    let length = u32::try_from(payload.len()).map_err(|_| io::Error::other("a frame holds at most 4 GiB"))?;
    Ok(length.to_le_bytes())
}

/// Reads a frame; `None` when the other side has closed the pipe between frames.
pub(crate) fn read_frame(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut payload = vec![0; u32::from_le_bytes(length) as usize];
    input.read_exact(&mut payload)?;
    Ok(Some(payload))
}

/// Writes a frame and flushes it.
pub(crate) fn write_frame(output: &mut impl Write, payload: &[u8]) -> io::Result<()> {
    output.write_all(&prefix(payload)?)?;
    output.write_all(payload)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_that_the_kernel_lacks_is_named() {
        let report = |files, system_calls| JailReport { limits: Protection::Full, files, system_calls };
        assert!(report(Protection::Full, Protection::Full).is_complete());
        let lacking = report(Protection::Partial, Protection::Missing).lacking();
        assert_eq!(lacking.len(), 2);
        assert!(
            lacking[0].starts_with("parts of Landlock") && lacking[1].starts_with("seccomp"),
            "{lacking:?}"
        );
    }
}
