//! The file of a segment: a header, then blocks of events, each compressed by itself and summed by itself. A reader can decode one
//! block without the others, and everything before damage stays readable. Where a segment belongs is the link's affair.
//!
//! ```text
//! header   "ELITESEG" | version u16 | partition u16 | 0 u32 | first position u64 | incarnation 16 | sum 16
//! block    first position u64 | events u32 | raw bytes u32 | packed bytes u32 | sum 16 | packed bytes (zstd)
//! raw      for each event: bytes u32 | JSON
//! ```
//!
//! Numbers are big-endian. A sum is the first 16 bytes of the SHA-256 over what precedes it in the header or block, and the
//! packed bytes.

use std::ops::Range;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use event_log::{Position, Recorded};
use event_model::PartitionId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

const MAGIC: &[u8; 8] = b"ELITESEG";
const VERSION: u16 = 1;
const SUM_BYTES: usize = 16;
/// Without its sum.
const HEADER_BYTES: usize = 40;
/// Without its sum.
const BLOCK_HEADER_BYTES: usize = 20;
/// A block ends with the event that reaches this.
const BLOCK_RAW_BYTES: usize = 256 * 1024;
/// No block is larger than this; more would be a file that somebody made up.
const BLOCK_RAW_BYTES_MAX: usize = 64 * 1024 * 1024;
/// More takes much more time for little.
const COMPRESSION_LEVEL: i32 = 3;

/// Which segment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) incarnation: Uuid,
    pub(crate) partition: PartitionId,
    pub(crate) first: Position,
}

/// Where a segment stops being readable, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) position: Position,
    pub(crate) reason: String,
}

fn sum(parts: &[&[u8]]) -> [u8; SUM_BYTES] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let mut sum = [0; SUM_BYTES];
    sum.copy_from_slice(&hash.finalize()[..SUM_BYTES]);
    sum
}

fn header(label: Label) -> [u8; HEADER_BYTES] {
    let mut bytes = [0; HEADER_BYTES];
    let mut rest = &mut bytes[..];
    rest.put_slice(MAGIC);
    rest.put_u16(VERSION);
    rest.put_u16(label.partition.0);
    rest.put_u32(0);
    rest.put_u64(label.first.0);
    rest.put_slice(label.incarnation.as_bytes());
    bytes
}

/// The file of `events`, which are contiguous and begin at the label's position.
pub(crate) fn pack(label: Label, events: &[Recorded]) -> std::io::Result<Bytes> {
    let mut compressor = zstd::bulk::Compressor::new(COMPRESSION_LEVEL)?;
    let head = header(label);
    let mut file = BytesMut::with_capacity(64 * 1024);
    file.put_slice(&head);
    file.put_slice(&sum(&[&head]));
    let (mut raw, mut count, mut first) = (Vec::new(), 0, label.first);
    for (at, event) in events.iter().enumerate() {
        raw.put_u32(u32::try_from(event.json.len()).map_err(std::io::Error::other)?);
        raw.put_slice(&event.json);
        count += 1;
        if raw.len() >= BLOCK_RAW_BYTES || at + 1 == events.len() {
            put_block(&mut file, &mut compressor, first, count, &raw)?;
            (count, first) = (0, event.position.next());
            raw.clear();
        }
    }
    Ok(file.freeze())
}

fn put_block(
    file: &mut BytesMut,
    compressor: &mut zstd::bulk::Compressor<'_>,
    first: Position,
    events: u32,
    raw: &[u8],
) -> std::io::Result<()> {
    if raw.len() > BLOCK_RAW_BYTES_MAX {
        return Err(std::io::Error::other(format!("an event at {first} or after has {} bytes", raw.len())));
    }
    let packed = compressor.compress(raw)?;
    let mut head = [0; BLOCK_HEADER_BYTES];
    let mut rest = &mut head[..];
    rest.put_u64(first.0);
    rest.put_u32(events);
    rest.put_u32(u32::try_from(raw.len()).map_err(std::io::Error::other)?);
    rest.put_u32(u32::try_from(packed.len()).map_err(std::io::Error::other)?);
    file.put_slice(&head);
    file.put_slice(&sum(&[&head, &packed]));
    file.put_slice(&packed);
    Ok(())
}

/// A block that is what it was when it was written.
#[derive(Clone, Debug)]
struct Block {
    first: Position,
    events: u32,
    raw_bytes: usize,
    packed: Range<usize>,
}

impl Block {
    fn next(&self) -> Position {
        Position(self.first.0 + u64::from(self.events))
    }
}

