//! Blobs of data subjects: sealed on the way in, opened on the way out. Which key is whose is not known here.

use std::{
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use event_model::{
    BlobOpener, BlobRef, BlobSealer, SealError, SubjectKey, open_blob, opened_size, seal_blob,
};
use futures::{Stream, StreamExt, stream};

use crate::{BlobError, BlobStore, BlobStream};

/// A data subject's bytes that are now on disk, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedBlob {
    /// Its name: that of the sealed bytes.
    pub name: BlobRef,
    /// The name that the plain bytes would have; nobody stores them under it.
    pub plain: BlobRef,
    /// Number of plain bytes.
    pub size_bytes: u64,
}

fn refused(name: &BlobRef) -> impl Fn(SealError) -> BlobError + use<> {
    let name = name.clone();
    move |source| BlobError::Sealed { name: name.clone(), source }
}

impl BlobStore {
    /// Stores `bytes` sealed. The same bytes of the same subject are the same blob.
    pub async fn put_sealed(&self, key: &SubjectKey, bytes: &[u8]) -> Result<BlobRef, BlobError> {
        let sealed = seal_blob(key, bytes).map_err(|error| refused(&BlobRef::of(bytes))(error))?;
        self.put(sealed.into()).await
    }

    /// Stores a stream of at most `limit_bytes` plain bytes sealed, in flat memory; nothing is left behind when it fails.
    pub async fn put_sealed_stream<S, E>(
        &self,
        key: &SubjectKey,
        bytes: S,
        limit_bytes: u64,
    ) -> Result<SealedBlob, BlobError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: Display,
    {
        let end = Arc::new(Mutex::new(End::default()));
        let sealing = Sealing { sealer: BlobSealer::new(key), bytes, size_bytes: 0, limit_bytes };
        let told = Arc::clone(&end);
        let pieces = stream::unfold(Some(sealing), move |sealing| {
            let told = Arc::clone(&told);
            async move {
                let (piece, rest) = sealing?.next(&told).await;
                Some((piece, rest))
            }
        });
        let stored = self.put_stream(pieces.boxed(), u64::MAX).await;
        let end = std::mem::take(&mut *end.lock().unwrap_or_else(PoisonError::into_inner));
        match (stored, end) {
            (_, End::TooLarge) => Err(BlobError::TooLarge { limit_bytes }),
            (Ok(stored), End::Whole(plain, size_bytes)) => {
                Ok(SealedBlob { name: stored.name, plain, size_bytes })
            }
            (Ok(_), End::Open) => Err(BlobError::BrokenOff("its end was not seen".to_owned())),
            (Err(error), _) => Err(error),
        }
    }

    /// A whole blob, opened if there is a key; `None` if it is not there.
    pub async fn get_opened(
        &self,
        key: Option<&SubjectKey>,
        name: &BlobRef,
    ) -> Result<Option<Bytes>, BlobError> {
        let found = self.get(name).await?;
        let (Some(key), Some(sealed)) = (key, &found) else { return Ok(found) };
        open_blob(key, sealed).map(|plain| Some(plain.into())).map_err(refused(name))
    }

    /// A blob piece by piece, opened if there is a key; `None` if it is not there. An error in the stream says that it does
    /// not open to its end.
    pub async fn stream_opened(
        &self,
        key: Option<&SubjectKey>,
        name: &BlobRef,
    ) -> Result<Option<BlobStream>, BlobError> {
        let found = self.stream(name).await?;
        let (Some(key), Some(sealed)) = (key, &found) else { return Ok(found) };
        let refuse = refused(name);
        let size_bytes = opened_size(sealed.size_bytes).ok_or_else(|| refuse(SealError::NotSealed))?;
        let opening = (BlobOpener::new(key), found, refuse);
        let bytes = stream::unfold(Some(opening), |opening| async move {
            let (mut opener, found, refuse) = opening?;
            let mut sealed = found?;
            Some(match sealed.bytes.next().await {
                Some(Ok(piece)) => match opener.update(&piece) {
                    Ok(plain) => (Ok(Bytes::from(plain)), Some((opener, Some(sealed), refuse))),
                    Err(error) => (Err(refuse(error)), None),
                },
                Some(Err(error)) => (Err(error), None),
                None => (opener.finish().map(Bytes::from).map_err(refuse), None),
            })
        });
        Ok(Some(BlobStream { size_bytes, bytes: bytes.boxed() }))
    }
}

