//! Reading what a cause names.

use blob_store::{BlobError, BlobStore};
use bytes::Bytes;
use event_model::{BlobRef, SubjectKey};
use worker_runtime::WorkError;

/// The bytes of a blob, opened. One that is gone or damaged will be so the next time, too.
pub(crate) async fn opened_blob(
    blobs: &BlobStore,
    name: &BlobRef,
    key: Option<&SubjectKey>,
) -> Result<Bytes, WorkError> {
    match blobs.get_opened(key, name).await {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(WorkError::dead_letter(format!("blob {name} is not in the store"))),
        Err(error @ (BlobError::Damaged(_) | BlobError::Sealed { .. })) => Err(WorkError::dead_letter(error)),
        Err(error) => Err(WorkError::retry(error)),
    }
}
