//! An archive and where its parts are: its log's record, and the chain of each partition. Appending, reading and verifying are
//! in files of their own.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use blob_store::{BlobStore, Shelf};
use bytes::Bytes;
use event_log::{Creation, Position};
use event_model::{BlobRef, PartitionId};
use futures::{StreamExt, stream};
use uuid::Uuid;

use crate::{ArchiveError, Chain, cache::Cache, link::Link, segment::Label};

const SHELF: &str = "archive";
/// The record that a log was made with, in the folder of its archive.
const RECORD: &str = "log.json";
/// Links fetched at the same time while a chain is read for the first time.
const FETCHES_MAX: usize = 16;
/// Segments that are kept after they were read.
const CACHE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The archive of one log. Clones share what they know.
#[derive(Clone, Debug)]
pub struct Archive {
    pub(crate) parts: Arc<Parts>,
}

#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) shelf: Shelf,
    pub(crate) creation: Creation,
    pub(crate) cache: Cache,
    /// Chains as they were read last.
    chains: Mutex<HashMap<PartitionId, Arc<Chain>>>,
}

fn record_key(incarnation: Uuid) -> String {
    format!("{incarnation}/{RECORD}")
}

fn record_bytes(creation: &Creation) -> Result<Vec<u8>, ArchiveError> {
    serde_json::to_vec(creation).map_err(|error| ArchiveError::Refused(error.to_string()))
}

impl Archive {
    /// The archive, in `blobs`, of the log that was made with `creation`. Touches nothing yet.
    pub fn new(blobs: &BlobStore, creation: &Creation) -> Self {
        let parts = Parts {
            shelf: blobs.shelf(SHELF),
            creation: creation.clone(),
            cache: Cache::new(CACHE_BYTES_MAX),
            chains: Mutex::default(),
        };
        Self { parts: Arc::new(parts) }
    }

    /// The record of the log that this is the archive of.
    pub fn creation(&self) -> &Creation {
        &self.parts.creation
    }

    /// Every log that has an archive in `blobs`, the one made last at the end.
    pub async fn logs(blobs: &BlobStore) -> Result<Vec<Creation>, ArchiveError> {
        let shelf = blobs.shelf(SHELF);
        let mut logs = Vec::new();
        for folder in shelf.folders("").await? {
            let key = format!("{folder}/{RECORD}");
            let Some(bytes) = shelf.get(&key).await? else { continue };
            let record: Creation = serde_json::from_slice(&bytes)
                .map_err(|error| ArchiveError::damaged(&key, Position::START, error.to_string()))?;
            if record_key(record.incarnation) != key {
                return Err(ArchiveError::damaged(&key, Position::START, "it is the record of another log"));
            }
            logs.push(record);
        }
        logs.sort_by_key(|record| record.created);
        Ok(logs)
    }

    /// Writes the log's record before anything is archived; refuses an archive that was begun with another record.
    pub async fn begin(&self) -> Result<(), ArchiveError> {
        let key = record_key(self.creation().incarnation);
        let record = record_bytes(self.creation())?;
        if self.parts.shelf.put_new(&key, record.into()).await? {
            return Ok(());
        }
        let found = self.parts.shelf.get(&key).await?.unwrap_or_default();
        if serde_json::from_slice::<Creation>(&found).is_ok_and(|found| found == *self.creation()) {
            return Ok(());
        }
        Err(ArchiveError::Refused(format!(
            "`{key}` of the archive is not the record of this log; give this log a blob store of its own, or put the file back"
        )))
    }

    /// The chain of `partition` as it is now. Reads only links that it does not know yet.
    pub async fn chain(&self, partition: PartitionId) -> Result<Arc<Chain>, ArchiveError> {
        match self.intact_chain(partition).await? {
            (chain, None) => Ok(chain),
            (_, Some(damage)) => Err(damage),
        }
    }

