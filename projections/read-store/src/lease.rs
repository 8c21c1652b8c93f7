//! Who may move a subscription's partition. Every claim and every giving back bumps the epoch, which fences whoever had it
//! before.
//!
//! Partitions are shared out by count: each live worker may hold its [`share`], the older ones one more than the younger
//! when they do not divide evenly. The shares add up to all partitions, so none is left over; a worker that joins lowers
//! others' shares and raises none, one that leaves raises them and lowers none, so nothing moves that need not.

use std::time::Duration;

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::{StoreError, checkpoint::Checkpoint};

/// How long a claim holds without being renewed.
#[derive(Clone, Copy, Debug)]
pub enum Term {
    /// Until this long after the last renewal, by PostgreSQL's clock. Live leases of others are respected.
    Expires(Duration),
    /// For as long as the process holds the lock of its data directory; whoever held it before is gone.
    DataDirectoryLock,
}

impl Term {
    pub(crate) fn seconds(self) -> Option<f64> {
        match self {
            Self::Expires(duration) => Some(duration.as_secs_f64()),
            Self::DataDirectoryLock => None,
        }
    }
}

/// A claimed partition.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// The partition.
    pub partition: u16,
    /// The epoch that this claim began.
    pub epoch: i64,
    /// Where to go on.
    pub checkpoint: Checkpoint,
}

/// Makes a row for each partition of a subscription that has none.
pub async fn register(
    client: &impl GenericClient,
    subscription: &str,
    partitions: u16,
) -> Result<(), StoreError> {
    client
        .execute(
            "insert into elite.subscription_partition (subscription, partition)
             select $1, generate_series(0, $2 - 1) on conflict do nothing",
            &[&subscription, &i32::from(partitions)],
        )
        .await?;
    Ok(())
}

/// What the reason of a partition begins with that a person told to stand still.
pub const PAUSED: &str = "paused";

/// Claims up to `wanted` partitions that others do not hold, those first that have been nobody's for longest: while workers
/// die faster than leases run out there are more partitions than anybody's share, and none must be left for last each time.
/// A halted one is claimed too, and no longer counts as halted
/// until its new owner finds that it still cannot go on; one that a person [`PAUSED`] stays so until they resume it.
pub async fn claim(
    client: &impl GenericClient,
    subscription: &str,
    owner: Uuid,
    wanted: u16,
    term: Term,
) -> Result<Vec<Lease>, StoreError> {
    let rows = client
        .query(
            "update elite.subscription_partition s
             set owner = $2, epoch = epoch + 1, halted = case when halted like $5 then halted end,
                 lease_until = coalesce(clock_timestamp() + $4 * interval '1 second', 'infinity'),
                 lease_length = $4 * interval '1 second'
             where subscription = $1 and partition in (
                 select partition from elite.subscription_partition
                 where subscription = $1 and owner is distinct from $2
                   and (lease_until < clock_timestamp() or $4::float8 is null)
                 order by lease_until, partition limit $3 for update skip locked)
             returning partition, epoch, position, event_id, digest",
            &[&subscription, &owner, &i64::from(wanted), &term.seconds(), &format!("{PAUSED}%")],
        )
        .await?;
    let lease = |row: &tokio_postgres::Row| Lease {
        partition: u16::try_from(row.get::<_, i32>(0)).unwrap_or_default(),
        epoch: row.get(1),
        checkpoint: Checkpoint::of_row(row, 2),
    };
    let mut leases: Vec<Lease> = rows.iter().map(lease).collect();
    leases.sort_by_key(|lease| lease.partition);
    Ok(leases)
}

/// Partitions with the epochs in which they are known to be held, as two columns.
fn columns(known: &[(u16, i64)]) -> (Vec<i32>, Vec<i64>) {
    known.iter().map(|(partition, epoch)| (i32::from(*partition), *epoch)).unzip()
}

fn partition(row: &tokio_postgres::Row) -> u16 {
    u16::try_from(row.get::<_, i32>(0)).unwrap_or_default()
}

/// Gives back what `owner` has in the table without knowing it in that epoch: claims whose answer was lost, and partitions
/// it dropped.
pub async fn forget(
    client: &impl GenericClient,
    subscription: &str,
    owner: Uuid,
    known: &[(u16, i64)],
) -> Result<(), StoreError> {
    let (partitions, epochs) = columns(known);
    let statement = client
        .prepare_cached(
            "update elite.subscription_partition
             set owner = null, epoch = epoch + 1, lease_until = '-infinity'
             where subscription = $1 and owner = $2
               and (partition, epoch) not in (select * from unnest($3::int4[], $4::int8[]))",
        )
        .await?;
    client.execute(&statement, &[&subscription, &owner, &partitions, &epochs]).await?;
    Ok(())
}

