//! The store, over a directory or a bucket. Not a cache: what it says it has is on disk, or in the bucket.

use std::{path::Path as FilePath, sync::Arc};

use bytes::{Bytes, BytesMut};
use event_model::{BlobRef, SealError};
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, WriteMultipart, local::LocalFileSystem, path::Path,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Bytes handed to the store at once while an upload is streamed.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Uploads up to this size are written in one go.
const SMALL_BYTES: u64 = 1024 * 1024;
/// Parts written at the same time for one upload.
const PARTS_IN_FLIGHT_MAX: usize = 2;

/// Why a blob could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The store could not do it.
    #[error("the blob store failed to {action}: {source}")]
    Store {
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        source: Error,
    },
    /// The sender stopped or broke off.
    #[error("the upload broke off: {0}")]
    BrokenOff(String),
    /// More bytes than allowed.
    #[error("the upload is larger than the limit of {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// The stored bytes do not have the name they are stored under.
    #[error("blob {0} is damaged: its bytes hash to another name")]
    Damaged(BlobRef),
    /// The subject's key does not open it.
    #[error("blob {name} cannot be opened: {source}")]
    Sealed {
        /// The blob.
        name: BlobRef,
        /// Why.
        source: SealError,
    },
}

/// A blob that is now on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlob {
    /// Its name.
    pub name: BlobRef,
    /// Number of bytes.
    pub size_bytes: u64,
}

/// A blob as it is read, piece by piece.
pub struct BlobStream {
    /// Number of bytes.
    pub size_bytes: u64,
    /// The bytes.
    pub bytes: BoxStream<'static, Result<Bytes, BlobError>>,
}

/// Content-addressed bytes.
#[derive(Clone, Debug)]
pub struct BlobStore {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Whether a blob is written only if it is not there, in one step; otherwise it is looked up first.
    writes_if_absent: bool,
}

pub(crate) fn failed(action: &'static str) -> impl Fn(Error) -> BlobError {
    move |source| BlobError::Store { action, source }
}

fn path_of(name: &BlobRef) -> Path {
    let (shelf, rest) = name.hex().split_at(2);
    Path::from_iter(["blobs", shelf, rest])
}

impl BlobStore {
    /// Opens the store in `directory`, making it if needed.
    pub fn in_directory(directory: &FilePath) -> Result<Self, BlobError> {
        std::fs::create_dir_all(directory).map_err(|source| BlobError::Store {
            action: "make its directory",
            source: Error::Generic { store: "directory", source: source.into() },
        })?;
        let store = LocalFileSystem::new_with_prefix(directory).map_err(failed("open its directory"))?;
        Ok(Self { store: Arc::new(store.with_fsync(true)), writes_if_absent: false })
    }

