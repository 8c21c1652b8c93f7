//! Named objects beside the blobs, for whoever must find its bytes by a name that it can make up. Not content-addressed: what
//! is read may have been altered, and noticing that is the reader's affair.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, path::Path};

use crate::{BlobError, BlobStore, store::failed};

/// Objects of one kind, each under a key such as `a/b.json`.
#[derive(Clone, Debug)]
pub struct Shelf {
    store: Arc<dyn ObjectStore>,
    name: &'static str,
}

impl BlobStore {
    /// The shelf `name`, which need not be there yet. `blobs` and `incoming` are taken.
    pub fn shelf(&self, name: &'static str) -> Shelf {
        Shelf { store: Arc::clone(&self.store), name }
    }
}

impl Shelf {
    fn path(&self, key: &str) -> Path {
        std::iter::once(self.name).chain(key.split('/').filter(|part| !part.is_empty())).collect()
    }

    /// Writes an object that is not there yet: of writers at the same moment exactly one is answered with true, and after that
    /// the object is safe. False leaves what is there as it is.
    pub async fn put_new(&self, key: &str, bytes: Bytes) -> Result<bool, BlobError> {
        let at = self.path(key);
        match self.store.put_opts(&at, bytes.into(), PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(source) => Err(failed("write a new object")(source)),
        }
    }

    /// Writes an object in the place of what was there, in one step.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<(), BlobError> {
        let at = self.path(key);
        self.store.put(&at, bytes.into()).await.map(drop).map_err(failed("write an object"))
    }

    /// An object's bytes as they are stored; `None` if it is not there.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, BlobError> {
        match self.store.get(&self.path(key)).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(failed("read an object"))?)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(failed("open an object")(source)),
        }
    }

    /// The keys below `prefix`, which is a whole part of a key or several (`a` or `a/b`), in order.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, BlobError> {
        let found = self.store.list(Some(&self.path(prefix)));
        let places: Vec<_> = found.try_collect().await.map_err(failed("list objects"))?;
        let mut keys: Vec<String> = places.iter().filter_map(|place| self.key_of(&place.location)).collect();
        keys.sort_unstable();
        Ok(keys)
    }

    /// The parts that keys have directly after `prefix` and before more parts, in order: folders, so to say.
    pub async fn folders(&self, prefix: &str) -> Result<Vec<String>, BlobError> {
        let below = self.path(prefix);
        let found = self.store.list_with_delimiter(Some(&below)).await.map_err(failed("list folders"))?;
        let last = |place: &Path| place.filename().map(str::to_owned);
        let mut names: Vec<String> = found.common_prefixes.iter().filter_map(last).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Removes an object for ever; false if it is not there.
    pub async fn delete(&self, key: &str) -> Result<bool, BlobError> {
        match self.store.delete(&self.path(key)).await {
            Ok(()) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(source) => Err(failed("remove an object")(source)),
        }
    }

    fn key_of(&self, place: &Path) -> Option<String> {
        place.as_ref().strip_prefix(self.name)?.strip_prefix('/').map(str::to_owned)
    }
}
