//! Work that follows from the log. Rows come and go in the projector's commit; workers only lease them.

mod claim;

use std::{collections::HashSet, time::Duration};

use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

pub use self::claim::Claims;
use crate::{StoreError, store::storable};

/// The channel on which a commit says which roles got work; [`crate::listen`] hears it.
pub(crate) const CHANNEL: &str = "elite_todo";

/// A cause that asks a role for work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The role that has to act.
    pub role: &'static str,
    /// The event that asks for it.
    pub cause_id: Uuid,
    /// Whose it is.
    pub tenant: String,
    /// Work of one key is done one at a time, in order.
    pub key: String,
    /// Where the cause is in the log.
    pub partition: u16,
    /// Where the cause is in the log.
    pub position: u64,
    /// When the cause was recorded.
    pub enqueued_at: Timestamp,
}

/// What one event does to the to-do lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It asks for work.
    Add(Cause),
    /// It is the result of work.
    Done {
        /// The role that acted.
        role: &'static str,
        /// The cause it names.
        cause_id: Uuid,
    },
}

/// Applies changes; within one call a result may answer a cause. A result also answers a cause whose row was parked
/// because the append of the result seemed to fail.
pub async fn apply(tx: &Transaction<'_>, changes: &[Change]) -> Result<(), StoreError> {
    let done: Vec<(&str, Uuid)> = changes.iter().filter_map(Change::done).collect();
    let added: Vec<&Cause> = changes.iter().filter_map(|change| change.added(&done)).collect();
    if !added.is_empty() {
        insert(tx, &added).await?;
    }
    if !done.is_empty() {
        let roles: Vec<&str> = done.iter().map(|(role, _)| *role).collect();
        let causes: Vec<Uuid> = done.iter().map(|(_, cause)| *cause).collect();
        // The next of the same key can be had now.
        let statement = tx
            .prepare_cached(
                "with gone as (
                     delete from elite.todo t using unnest($1::text[], $2::uuid[]) as done(role, cause_id)
                     where t.role = done.role and t.cause_id = done.cause_id
                     returning t.role, t.key, t.partition, t.position)
                 select pg_notify($3, role) from (
                     select distinct role from gone
                     where (select next.role from elite.todo next
                            where next.role = gone.role and next.key = gone.key and next.partition = gone.partition
                              and next.position > gone.position limit 1) is not null) as free",
            )
            .await?;
        tx.query(&statement, &[&roles, &causes, &CHANNEL]).await?;
        let statement = tx
            .prepare_cached(
                "delete from elite.dead_letter parked using unnest($1::text[], $2::uuid[]) as done(role, cause_id)
                 where parked.subscription = done.role and parked.event_id = done.cause_id",
            )
            .await?;
        tx.execute(&statement, &[&roles, &causes]).await?;
    }
    Ok(())
}

impl Change {
    /// The role whose list it changes.
    pub fn role(&self) -> &'static str {
        match self {
            Self::Add(Cause { role, .. }) | Self::Done { role, .. } => role,
        }
    }

    fn done(&self) -> Option<(&str, Uuid)> {
        match self {
            Self::Done { role, cause_id } => Some((role, *cause_id)),
            Self::Add(_) => None,
        }
    }

    fn added(&self, done: &[(&str, Uuid)]) -> Option<&Cause> {
        match self {
            Self::Add(cause) if !done.contains(&(cause.role, cause.cause_id)) => Some(cause),
            _ => None,
        }
    }
}

/// Adds work that no event asks for by itself; what is on the list already stays as it is.
pub async fn add(client: &impl GenericClient, causes: &[Cause]) -> Result<(), StoreError> {
    insert(client, &causes.iter().collect::<Vec<_>>()).await
}

async fn insert(client: &impl GenericClient, causes: &[&Cause]) -> Result<(), StoreError> {
    let roles: Vec<&str> = causes.iter().map(|cause| cause.role).collect();
    let ids: Vec<Uuid> = causes.iter().map(|cause| cause.cause_id).collect();
    let tenants: Vec<&str> = causes.iter().map(|cause| cause.tenant.as_str()).collect();
    let keys: Vec<&str> = causes.iter().map(|cause| cause.key.as_str()).collect();
    let partitions: Vec<i32> = causes.iter().map(|cause| i32::from(cause.partition)).collect();
    let positions: Vec<i64> =
        causes.iter().map(|cause| i64::try_from(cause.position).unwrap_or(i64::MAX)).collect();
    let times: Vec<Timestamp> = causes.iter().map(|cause| cause.enqueued_at).collect();
    let statement = client
        .prepare_cached(
            "with added as (
                 insert into elite.todo (role, cause_id, tenant, key, partition, position, enqueued_at)
                 select * from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::int4[], $6::int8[], $7::timestamptz[])
                 on conflict do nothing returning role)
             select pg_notify($8, role) from (select distinct role from added) as free",
        )
        .await?;
    client
        .query(&statement, &[&roles, &ids, &tenants, &keys, &partitions, &positions, &times, &CHANNEL])
        .await?;
    Ok(())
}

/// A leased piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The event that asks for it.
    pub cause_id: Uuid,
    /// Whose it is.
    pub tenant: String,
    /// Its key.
    pub key: String,
    /// Where the cause is in the log.
    pub partition: u16,
    /// Where the cause is in the log.
    pub position: u64,
    /// How many times it was tried before.
    pub attempts: u32,
    /// The epoch of this lease.
    pub epoch: i64,
}

