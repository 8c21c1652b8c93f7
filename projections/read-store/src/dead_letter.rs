//! What could not be folded or done. The first parked event of a key blocks the key; later ones park behind it in order.

use std::collections::HashSet;

use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{StoreError, store::storable, todo::Task};

/// A parked event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The subscription or role that parked it.
    pub subscription: String,
    /// The event.
    pub event_id: Uuid,
    /// Whose it is.
    pub tenant: String,
    /// The key it blocks.
    pub key: String,
    /// Where it is in the log.
    pub partition: u16,
    /// Where it is in the log.
    pub position: u64,
    /// Its type.
    pub event_type: String,
    /// Why it was parked.
    pub reason: String,
    /// How many times it was tried.
    pub attempts: u32,
    /// The person it is about, where the subscription that parked it knows.
    pub datasubject: Option<String>,
}

/// Parks events; one that is parked already stays as it is.
pub async fn park(tx: &Transaction<'_>, letters: &[DeadLetter]) -> Result<(), StoreError> {
    for letter in letters {
        tx.execute(
            "insert into elite.dead_letter
                 (subscription, event_id, tenant, key, partition, position, event_type, reason, attempts, datasubject)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing",
            &[
                &letter.subscription,
                &letter.event_id,
                &storable(&letter.tenant),
                &storable(&letter.key),
                &i32::from(letter.partition),
                &i64::try_from(letter.position).unwrap_or(i64::MAX),
                &storable(&letter.event_type),
                &storable(&letter.reason),
                &i32::try_from(letter.attempts).unwrap_or(i32::MAX),
                &letter.datasubject.as_deref().map(storable),
            ],
        )
        .await?;
    }
    Ok(())
}

/// Parks a task that used up its attempts, in one statement. No effect if the lease has passed to another.
pub async fn park_task(
    client: &impl GenericClient,
    role: &str,
    task: &Task,
    event_type: &str,
    reason: &str,
) -> Result<bool, StoreError> {
    let parked = client
        .execute(
            "with parked as (
                 delete from elite.todo where role = $1 and cause_id = $2 and epoch = $3
                 returning role, cause_id, tenant, key, partition, position, attempts + 1 as attempts)
             insert into elite.dead_letter
                 (subscription, event_id, tenant, key, partition, position, attempts, event_type, reason)
             select parked.*, $4, $5 from parked on conflict do nothing",
            &[&role, &task.cause_id, &task.epoch, &storable(event_type), &storable(reason)],
        )
        .await?;
    Ok(parked == 1)
}

/// Parks again what a backup has of the work of roles, after a restore has put it back on their lists; what was answered
/// since stays done. Returns how many rows were parked.
pub async fn park_again(client: &impl GenericClient, letters: &[DeadLetter]) -> Result<u64, StoreError> {
    let mut parked = 0;
    for letter in letters {
        parked += client
            .execute(
                "with gone as (delete from elite.todo where role = $1 and cause_id = $2 returning cause_id)
                 insert into elite.dead_letter
                     (subscription, event_id, tenant, key, partition, position, event_type, reason, attempts, datasubject)
                 select $1, cause_id, $3, $4, $5, $6, $7, $8, $9, $10 from gone on conflict do nothing",
                &[
                    &letter.subscription,
                    &letter.event_id,
                    &letter.tenant,
                    &letter.key,
                    &i32::from(letter.partition),
                    &i64::try_from(letter.position).unwrap_or(i64::MAX),
                    &letter.event_type,
                    &letter.reason,
                    &i32::try_from(letter.attempts).unwrap_or(i32::MAX),
                    &letter.datasubject,
                ],
            )
            .await?;
    }
    Ok(parked)
}

