//! Reading an archive: the events in force, those that a fork made void, and the digest at any position.

use std::sync::Arc;

use event_log::{Position, Recorded, RollingDigest};
use event_model::{BlobRef, PartitionId};
use uuid::Uuid;

use crate::{Archive, ArchiveError, Chain, Segment, Void, append::Head, error::apart, segment::OpenSegment};

/// Why a segment counts as altered on purpose: chance breaks a block's sum, too.
const ALTERED: &str =
    "its blocks are whole, and yet its hash is not the one in the chain: somebody altered it";

impl Archive {
    /// Up to `limit` events of `partition` from position `from` (at least 1) on; none when `from` is the one after the last. Where
    /// a segment is damaged, what is before the damage is given, and the error follows at the next read.
    pub async fn read(
        &self,
        partition: PartitionId,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, ArchiveError> {
        let chain = self.chain(partition).await?;
        self.read_in(&chain, from, limit).await
    }

    /// The same with a chain that the caller knows, which may be older than the archive.
    pub async fn read_in(
        &self,
        chain: &Chain,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, ArchiveError> {
        if from == Position::START || from > chain.last().next() {
            let (partition, last) = (chain.partition(), chain.last());
            return Err(ArchiveError::Missing { partition, position: from, last });
        }
        let mut events = Vec::new();
        for span in &chain.segments()[chain.span_of(from)..] {
            if events.len() >= limit {
                break;
            }
            let read =
                self.read_segment(chain.partition(), &span.segment, from, span.last, limit, &mut events);
            match read.await {
                Err(_) if !events.is_empty() => break,
                read => read?,
            }
        }
        Ok(events)
    }

    /// Up to `limit` events of `void` from position `from` on, which is within it.
    pub async fn read_void(
        &self,
        chain: &Chain,
        void: &Void,
        from: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, ArchiveError> {
        let mut events = Vec::new();
        let from = from.max(void.first);
        let read = self.read_segment(chain.partition(), &void.segment, from, void.last, limit, &mut events);
        match read.await {
            Err(_) if !events.is_empty() => {}
            read => read?,
        }
        Ok(events)
    }

    async fn read_segment(
        &self,
        partition: PartitionId,
        segment: &Segment,
        from: Position,
        last: Position,
        limit: usize,
        into: &mut Vec<Recorded>,
    ) -> Result<(), ArchiveError> {
        let open = self.open(partition, segment).await?;
        open.read(from, last, limit, into)
            .map_err(|broken| ArchiveError::damaged(&segment.key, broken.position, broken.reason))
    }

    /// A segment, from the cache or the shelf. A broken one is not kept: somebody may put a sound copy in its place.
    async fn open(
        &self,
        partition: PartitionId,
        segment: &Segment,
    ) -> Result<Arc<OpenSegment>, ArchiveError> {
        if let Some(open) = self.parts.cache.get(&segment.key) {
            return Ok(open);
        }
        let open = Arc::new(self.fetch(partition, segment).await?);
        if open.broken().is_none() {
            self.parts.cache.put(&segment.key, Arc::clone(&open));
        }
        Ok(open)
    }

    /// A segment from the shelf, compared with what the chain says of it.
    pub(crate) async fn fetch(
        &self,
        partition: PartitionId,
        segment: &Segment,
    ) -> Result<OpenSegment, ArchiveError> {
        let Some(bytes) = self.parts.shelf.get(&segment.key).await? else {
            return Err(ArchiveError::damaged(&segment.key, segment.first, "it is missing"));
        };
        let (label, last) = (self.label(partition, segment.first), segment.last);
        let name = segment.sha256.clone();
        apart(move || {
            let altered = BlobRef::of(&bytes) != name;
            let mut open = OpenSegment::open(label, last, bytes);
            if altered && open.broken().is_none() {
                open.refuse(ALTERED);
            }
            Ok(open)
        })
        .await
    }

    /// The rolling digest at `position` of `chain`, which is not after its end, and the event there.
    pub async fn digest_at(
        &self,
        chain: &Chain,
        position: Position,
    ) -> Result<(RollingDigest, Option<Uuid>), ArchiveError> {
        if position == chain.last() {
            return Ok((chain.digest(), chain.last_id()));
        }
        if position == Position::START {
            return Ok((RollingDigest::START, None));
        }
        let Some(span) = chain.segments().get(chain.span_of(position)) else {
            let (partition, last) = (chain.partition(), chain.last());
            return Err(ArchiveError::Missing { partition, position, last });
        };
        let segment = &span.segment;
        if position == segment.last {
            return Ok((segment.digest, Some(segment.last_id)));
        }
        let mut events = Vec::new();
        self.read_segment(chain.partition(), segment, segment.first, position, usize::MAX, &mut events)
            .await?;
        let (mut digest, mut id) = (span.digest_before, None);
        for event in &events {
            let head = Head::of(event)?;
            digest = digest.with(event.partition, event.position, head.id);
            id = Some(head.id);
        }
        Ok((digest, id))
    }
}
