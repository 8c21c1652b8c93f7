//! An archive in a directory of its own, and events for it.

use std::{path::PathBuf, sync::Arc};

use blob_store::BlobStore;
use event_archive::{Archive, Chain};
use event_log::{
    Clock, Creation, CreationOptions, ManualClock, Position, Recorded, RepeatWindow, RollingDigest,
};
use event_model::{EventDraft, PartitionId, Tenant, family::session::SessionStarted};
use tempfile::TempDir;
use uuid::Uuid;

/// The partition that most tests use.
pub(crate) const P0: PartitionId = PartitionId(0);

/// An archive that goes away with its directory.
pub(crate) struct Ground {
    pub(crate) directory: TempDir,
    pub(crate) blobs: BlobStore,
    pub(crate) creation: Creation,
    pub(crate) archive: Archive,
}

impl Ground {
    pub(crate) fn new() -> Self {
        Self::of_log(2)
    }

    /// Of a log with so many partitions; with one, every event is in it.
    pub(crate) fn of_log(partitions: u16) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let blobs = BlobStore::in_directory(directory.path()).unwrap();
        let options = CreationOptions { partitions, repeats: RepeatWindow(1_000) };
        let creation = options.create(&ManualClock::default()).unwrap();
        let archive = Archive::new(&blobs, &creation);
        Self { directory, blobs, creation, archive }
    }

    /// The same archive as another process sees it.
    pub(crate) fn another(&self) -> Archive {
        Archive::new(&self.blobs, &self.creation)
    }

    /// Archives events 1 to each of `ends`, one segment for each; event `n` has id `n`.
    pub(crate) async fn with_segments(&self, ends: &[u64]) -> Arc<Chain> {
        let mut chain = self.archive.chain(P0).await.unwrap();
        for end in ends {
            let events = events(chain.last().0 + 1..=*end, 0);
            chain = self.archive.append(P0, &chain, &events).await.unwrap();
        }
        chain
    }

    /// Every file of the archive, in order.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let folder = self.directory.path().join("archive").join(self.creation.incarnation.to_string());
        let mut files: Vec<PathBuf> = Vec::new();
        for partition in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if partition.is_dir() {
                files.extend(std::fs::read_dir(partition).unwrap().map(|entry| entry.unwrap().path()));
            }
        }
        files.sort();
        files
    }
}

/// An event; `salt` makes another event of the same position.
pub(crate) fn recorded(partition: PartitionId, position: u64, salt: u128) -> Recorded {
    let id = Uuid::from_u128(u128::from(position) + (salt << 64));
    let draft = EventDraft {
        id,
        source: "/tests".into(),
        subject: "s".into(),
        partitionkey: "k".into(),
        tenant: Tenant::default(),
        time: ManualClock::default().now(),
        data: SessionStarted { user: None, title: Some(noise(position, 300)) },
    };
    let json = draft.build().unwrap().encode().into();
    Recorded { partition, position: Position(position), json }
}

/// Text that does not compress to nothing.
fn noise(seed: u64, characters: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + u8::try_from(state % 26).unwrap())
    };
    (0..characters).map(|_| next()).collect()
}

/// Events of partition 0.
pub(crate) fn events(positions: impl IntoIterator<Item = u64>, salt: u128) -> Vec<Recorded> {
    positions.into_iter().map(|position| recorded(P0, position, salt)).collect()
}

/// The digest after `events`, from the first of the partition on.
pub(crate) fn digest_of(events: &[Recorded]) -> RollingDigest {
    events.iter().fold(RollingDigest::START, |digest, event| {
        digest.with(event.partition, event.position, event.envelope().unwrap().id)
    })
}
