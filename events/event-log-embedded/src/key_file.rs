//! The file with the keys: one slot of fixed size for each subject, overwritten in place when its key is destroyed. Not in the
//! database beside it, whose journal and tables keep what is overwritten for as long as they please.
//!
//! ```text
//!   slot:  SHA-256 of tenant and subject (32)  state (1)  key or zeros (32)  first bytes of SHA-256 of all that (8)
//! ```

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use sha2::{Digest, Sha256};

const NAME: usize = 32;
const KEY: usize = 32;
const CHECK: usize = 8;
const SLOT: usize = NAME + 1 + KEY + CHECK;
const LIVE: u8 = 1;
const DESTROYED: u8 = 2;

/// What stands for a subject.
pub(crate) type Name = [u8; NAME];

/// What is known of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Key([u8; KEY]),
    Destroyed,
    /// The slot cannot be read: a destruction broke off, or the disk is at fault.
    Damaged,
}

/// The open file, with what it says.
#[derive(Debug)]
pub(crate) struct KeyFile {
    file: File,
    slots: HashMap<Name, (u64, Entry)>,
    end: u64,
    /// Whether a slot was altered.
    damaged: bool,
}

impl KeyFile {
    /// Opens the file, or makes it. A slot that was not written to its end is written over by the next.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let new = !path.exists();
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        if new && let Some(directory) = path.parent() {
            // The file's name must survive a crash as its content does.
            File::open(directory)?.sync_all()?;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (mut slots, mut damaged) = (HashMap::new(), false);
        for (place, slot) in (0_u64..).step_by(SLOT).zip(bytes.chunks_exact(SLOT)) {
            let (name, entry) = read(slot);
            damaged |= entry == Entry::Damaged && !is_unfinished(slot);
            slots.insert(name, (place, entry));
        }
        let end = (bytes.len() - bytes.len() % SLOT) as u64;
        Ok(Self { file, slots, end, damaged })
    }

    /// A name that is not there may be the one that is damaged: nobody gets a second key because the first cannot be read.
    pub(crate) fn get(&self, name: &Name) -> Option<Entry> {
        let found = self.slots.get(name).map(|(_, entry)| *entry);
        found.or_else(|| self.damaged.then_some(Entry::Damaged))
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (Name, Entry)> {
        self.slots.iter().map(|(name, (_, entry))| (*name, *entry))
    }

    /// Writes a subject's slot over the one it has, or at the end; it is on the disk when this returns.
    pub(crate) fn put(&mut self, name: Name, entry: Entry) -> io::Result<()> {
        let place = self.slots.get(&name).map_or(self.end, |(place, _)| *place);
        self.file.seek(SeekFrom::Start(place))?;
        self.file.write_all(&slot(&name, entry))?;
        self.file.sync_data()?;
        self.end = self.end.max(place + SLOT as u64);
        self.slots.insert(name, (place, entry));
        Ok(())
    }
}

fn slot(name: &Name, entry: Entry) -> Vec<u8> {
    let (state, key) = match entry {
        Entry::Key(key) => (LIVE, key),
        Entry::Destroyed | Entry::Damaged => (DESTROYED, [0; KEY]),
    };
    let mut slot = [&name[..], &[state], &key].concat();
    slot.extend_from_slice(&check(&slot));
    slot
}

fn check(bytes: &[u8]) -> [u8; CHECK] {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    digest.first_chunk().copied().unwrap_or_default()
}

/// Whether the slot is what a crash leaves of a new one: nobody was told of that key.
fn is_unfinished(slot: &[u8]) -> bool {
    slot.ends_with(&[0; CHECK])
}

fn read(slot: &[u8]) -> (Name, Entry) {
    let (said, found) = slot.split_at(SLOT - CHECK);
    let name = said.first_chunk().copied().unwrap_or_default();
    let key = said.last_chunk().copied().unwrap_or_default();
    let entry = match said.get(NAME) {
        Some(&LIVE) if found == check(said) => Entry::Key(key),
        Some(&DESTROYED) if found == check(said) => Entry::Destroyed,
        _ => Entry::Damaged,
    };
    (name, entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_that_was_cut_or_altered_is_never_taken_for_a_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        let mut keys = KeyFile::open(&path).unwrap();
        for number in 0..3 {
            keys.put([number; NAME], Entry::Key([number + 100; KEY])).unwrap();
        }
        keys.put([1; NAME], Entry::Destroyed).unwrap();
        drop(keys);
        let whole = std::fs::read(&path).unwrap();
        assert!(!whole.windows(KEY).any(|window| window == [101; KEY]), "its bytes are written over");
        for cut in 2 * SLOT..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let mut keys = KeyFile::open(&path).unwrap();
            assert_eq!(keys.get(&[0; NAME]), Some(Entry::Key([100; KEY])));
            assert_eq!((keys.get(&[1; NAME]), keys.get(&[2; NAME])), (Some(Entry::Destroyed), None));
            keys.put([9; NAME], Entry::Key([9; KEY])).unwrap();
            assert_eq!(KeyFile::open(&path).unwrap().get(&[9; NAME]), Some(Entry::Key([9; KEY])));
        }
        for at in 0..SLOT {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            std::fs::write(&path, &altered).unwrap();
            assert_eq!(KeyFile::open(&path).unwrap().get(&[0; NAME]), Some(Entry::Damaged), "byte {at}");
        }
    }
}