    /// The chain of `partition` up to its first bad link, and what is wrong with that. For saving what can be saved: a fork
    /// after the damage may have made void what is before it.
    pub async fn intact_chain(
        &self,
        partition: PartitionId,
    ) -> Result<(Arc<Chain>, Option<ArchiveError>), ArchiveError> {
        if partition.0 >= self.creation().partitions {
            return Err(ArchiveError::Refused(format!("there is no partition {partition}")));
        }
        let (mut chain, damage) = match self.known(partition) {
            Some(chain) => (chain, None),
            None => self.first_look(partition).await?,
        };
        if damage.is_some() {
            return Ok((chain, damage));
        }
        while let Some(bytes) = self.parts.shelf.get(&self.link_key(partition, chain.links())).await? {
            if let Err(damage) = self.extend(Arc::make_mut(&mut chain), &bytes) {
                return Ok((chain, Some(damage)));
            }
        }
        self.remember(&chain);
        Ok((chain, None))
    }

    /// Reads all links there are, many at a time.
    async fn first_look(
        &self,
        partition: PartitionId,
    ) -> Result<(Arc<Chain>, Option<ArchiveError>), ArchiveError> {
        let count = self.links(partition).await?;
        let fetch = |index| async move { self.parts.shelf.get(&self.link_key(partition, index)).await };
        let mut fetched = stream::iter((0..count).map(fetch)).buffered(FETCHES_MAX);
        let mut chain = Chain::new(partition);
        while let Some(bytes) = fetched.next().await {
            let extended = match bytes? {
                Some(bytes) => self.extend(&mut chain, &bytes),
                None => Err(self.gap(&chain)),
            };
            if let Err(damage) = extended {
                return Ok((Arc::new(chain), Some(damage)));
            }
        }
        Ok((Arc::new(chain), None))
    }

    /// How many links `partition` has, from a look at their names alone.
    pub async fn links(&self, partition: PartitionId) -> Result<u64, ArchiveError> {
        let keys = self.parts.shelf.list(&self.folder(partition)).await?;
        let index = |key: &String| key.strip_suffix(".json")?.rsplit('/').next()?.parse::<u64>().ok();
        Ok(keys.iter().filter_map(index).max().map_or(0, |highest| highest + 1))
    }

    /// Adds the link in `bytes` to `chain`, which stays as it was if that is bad.
    pub(crate) fn extend(&self, chain: &mut Chain, bytes: &Bytes) -> Result<(), ArchiveError> {
        let extended = Link::decode(bytes).and_then(|link| chain.extend(link, BlobRef::of(bytes)));
        extended.map_err(|reason| self.bad_link(chain, reason))
    }

    /// What to say of the link after `chain`, which is bad.
    pub(crate) fn bad_link(&self, chain: &Chain, reason: impl Into<String>) -> ArchiveError {
        let key = self.link_key(chain.partition(), chain.links());
        ArchiveError::damaged(&key, chain.last().next(), reason)
    }

    /// What to say of the link after `chain`, which is missing.
    pub(crate) fn gap(&self, chain: &Chain) -> ArchiveError {
        self.bad_link(chain, "it is missing, and later ones are there")
    }

    fn known(&self, partition: PartitionId) -> Option<Arc<Chain>> {
        let chains = self.parts.chains.lock().unwrap_or_else(PoisonError::into_inner);
        chains.get(&partition).cloned()
    }

    /// Keeps `chain` for the next look; a longer one stays.
    pub(crate) fn remember(&self, chain: &Arc<Chain>) {
        let mut chains = self.parts.chains.lock().unwrap_or_else(PoisonError::into_inner);
        let known = chains.entry(chain.partition()).or_insert_with(|| Arc::clone(chain));
        if known.links() < chain.links() {
            *known = Arc::clone(chain);
        }
    }

    fn folder(&self, partition: PartitionId) -> String {
        format!("{}/{:05}", self.creation().incarnation, partition.0)
    }

    pub(crate) fn link_key(&self, partition: PartitionId, index: u64) -> String {
        format!("{}/{index:010}.json", self.folder(partition))
    }

    pub(crate) fn segment_key(&self, partition: PartitionId, index: u64, name: &BlobRef) -> String {
        format!("{}/{index:010}-{}.seg", self.folder(partition), &name.hex()[..16])
    }

    pub(crate) fn label(&self, partition: PartitionId, first: Position) -> Label {
        Label { incarnation: self.creation().incarnation, partition, first }
    }
}
