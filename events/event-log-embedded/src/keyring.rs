//! Keys of data subjects, in the same database as the log and synced like it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use event_log::{Keyring, KeyringError};
use event_model::{SubjectKey, Tenant};
use sha2::{Digest, Sha256};

use crate::store::Store;

/// Stored in place of a destroyed key, so that the subject never gets another.
const TOMBSTONE: [u8; 0] = [];

/// The keys of data subjects. Clones share them.
#[derive(Clone)]
pub struct EmbeddedKeyring {
    store: Store,
    /// Held while a key is made or destroyed: two events of a new subject must not get two keys.
    changing: Arc<Mutex<()>>,
}

/// What is known of a subject.
enum Entry {
    Unknown,
    Key(SubjectKey),
    Destroyed,
}

impl EmbeddedKeyring {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, changing: Arc::default() }
    }

    fn entry(&self, name: &[u8; 32]) -> Result<Entry, KeyringError> {
        let Some(stored) = self.store.keys.get(name).map_err(|error| failed(&error))? else {
            return Ok(Entry::Unknown);
        };
        match stored[..].try_into() {
            Ok(key) => Ok(Entry::Key(SubjectKey(key))),
            Err(_) if *stored == TOMBSTONE => Ok(Entry::Destroyed),
            Err(_) => Err(KeyringError("a stored key is damaged".into())),
        }
    }

    fn put(&self, name: [u8; 32], value: &[u8]) -> Result<(), KeyringError> {
        let mut batch = self.store.batch();
        batch.insert(&self.store.keys, name, value);
        batch.commit().map_err(|error| failed(&error))
    }

    fn create_blocking(&self, name: [u8; 32]) -> Result<Option<SubjectKey>, KeyringError> {
        let _changing = self.changing.lock().map_err(|_| KeyringError("poisoned".into()))?;
        match self.entry(&name)? {
            Entry::Key(key) => Ok(Some(key)),
            Entry::Destroyed => Ok(None),
            Entry::Unknown => {
                let mut key = [0; 32];
                getrandom::fill(&mut key).map_err(|error| failed(&error))?;
                self.put(name, &key)?;
                Ok(Some(SubjectKey(key)))
            }
        }
    }

    fn destroy_blocking(&self, name: [u8; 32]) -> Result<bool, KeyringError> {
        let _changing = self.changing.lock().map_err(|_| KeyringError("poisoned".into()))?;
        let had_key = matches!(self.entry(&name)?, Entry::Key(_));
        self.put(name, &TOMBSTONE)?;
        // The tombstone decides; rewriting the tables takes the key's bytes off the disk as well.
        self.store.keys.rotate_memtable_and_wait().map_err(|error| failed(&error))?;
        self.store.keys.major_compact().map_err(|error| failed(&error))?;
        Ok(had_key)
    }
}

fn failed(error: &dyn std::fmt::Display) -> KeyringError {
    KeyringError(error.to_string())
}

/// A fixed length, whatever the names are, and no names of people on the disk.
fn name_of(tenant: &Tenant, subject: &str) -> [u8; 32] {
    Sha256::new().chain_update(&tenant.0).chain_update([0]).chain_update(subject).finalize().into()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| failed(&error))?
}

#[async_trait]
impl Keyring for EmbeddedKeyring {
    async fn create(&self, tenant: &Tenant, subject: &str) -> Result<Option<SubjectKey>, KeyringError> {
        let (this, name) = (self.clone(), name_of(tenant, subject));
        blocking(move || this.create_blocking(name)).await
    }

    async fn get(&self, tenant: &Tenant, subject: &str) -> Result<Option<SubjectKey>, KeyringError> {
        Ok(match self.entry(&name_of(tenant, subject))? {
            Entry::Key(key) => Some(key),
            Entry::Unknown | Entry::Destroyed => None,
        })
    }

    async fn destroy(&self, tenant: &Tenant, subject: &str) -> Result<bool, KeyringError> {
        let (this, name) = (self.clone(), name_of(tenant, subject));
        blocking(move || this.destroy_blocking(name)).await
    }
}
