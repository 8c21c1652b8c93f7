//! Room on the disk: appends are refused while there is still some, because a database that meets the end of the disk in the
//! middle of a write has to be opened again.

use std::path::Path;

use event_log::LogError;

/// What is left alone: tables are written from memory in the background, and other programs write, too.
const RESERVED_BYTES_MAX: u64 = 64 << 20;
/// On a small disk it is this part of it.
const RESERVED_PART: u64 = 16;

/// Refuses, in words, when `wanted_bytes` more would eat into what is left alone.
pub(crate) fn require(dir: &Path, wanted_bytes: u64) -> Result<(), LogError> {
    let Some(room) = Room::of(dir) else { return Ok(()) };
    let kept_bytes = room.reserved_bytes() + wanted_bytes;
    if room.free_bytes >= kept_bytes {
        return Ok(());
    }
    let (dir, free) = (dir.display(), room.free_bytes >> 10);
    Err(LogError::Unavailable(format!(
        "the disk of {dir} is full: {free} KiB are free and {} KiB have to be; make room, and it goes on by itself",
        kept_bytes.div_ceil(1 << 10)
    )))
}

#[derive(Clone, Copy, Debug)]
struct Room {
    free_bytes: u64,
    total_bytes: u64,
}

impl Room {
    /// `None` when the file system does not say: then a write has to find out.
    fn of(dir: &Path) -> Option<Self> {
        let disk = rustix::fs::statvfs(dir).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Some(Self { free_bytes: bytes(disk.f_bavail), total_bytes: bytes(disk.f_blocks) })
    }

    fn reserved_bytes(self) -> u64 {
        (self.total_bytes / RESERVED_PART).min(RESERVED_BYTES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_disk_keeps_a_part_and_a_large_one_a_fixed_size() {
        let reserved = |total_bytes| Room { free_bytes: 0, total_bytes }.reserved_bytes();
        assert_eq!(reserved(8 << 20), 512 << 10);
        assert_eq!(reserved(1 << 40), RESERVED_BYTES_MAX);
    }

    #[test]
    fn what_does_not_fit_is_refused_in_words_that_name_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        require(dir.path(), 1).unwrap();
        let refused = require(dir.path(), u64::MAX / 2).unwrap_err().to_string();
        assert!(
            refused.contains(&dir.path().display().to_string()) && refused.contains("make room"),
            "{refused}"
        );
    }
}
