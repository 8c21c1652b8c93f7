//! The store over a directory. Not a cache: what it says it has is on disk.

use std::{path::Path as FilePath, sync::Arc};

use bytes::{Bytes, BytesMut};
use event_model::{BlobRef, SealError};
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{Error, ObjectStore, ObjectStoreExt, WriteMultipart, local::LocalFileSystem, path::Path};
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
    store: Arc<dyn ObjectStore>,
}

fn failed(action: &'static str) -> impl Fn(Error) -> BlobError {
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
        Ok(Self { store: Arc::new(store.with_fsync(true)) })
    }

    /// Stores `bytes`; a blob that is there already is left alone.
    pub async fn put(&self, bytes: Bytes) -> Result<BlobRef, BlobError> {
        let name = BlobRef::of(&bytes);
        self.put_named(&name, bytes).await?;
        Ok(name)
    }

    async fn put_named(&self, name: &BlobRef, bytes: Bytes) -> Result<(), BlobError> {
        if self.size(name).await?.is_none() {
            self.store.put(&path_of(name), bytes.into()).await.map_err(failed("write a blob"))?;
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
mod tests {
    use futures::stream;

    use super::*;

    fn pieces(parts: &[&'static [u8]]) -> impl Stream<Item = Result<Bytes, String>> + Send + Unpin {
        stream::iter(parts.iter().map(|part| Ok(Bytes::from_static(part))).collect::<Vec<_>>())
    }

    fn files_below(directory: &FilePath) -> usize {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        entries.map(|entry| if entry.path().is_dir() { files_below(&entry.path()) } else { 1 }).sum()
    }

    #[tokio::test]
    async fn the_same_bytes_streamed_or_whole_are_one_blob() {
        let directory = tempfile::tempdir().unwrap();
        let store = BlobStore::in_directory(directory.path()).unwrap();
        let whole = store.put(Bytes::from_static(b"hello world")).await.unwrap();
        let streamed = store.put_stream(pieces(&[b"hello ", b"world"]), 100).await.unwrap();
        assert_eq!(streamed, StoredBlob { name: whole.clone(), size_bytes: 11 });
        assert_eq!(store.get(&whole).await.unwrap().unwrap(), "hello world");
        assert_eq!(files_below(directory.path()), 1, "an upload was left behind");
        assert_eq!(store.get(&BlobRef::of(b"other")).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_large_upload_is_moved_into_place_under_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let store = BlobStore::in_directory(directory.path()).unwrap();
        let part = Bytes::from(vec![7; 3 * 1024 * 1024]);
        for _ in 0..2 {
            let upload = stream::iter(vec![Ok::<_, String>(part.clone()); 4]);
            let stored = store.put_stream(upload, u64::MAX).await.unwrap();
            assert_eq!(
                stored,
                StoredBlob { name: BlobRef::of(&part.repeat(4)), size_bytes: 12 * 1024 * 1024 }
            );
            assert!(store.get(&stored.name).await.unwrap().is_some());
        }
        assert_eq!(files_below(directory.path()), 1, "an upload was left behind");
    }

    #[tokio::test]
    async fn an_upload_that_is_too_large_or_breaks_off_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let store = BlobStore::in_directory(directory.path()).unwrap();
        let too_large = store.put_stream(pieces(&[b"hello ", b"world"]), 10).await;
        assert!(matches!(too_large, Err(BlobError::TooLarge { limit_bytes: 10 })));
        let broken = stream::iter([Ok(Bytes::from_static(b"hel")), Err("connection reset")]);
        assert!(matches!(store.put_stream(broken, 100).await, Err(BlobError::BrokenOff(_))));
        assert_eq!(files_below(directory.path()), 0);
    }

    #[tokio::test]
    async fn altered_bytes_are_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let store = BlobStore::in_directory(directory.path()).unwrap();
        let name = store.put(Bytes::from_static(b"truth")).await.unwrap();
        std::fs::write(directory.path().join(path_of(&name).as_ref()), "lies!").unwrap();
        assert!(matches!(store.get(&name).await, Err(BlobError::Damaged(_))));
    }
}
