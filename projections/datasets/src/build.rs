//! Building: judge all candidates as of one moment, then write rows and manifest side by side, a page at a time.
//!
//! Content and manifest stream to the blob store while they are made, so memory holds the candidates' ids and one page.
//! No connection is held while anything but the database is waited for. Should an example change between judging and
//! writing, the build starts again.

mod writer;

use blob_store::{BlobStore, StoredBlob};
use bytes::Bytes;
use event_model::{
    Tenant,
    family::dataset::{DatasetBuilt, DatasetRequested},
};
use futures::{Stream, StreamExt, stream};
use read_store::Store;
use tokio::sync::mpsc;

use crate::{DatasetError, candidate::candidates};
use writer::{Totals, Writer};

/// Attempts at reading rows that do not change meanwhile.
const ATTEMPTS_MAX: u32 = 5;
/// Pieces that may wait to be stored.
const PIECES_WAITING_MAX: usize = 4;

type Piece = Result<Bytes, String>;

/// Builds the dataset that `request` asks for and stores its content and manifest.
///
/// The bytes are a function of the read models and the request alone: building twice gives the same blobs.
pub async fn build(
    store: &Store,
    blobs: &BlobStore,
    tenant: &Tenant,
    request: &DatasetRequested,
) -> Result<DatasetBuilt, DatasetError> {
    for _ in 0..ATTEMPTS_MAX {
        match attempt(store, blobs, tenant, request).await {
            Err(DatasetError::Changed) => {}
            outcome => return outcome,
        }
    }
    Err(DatasetError::Changed)
}

async fn attempt(
    store: &Store,
    blobs: &BlobStore,
    tenant: &Tenant,
    request: &DatasetRequested,
) -> Result<DatasetBuilt, DatasetError> {
    let candidates = candidates(store, tenant, request.kind, None).await?;
    let (content, content_pieces) = pipe();
    let (manifest, manifest_pieces) = pipe();
    let writer = Writer::new(content, manifest);
    let (totals, content, manifest) = tokio::join!(
        writer.write(store, request, &candidates),
        blobs.put_stream(content_pieces, u64::MAX),
        blobs.put_stream(manifest_pieces, u64::MAX),
    );
    let totals = match totals {
        Err(DatasetError::Stopped) => {
            content?;
            manifest?;
            return Err(DatasetError::Stopped);
        }
        totals => totals?,
    };
    Ok(built(&totals, content?, manifest?))
}

fn built(totals: &Totals, content: StoredBlob, manifest: StoredBlob) -> DatasetBuilt {
    DatasetBuilt {
        content: content.name,
        manifest: manifest.name,
        rows: totals.rows,
        size_bytes: content.size_bytes,
        left_out: totals.left_out,
    }
}

/// Where bytes are written, and the stream they come out of.
fn pipe() -> (mpsc::Sender<Piece>, impl Stream<Item = Piece> + Send + Unpin) {
    let (sender, receiver) = mpsc::channel(PIECES_WAITING_MAX);
    let pieces = stream::unfold(receiver, async |mut receiver| {
        let piece: Piece = receiver.recv().await?;
        Some((piece, receiver))
    });
    (sender, pieces.boxed())
}
