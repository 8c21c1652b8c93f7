//! Keys of data subjects, and the two steps that use them: sealing before an append, opening after a read.

use std::{borrow::Cow, collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use event_model::{Envelope, Event, SubjectKey, Tenant, is_sealed, open, seal};

/// A keyring could not answer.
#[derive(Debug, thiserror::Error)]
#[error("the key store is not available: {0}")]
pub struct KeyringError(pub String);

/// The keys of data subjects. Next to the log, the only source of truth.
#[async_trait]
pub trait Keyring: Send + Sync + 'static {
    /// The subject's key, made and made durable if there is none and the subject was never erased; `None` once erased.
    async fn create(&self, tenant: &Tenant, subject: &str) -> Result<Option<SubjectKey>, KeyringError>;

    /// The subject's key, if there is one.
    async fn get(&self, tenant: &Tenant, subject: &str) -> Result<Option<SubjectKey>, KeyringError>;

    /// Destroys the subject's key for ever; false if there was none.
    async fn destroy(&self, tenant: &Tenant, subject: &str) -> Result<bool, KeyringError>;
}

/// `event` as it may be stored: sealed if it names a data subject.
pub async fn sealed(keyring: &dyn Keyring, mut event: Event) -> Result<Event, KeyringError> {
    let Some(subject) = event.datasubject.as_ref() else { return Ok(event) };
    if is_sealed(&event.data) {
        return Ok(event);
    }
    let key = keyring.create(&event.tenant, subject).await?;
    let key = key.ok_or_else(|| KeyringError(format!("data subject `{}` was erased", &**subject)))?;
    let data = seal(&key, event.id, &event.data).map_err(|error| KeyringError(error.to_string()))?;
    event.data = Cow::Owned(data);
    Ok(event)
}

/// `event` with its data open; `None` if its key is gone, which is how an erased person's events read.
pub async fn opened<'a>(
    keyring: &dyn Keyring,
    mut event: Envelope<'a>,
) -> Result<Option<Envelope<'a>>, KeyringError> {
    let Some(subject) = event.datasubject.as_ref().filter(|_| is_sealed(&event.data)) else {
        return Ok(Some(event));
    };
    let Some(key) = keyring.get(&event.tenant, subject).await? else { return Ok(None) };
    let data = open(&key, event.id, &event.data).map_err(|error| KeyringError(error.to_string()))?;
    event.data = Cow::Owned(data);
    Ok(Some(event))
}

/// A keyring in memory, for tests and simulations.
#[derive(Debug, Default)]
pub struct MemoryKeyring(Mutex<HashMap<(Tenant, String), Option<SubjectKey>>>);

#[async_trait]
impl Keyring for MemoryKeyring {
    async fn create(&self, tenant: &Tenant, subject: &str) -> Result<Option<SubjectKey>, KeyringError> {
        let mut keys = self.0.lock().map_err(|_| KeyringError("poisoned".into()))?;
        let next = u8::try_from(keys.len() % 256).unwrap_or_default();
        Ok(keys.entry((tenant.clone(), subject.to_owned())).or_insert(Some(SubjectKey([next; 32]))).clone())
    }

    async fn get(&self, tenant: &Tenant, subject: &str) -> Result<Option<SubjectKey>, KeyringError> {
        let keys = self.0.lock().map_err(|_| KeyringError("poisoned".into()))?;
        Ok(keys.get(&(tenant.clone(), subject.to_owned())).cloned().flatten())
    }

    async fn destroy(&self, tenant: &Tenant, subject: &str) -> Result<bool, KeyringError> {
        let mut keys = self.0.lock().map_err(|_| KeyringError("poisoned".into()))?;
        Ok(keys.insert((tenant.clone(), subject.to_owned()), None).flatten().is_some())
    }
}
