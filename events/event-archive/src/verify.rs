//! Proving an archive: every link, every segment, and on demand every event. Names the first thing that is wrong.

use bytes::Bytes;
use event_log::{Position, RollingDigest};
use event_model::PartitionId;
use serde::Serialize;

use crate::{
    Archive, ArchiveError, Chain, Segment,
    append::Head,
    link::{Kind, Link},
};

/// What was found in a partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartitionReport {
    /// The partition.
    pub partition: PartitionId,
    /// Links that are sound.
    pub links: u64,
    /// Segments that are sound.
    pub segments: u64,
    /// Their bytes.
    pub size_bytes: u64,
    /// Bytes of their events in JSON form.
    pub events_bytes: u64,
    /// The last position before anything bad.
    pub last: Position,
    /// The rolling digest there.
    pub digest: RollingDigest,
    /// The first thing that is wrong.
    pub bad: Option<Bad>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bad {
    /// The key of the link or segment.
    pub object: String,
    /// The first position that cannot be trusted for it.
    pub position: Position,
    /// What is wrong.
    pub reason: String,
}

impl PartitionReport {
    fn of(sound: &Chain, bad: Option<Bad>) -> Self {
        Self {
            partition: sound.partition(),
            links: sound.links(),
            segments: sound.segments_total(),
            size_bytes: sound.size_bytes(),
            events_bytes: sound.events_bytes(),
            last: sound.last(),
            digest: sound.digest(),
            bad,
        }
    }
}

impl Archive {
    /// Reads every link of `partition` anew and every segment that one names, and compares hashes; with `deep` also unpacks every
    /// event and compares ids and digests. `on_progress` gets the links done and how many there are. An error means that the
    /// archive could not be read, not that it is bad.
    pub async fn verify(
        &self,
        partition: PartitionId,
        deep: bool,
        on_progress: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> Result<PartitionReport, ArchiveError> {
        let total = self.links(partition).await?;
        let mut chain = Chain::new(partition);
        for index in 0..total {
            on_progress(index, total);
            let link = self.parts.shelf.get(&self.link_key(partition, index)).await?;
            let sound = PartitionReport::of(&chain, None);
            match self.verify_link(&mut chain, link, deep).await {
                Ok(()) => {}
                Err(ArchiveError::Damaged { object, position, reason }) => {
                    return Ok(PartitionReport { bad: Some(Bad { object, position, reason }), ..sound });
                }
                Err(error) => return Err(error),
            }
        }
        on_progress(total, total);
        Ok(PartitionReport::of(&chain, None))
    }

    /// Adds a link to `chain`, after that and what it names were found sound.
    async fn verify_link(
        &self,
        chain: &mut Chain,
        link: Option<Bytes>,
        deep: bool,
    ) -> Result<(), ArchiveError> {
        let bytes = link.ok_or_else(|| self.gap(chain))?;
        let before = chain.digest();
        match Link::decode(&bytes).map(|link| link.kind) {
            Ok(Kind::Fork(fork)) if fork.last < chain.last() => {
                if self.digest_at(chain, fork.last).await? != (fork.digest, fork.last_id) {
                    let reason = "it names another event or digest than the segments have there";
                    return Err(self.bad_link(chain, reason));
                }
                self.extend(chain, &bytes)
            }
            Ok(Kind::Segment(segment)) => {
                self.extend(chain, &bytes)?;
                self.verify_segment(chain.partition(), before, &segment, deep).await
            }
            _ => self.extend(chain, &bytes),
        }
    }

    async fn verify_segment(
        &self,
        partition: PartitionId,
        before: RollingDigest,
        segment: &Segment,
        deep: bool,
    ) -> Result<(), ArchiveError> {
        let wrong = |position, reason: &str| ArchiveError::damaged(&segment.key, position, reason);
        let open = self.fetch(partition, segment).await?;
        if let Some(broken) = open.broken() {
            return Err(wrong(broken.position, &broken.reason));
        }
        if !deep {
            return Ok(());
        }
        let mut events = Vec::new();
        open.read(segment.first, segment.last, usize::MAX, &mut events)
            .map_err(|broken| wrong(broken.position, &broken.reason))?;
        let (mut digest, mut bytes) = (before, 0);
        for event in &events {
            let head = Head::of(event).map_err(|error| wrong(event.position, &error.to_string()))?;
            digest = digest.with(event.partition, event.position, head.id);
            bytes += event.json.len() as u64;
        }
        if (digest, bytes) != (segment.digest, segment.events_bytes) {
            return Err(wrong(segment.first, "its events are not those that its link describes"));
        }
        Ok(())
    }
}