/// Leases up to `limit` rows of a role, as a worker does that claims for the first time.
pub async fn claim(
    client: &impl GenericClient,
    role: &'static str,
    owner: Uuid,
    limit: usize,
    lease: Duration,
) -> Result<Vec<Task>, StoreError> {
    let mut tasks = Claims::new(role, owner, lease).claim(client, limit).await?;
    tasks.sort_by_key(|task| (task.partition, task.position));
    Ok(tasks)
}

/// Renews the leases of `tasks` for another `lease`; returns the causes of those it still holds. A task that is missing from
/// the answer has passed to another, or left the list.
pub async fn renew(
    client: &impl GenericClient,
    role: &str,
    tasks: &[&Task],
    lease: Duration,
) -> Result<HashSet<Uuid>, StoreError> {
    let statement = client
        .prepare_cached(
            "update elite.todo t set lease_until = clock_timestamp() + $4 * interval '1 second'
             from unnest($2::uuid[], $3::int8[]) as mine(cause_id, epoch)
             where t.role = $1 and t.cause_id = mine.cause_id and t.epoch = mine.epoch
             returning t.cause_id",
        )
        .await?;
    let (causes, epochs) = leases(tasks);
    let rows = client.query(&statement, &[&role, &causes, &epochs, &lease.as_secs_f64()]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Whether the row is still there, under the epoch of this lease.
pub async fn holds(client: &impl GenericClient, role: &str, task: &Task) -> Result<bool, StoreError> {
    let statement = client
        .prepare_cached(
            "select exists (select from elite.todo where role = $1 and cause_id = $2 and epoch = $3)",
        )
        .await?;
    Ok(client.query_one(&statement, &[&role, &task.cause_id, &task.epoch]).await?.get(0))
}

/// Gives `tasks` back that were not begun, without counting an attempt.
pub async fn give_back(client: &impl GenericClient, role: &str, tasks: &[&Task]) -> Result<(), StoreError> {
    let (causes, epochs) = leases(tasks);
    client
        .execute(
            "with free as (
                 update elite.todo t set owner = null, lease_until = '-infinity'
                 from unnest($2::uuid[], $3::int8[]) as mine(cause_id, epoch)
                 where t.role = $1 and t.cause_id = mine.cause_id and t.epoch = mine.epoch
                 returning t.role)
             select pg_notify($4, role) from (select distinct role from free) as free",
            &[&role, &causes, &epochs, &CHANNEL],
        )
        .await?;
    Ok(())
}

fn leases(tasks: &[&Task]) -> (Vec<Uuid>, Vec<i64>) {
    tasks.iter().map(|task| (task.cause_id, task.epoch)).unzip()
}

/// Gives a task back after a failure, to be tried again in `delay`; an attempt is counted if `counted`. No effect if the
/// lease has passed to another.
pub async fn retry(
    client: &impl GenericClient,
    role: &str,
    task: &Task,
    delay: Duration,
    error: &str,
    counted: bool,
) -> Result<(), StoreError> {
    client
        .execute(
            "update elite.todo set attempts = attempts + $6, last_error = $4, owner = null, lease_until = '-infinity',
                    due_at = clock_timestamp() + $5 * interval '1 second'
             where role = $1 and cause_id = $2 and epoch = $3",
            &[&role, &task.cause_id, &task.epoch, &storable(error), &delay.as_secs_f64(), &i32::from(counted)],
        )
        .await?;
    Ok(())
}

/// Takes a task off the list whose result was folded before; the fold will not see it again. No effect if the lease has
/// passed to another.
pub async fn finish(client: &impl GenericClient, role: &str, task: &Task) -> Result<(), StoreError> {
    client
        .execute(
            "delete from elite.todo where role = $1 and cause_id = $2 and epoch = $3",
            &[&role, &task.cause_id, &task.epoch],
        )
        .await?;
    Ok(())
}

/// Gives back everything `owner` has leased, without counting an attempt.
pub async fn release(client: &impl GenericClient, owner: Uuid) -> Result<(), StoreError> {
    client
        .execute("update elite.todo set owner = null, lease_until = '-infinity' where owner = $1", &[&owner])
        .await?;
    Ok(())
}

/// Ends every lease; for a process that holds the data directory, where whoever leased a row is gone.
pub async fn release_all(client: &impl GenericClient) -> Result<(), StoreError> {
    client
        .execute("update elite.todo set owner = null, lease_until = '-infinity' where owner is not null", &[])
        .await?;
    Ok(())
}

/// A role's list in numbers.
#[derive(Clone, Debug, Serialize)]
pub struct Depth {
    /// The role.
    pub role: String,
    /// Rows.
    pub rows: i64,
    /// Rows that are leased.
    pub leased: i64,
    /// When the oldest cause was recorded.
    pub oldest: Option<Timestamp>,
}

/// Every list that is not empty.
pub async fn depths(client: &impl GenericClient) -> Result<Vec<Depth>, StoreError> {
    let rows = client
        .query(
            "select role, count(*), count(*) filter (where lease_until > clock_timestamp()), min(enqueued_at)
             from elite.todo group by role order by role",
            &[],
        )
        .await?;
    let depth = |row: &tokio_postgres::Row| Depth {
        role: row.get(0),
        rows: row.get(1),
        leased: row.get(2),
        oldest: row.get(3),
    };
    Ok(rows.iter().map(depth).collect())
}
