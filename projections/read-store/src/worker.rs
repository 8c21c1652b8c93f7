//! Who is at work: one row for each lane of each process. Shares are counted from it; who may write is decided by epochs.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    StoreError,
    lease::{self, PartitionState, Term},
};

/// What a worker tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Who it is, for leases; another one each time it starts.
    pub owner: Uuid,
    /// What it does. Partitions of a subscription are shared among those that name the subscription here.
    pub roles: Vec<String>,
    /// The machine.
    pub host: String,
    /// The process on that machine.
    pub process_id: u32,
    /// The release.
    pub version: String,
}

impl Announcement {
    /// This process, of an unnamed host, with one role.
    pub fn new(owner: Uuid, role: &str) -> Self {
        Self {
            owner,
            roles: vec![role.to_owned()],
            host: String::new(),
            process_id: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// Says that a worker is there, and will be for another `term`; also its heartbeat. One that was silent for too long counts
/// as new, which costs the others the fewest partitions. Clears away rows of workers that are long gone.
pub async fn announce(
    client: &impl GenericClient,
    worker: &Announcement,
    term: Term,
) -> Result<(), StoreError> {
    let statement = client
        .prepare_cached(
            "with gone as (
                 delete from elite.worker where owner in (
                     select owner from elite.worker
                     where owner <> $1 and (alive_until < clock_timestamp() - interval '1 hour'
                                            or alive_until = 'infinity' and $6::float8 is null)
                     for update skip locked))
             insert into elite.worker as known (owner, roles, host, process_id, version, alive_until)
             values ($1, $2, $3, $4, $5, coalesce(clock_timestamp() + $6 * interval '1 second', 'infinity'))
             on conflict (owner) do update
             set roles = excluded.roles, host = excluded.host, process_id = excluded.process_id,
                 version = excluded.version, alive_until = excluded.alive_until,
                 started_at = case when known.alive_until < clock_timestamp() then excluded.started_at
                              else known.started_at end",
        )
        .await?;
    let process_id = i32::try_from(worker.process_id).unwrap_or_default();
    let Announcement { owner, roles, host, version, .. } = worker;
    client.execute(&statement, &[owner, roles, host, &process_id, version, &term.seconds()]).await?;
    Ok(())
}

/// Says that a worker is gone, so that the others share out what it had at once.
pub async fn leave(client: &impl GenericClient, owner: Uuid) -> Result<(), StoreError> {
    client.execute("delete from elite.worker where owner = $1", &[&owner]).await?;
    Ok(())
}

/// A worker, for people.
#[derive(Clone, Debug, Serialize)]
pub struct WorkerState {
    /// Who it is.
    pub owner: Uuid,
    /// What it does.
    pub roles: Vec<String>,
    /// The machine.
    pub host: String,
    /// The process on that machine.
    pub process_id: i32,
    /// The release.
    pub version: String,
    /// Since when it has been at work without being silent for too long.
    pub started_at: Timestamp,
    /// Until when it counts as alive without being heard of; none for a process that holds its data directory.
    pub alive_until: Option<Timestamp>,
    /// Whether it counts as alive by PostgreSQL's clock.
    pub alive: bool,
    /// What it owns, or owned until its leases ran out and nobody has claimed since.
    pub partitions: Vec<PartitionState>,
}

/// Every worker of the last hour, the oldest first, with what it owns.
pub async fn list(client: &impl GenericClient) -> Result<Vec<WorkerState>, StoreError> {
    let rows = client
        .query(
            "select owner, roles, host, process_id, version, started_at,
                    case when isfinite(alive_until) then alive_until end, alive_until >= clock_timestamp()
             from elite.worker where alive_until > clock_timestamp() - interval '1 hour' order by started_at, owner",
            &[],
        )
        .await?;
    let partitions = lease::list(client).await?;
    let owned = |owner: Uuid| partitions.iter().filter(move |state| state.owner == Some(owner)).cloned();
    let state = |row: &tokio_postgres::Row| WorkerState {
        owner: row.get(0),
        roles: row.get(1),
        host: row.get(2),
        process_id: row.get(3),
        version: row.get(4),
        started_at: row.get(5),
        alive_until: row.get(6),
        alive: row.get(7),
        partitions: owned(row.get(0)).collect(),
    };
    Ok(rows.iter().map(state).collect())
}