/// A segment's bytes and where its blocks are, up to the end or to what is broken.
#[derive(Debug)]
pub(crate) struct OpenSegment {
    label: Label,
    bytes: Bytes,
    blocks: Vec<Block>,
    broken: Option<Broken>,
}

impl OpenSegment {
    /// Looks through `bytes`, which should be the segment `label` up to `last`.
    pub(crate) fn open(label: Label, last: Position, bytes: Bytes) -> Self {
        let mut open = Self { label, bytes, blocks: Vec::new(), broken: None };
        let begun = open.check_header();
        let scanned = begun.and_then(|()| open.scan());
        let next = open.next();
        let problem = scanned
            .err()
            .or_else(|| (next != last.next()).then(|| format!("it ends before {next}, not after {last}")));
        open.broken = problem.map(|reason| Broken { position: next, reason });
        open
    }

    fn check_header(&self) -> Result<(), String> {
        let head = self.bytes.get(..HEADER_BYTES + SUM_BYTES).ok_or("it has no whole header")?;
        let (head, own) = head.split_at(HEADER_BYTES);
        if sum(&[head]) != own {
            return Err("its header is not what was written".to_owned());
        }
        if head != header(self.label) {
            return Err(format!("it is another segment, or of another format than {VERSION}"));
        }
        Ok(())
    }

    fn scan(&mut self) -> Result<(), String> {
        let mut at = HEADER_BYTES + SUM_BYTES;
        while at < self.bytes.len() {
            let block = self.block_at(at)?;
            at = block.packed.end;
            self.blocks.push(block);
        }
        Ok(())
    }

    fn block_at(&self, at: usize) -> Result<Block, String> {
        let start = at + BLOCK_HEADER_BYTES + SUM_BYTES;
        let head = self.bytes.get(at..start).ok_or("it ends within the header of a block")?;
        let (head, own) = head.split_at(BLOCK_HEADER_BYTES);
        let mut fields = head;
        let (first, events) = (Position(fields.get_u64()), fields.get_u32());
        let (raw_bytes, packed_bytes) = (fields.get_u32() as usize, fields.get_u32() as usize);
        let packed = self.bytes.get(start..start + packed_bytes).ok_or("it ends within a block")?;
        if sum(&[head, packed]) != own {
            return Err("a block is not what was written".to_owned());
        }
        if first != self.next() || events == 0 || raw_bytes > BLOCK_RAW_BYTES_MAX {
            return Err("a block does not belong where it is".to_owned());
        }
        Ok(Block { first, events, raw_bytes, packed: start..start + packed_bytes })
    }

    /// The position after the last block.
    fn next(&self) -> Position {
        self.blocks.last().map_or(self.label.first, Block::next)
    }

    /// Refuses all of it.
    pub(crate) fn refuse(&mut self, reason: &str) {
        self.blocks.clear();
        self.broken = Some(Broken { position: self.label.first, reason: reason.to_owned() });
    }

    /// What is wrong with it.
    pub(crate) fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }

    /// How much memory it takes.
    pub(crate) fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Adds the events from `from` to `last` to `into`, until that holds `limit` or the segment is broken.
    pub(crate) fn read(
        &self,
        from: Position,
        last: Position,
        limit: usize,
        into: &mut Vec<Recorded>,
    ) -> Result<(), Broken> {
        let start = self.blocks.partition_point(|block| block.next() <= from);
        for block in self.blocks[start..].iter().take_while(|block| block.first <= last) {
            if into.len() >= limit {
                return Ok(());
            }
            let events = self.unpack(block).map_err(|reason| Broken { position: block.first, reason })?;
            let wanted = events.into_iter().filter(|event| (from..=last).contains(&event.position));
            into.extend(wanted.take(limit - into.len()));
        }
        match &self.broken {
            Some(broken) if into.len() < limit && broken.position <= last => Err(broken.clone()),
            _ => Ok(()),
        }
    }

    fn unpack(&self, block: &Block) -> Result<Vec<Recorded>, String> {
        let raw = zstd::bulk::decompress(&self.bytes[block.packed.clone()], block.raw_bytes)
            .map_err(|error| format!("a block cannot be unpacked: {error}"))?;
        let mut raw = Bytes::from(raw);
        let mut events = Vec::with_capacity(block.events as usize);
        for position in (block.first.0..).map(Position).take(block.events as usize) {
            let bytes = raw.try_get_u32().map_err(|_| "a block has too few events")? as usize;
            if bytes > raw.len() {
                return Err("a block ends within an event".to_owned());
            }
            let json = raw.split_to(bytes);
            events.push(Recorded { partition: self.label.partition, position, json });
        }
        if raw.is_empty() { Ok(events) } else { Err("a block has too many events".to_owned()) }
    }
}