/// Renews what `owner` knows to hold, in one statement; returns the partitions it still holds. What another claimed in the
/// meantime has a later epoch and stays theirs.
pub async fn renew(
    client: &impl GenericClient,
    subscription: &str,
    owner: Uuid,
    known: &[(u16, i64)],
    term: Term,
) -> Result<Vec<u16>, StoreError> {
    let (partitions, epochs) = columns(known);
    let statement = client
        .prepare_cached(
            "update elite.subscription_partition s
             set lease_until = coalesce(clock_timestamp() + $5 * interval '1 second', 'infinity')
             from unnest($3::int4[], $4::int8[]) as known(partition, epoch)
             where s.subscription = $1 and s.owner = $2 and s.partition = known.partition and s.epoch = known.epoch
             returning s.partition",
        )
        .await?;
    let rows =
        client.query(&statement, &[&subscription, &owner, &partitions, &epochs, &term.seconds()]).await?;
    Ok(rows.iter().map(partition).collect())
}

/// How many partitions `owner` may hold, by the workers that are alive now; none if it does not count as alive itself.
pub async fn share(
    client: &impl GenericClient,
    subscription: &str,
    owner: Uuid,
) -> Result<Option<u16>, StoreError> {
    let statement = client
        .prepare_cached(
            "with alive as (
                 select owner, row_number() over (order by started_at, owner) as place, count(*) over () as workers
                 from elite.worker where $1 = any(roles) and alive_until > clock_timestamp())
             select partitions / workers + case when place <= partitions % workers then 1 else 0 end
             from alive, (select count(*) as partitions from elite.subscription_partition where subscription = $1) s
             where owner = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[&subscription, &owner]).await?;
    Ok(row.map(|row| u16::try_from(row.get::<_, i64>(0)).unwrap_or(u16::MAX)))
}

/// Gives `known` partitions back for others to claim at once.
pub async fn give_back(
    client: &impl GenericClient,
    subscription: &str,
    owner: Uuid,
    known: &[(u16, i64)],
) -> Result<(), StoreError> {
    let (partitions, epochs) = columns(known);
    client
        .execute(
            "update elite.subscription_partition s
             set owner = null, epoch = s.epoch + 1, lease_until = '-infinity'
             from unnest($3::int4[], $4::int8[]) as known(partition, epoch)
             where s.subscription = $1 and s.owner = $2 and s.partition = known.partition and s.epoch = known.epoch",
            &[&subscription, &owner, &partitions, &epochs],
        )
        .await?;
    Ok(())
}

/// Gives everything back at once, so that others need not wait for the leases to run out.
pub async fn release(client: &impl GenericClient, subscription: &str, owner: Uuid) -> Result<(), StoreError> {
    client
        .execute(
            "update elite.subscription_partition
             set owner = null, epoch = epoch + 1, lease_until = '-infinity'
             where subscription = $1 and owner = $2",
            &[&subscription, &owner],
        )
        .await?;
    Ok(())
}

/// A subscription's partition, for people.
#[derive(Clone, Debug, Serialize)]
pub struct PartitionState {
    /// The subscription.
    pub subscription: String,
    /// The partition.
    pub partition: i32,
    /// Its owner, if it has one.
    pub owner: Option<Uuid>,
    /// The owner's epoch.
    pub epoch: i64,
    /// When the lease runs out; never for a process that holds the data directory.
    pub lease_until: Option<Timestamp>,
    /// The last folded position.
    pub position: i64,
    /// Why it stands still, if it does.
    pub halted: Option<String>,
}

/// Every partition of every subscription.
pub async fn list(client: &impl GenericClient) -> Result<Vec<PartitionState>, StoreError> {
    let rows = client
        .query(
            "select subscription, partition, owner, epoch,
                    case when isfinite(lease_until) then lease_until end, position, halted
             from elite.subscription_partition order by subscription, partition",
            &[],
        )
        .await?;
    let state = |row: &tokio_postgres::Row| PartitionState {
        subscription: row.get(0),
        partition: row.get(1),
        owner: row.get(2),
        epoch: row.get(3),
        lease_until: row.get(4),
        position: row.get(5),
        halted: row.get(6),
    };
    Ok(rows.iter().map(state).collect())
}
