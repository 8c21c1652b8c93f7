//! Backups: what neither the log nor a replay brings back, kept beside the archive. Not the events: those are archived.

use anyhow::{Context, Result, ensure};
use blob_store::{BlobStore, Shelf};
use event_log::{KeptKey, Owner, Position};
use event_model::{BlobRef, Tenant};
use jiff::Timestamp;
use read_store::dead_letter::DeadLetter;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Raised when a backup can no longer be read by an earlier release.
const VERSION: u32 = 1;

/// One backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Backup {
    version: u32,
    /// The log it belongs to.
    incarnation: Uuid,
    pub(crate) taken_at: Timestamp,
    /// How far each partition was archived when it was taken.
    pub(crate) archived_to: Vec<Position>,
    /// The keys of data subjects.
    pub(crate) keys: Vec<KeptKey>,
    /// Parked events and parked work.
    pub(crate) parked: Vec<DeadLetter>,
}

/// The backups of one log.
pub(crate) struct Backups {
    shelf: Shelf,
    incarnation: Uuid,
}

impl Backups {
    pub(crate) fn new(blobs: &BlobStore, incarnation: Uuid) -> Self {
        Self { shelf: blobs.shelf("backups"), incarnation }
    }

    /// Writes a backup; returns its name.
    pub(crate) async fn put(
        &self,
        taken_at: Timestamp,
        archived_to: Vec<Position>,
        keys: Vec<KeptKey>,
        parked: Vec<DeadLetter>,
    ) -> Result<String> {
        let incarnation = self.incarnation;
        self.write(&Backup { version: VERSION, incarnation, taken_at, archived_to, keys, parked }).await
    }

    /// The name begins with the time, so that names are in order, and ends with the hash of what is in it.
    async fn write(&self, backup: &Backup) -> Result<String> {
        let bytes = serde_json::to_vec(backup)?;
        let (time, hash) = (backup.taken_at.strftime("%Y%m%dT%H%M%S%.3fZ"), BlobRef::of(&bytes));
        let name = format!("{}/{time}-{}.json", self.incarnation, &hash.hex()[..16]);
        self.shelf.put_new(&name, bytes.into()).await?;
        Ok(name)
    }

    /// The names of all backups, oldest first.
    pub(crate) async fn names(&self) -> Result<Vec<String>> {
        Ok(self.shelf.list(&self.incarnation.to_string()).await?)
    }

    /// The newest backup, if there is one.
    pub(crate) async fn newest(&self) -> Result<Option<(String, Backup)>> {
        let Some(name) = self.names().await?.pop() else { return Ok(None) };
        let backup = self.read(&name).await?;
        Ok(Some((name, backup)))
    }

    async fn read(&self, name: &str) -> Result<Backup> {
        let bytes = self.shelf.get(name).await?.with_context(|| format!("backup `{name}` is gone"))?;
        let hash = BlobRef::of(&bytes);
        ensure!(
            name.ends_with(&format!("-{}.json", &hash.hex()[..16])),
            "backup `{name}` is damaged: its bytes hash to another name; remove it to use the one before"
        );
        let backup: Backup = serde_json::from_slice(&bytes)
            .with_context(|| format!("backup `{name}` cannot be read by this release"))?;
        ensure!(backup.version == VERSION, "backup `{name}` is of another release");
        Ok(backup)
    }

    /// Removes all but the newest `kept`; returns how many went.
    pub(crate) async fn prune(&self, kept: usize) -> Result<usize> {
        let names = self.names().await?;
        let old = names.len().saturating_sub(kept.max(1));
        for name in &names[..old] {
            self.shelf.delete(name).await?;
        }
        Ok(old)
    }

    /// Takes the keys of erased subjects out of every backup; returns how many backups had one.
    pub(crate) async fn forget(&self, tenant: &str, subjects: &[String]) -> Result<usize> {
        let tenant = Tenant(tenant.to_owned());
        let digests: Vec<BlobRef> =
            subjects.iter().map(|subject| Owner::digest_of(&tenant, subject)).collect();
        let about = |owner: &Owner| match owner {
            Owner::Named { tenant: of, subject } => *of == tenant && subjects.contains(subject),
            Owner::Digest { digest } => digests.contains(digest),
        };
        let mut changed = 0;
        for name in self.names().await? {
            let mut backup = self.read(&name).await?;
            let held = backup.keys.iter_mut().filter(|kept| about(&kept.owner) && kept.key.is_some());
            let keys = held.map(|kept| kept.key = None).count();
            let before = backup.parked.len();
            backup.parked.retain(|letter| {
                let subject = letter.datasubject.as_ref();
                letter.tenant != tenant.0 || !subject.is_some_and(|subject| subjects.contains(subject))
            });
            if keys == 0 && backup.parked.len() == before {
                continue;
            }
            // The new one is there before the old one goes; with both, the newest counts, and a second run mends it.
            self.write(&backup).await?;
            self.shelf.delete(&name).await?;
            changed += 1;
        }
        Ok(changed)
    }
}
