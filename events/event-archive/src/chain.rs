//! What the links of a partition come to: which segment holds which position, and what forks made void. Pure; reading and
//! writing links is `archive`'s and `append`'s.
//!
//! ```text
//! links      0: segment 1-40   1: segment 41-90   2: fork at 70   3: segment 71-95
//! in force   1-40 (link 0)     41-70 (link 1)                     71-95 (link 3)
//! void                         71-90 (link 1)
//! ```

use std::sync::Arc;

use event_log::{Position, RollingDigest};
use event_model::{BlobRef, PartitionId};
use uuid::Uuid;

use crate::link::{Fork, Kind, Link, Segment};

/// The part of a segment that is in force.
#[derive(Clone, Debug)]
pub struct Span {
    /// The segment; its first position is in force.
    pub segment: Arc<Segment>,
    /// The last position in force, which is the segment's own unless a fork cut it.
    pub last: Position,
    /// The rolling digest before the segment's first position.
    pub(crate) digest_before: RollingDigest,
}

/// A part of a segment that a fork made void: the log had lost these events.
#[derive(Clone, Debug)]
pub struct Void {
    /// The link that is the fork.
    pub fork: u64,
    /// The first position that is void.
    pub first: Position,
    /// The last one.
    pub last: Position,
    /// Where the events still are.
    pub segment: Arc<Segment>,
}

/// A partition's chain up to some link.
#[derive(Clone, Debug)]
pub struct Chain {
    partition: PartitionId,
    links: u64,
    /// The hash of the last link's file.
    tip: Option<BlobRef>,
    last: Position,
    last_id: Option<Uuid>,
    digest: RollingDigest,
    spans: Vec<Span>,
    voids: Vec<Void>,
    forks: Vec<(u64, Fork)>,
    /// Of all segments, void or not.
    size_bytes: u64,
    events_bytes: u64,
    segments_total: u64,
}

impl Chain {
    /// Before the first link.
    pub(crate) fn new(partition: PartitionId) -> Self {
        Self {
            partition,
            links: 0,
            tip: None,
            last: Position::START,
            last_id: None,
            digest: RollingDigest::START,
            spans: Vec::new(),
            voids: Vec::new(),
            forks: Vec::new(),
            size_bytes: 0,
            events_bytes: 0,
            segments_total: 0,
        }
    }

    /// The partition.
    pub fn partition(&self) -> PartitionId {
        self.partition
    }

    /// How many links it has.
    pub fn links(&self) -> u64 {
        self.links
    }

    /// The last archived position; 0 if there is none.
    pub fn last(&self) -> Position {
        self.last
    }

    /// The event there.
    pub fn last_id(&self) -> Option<Uuid> {
        self.last_id
    }

    /// The rolling digest of the partition at [`Self::last`].
    pub fn digest(&self) -> RollingDigest {
        self.digest
    }

    /// What is in force, in the order of positions, without a gap.
    pub fn segments(&self) -> &[Span] {
        &self.spans
    }

    /// What forks made void, in the order in which they did.
    pub fn voids(&self) -> &[Void] {
        &self.voids
    }

    /// Every fork, with the index of its link.
    pub fn forks(&self) -> &[(u64, Fork)] {
        &self.forks
    }

    /// What the latest fork made void.
    pub fn latest_voids(&self) -> impl Iterator<Item = &Void> {
        let latest = self.forks.last().map(|(index, _)| *index);
        self.voids.iter().filter(move |void| Some(void.fork) == latest)
    }

    /// How many segments there are, void or not.
    pub fn segments_total(&self) -> u64 {
        self.segments_total
    }

    /// How many bytes all segments have, void or not.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// How many bytes their events have in their JSON form.
    pub fn events_bytes(&self) -> u64 {
        self.events_bytes
    }

    /// The hash that the next link names.
    pub(crate) fn tip(&self) -> Option<&BlobRef> {
        self.tip.as_ref()
    }

    /// The span that holds `position`, as an index into [`Self::segments`].
    pub(crate) fn span_of(&self, position: Position) -> usize {
        self.spans.partition_point(|span| span.last < position)
    }

    /// Adds a link whose file has the hash `file`; or says why it does not continue the chain, which is as it was then.
    pub(crate) fn extend(&mut self, link: Link, file: BlobRef) -> Result<(), String> {
        if (link.partition, link.index) != (self.partition, self.links) {
            return Err(format!("it says that it is link {} of partition {}", link.index, link.partition));
        }
        if link.previous != self.tip {
            return Err("it follows a link with another hash than the one before it".to_owned());
        }
        match link.kind {
            Kind::Segment(segment) => self.add_segment(segment)?,
            Kind::Fork(fork) => self.add_fork(link.index, fork)?,
        }
        (self.links, self.tip) = (self.links + 1, Some(file));
        Ok(())
    }

    fn add_segment(&mut self, segment: Segment) -> Result<(), String> {
        let Segment { first, last, .. } = segment;
        if first != self.last.next() || last < first {
            return Err(format!("it holds {first} to {last}, which does not continue {}", self.last));
        }
        self.size_bytes += segment.size_bytes;
        self.events_bytes += segment.events_bytes;
        self.segments_total += 1;
        let before = std::mem::replace(&mut self.digest, segment.digest);
        (self.last, self.last_id) = (last, Some(segment.last_id));
        self.spans.push(Span { segment: Arc::new(segment), last, digest_before: before });
        Ok(())
    }

    fn add_fork(&mut self, index: u64, fork: Fork) -> Result<(), String> {
        if fork.last >= self.last || fork.last_id.is_some() != (fork.last > Position::START) {
            return Err(format!("it forks at {} a chain that ends at {}", fork.last, self.last));
        }
        let mut voids = Vec::new();
        while let Some(span) = self.spans.pop_if(|span| span.last > fork.last) {
            let first = span.segment.first.max(fork.last.next());
            voids.push(Void { fork: index, first, last: span.last, segment: Arc::clone(&span.segment) });
            if span.segment.first <= fork.last {
                self.spans.push(Span { last: fork.last, ..span });
            }
        }
        self.voids.extend(voids.into_iter().rev());
        (self.last, self.last_id, self.digest) = (fork.last, fork.last_id, fork.digest);
        self.forks.push((index, fork));
        Ok(())
    }
}
