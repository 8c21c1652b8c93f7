//! Adding to an archive: a segment is written, read back and compared, and only then does a link name it. The link is written
//! only if there is none with its index, which is all that keeps several archivers from each other.

use std::sync::Arc;

use bytes::Bytes;
use event_log::{Position, Recorded, RollingDigest};
use event_model::{BlobRef, PartitionId};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    Archive, ArchiveError, Chain, Fork, Segment,
    error::apart,
    link::{Kind, Link},
    segment::{self, Label, OpenSegment},
};

/// A segment ends with the event that makes its events this many bytes.
pub const SEGMENT_EVENTS_BYTES: usize = 16 * 1024 * 1024;

/// What a link says of an event.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Head {
    pub(crate) id: Uuid,
    pub(crate) recordedtime: Timestamp,
}

impl Head {
    pub(crate) fn of(event: &Recorded) -> Result<Self, ArchiveError> {
        serde_json::from_slice(&event.json).map_err(|error| {
            let Recorded { partition, position, .. } = event;
            ArchiveError::Refused(format!(
                "what the log holds at position {position} of partition {partition} is not an event: {error}"
            ))
        })
    }
}

/// A segment that is ready to be written.
struct Packed {
    file: Bytes,
    name: BlobRef,
    digest: RollingDigest,
    heads: (Head, Head),
    events_bytes: u64,
}

fn pack(label: Label, before: RollingDigest, events: &[Recorded]) -> Result<Packed, ArchiveError> {
    let (mut digest, mut heads, mut events_bytes) = (before, None, 0);
    for event in events {
        let head = Head::of(event)?;
        digest = digest.with(label.partition, event.position, head.id);
        heads = Some((heads.map_or(head, |(first, _)| first), head));
        events_bytes += event.json.len() as u64;
    }
    let heads = heads.ok_or_else(|| ArchiveError::Refused("a segment needs events".to_owned()))?;
    let file = segment::pack(label, events)
        .map_err(|error| ArchiveError::Refused(format!("a segment could not be packed: {error}")))?;
    Ok(Packed { name: BlobRef::of(&file), file, digest, heads, events_bytes })
}

/// How many of `events` fill a segment.
fn fill(events: &[Recorded]) -> usize {
    let mut bytes = 0;
    let full = events.iter().position(|event| {
        bytes += event.json.len();
        bytes >= SEGMENT_EVENTS_BYTES
    });
    full.map_or(events.len(), |last| last + 1)
}

impl Archive {
    /// Archives `events`, which continue `chain` without a gap, in as many segments as it takes; returns the longer chain. After
    /// [`ArchiveError::Overtaken`] the chain is read again, and some of the events may be archived already.
    pub async fn append(
        &self,
        partition: PartitionId,
        chain: &Arc<Chain>,
        events: &[Recorded],
    ) -> Result<Arc<Chain>, ArchiveError> {
        let mut expected = chain.last();
        for event in events {
            if event.partition != partition || event.position != expected.next() {
                return Err(ArchiveError::Refused(format!(
                    "position {} of partition {} does not follow {expected} of partition {partition}, so it is not archived",
                    event.position, event.partition
                )));
            }
            expected = event.position;
        }
        let (mut chain, mut rest) = (Arc::clone(chain), events);
        while !rest.is_empty() {
            let (portion, later) = rest.split_at(fill(rest));
            chain = self.append_segment(&chain, portion).await?;
            rest = later;
        }
        Ok(chain)
    }

    async fn append_segment(
        &self,
        chain: &Arc<Chain>,
        events: &[Recorded],
    ) -> Result<Arc<Chain>, ArchiveError> {
        let (partition, first) = (chain.partition(), chain.last().next());
        let last = events.last().map_or(first, |event| event.position);
        let (label, before) = (self.label(partition, first), chain.digest());
        let events: Arc<[Recorded]> = events.into();
        let packing = Arc::clone(&events);
        let packed = apart(move || pack(label, before, &packing)).await?;
        let key = self.segment_key(partition, chain.links(), &packed.name);
        self.write(&key, &packed).await?;
        self.read_back(&key, &packed.name, label, events).await?;
        let (from, to) = packed.heads;
        let segment = Segment {
            first,
            last,
            first_id: from.id,
            last_id: to.id,
            first_recordedtime: from.recordedtime,
            last_recordedtime: to.recordedtime,
            key,
            sha256: packed.name,
            size_bytes: packed.file.len() as u64,
            events_bytes: packed.events_bytes,
            digest: packed.digest,
        };
        self.append_link(chain, Kind::Segment(segment)).await
    }

    /// Writes a segment. One that is there under this name was written by somebody who did not come to the link; whatever
    /// became of it, it is written anew.
    async fn write(&self, key: &str, packed: &Packed) -> Result<(), ArchiveError> {
        let Packed { file, .. } = packed;
        let objects = &self.parts.shelf;
        if objects.put_new(key, file.clone()).await? || objects.get(key).await?.as_ref() == Some(file) {
            return Ok(());
        }
        Ok(objects.put(key, file.clone()).await?)
    }

    /// Reads a segment as everybody will and compares it with the events it was made of.
    async fn read_back(
        &self,
        key: &str,
        name: &BlobRef,
        label: Label,
        events: Arc<[Recorded]>,
    ) -> Result<(), ArchiveError> {
        let (object, name) = (key.to_owned(), name.clone());
        let read = self.parts.shelf.get(key).await?.unwrap_or_default();
        apart(move || {
            let wrong = |reason: &str| ArchiveError::damaged(&object, label.first, reason);
            if BlobRef::of(&read) != name {
                return Err(wrong("what was read back is not what was written"));
            }
            let last = events.last().map_or(label.first, |event| event.position);
            let mut found = Vec::with_capacity(events.len());
            let open = OpenSegment::open(label, last, read);
            open.read(label.first, last, usize::MAX, &mut found).map_err(|broken| wrong(&broken.reason))?;
            if *found == *events { Ok(()) } else { Err(wrong("the events that were read back are others")) }
        })
        .await
    }

    async fn append_link(&self, chain: &Arc<Chain>, kind: Kind) -> Result<Arc<Chain>, ArchiveError> {
        let (partition, index) = (chain.partition(), chain.links());
        let link = Link { partition, index, previous: chain.tip().cloned(), kind };
        let bytes =
            link.encode().map(Bytes::from).map_err(|error| ArchiveError::Refused(error.to_string()))?;
        let mut longer = Chain::clone(chain);
        longer.extend(link, BlobRef::of(&bytes)).map_err(ArchiveError::Refused)?;
        if !self.parts.shelf.put_new(&self.link_key(partition, index), bytes).await? {
            return Err(ArchiveError::Overtaken { partition, index });
        }
        let longer = Arc::new(longer);
        self.remember(&longer);
        Ok(longer)
    }

    /// Makes everything after `last` void, because the log lost it and gave those positions to other events. Archiving goes on
    /// after `last`.
    pub async fn fork(
        &self,
        partition: PartitionId,
        chain: &Arc<Chain>,
        last: Position,
        reason: &str,
    ) -> Result<Arc<Chain>, ArchiveError> {
        if partition != chain.partition() || last >= chain.last() {
            return Err(ArchiveError::Refused(format!(
                "the archive of partition {} ends at {}; it cannot be forked at {last} of partition {partition}",
                chain.partition(),
                chain.last()
            )));
        }
        let (digest, last_id) = self.digest_at(chain, last).await?;
        self.append_link(chain, Kind::Fork(Fork { last, last_id, reason: reason.to_owned(), digest })).await
    }
}
