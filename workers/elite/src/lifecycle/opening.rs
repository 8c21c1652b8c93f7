//! Before a node runs: taking the data directory, and seeing to it that log and database belong together.

use std::{fs::File, path::Path};

use anyhow::{Context, Result, bail};
use event_log::EventLog;
use read_models::SUBSCRIPTION;
use read_store::{Store, checkpoint, migrate};

use super::Opening;
use crate::{config::Config, wire::Database};

/// What a process must hold to use a data directory.
const LOCK_FILE: &str = "lock";

/// Takes the data directory for this process.
pub(super) fn lock(directory: &Path) -> Result<File> {
    std::fs::create_dir_all(directory)
        .with_context(|| format!("failed to make `{}`", directory.display()))?;
    let file = File::create(directory.join(LOCK_FILE)).with_context(|| {
        format!("failed to write in `{}`; choose another place with --data-dir", directory.display())
    })?;
    if file.try_lock().is_err() {
        bail!(
            "`{}` is in use by another elite process; stop it, or use another --data-dir",
            directory.display()
        );
    }
    Ok(file)
}

/// The database with this release's schema, following this log. An embedded one that follows another, or is ahead of the
/// log, is set aside and folded anew; a server is refused with the reason.
pub(super) async fn following(
    database: Database,
    log: &dyn EventLog,
    config: &Config,
    opening: Opening,
) -> Result<Database> {
    match opening {
        Opening::Prepare => drop(migrate::apply(database.store()).await?),
        Opening::Join | Opening::Replace => refuse_old_schema(database.store()).await?,
    }
    let Some(reason) = astray(database.store(), log, config).await? else { return Ok(database) };
    if !database.is_embedded() {
        bail!("{reason}; give this log a database of its own, or restore the log that the database follows");
    }
    tracing::warn!(%reason, "the embedded database is set aside and rebuilt from the log");
    let database = database.start_anew(config).await?;
    migrate::apply(database.store()).await?;
    if let Some(reason) = astray(database.store(), log, config).await? {
        bail!("{reason}, although the database is new");
    }
    Ok(database)
}

async fn refuse_old_schema(store: &Store) -> Result<()> {
    let pending = migrate::pending(store).await?;
    if let Some(first) = pending.first() {
        let (count, name) = (pending.len(), first.name);
        bail!("the database lacks {count} migrations of this release, first `{name}`; run `elite migrate`");
    }
    Ok(())
}

/// Why the database does not belong to the log; none if it does. One partition of a shared log that lost its tail halts
/// alone when its owner looks, and need not keep a process from the others.
async fn astray(store: &Store, log: &dyn EventLog, config: &Config) -> Result<Option<String>> {
    let rows = {
        let client = store.client().await?;
        let creation = log.creation();
        if !checkpoint::follow_log(&client, creation.incarnation, creation.partitions).await? {
            return Ok(Some("the database follows another log".to_owned()));
        }
        checkpoint::read(&client, SUBSCRIPTION).await?
    };
    if config.log.is_shared() {
        return Ok(None);
    }
    for (partition, _, at) in rows {
        if let Some(reason) = worker_runtime::mismatch(log, partition, at).await? {
            return Ok(Some(format!("the database is ahead of the log: partition {partition}: {reason}")));
        }
    }
    Ok(None)
}
