//! Looks at the list of tables of each keyspace before the database does, which trusts it: a wrong list would take the process
//! down, or tables away.
//!
//! ```text
//!   keyspaces/N/current   number of the list (8, little-endian)  xxh3-128 of its file (16, little-endian)  0
//!   keyspaces/N/vNUMBER   the list
//! ```
//! Tables, blocks and events have checksums that are looked at whenever they are read.

use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
};

use event_log::LogError;
use xxhash_rust::xxh3::xxh3_128;

/// The directory of the keyspaces.
const KEYSPACES: &str = "keyspaces";
const CURRENT: &str = "current";

/// Refuses lists of tables that are not as they were written.
pub(crate) fn check(dir: &Path) -> Result<(), LogError> {
    let failed = |error: io::Error| LogError::Unavailable(format!("cannot read {}: {error}", dir.display()));
    let keyspaces = match fs::read_dir(dir.join(KEYSPACES)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        listed => listed.map_err(failed)?,
    };
    for keyspace in keyspaces {
        let keyspace = keyspace.map_err(failed)?.path();
        if !is_whole(&keyspace).map_err(failed)? {
            let keyspace = keyspace.display();
            return Err(LogError::Damaged(format!(
                "the list of tables in {keyspace} is not as it was written; bring the log back from a backup"
            )));
        }
    }
    Ok(())
}

fn is_whole(keyspace: &Path) -> io::Result<bool> {
    let current = match fs::read(keyspace.join(CURRENT)) {
        // It was being made when the process ended.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        read => read?,
    };
    let Some((number, checksum)) = current.split_first_chunk::<8>() else { return Ok(false) };
    let list = match fs::read(keyspace.join(format!("v{}", u64::from_le_bytes(*number)))) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        read => read?,
    };
    Ok(checksum == [&xxh3_128(&list).to_le_bytes()[..], &[0]].concat())
}
