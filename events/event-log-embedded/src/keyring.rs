//! Keys of data subjects, in a file of their own beside the database and synced like it.

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use event_log::{KeptKey, Keyring, KeyringError, Owner};
use event_model::{BlobRef, SubjectKey, Tenant};

use crate::key_file::{Entry, KeyFile};

/// The keys of data subjects. Clones share them.
#[derive(Clone)]
pub struct EmbeddedKeyring {
    /// Locked while a key is made or destroyed: two events of a new subject must not get two keys.
    keys: Arc<Mutex<KeyFile>>,
}

impl EmbeddedKeyring {
    pub(crate) fn new(keys: KeyFile) -> Self {
        Self { keys: Arc::new(Mutex::new(keys)) }
    }

    fn lock(&self) -> Result<MutexGuard<'_, KeyFile>, KeyringError> {
        self.keys.lock().map_err(|_| KeyringError("poisoned".into()))
    }

    fn create_blocking(&self, name: [u8; 32]) -> Result<Option<SubjectKey>, KeyringError> {
        let mut keys = self.lock()?;
        if let Some(entry) = keys.get(&name) {
            return known(entry);
        }
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| failed(&error))?;
        keys.put(name, Entry::Key(key)).map_err(|error| failed(&error))?;
        Ok(Some(SubjectKey(key)))
    }

    fn import_blocking(&self, kept: &[KeptKey]) -> Result<u64, KeyringError> {
        let mut keys = self.lock()?;
        let mut new = 0;
        for KeptKey { owner, key } in kept {
            let name = match owner {
                Owner::Named { tenant, subject } => name_of(tenant, subject),
                Owner::Digest { digest } => digest.digest(),
            };
            if keys.get(&name).is_none() {
                let entry = key.as_ref().map_or(Entry::Destroyed, |key| Entry::Key(key.0));
                keys.put(name, entry).map_err(|error| failed(&error))?;
                new += 1;
            }
        }
        Ok(new)
    }

    fn destroy_blocking(&self, name: [u8; 32]) -> Result<bool, KeyringError> {
        let mut keys = self.lock()?;
        let had_key = matches!(keys.get(&name), Some(Entry::Key(_)));
        keys.put(name, Entry::Destroyed).map_err(|error| failed(&error))?;
        Ok(had_key)
    }
}

fn kept((name, entry): ([u8; 32], Entry)) -> Option<KeptKey> {
    let key = match entry {
        Entry::Key(key) => Some(SubjectKey(key)),
        Entry::Destroyed => None,
        // What cannot be read is not worth keeping, and must not pass for an erasure.
        Entry::Damaged => return None,
    };
    Some(KeptKey { owner: Owner::Digest { digest: BlobRef::from_digest(name) }, key })
}

fn known(entry: Entry) -> Result<Option<SubjectKey>, KeyringError> {
    match entry {
        Entry::Key(key) => Ok(Some(SubjectKey(key))),
        Entry::Destroyed => Ok(None),
        Entry::Damaged => Err(KeyringError("a stored key is damaged".into())),
    }
}

fn failed(error: &dyn std::fmt::Display) -> KeyringError {
    KeyringError(error.to_string())
}

/// A fixed length, whatever the names are, and no names of people on the disk.
fn name_of(tenant: &Tenant, subject: &str) -> [u8; 32] {
    Owner::digest_of(tenant, subject).digest()
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
        self.lock()?.get(&name_of(tenant, subject)).map_or(Ok(None), known)
    }

    async fn destroy(&self, tenant: &Tenant, subject: &str) -> Result<bool, KeyringError> {
        let (this, name) = (self.clone(), name_of(tenant, subject));
        blocking(move || this.destroy_blocking(name)).await
    }

    async fn export(&self) -> Result<Vec<KeptKey>, KeyringError> {
        Ok(self.lock()?.entries().filter_map(kept).collect())
    }

    async fn import(&self, kept: &[KeptKey]) -> Result<u64, KeyringError> {
        let (this, kept) = (self.clone(), kept.to_vec());
        blocking(move || this.import_blocking(&kept)).await
    }
}
