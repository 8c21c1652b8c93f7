//! Going back to the tables that were live before: they are brought up to date where they are, and compared as any others.

use std::collections::{BTreeMap, BTreeSet};

use event_log::{EventLog, Position};
use event_model::PartitionId;
use read_store::{Store, StoreError};

use super::{
    OnProgress,
    kept::{self, Kept, Kind},
    replay::{Counts, Replay, Replayed},
    scratch::Scratch,
    skipped::{Parked, RecentIds},
};
use crate::{Projections, RebuildError};

/// Events read at once.
const PORTION: usize = 2_000;

/// Tables that can be brought back together: they are in one schema, at one vector.
pub(super) struct Retired {
    pub(super) schema: String,
    pub(super) projections: Projections,
}

/// What is kept of the named projections, or of all.
pub(super) async fn retired(
    store: &Store,
    projections: &Projections,
    names: &[&str],
) -> Result<Vec<Retired>, RebuildError> {
    let wanted = projections.only(names)?;
    let all: Vec<Kept> =
        kept::kept(store).await?.into_iter().filter(|one| one.kind == Kind::Retired).collect();
    let mut schemas: BTreeMap<&str, BTreeSet<&'static str>> = BTreeMap::new();
    for projection in wanted.projections() {
        // The last one, if an earlier one could not be dropped.
        let found = all.iter().rfind(|one| one.projection == projection.name());
        match found {
            Some(kept) if kept.version != projection.version() => {
                let (name, version) = (kept.projection.clone(), kept.version);
                return Err(RebuildError::RetiredVersion { name, kept: version, ours: projection.version() });
            }
            Some(kept) => {
                schemas.entry(&kept.schema).or_default().insert(projection.name());
            }
            None if names.is_empty() => {}
            None => return Err(RebuildError::NothingRetired(projection.name().to_owned())),
        }
    }
    if schemas.is_empty() {
        return Err(RebuildError::NothingRetired("any projection".to_owned()));
    }
    let mut retired = Vec::new();
    for (schema, names) in schemas {
        let names: Vec<&str> = names.into_iter().collect();
        let alone = all.iter().filter(|one| one.schema == schema).count() == names.len();
        let schema = if alone { schema.to_owned() } else { split_off(store, &all, schema, &names).await? };
        retired.push(Retired { schema, projections: projections.only(&names)? });
    }
    Ok(retired)
}

/// Moves some projections' tables into a schema of their own, so that the others stay where they are in the log.
async fn split_off(store: &Store, all: &[Kept], from: &str, names: &[&str]) -> Result<String, StoreError> {
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    let name = "select 'elite_retired_' || replace(gen_random_uuid()::text, '-', '')";
    let schema: String = tx.query_one(name, &[]).await?.get(0);
    tx.batch_execute(&format!("create schema {schema}")).await?;
    for one in all.iter().filter(|one| one.schema == from && names.contains(&one.projection.as_str())) {
        for table in &one.tables {
            tx.batch_execute(&format!("alter table {from}.\"{table}\" set schema {schema}")).await?;
        }
    }
    let moved = "update elite.kept_schema set schema = $2 where schema = $1 and projection = any($3)";
    tx.execute(moved, &[&from, &schema, &names]).await?;
    let copied = "insert into elite.kept_position (schema, partition, position, parked)
                  select $2, partition, position, parked from elite.kept_position where schema = $1";
    tx.execute(copied, &[&from, &schema]).await?;
    tx.commit().await?;
    Ok(schema)
}

impl<'a> Replay<'a> {
    /// From where kept tables are.
    pub(super) async fn resume(
        store: &'a Store,
        log: &'a dyn EventLog,
        projections: &'a Projections,
        scratch: &'a Scratch,
        on_progress: OnProgress<'a>,
    ) -> Result<Self, RebuildError> {
        let mut replay = Self {
            store,
            log,
            projections,
            scratch,
            partitions: BTreeMap::new(),
            parked: Parked::new(),
            counts: Counts::default(),
            keeps_positions: true,
            on_progress,
        };
        let places = kept::places(&store.client().await?, &scratch.schema).await?;
        for (partition, (position, parked)) in places {
            let recent = recent_ids(log, partition, position).await?;
            replay.partitions.insert(partition, Replayed { position, recent, ..Replayed::default() });
            replay.parked.extend(parked.into_iter().map(|at| ((partition, at), String::new())));
        }
        Ok(replay)
    }
}

/// The ids of the last positions up to `last`, where the log leaves it to its readers to tell repeats.
async fn recent_ids(log: &dyn EventLog, partition: u16, last: u64) -> Result<RecentIds, RebuildError> {
    let mut recent = RecentIds::default();
    if log.refuses_repeats() {
        return Ok(recent);
    }
    let window = log.creation().repeats.0;
    let mut next = last.saturating_sub(window) + 1;
    while next <= last {
        let wanted = usize::try_from(last - next + 1).unwrap_or(PORTION).min(PORTION);
        let events = log.read(PartitionId(partition), Position(next), wanted).await?;
        if events.is_empty() {
            break;
        }
        next += events.len() as u64;
        for event in events {
            let id = event.envelope().map(|envelope| envelope.id).unwrap_or_default();
            if !recent.repeats(id, event.position.0, window) {
                recent.remember(id, event.position.0, window);
            }
        }
    }
    Ok(recent)
}
