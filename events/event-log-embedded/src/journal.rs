//! Looks at the journals before the database does, which takes the first thing it cannot read for the end.
//!
//! One batch is written and synced after the other, so only the last may be unfinished, and nobody was told that it is there.
//! Whatever else does not read is damage: the log is then refused instead of opened without what follows.
//!
//! ```text
//!   start  1  number of items (4)  sequence number (8)
//!   item   2  kind (1) compression (1) keyspace (8) key length (2) value length (4) stored length (4)  key  value
//!   clear  4  keyspace (8)
//!   end    3  xxh3 of all items (8)  "FJL" 3
//! ```
//! Numbers are little-endian. After the last batch there are the zeros that the file was allocated with, or nothing.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use event_log::LogError;
use xxhash_rust::xxh3::Xxh3;

const TRAILER: [u8; 4] = [b'F', b'J', b'L', 3];
/// The smallest piece that a disk writes whole.
const SECTOR: usize = 512;

/// Refuses damaged journals in `dir`, and takes an unfinished last batch away.
pub(crate) fn check(dir: &Path) -> Result<(), LogError> {
    let failed = |error: io::Error| LogError::Unavailable(format!("cannot read {}: {error}", dir.display()));
    let journals = journals(dir).map_err(failed)?;
    for (at, path) in journals.iter().enumerate() {
        let Some(broken) = Broken::in_journal(path).map_err(failed)? else { continue };
        let active = at + 1 == journals.len();
        if !(active && broken.is_an_unfinished_write()) {
            let (path, at) = (path.display(), broken.at);
            return Err(LogError::Damaged(format!(
                "{path} cannot be read from byte {at} on, and what is there was acknowledged; bring the log back from a backup"
            )));
        }
        tracing::warn!(journal = %path.display(), at = broken.at, "an unfinished write is taken back; nobody was told of it");
        cut(path, broken.at).map_err(failed)?;
    }
    Ok(())
}

/// The journals from the oldest to the one that is written.
fn journals(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let number =
            path.file_name().and_then(|name| name.to_str()?.strip_suffix(".jnl")?.parse::<u64>().ok());
        found.extend(number.map(|number| (number, path)));
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

fn cut(path: &Path, length: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(length)?;
    file.sync_all()
}

/// Where a journal stops to make sense.
struct Broken {
    at: u64,
    /// What is there, without the zeros at the end.
    rest: Vec<u8>,
}

impl Broken {
    /// `None` when whole batches are all that is there.
    fn in_journal(path: &Path) -> io::Result<Option<Self>> {
        let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
        let (mut at, mut sequence) = (0, None);
        while let Some(batch) = Batch::read(&mut file)?.filter(|batch| Some(batch.sequence) > sequence) {
            at += batch.length;
            sequence = Some(batch.sequence);
        }
        file.seek(SeekFrom::Start(at))?;
        let (mut rest, mut offset, mut chunk, zeros) = (0, 0, vec![0; 1 << 16], vec![0; 1 << 16]);
        loop {
            let read = file.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            // Compared as a whole first: 64 MiB of zeros are nothing unusual.
            if chunk[..read] != zeros[..read]
                && let Some(last) = chunk[..read].iter().rposition(|byte| *byte != 0)
            {
                rest = offset + last as u64 + 1;
            }
            offset += read as u64;
        }
        if rest == 0 {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::new();
        file.take(rest).read_to_end(&mut bytes)?;
        Ok(Some(Self { at, rest: bytes }))
    }

    /// Whether this is what a crash leaves of a batch that nobody waited for any more: its end is missing, or sectors in it.
    fn is_an_unfinished_write(&self) -> bool {
        !self.has_a_later_batch() && (!self.has_an_end() || self.lost_a_sector())
    }

    fn has_a_later_batch(&self) -> bool {
        let starts = (1..self.rest.len()).filter(|at| self.rest[*at] == Batch::START);
        // Reading from memory does not fail.
        starts.into_iter().any(|at| Batch::read(&mut &self.rest[at..]).is_ok_and(|batch| batch.is_some()))
    }

    /// Whether the last bytes are the trailer of a batch, or were before a bit was turned.
    fn has_an_end(&self) -> bool {
        let Some(last) = self.rest.last_chunk::<4>() else { return false };
        (u32::from_be_bytes(*last) ^ u32::from_be_bytes(TRAILER)).count_ones() <= 1
    }

    /// Whether a whole sector is as it was allocated. A batch has no such run of zeros: events are JSON.
    fn lost_a_sector(&self) -> bool {
        let sector = SECTOR as u64;
        let first = usize::try_from(self.at.next_multiple_of(sector) - self.at).unwrap_or(SECTOR);
        let whole = self.rest.get(first..).unwrap_or_default();
        whole.chunks_exact(SECTOR).any(|sector| sector.iter().all(|byte| *byte == 0))
    }
}

/// A batch that is there from start to end.
struct Batch {
    sequence: u64,
    length: u64,
}

impl Batch {
    const START: u8 = 1;
    const ITEM: u8 = 2;
    const END: u8 = 3;
    const CLEAR: u8 = 4;

    /// The batch at the beginning of `reader`, if it is whole.
    fn read(reader: &mut impl Read) -> io::Result<Option<Self>> {
        match Self::read_whole(reader) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            read => read,
        }
    }

    fn read_whole(reader: &mut impl Read) -> io::Result<Option<Self>> {
        let [tag, n0, n1, n2, n3, sequence @ ..] = take::<13>(reader)?;
        if tag != Self::START {
            return Ok(None);
        }
        let (mut checksum, mut length) = (Xxh3::new(), 13 + 13);
        for _ in 0..u32::from_le_bytes([n0, n1, n2, n3]) {
            match item(reader, &mut checksum)? {
                Some(bytes) => length += bytes,
                None => return Ok(None),
            }
        }
        let [tag, c0, c1, c2, c3, c4, c5, c6, c7, trailer @ ..] = take::<13>(reader)?;
        let whole = tag == Self::END
            && u64::from_le_bytes([c0, c1, c2, c3, c4, c5, c6, c7]) == checksum.digest()
            && trailer == TRAILER;
        Ok(whole.then_some(Self { sequence: u64::from_le_bytes(sequence), length }))
    }
}

/// Adds one item to the checksum and returns its length.
fn item(reader: &mut impl Read, checksum: &mut Xxh3) -> io::Result<Option<u64>> {
    let [tag] = take::<1>(reader)?;
    checksum.update(&[tag]);
    if tag == Batch::CLEAR {
        checksum.update(&take::<8>(reader)?);
        return Ok(Some(9));
    }
    if tag != Batch::ITEM {
        return Ok(None);
    }
    let head = take::<20>(reader)?;
    checksum.update(&head);
    let [_, compression, _, _, _, _, _, _, _, _, k0, k1, v0, v1, v2, v3, stored @ ..] = head;
    // Nothing is compressed, so both lengths are of the same bytes.
    if compression != 0 || [v0, v1, v2, v3] != stored {
        return Ok(None);
    }
    let length = u64::from(u16::from_le_bytes([k0, k1])) + u64::from(u32::from_le_bytes(stored));
    let mut bytes = Vec::new();
    reader.take(length).read_to_end(&mut bytes)?;
    checksum.update(&bytes);
    Ok((bytes.len() as u64 == length).then_some(21 + length))
}

fn take<const N: usize>(reader: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}
