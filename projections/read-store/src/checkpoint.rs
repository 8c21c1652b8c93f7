//! How far a partition is folded, moved in the same commit as the rows that were folded.

use deadpool_postgres::{GenericClient, Transaction};
use event_log::{Position, RollingDigest};
use event_model::PartitionId;
use serde::Serialize;
use uuid::Uuid;

use crate::{StoreError, store::storable};

/// The last folded event of a partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// Its position; 0 before the first.
    pub position: u64,
    /// Its id; none before the first.
    pub event_id: Option<Uuid>,
    /// Of all events up to it; none before the first, and where folding began before digests were kept.
    pub digest: Option<RollingDigest>,
}

impl Checkpoint {
    /// After one more event.
    #[must_use]
    pub fn passing(self, partition: u16, position: u64, event_id: Uuid) -> Self {
        let digest = if self.position == 0 { Some(RollingDigest::START) } else { self.digest };
        let digest = digest.map(|digest| digest.with(PartitionId(partition), Position(position), event_id));
        Self { position, event_id: Some(event_id), digest }
    }

    /// From the columns position, `event_id` and digest, the first of which is `at`.
    pub(crate) fn of_row(row: &tokio_postgres::Row, at: usize) -> Self {
        let digest: Option<&[u8]> = row.get(at + 2);
        Self {
            position: row.get::<_, i64>(at).unsigned_abs(),
            event_id: row.get(at + 1),
            digest: digest.and_then(|bytes| bytes.try_into().ok()).map(RollingDigest),
        }
    }
}

/// A partition's step from one checkpoint to a later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The partition.
    pub partition: u16,
    /// The epoch of the claim that folds it.
    pub epoch: i64,
    /// Where it was.
    pub from: Checkpoint,
    /// Where it will be.
    pub to: Checkpoint,
}

fn signed(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

/// Moves partitions on and renews their leases, those that run out; returns the partitions that were moved. One that is
/// missing from the answer has another owner by now, and the caller must roll back.
pub async fn advance(
    tx: &Transaction<'_>,
    subscription: &str,
    steps: &[Advance],
) -> Result<Vec<u16>, StoreError> {
    let partitions: Vec<i32> = steps.iter().map(|step| i32::from(step.partition)).collect();
    let epochs: Vec<i64> = steps.iter().map(|step| step.epoch).collect();
    let from: Vec<i64> = steps.iter().map(|step| signed(step.from.position)).collect();
    let to: Vec<i64> = steps.iter().map(|step| signed(step.to.position)).collect();
    let ids: Vec<Option<Uuid>> = steps.iter().map(|step| step.to.event_id).collect();
    let digests: Vec<Option<Vec<u8>>> =
        steps.iter().map(|step| step.to.digest.map(|digest| digest.0.to_vec())).collect();
    let statement = tx
        .prepare_cached(
            "update elite.subscription_partition s
             set position = step.new, event_id = step.event_id, digest = step.digest,
                 lease_until = coalesce(clock_timestamp() + s.lease_length, s.lease_until)
             from unnest($2::int4[], $3::int8[], $4::int8[], $5::int8[], $6::uuid[], $7::bytea[])
                  as step(partition, epoch, old, new, event_id, digest)
             where s.subscription = $1 and s.partition = step.partition and s.epoch = step.epoch and s.position = step.old
             returning s.partition",
        )
        .await?;
    let rows =
        tx.query(&statement, &[&subscription, &partitions, &epochs, &from, &to, &ids, &digests]).await?;
    Ok(rows.iter().map(|row| u16::try_from(row.get::<_, i32>(0)).unwrap_or_default()).collect())
}

/// The checkpoints of a subscription, by partition; also the way to learn whether a broken-off commit went through.
pub async fn read(
    client: &impl GenericClient,
    subscription: &str,
) -> Result<Vec<(u16, i64, Checkpoint)>, StoreError> {
    let rows = client
        .query(
            "select partition, epoch, position, event_id, digest from elite.subscription_partition
             where subscription = $1 order by partition",
            &[&subscription],
        )
        .await?;
    let checkpoint = |row: &tokio_postgres::Row| {
        let partition = u16::try_from(row.get::<_, i32>(0)).unwrap_or_default();
        (partition, row.get(1), Checkpoint::of_row(row, 2))
    };
    Ok(rows.iter().map(checkpoint).collect())
}

/// Records for people, whoever owns it, why a partition stands still, or that it no longer does.
pub async fn set_halted(
    client: &impl GenericClient,
    subscription: &str,
    partition: u16,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    client
        .execute(
            "update elite.subscription_partition set halted = $3 where subscription = $1 and partition = $2",
            &[&subscription, &i32::from(partition), &reason.map(storable)],
        )
        .await?;
    Ok(())
}

/// Records why the owner of a partition cannot go on; false if that is another by now, whose affair it is then. A stale owner
/// may well miss what was trimmed behind the new one's checkpoint.
pub async fn halt(
    client: &impl GenericClient,
    subscription: &str,
    partition: u16,
    epoch: i64,
    reason: &str,
) -> Result<bool, StoreError> {
    let halted = client
        .execute(
            "update elite.subscription_partition set halted = $4
             where subscription = $1 and partition = $2 and epoch = $3",
            &[&subscription, &i32::from(partition), &epoch, &storable(reason)],
        )
        .await?;
    Ok(halted == 1)
}

/// Records which log this database follows; false if it already follows another.
pub async fn follow_log(
    client: &impl GenericClient,
    incarnation: Uuid,
    partitions: u16,
) -> Result<bool, StoreError> {
    let row = client
        .query_one(
            "with added as (
                 insert into elite.log_followed (incarnation, partitions) values ($1, $2)
                 on conflict do nothing returning incarnation)
             select coalesce((select incarnation from added), (select incarnation from elite.log_followed)) = $1",
            &[&incarnation, &i32::from(partitions)],
        )
        .await?;
    Ok(row.get::<_, Option<bool>>(0).unwrap_or(false))
}

/// The partitions of a subscription that stand still, and why.
pub async fn halted(
    client: &impl GenericClient,
    subscription: &str,
) -> Result<Vec<(u16, String)>, StoreError> {
    let statement = client
        .prepare_cached(
            "select partition, halted from elite.subscription_partition
             where subscription = $1 and halted is not null order by partition",
        )
        .await?;
    let rows = client.query(&statement, &[&subscription]).await?;
    Ok(rows.iter().map(|row| (u16::try_from(row.get::<_, i32>(0)).unwrap_or_default(), row.get(1))).collect())
}