    /// The store on objects elsewhere, where a look costs as much as writing.
    #[cfg(feature = "s3")]
    pub(crate) fn elsewhere(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, writes_if_absent: true }
    }

    /// Fails if the store does not answer; in a bucket, also if there is no such bucket.
    pub async fn ping(&self) -> Result<(), BlobError> {
        let first = self.store.list(Some(&Path::from("blobs/00"))).next().await;
        first.transpose().map(drop).map_err(failed("answer"))
    }

    /// Stores `bytes`; a blob that is there already is left alone.
    pub async fn put(&self, bytes: Bytes) -> Result<BlobRef, BlobError> {
        let name = BlobRef::of(&bytes);
        self.put_named(&name, bytes).await?;
        Ok(name)
    }

    async fn put_named(&self, name: &BlobRef, bytes: Bytes) -> Result<(), BlobError> {
        let at = path_of(name);
        if self.writes_if_absent {
            match self.store.put_opts(&at, bytes.clone().into(), PutMode::Create.into()).await {
                Ok(_) | Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => return Ok(()),
                // Not every server can tell.
                Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) => {}
                Err(source) => return Err(failed("write a blob")(source)),
            }
        }
        if self.size(name).await?.is_none() {
            self.store.put(&at, bytes.into()).await.map_err(failed("write a blob"))?;
        }
        Ok(())
    }

    /// Stores a stream of at most `limit_bytes` bytes in flat memory; nothing is left behind when it fails.
    pub async fn put_stream<S, E>(&self, mut bytes: S, limit_bytes: u64) -> Result<StoredBlob, BlobError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: std::fmt::Display,
    {
        let mut received = Received::new(limit_bytes);
        let mut small = BytesMut::new();
        while let Some(piece) = received.next(&mut bytes).await? {
            small.extend_from_slice(&piece);
            if received.size_bytes > SMALL_BYTES {
                return self.put_large(small.freeze(), received, bytes).await;
            }
        }
        let stored = received.finish();
        self.put_named(&stored.name, small.freeze()).await?;
        Ok(stored)
    }

    async fn put_large<S, E>(
        &self,
        head: Bytes,
        mut received: Received,
        mut rest: S,
    ) -> Result<StoredBlob, BlobError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: std::fmt::Display,
    {
        let incoming = Path::from_iter(["incoming", &upload_name()]);
        let upload = self.store.put_multipart(&incoming).await.map_err(failed("begin an upload"))?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        upload.put(head);
        if let Err(error) = copy(&mut received, &mut rest, &mut upload).await {
            if let Err(error) = upload.abort().await {
                tracing::warn!(%error, "an upload that failed could not be removed");
            }
            return Err(error);
        }
        upload.finish().await.map_err(failed("finish an upload"))?;
        let stored = received.finish();
        if self.size(&stored.name).await?.is_some() {
            self.store.delete(&incoming).await.map_err(failed("remove a repeated upload"))?;
        } else {
            self.store.rename(&incoming, &path_of(&stored.name)).await.map_err(failed("name an upload"))?;
        }
        Ok(stored)
    }

    /// Removes a blob for ever; false if it is not there. Only for bytes that nobody may read any more: others may have
    /// stored the same bytes under the same name.
    pub async fn delete(&self, name: &BlobRef) -> Result<bool, BlobError> {
        match self.store.delete(&path_of(name)).await {
            Ok(()) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(source) => Err(failed("remove a blob")(source)),
        }
    }

    /// Number of bytes of a blob; `None` if it is not there.
    pub async fn size(&self, name: &BlobRef) -> Result<Option<u64>, BlobError> {
        match self.store.head(&path_of(name)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(failed("look up a blob")(source)),
        }
    }

    /// A whole blob, checked against its name; `None` if it is not there.
    pub async fn get(&self, name: &BlobRef) -> Result<Option<Bytes>, BlobError> {
        let result = match self.store.get(&path_of(name)).await {
            Ok(result) => result,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(source) => return Err(failed("open a blob")(source)),
        };
        let bytes = result.bytes().await.map_err(failed("read a blob"))?;
        if BlobRef::of(&bytes) == *name { Ok(Some(bytes)) } else { Err(BlobError::Damaged(name.clone())) }
    }

    /// A blob piece by piece; `None` if it is not there. The name is not checked.
    pub async fn stream(&self, name: &BlobRef) -> Result<Option<BlobStream>, BlobError> {
        match self.store.get(&path_of(name)).await {
            Ok(result) => Ok(Some(BlobStream {
                size_bytes: result.meta.size,
                bytes: result.into_stream().map_err(failed("read a blob")).boxed(),
            })),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(failed("open a blob")(source)),
        }
    }
}

/// What has arrived of an upload so far.
struct Received {
    hash: Sha256,
    size_bytes: u64,
    limit_bytes: u64,
}

impl Received {
    fn new(limit_bytes: u64) -> Self {
        Self { hash: Sha256::new(), size_bytes: 0, limit_bytes }
    }

    async fn next<S, E>(&mut self, bytes: &mut S) -> Result<Option<Bytes>, BlobError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: std::fmt::Display,
    {
        let Some(piece) = bytes.next().await else { return Ok(None) };
        let piece = piece.map_err(|error| BlobError::BrokenOff(error.to_string()))?;
        self.size_bytes += piece.len() as u64;
        if self.size_bytes > self.limit_bytes {
            return Err(BlobError::TooLarge { limit_bytes: self.limit_bytes });
        }
        self.hash.update(&piece);
        Ok(Some(piece))
    }

    fn finish(self) -> StoredBlob {
        StoredBlob { name: BlobRef::from_digest(self.hash.finalize().into()), size_bytes: self.size_bytes }
    }
}

async fn copy<S, E>(
    received: &mut Received,
    bytes: &mut S,
    upload: &mut WriteMultipart,
) -> Result<(), BlobError>
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: std::fmt::Display,
{
    while let Some(piece) = received.next(bytes).await? {
        upload.wait_for_capacity(PARTS_IN_FLIGHT_MAX).await.map_err(failed("write an upload"))?;
        upload.put(piece);
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a name that only has to differ from every other upload's")]
fn upload_name() -> String {
    Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests;
