//! Keys of data subjects, in a PostgreSQL server that every process shares. Not for the embedded one, which is rebuilt
//! from the log when it will not open: keys cannot be folded from anything.
//!
//! Nothing is cached, so a key that one process destroys is gone for all of them at once.

use async_trait::async_trait;
use deadpool_postgres::Transaction;
use event_log::{KeptKey, Keyring, KeyringError, Owner};
use event_model::{SubjectKey, Tenant};
use tokio_postgres::IsolationLevel;

use crate::{Store, StoreError, StoreKind};

/// The keys of data subjects. Clones share them.
#[derive(Clone)]
pub struct StoreKeyring {
    store: Store,
}

impl StoreKeyring {
    /// The keys in `store`, which must be a server.
    pub fn new(store: Store) -> Result<Self, StoreError> {
        if store.kind() == StoreKind::Embedded {
            return Err(StoreError::Schema(
                "keys of data subjects need a PostgreSQL server, because the embedded one is rebuilt from the log; \
                 set DATABASE_URL"
                    .to_owned(),
            ));
        }
        Ok(Self { store })
    }

    async fn create_or_find(&self, tenant: &Tenant, subject: &str) -> Result<Option<SubjectKey>, StoreError> {
        if let Some(known) = self.row(tenant, subject).await? {
            return Ok(known);
        }
        let mut drawn = [0_u8; 32];
        getrandom::fill(&mut drawn).map_err(|error| {
            StoreError::Schema(format!("the system has no randomness for a key: {error}"))
        })?;
        let mut client = self.store.client().await?;
        let tx = durable(&mut client).await?;
        // Whoever comes second waits here for the first to commit, and then reads the same key.
        tx.execute(
            "insert into elite.subject_key (tenant, subject, key) values ($1, $2, $3) on conflict do nothing",
            &[&tenant.0, &subject, &drawn.as_slice()],
        )
        .await?;
        let row = tx.query_one(KEY, &[&tenant.0, &subject]).await?;
        let key = key_of(row.get(0))?;
        tx.commit().await?;
        Ok(key)
    }

    /// What is known of a subject: nothing, that it was erased, or its key.
    async fn row(&self, tenant: &Tenant, subject: &str) -> Result<Option<Option<SubjectKey>>, StoreError> {
        let client = self.store.client().await?;
        let statement = client.prepare_cached(KEY).await?;
        let row = client.query_opt(&statement, &[&tenant.0, &subject]).await?;
        row.map(|row| key_of(row.get(0))).transpose()
    }

    async fn overwrite(&self, tenant: &Tenant, subject: &str) -> Result<bool, StoreError> {
        let mut client = self.store.client().await?;
        let tx = durable(&mut client).await?;
        // A subject that nobody knows yet is erased, too: an event that comes late must not make it a key.
        tx.execute(
            "insert into elite.subject_key (tenant, subject, destroyed_at) values ($1, $2, clock_timestamp())
             on conflict do nothing",
            &[&tenant.0, &subject],
        )
        .await?;
        let destroyed = tx
            .execute(
                "update elite.subject_key set key = null, destroyed_at = clock_timestamp()
                 where tenant = $1 and subject = $2 and key is not null",
                &[&tenant.0, &subject],
            )
            .await?;
        tx.commit().await?;
        Ok(destroyed == 1)
    }
}

/// A key of a backup with the names that a row needs.
type Named<'a> = (&'a Tenant, &'a str, Option<&'a SubjectKey>);

fn named(kept: &KeptKey) -> Result<Named<'_>, KeyringError> {
    match &kept.owner {
        Owner::Named { tenant, subject } => Ok((tenant, subject, kept.key.as_ref())),
        Owner::Digest { .. } => Err(KeyringError::nameless()),
    }
}

impl StoreKeyring {
    async fn rows(&self) -> Result<Vec<KeptKey>, StoreError> {
        let client = self.store.client().await?;
        let rows = client
            .query("select tenant, subject, key from elite.subject_key order by tenant, subject", &[])
            .await?;
        let kept = |row: &tokio_postgres::Row| {
            let owner = Owner::Named { tenant: Tenant(row.get(0)), subject: row.get(1) };
            Ok(KeptKey { owner, key: key_of(row.get(2))? })
        };
        rows.iter().map(kept).collect()
    }

    async fn insert(&self, kept: &[Named<'_>]) -> Result<u64, StoreError> {
        let tenants: Vec<&str> = kept.iter().map(|(tenant, ..)| tenant.0.as_str()).collect();
        let subjects: Vec<&str> = kept.iter().map(|(_, subject, _)| *subject).collect();
        let keys: Vec<Option<&[u8]>> = kept.iter().map(|(.., key)| key.map(|key| &key.0[..])).collect();
        let mut client = self.store.client().await?;
        let tx = durable(&mut client).await?;
        let new = tx
            .execute(
                "insert into elite.subject_key (tenant, subject, key, destroyed_at)
                 select tenant, subject, key, case when key is null then clock_timestamp() end
                 from unnest($1::text[], $2::text[], $3::bytea[]) as kept(tenant, subject, key)
                 on conflict do nothing",
                &[&tenants, &subjects, &keys],
            )
            .await?;
        tx.commit().await?;
        Ok(new)
    }
}

const KEY: &str = "select key from elite.subject_key where tenant = $1 and subject = $2";

/// A transaction whose commit is on the disk when it returns, and that sees what was committed while it waited, whatever
/// the server's defaults are.
async fn durable(client: &mut deadpool_postgres::Client) -> Result<Transaction<'_>, StoreError> {
    let tx = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await?;
    tx.batch_execute("set local synchronous_commit = on").await?;
    Ok(tx)
}

fn key_of(stored: Option<&[u8]>) -> Result<Option<SubjectKey>, StoreError> {
    let key = stored.map(<[u8; 32]>::try_from).transpose();
    Ok(key.map_err(|_| StoreError::Schema("a stored key is damaged".to_owned()))?.map(SubjectKey))
}

fn failed(error: &StoreError) -> KeyringError {
    KeyringError(error.to_string())
}

#[async_trait]
impl Keyring for StoreKeyring {
    async fn create(&self, tenant: &Tenant, subject: &str) -> Result<Option<SubjectKey>, KeyringError> {
        self.create_or_find(tenant, subject).await.map_err(|error| failed(&error))
    }

    async fn get(&self, tenant: &Tenant, subject: &str) -> Result<Option<SubjectKey>, KeyringError> {
        Ok(self.row(tenant, subject).await.map_err(|error| failed(&error))?.flatten())
    }

    async fn destroy(&self, tenant: &Tenant, subject: &str) -> Result<bool, KeyringError> {
        self.overwrite(tenant, subject).await.map_err(|error| failed(&error))
    }

    async fn export(&self) -> Result<Vec<KeptKey>, KeyringError> {
        self.rows().await.map_err(|error| failed(&error))
    }

    async fn import(&self, kept: &[KeptKey]) -> Result<u64, KeyringError> {
        let named = kept.iter().map(named).collect::<Result<Vec<_>, _>>()?;
        self.insert(&named).await.map_err(|error| failed(&error))
    }
}
