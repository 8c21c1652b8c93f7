//! Keys of data subjects, and the two steps that use them: sealing before an append, opening after a read.

use std::{borrow::Cow, collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use event_model::{
    BlobRef, Envelope, Event, SubjectKey, Tenant, decode_hex, encode_hex, is_sealed, open, seal,
};
use serde::{Deserialize, Serialize};

/// A keyring could not answer.
#[derive(Debug, thiserror::Error)]
#[error("the key store is not available: {0}")]
pub struct KeyringError(pub String);

impl KeyringError {
    /// A backup names subjects by digest, and this keyring by name.
    pub fn nameless() -> Self {
        Self(
            "the backup is of an embedded log, which keeps no names; restore it into an embedded log"
                .to_owned(),
        )
    }
}

/// The keys of data subjects. Next to the log, the only source of truth.
#[async_trait]
pub trait Keyring: Send + Sync + 'static {
    /// The subject's key, made and made durable if there is none and the subject was never erased; `None` once erased.
    async fn create(&self, tenant: &Tenant, subject: &str) -> Result<Option<SubjectKey>, KeyringError>;

    /// The subject's key, if there is one.
    async fn get(&self, tenant: &Tenant, subject: &str) -> Result<Option<SubjectKey>, KeyringError>;

    /// Destroys the subject's key for ever; false if there was none.
    async fn destroy(&self, tenant: &Tenant, subject: &str) -> Result<bool, KeyringError>;

    /// Every subject it knows, erased ones among them, for a backup.
    async fn export(&self) -> Result<Vec<KeptKey>, KeyringError>;

    /// Takes what a backup has of subjects that it does not know. What it knows stays: the key of a subject that was erased
    /// since does not come back. Returns how many subjects were new.
    async fn import(&self, kept: &[KeptKey]) -> Result<u64, KeyringError>;
}

/// Whose key it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Owner {
    /// By name.
    Named {
        /// The tenant.
        tenant: Tenant,
        /// The subject.
        subject: String,
    },
    /// By the SHA-256 of tenant, a zero byte and subject, where names are not kept.
    Digest {
        /// The digest.
        digest: BlobRef,
    },
}

impl Owner {
    /// The digest that stands for a subject where names are not kept.
    pub fn digest_of(tenant: &Tenant, subject: &str) -> BlobRef {
        BlobRef::of([tenant.0.as_bytes(), &[0], subject.as_bytes()].concat().as_slice())
    }
}

/// A key in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptKey {
    /// Whose it is.
    #[serde(flatten)]
    pub owner: Owner,
    /// The key; none once the subject is erased.
    #[serde(with = "key_as_text")]
    pub key: Option<SubjectKey>,
}

mod key_as_text {
    use serde::{Deserializer, Serializer, de::Error};

    use super::{Deserialize, Serialize, SubjectKey, decode_hex, encode_hex};

    #[expect(clippy::ref_option, reason = "how serde calls it")]
    pub(super) fn serialize<S: Serializer>(key: &Option<SubjectKey>, to: S) -> Result<S::Ok, S::Error> {
        key.as_ref().map(|key| encode_hex(&key.0)).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SubjectKey>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| decode_hex(&text).map(SubjectKey)).transpose().map_err(D::Error::custom)
    }
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

    async fn export(&self) -> Result<Vec<KeptKey>, KeyringError> {
        let keys = self.0.lock().map_err(|_| KeyringError("poisoned".into()))?;
        let kept = |((tenant, subject), key): (&(Tenant, String), &Option<SubjectKey>)| KeptKey {
            owner: Owner::Named { tenant: tenant.clone(), subject: subject.clone() },
            key: key.clone(),
        };
        Ok(keys.iter().map(kept).collect())
    }

    async fn import(&self, kept: &[KeptKey]) -> Result<u64, KeyringError> {
        let mut keys = self.0.lock().map_err(|_| KeyringError("poisoned".into()))?;
        let before = keys.len();
        for KeptKey { owner, key } in kept {
            let Owner::Named { tenant, subject } = owner else { return Err(KeyringError::nameless()) };
            keys.entry((tenant.clone(), subject.clone())).or_insert_with(|| key.clone());
        }
        Ok((keys.len() - before) as u64)
    }
}
