//! Whether what was folded is what the log holds, event by event: the digest of each checkpoint against the same digest of the
//! log. What the rows say is compared elsewhere, by replaying.

use deadpool_postgres::GenericClient;
use event_log::{EventLog, LogError, Position, RollingDigest};
use event_model::PartitionId;
use serde::Serialize;

use crate::{
    Store, StoreError,
    checkpoint::{self, Checkpoint},
};

/// Events read at once.
const PORTION: usize = 5_000;

/// Why two digests could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompletenessError {
    /// The checkpoints could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log could not be read as far as it was folded.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// One partition of a subscription, held against the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Completeness {
    /// The partition.
    pub partition: u16,
    /// How far it is folded.
    pub position: u64,
    /// All events that were folded up to there; none where folding began before digests were kept.
    pub folded: Option<RollingDigest>,
    /// All events of the log up to there.
    pub logged: RollingDigest,
    /// Whether they are the same; none if that is not known.
    pub complete: Option<bool>,
}

impl Completeness {
    fn of(partition: u16, at: Checkpoint, logged: RollingDigest) -> Self {
        let folded = if at.position == 0 { Some(RollingDigest::START) } else { at.digest };
        let complete = folded.map(|folded| folded == logged);
        Self { partition, position: at.position, folded, logged, complete }
    }
}

/// The digest of a partition up to `to`, from what it is at an earlier position. `on_read` hears how many events were read.
pub async fn logged(
    log: &dyn EventLog,
    partition: u16,
    from: (Position, RollingDigest),
    to: Position,
    on_read: &(dyn Fn(u64) + Send + Sync),
) -> Result<RollingDigest, LogError> {
    let (mut at, mut digest) = from;
    let id = PartitionId(partition);
    while at < to {
        let wanted = usize::try_from(to.0 - at.0).unwrap_or(PORTION).min(PORTION);
        let events = log.read(id, at.next(), wanted).await?;
        if events.is_empty() {
            return Err(LogError::Missing { partition: id, position: at.next(), tail: at });
        }
        on_read(events.len() as u64);
        for event in events {
            let envelope = event.envelope().map_err(|error| {
                LogError::Damaged(format!("position {} of partition {partition}: {error}", event.position))
            })?;
            digest = digest.with(id, event.position, envelope.id);
            at = event.position;
        }
    }
    Ok(digest)
}

/// Every partition of `subscription` against the log, which is read from its beginning. Checkpoints that have no digest get
/// the log's, if `adopt` says that their rows are known to be right and they have not moved since.
pub async fn compare(
    store: &Store,
    log: &dyn EventLog,
    subscription: &str,
    adopt: bool,
    on_read: &(dyn Fn(u64) + Send + Sync),
) -> Result<Vec<Completeness>, CompletenessError> {
    let checkpoints = checkpoint::read(&store.client().await?, subscription).await?;
    let mut compared = Vec::with_capacity(checkpoints.len());
    for (partition, _, at) in checkpoints {
        let start = (Position::START, RollingDigest::START);
        let logged = logged(log, partition, start, Position(at.position), on_read).await?;
        let found = Completeness::of(partition, at, logged);
        if adopt && found.complete.is_none() {
            fill_in(&store.client().await?, subscription, &found).await?;
        }
        compared.push(found);
    }
    Ok(compared)
}

async fn fill_in(
    client: &impl GenericClient,
    subscription: &str,
    found: &Completeness,
) -> Result<(), StoreError> {
    client
        .execute(
            "update elite.subscription_partition set digest = $4
             where subscription = $1 and partition = $2 and position = $3 and digest is null",
            &[
                &subscription,
                &i32::from(found.partition),
                &i64::try_from(found.position).unwrap_or(i64::MAX),
                &&found.logged.0[..],
            ],
        )
        .await?;
    Ok(())
}
