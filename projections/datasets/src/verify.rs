//! Proving that a stored dataset is what its manifest says, byte for byte.

use blob_store::BlobStore;
use event_model::{BlobRef, family::dataset::DatasetBuilt};
use futures::StreamExt;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{DatasetError, Manifest};

/// Most problems that are listed.
const PROBLEMS_MAX: usize = 20;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Rows that were checked.
    pub rows: u64,
    /// What does not agree, at most twenty.
    pub problems: Vec<String>,
}

impl Verification {
    /// Whether everything agrees.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn add(&mut self, problem: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }

    fn compare<T: PartialEq + std::fmt::Display>(&mut self, what: &str, said: &T, found: &T) {
        if said != found {
            self.add(format!("{what} is said to be {said} and is {found}"));
        }
    }
}

/// Hashes content and manifest again, and every row against the manifest, in flat memory for the content.
pub async fn verify(blobs: &BlobStore, built: &DatasetBuilt) -> Result<Verification, DatasetError> {
    let manifest = Manifest::read(blobs, &built.manifest).await?;
    let mut found = Verification { rows: 0, problems: Vec::new() };
    let read = read_rows(blobs, &built.content, &manifest, &mut found).await?;
    found.rows = read.rows;
    found.compare("the content's SHA-256", &built.content, &read.sha256);
    found.compare("the manifest's SHA-256 of the content", &manifest.sha256, &read.sha256);
    found.compare("the number of rows", &manifest.rows, &read.rows);
    found.compare("the number of rows in the event", &built.rows, &read.rows);
    found.compare("the number of examples listed", &(manifest.examples.len() as u64), &read.rows);
    found.compare("the size in bytes", &manifest.size_bytes, &read.size_bytes);
    found.compare("the size in bytes in the event", &built.size_bytes, &read.size_bytes);
    found.compare("the number left out", &built.left_out, &(manifest.left_out.len() as u64));
    let counted: u64 = manifest.left_out_counts.values().sum();
    found.compare("the sum of the reasons", &counted, &(manifest.left_out.len() as u64));
    Ok(found)
}

struct Read {
    rows: u64,
    size_bytes: u64,
    sha256: BlobRef,
}

async fn read_rows(
    blobs: &BlobStore,
    content: &BlobRef,
    manifest: &Manifest,
    found: &mut Verification,
) -> Result<Read, DatasetError> {
    let mut stream =
        blobs.stream(content).await?.ok_or_else(|| DatasetError::MissingBlob(content.clone()))?;
    let (mut whole, mut row) = (Sha256::new(), Sha256::new());
    let (mut rows, mut size_bytes, mut open) = (0, 0, false);
    while let Some(piece) = stream.bytes.next().await {
        let piece = piece?;
        whole.update(&piece);
        size_bytes += piece.len() as u64;
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            row.update(part.strip_suffix(b"\n").unwrap_or(part));
            open = !part.ends_with(b"\n");
            if !open {
                check_row(manifest, rows, std::mem::take(&mut row), found);
                rows += 1;
            }
        }
    }
    if open {
        found.add("the content does not end with a line break".to_owned());
    }
    Ok(Read { rows, size_bytes, sha256: BlobRef::from_digest(whole.finalize().into()) })
}

fn check_row(manifest: &Manifest, index: u64, row: Sha256, found: &mut Verification) {
    let said = usize::try_from(index).ok().and_then(|index| manifest.examples.get(index));
    let sha256 = BlobRef::from_digest(row.finalize().into());
    match said {
        Some(said) => found.compare(&format!("row {}'s SHA-256", index + 1), &said.sha256, &sha256),
        None => found.add(format!("row {} is not in the manifest", index + 1)),
    }
}
