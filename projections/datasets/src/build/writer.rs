//! Writing the rows and the manifest of one dataset.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use event_model::{BlobRef, family::dataset::DatasetRequested};
use read_store::Store;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::Piece;
use crate::{
    DatasetError, Example, LeftOut, ManifestRow, Reason, candidate::Candidate, example, manifest::FORMAT,
    render,
};

/// Examples loaded at once.
const PAGE: usize = 500;
/// Bytes collected before they are handed on.
const PIECE_BYTES: usize = 256 * 1024;

/// A stream being written.
struct Output {
    pieces: mpsc::Sender<Piece>,
    waiting: String,
}

impl Output {
    fn new(pieces: mpsc::Sender<Piece>) -> Self {
        Self { pieces, waiting: String::new() }
    }

    async fn write(&mut self, text: &str) -> Result<(), DatasetError> {
        self.waiting.push_str(text);
        if self.waiting.len() >= PIECE_BYTES { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), DatasetError> {
        let piece = Bytes::from(std::mem::take(&mut self.waiting));
        self.pieces.send(Ok(piece)).await.map_err(|_| DatasetError::Stopped)
    }

    /// Makes sure that what was written so far is not taken for the whole.
    async fn break_off(&self, why: &DatasetError) {
        // When nobody listens any more there is nothing left to break off.
        self.pieces.send(Err(why.to_string())).await.ok();
    }
}

/// What the dataset's event says of it.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) rows: u64,
    pub(super) left_out: u64,
}

/// Writes content and manifest side by side.
pub(super) struct Writer {
    content: Output,
    manifest: Output,
    hash: Sha256,
    size_bytes: u64,
    rows: u64,
    left_out: Vec<LeftOut>,
    /// The rows so far, to leave out those that are the same.
    seen: HashMap<[u8; 32], Uuid>,
}

/// The manifest up to its rows.
#[derive(Serialize)]
struct Head<'a> {
    format: u32,
    #[serde(flatten)]
    request: Requested<'a>,
}

#[derive(Serialize)]
struct Requested<'a> {
    name: &'a str,
    kind: &'static str,
    include_rejected: bool,
}

/// The manifest after its rows.
#[derive(Serialize)]
struct Tail<'a> {
    left_out: &'a [LeftOut],
    left_out_counts: BTreeMap<Reason, u64>,
    rows: u64,
    size_bytes: u64,
    sha256: BlobRef,
}

impl Writer {
    pub(super) fn new(content: mpsc::Sender<Piece>, manifest: mpsc::Sender<Piece>) -> Self {
        Self {
            content: Output::new(content),
            manifest: Output::new(manifest),
            hash: Sha256::new(),
            size_bytes: 0,
            rows: 0,
            left_out: Vec::new(),
            seen: HashMap::new(),
        }
    }

    /// Writes everything; on an error neither stream ends as if it were whole.
    pub(super) async fn write(
        mut self,
        store: &Store,
        request: &DatasetRequested,
        candidates: &[Candidate],
    ) -> Result<Totals, DatasetError> {
        let written = self.write_all(store, request, candidates).await;
        if let Err(error) = &written {
            self.content.break_off(error).await;
            self.manifest.break_off(error).await;
        }
        written
    }

    async fn write_all(
        &mut self,
        store: &Store,
        request: &DatasetRequested,
        candidates: &[Candidate],
    ) -> Result<Totals, DatasetError> {
        let DatasetRequested { name, kind, include_rejected } = request;
        let asked = Requested { name, kind: kind.as_str(), include_rejected: *include_rejected };
        let head = json(&Head { format: FORMAT, request: asked });
        self.manifest.write(&format!("{},\n\"examples\":[", head.strip_suffix('}').unwrap_or(&head))).await?;
        for page in candidates.chunks(PAGE) {
            self.write_page(store, page, *include_rejected).await?;
        }
        self.finish().await
    }

    async fn write_page(
        &mut self,
        store: &Store,
        page: &[Candidate],
        include_rejected: bool,
    ) -> Result<(), DatasetError> {
        let wanted = |candidate: &&Candidate| include_rejected || candidate.against.is_none();
        let ids: Vec<Uuid> = page.iter().filter(wanted).map(|candidate| candidate.id).collect();
        let mut examples = example::load(store, &ids).await?.into_iter();
        for candidate in page {
            if let (Some(reason), false) = (candidate.against, include_rejected) {
                self.leave_out(candidate.id, reason, candidate.duplicate_of);
                continue;
            }
            let same =
                |example: &Example| example.id == candidate.id && example.row_digest == candidate.row_digest;
            let example = examples.next().filter(same).ok_or(DatasetError::Changed)?;
            self.write_row(&example, include_rejected).await?;
        }
        Ok(())
    }

    async fn write_row(&mut self, example: &Example, include_rejected: bool) -> Result<(), DatasetError> {
        let Some(line) = render(example) else {
            self.leave_out(example.id, Reason::EmptyText, None);
            return Ok(());
        };
        let digest: [u8; 32] = Sha256::digest(&line).into();
        if !include_rejected {
            if let Some(first) = self.seen.get(&digest).copied() {
                self.leave_out(example.id, Reason::SameRow, Some(first));
                return Ok(());
            }
            self.seen.insert(digest, example.id);
        }
        let row = ManifestRow {
            example: example.id,
            sha256: BlobRef::from_digest(digest),
            source_kind: example.source_kind,
            source: example.source_id,
            events: example.event_ids.clone(),
        };
        let separator = if self.rows == 0 { "\n" } else { ",\n" };
        self.manifest.write(separator).await?;
        self.manifest.write(&json(&row)).await?;
        let line = line + "\n";
        self.hash.update(&line);
        self.size_bytes += line.len() as u64;
        self.rows += 1;
        self.content.write(&line).await
    }

    fn leave_out(&mut self, example: Uuid, reason: Reason, repeats: Option<Uuid>) {
        self.left_out.push(LeftOut { example, reason, repeats });
    }

    async fn finish(&mut self) -> Result<Totals, DatasetError> {
        let mut counts = BTreeMap::new();
        for left_out in &self.left_out {
            *counts.entry(left_out.reason).or_default() += 1;
        }
        let tail = Tail {
            left_out: &self.left_out,
            left_out_counts: counts,
            rows: self.rows,
            size_bytes: self.size_bytes,
            sha256: BlobRef::from_digest(std::mem::take(&mut self.hash).finalize().into()),
        };
        let tail = json(&tail);
        self.manifest.write(&format!("\n],\n{}\n", tail.strip_prefix('{').unwrap_or(&tail))).await?;
        self.manifest.flush().await?;
        self.content.flush().await?;
        Ok(Totals { rows: self.rows, left_out: self.left_out.len() as u64 })
    }
}

#[expect(clippy::expect_used, reason = "strings, numbers and ids always have a JSON form")]
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("a manifest has a JSON form")
}