/// The keys a subscription has blocked.
pub async fn blocked_keys(
    client: &impl GenericClient,
    subscription: &str,
) -> Result<HashSet<String>, StoreError> {
    let rows = client
        .query("select distinct key from elite.dead_letter where subscription = $1", &[&subscription])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Which of `keys` a subscription has blocked.
pub async fn blocked_among(
    client: &impl GenericClient,
    subscription: &str,
    keys: &[&str],
) -> Result<HashSet<String>, StoreError> {
    let statement = client
        .prepare_cached(
            "select distinct key from elite.dead_letter where subscription = $1 and key = any($2)",
        )
        .await?;
    let rows = client.query(&statement, &[&subscription, &keys]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

const COLUMNS: &str =
    "subscription, event_id, tenant, key, partition, position, event_type, reason, attempts, datasubject";

fn letter(row: &tokio_postgres::Row) -> DeadLetter {
    DeadLetter {
        subscription: row.get(0),
        event_id: row.get(1),
        tenant: row.get(2),
        key: row.get(3),
        partition: u16::try_from(row.get::<_, i32>(4)).unwrap_or_default(),
        position: row.get::<_, i64>(5).unsigned_abs(),
        event_type: row.get(6),
        reason: row.get(7),
        attempts: row.get::<_, i32>(8).unsigned_abs(),
        datasubject: row.get(9),
    }
}

/// Every parked event, by subscription, key and position.
pub async fn list(client: &impl GenericClient) -> Result<Vec<DeadLetter>, StoreError> {
    let sql =
        format!("select {COLUMNS} from elite.dead_letter order by subscription, key, partition, position");
    Ok(client.query(&sql, &[]).await?.iter().map(letter).collect())
}

/// One parked event, with the time it was parked.
pub async fn find(
    client: &impl GenericClient,
    event_id: Uuid,
) -> Result<Vec<(DeadLetter, Timestamp)>, StoreError> {
    let sql = format!(
        "select {COLUMNS}, parked_at from elite.dead_letter where event_id = $1 order by subscription"
    );
    Ok(client.query(&sql, &[&event_id]).await?.iter().map(|row| (letter(row), row.get(10))).collect())
}

/// Asks the owner of the partition to try a key again. Returns how many events wait for it.
pub async fn request_redrive(
    client: &impl GenericClient,
    subscription: &str,
    key: &str,
) -> Result<u64, StoreError> {
    let requested = client
        .execute(
            "update elite.dead_letter set redrive_requested_at = clock_timestamp() where subscription = $1 and key = $2",
            &[&subscription, &key],
        )
        .await?;
    Ok(requested)
}

/// The keys of one subscription whose redrive was asked for, each with all its events in order: those that were parked
/// after somebody asked, too.
pub async fn requested(
    client: &impl GenericClient,
    subscription: &str,
) -> Result<Vec<DeadLetter>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from elite.dead_letter
         where subscription = $1
           and key in (select key from elite.dead_letter where subscription = $1 and redrive_requested_at is not null)
         order by key, partition, position"
    );
    Ok(client.query(&sql, &[&subscription]).await?.iter().map(letter).collect())
}

/// Everything that `subscription` has parked of a key, in order.
pub async fn of_key(
    client: &impl GenericClient,
    subscription: &str,
    key: &str,
) -> Result<Vec<DeadLetter>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from elite.dead_letter where subscription = $1 and key = $2 order by partition, position"
    );
    Ok(client.query(&sql, &[&subscription, &key]).await?.iter().map(letter).collect())
}

/// Forgets parked events, in the commit that folded them or that records their dropping.
pub async fn remove(tx: &Transaction<'_>, subscription: &str, events: &[Uuid]) -> Result<u64, StoreError> {
    Ok(tx
        .execute(
            "delete from elite.dead_letter where subscription = $1 and event_id = any($2)",
            &[&subscription, &events],
        )
        .await?)
}

/// Puts the parked work of a role back on its list, to be tried from the start. Returns how many rows went back.
pub async fn requeue(client: &impl GenericClient, role: &str, key: &str) -> Result<u64, StoreError> {
    Ok(client
        .execute(
            "with parked as (delete from elite.dead_letter where subscription = $1 and key = $2
                             returning subscription, event_id, tenant, key, partition, position, parked_at)
             insert into elite.todo (role, cause_id, tenant, key, partition, position, enqueued_at)
             select * from parked on conflict do nothing",
            &[&role, &key],
        )
        .await?)
}

/// Records that a redrive failed; the events stay parked until it is asked for again.
pub async fn refuse_redrive(
    client: &impl GenericClient,
    subscription: &str,
    key: &str,
    reason: &str,
) -> Result<(), StoreError> {
    client
        .execute(
            "update elite.dead_letter
             set redrive_requested_at = null, attempts = attempts + 1,
                 reason = case when position = (select min(position) from elite.dead_letter first
                                                where first.subscription = $1 and first.key = $2)
                          then $3 else reason end
             where subscription = $1 and key = $2",
            &[&subscription, &key, &storable(reason)],
        )
        .await?;
    Ok(())
}

/// Lets a parked event of `key` go for ever, and has what waits behind it tried again: by the projector if `own` is its
/// subscription, on its role's list otherwise. One that is not parked is taken off its list, so that it never will be.
pub async fn discard(
    tx: &Transaction<'_>,
    own: &str,
    subscription: &str,
    event: Uuid,
    key: &str,
) -> Result<(), StoreError> {
    remove(tx, subscription, &[event]).await?;
    if subscription == own {
        request_redrive(tx, subscription, key).await?;
        return Ok(());
    }
    tx.execute("delete from elite.todo where role = $1 and cause_id = $2", &[&subscription, &event]).await?;
    requeue(tx, subscription, key).await?;
    Ok(())
}