/// How a stream that is being sealed ended.
#[derive(Default)]
enum End {
    /// It did not.
    #[default]
    Open,
    TooLarge,
    /// The name and the size of the plain bytes.
    Whole(BlobRef, u64),
}

struct Sealing<S> {
    sealer: BlobSealer,
    bytes: S,
    size_bytes: u64,
    limit_bytes: u64,
}

impl<S, E> Sealing<S>
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: Display,
{
    /// The next sealed piece, and what is left to do.
    async fn next(mut self, end: &Mutex<End>) -> (Result<Bytes, String>, Option<Self>) {
        let tell = |how| *end.lock().unwrap_or_else(PoisonError::into_inner) = how;
        match self.bytes.next().await {
            Some(Ok(piece)) => {
                self.size_bytes += piece.len() as u64;
                if self.size_bytes > self.limit_bytes {
                    tell(End::TooLarge);
                    return (Err("it is too large".to_owned()), None);
                }
                match self.sealer.update(&piece) {
                    Ok(sealed) => (Ok(sealed.into()), Some(self)),
                    Err(error) => (Err(error.to_string()), None),
                }
            }
            Some(Err(error)) => (Err(error.to_string()), None),
            None => match self.sealer.finish() {
                Ok((sealed, plain)) => {
                    tell(End::Whole(plain, self.size_bytes));
                    (Ok(sealed.into()), None)
                }
                Err(error) => (Err(error.to_string()), None),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: SubjectKey = SubjectKey([7; 32]);

    fn pieces(bytes: &[u8]) -> impl Stream<Item = Result<Bytes, String>> + Send + Unpin + use<> {
        stream::iter(bytes.chunks(100_000).map(|part| Ok(Bytes::copy_from_slice(part))).collect::<Vec<_>>())
    }

    #[tokio::test]
    async fn what_is_sealed_on_the_way_in_is_opened_on_the_way_out_and_nowhere_else() {
        let directory = tempfile::tempdir().unwrap();
        let store = BlobStore::in_directory(directory.path()).unwrap();
        for length in [11, 3_000_000] {
            let plain: Vec<u8> = b"a secret of ada, ".iter().copied().cycle().take(length).collect();
            let stored = store.put_sealed_stream(&KEY, pieces(&plain), 3_000_000).await.unwrap();
            assert_eq!((&stored.plain, stored.size_bytes), (&BlobRef::of(&plain), length as u64));
            assert_eq!(store.put_sealed(&KEY, &plain).await.unwrap(), stored.name, "once, however it comes");
            assert!(store.get(&stored.plain).await.unwrap().is_none(), "nothing is stored in the open");
            let raw = store.get(&stored.name).await.unwrap().unwrap();
            assert!(!raw.windows(6).any(|window| window == b"secret"));
            assert_eq!(store.get_opened(Some(&KEY), &stored.name).await.unwrap().unwrap(), plain);
            let opened = store.stream_opened(Some(&KEY), &stored.name).await.unwrap().unwrap();
            assert_eq!(opened.size_bytes, length as u64);
            let parts: Vec<Bytes> = opened.bytes.map(Result::unwrap).collect().await;
            assert_eq!(parts.concat(), plain);
            let other = SubjectKey([8; 32]);
            assert!(store.get_opened(Some(&other), &stored.name).await.is_err());
            assert!(store.delete(&stored.name).await.unwrap() && !store.delete(&stored.name).await.unwrap());
            assert!(store.get(&stored.name).await.unwrap().is_none());
        }
    }

    #[tokio::test]
    async fn the_limit_counts_plain_bytes_and_a_broken_upload_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let store = BlobStore::in_directory(directory.path()).unwrap();
        let too_large = store.put_sealed_stream(&KEY, pieces(&[1; 11]), 10).await;
        assert!(matches!(too_large, Err(BlobError::TooLarge { limit_bytes: 10 })));
        assert!(store.put_sealed_stream(&KEY, pieces(&[1; 10]), 10).await.is_ok());
        let broken = stream::iter([Ok(Bytes::from_static(b"hel")), Err("connection reset")]);
        assert!(matches!(store.put_sealed_stream(&KEY, broken, 100).await, Err(BlobError::BrokenOff(_))));
    }
}
