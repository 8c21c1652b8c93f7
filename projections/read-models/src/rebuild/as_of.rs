//! History to query: the read models as they were at some time, in a schema of their own.

use std::{collections::BTreeMap, str::FromStr};

use event_log::{EventLog, Position};
use event_model::PartitionId;
use jiff::Timestamp;
use read_store::{Store, StoreError, Transaction};
use serde::Serialize;

use super::{
    kept::{self, Kind, Vector},
    replay::Replay,
};
use crate::{RebuildError, catalogue::DERIVED_VIEWS};

/// Events read at once.
const PORTION: usize = 2_000;

/// A place in history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// In each partition, every event before the first that was recorded later.
    Time(Timestamp),
    /// These positions; partitions that are not named are as they are now.
    Positions(BTreeMap<u16, u64>),
}

/// What was made.
#[derive(Clone, Debug, Serialize)]
pub struct History {
    /// The schema; its views have the names that readers know.
    pub schema: String,
    /// The read models in it.
    pub projections: Vec<&'static str>,
    /// How far each partition is folded into it.
    pub positions: BTreeMap<u16, u64>,
    /// Events that were folded.
    pub events_replayed: u64,
    /// Events up to there that were left out because they are parked, were dropped, or repeat another.
    pub events_skipped: u64,
    /// How long it took.
    pub seconds: f64,
}

impl FromStr for AsOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = text.parse() {
            return Ok(Self::Time(time));
        }
        let place = |part: &str| {
            let (partition, position) = part.split_once(':')?;
            Some((partition.trim().parse().ok()?, position.trim().parse().ok()?))
        };
        let places: Option<BTreeMap<u16, u64>> = text.split(',').map(place).collect();
        places.map(Self::Positions).ok_or_else(|| {
            format!(
                "`{text}` is neither a time such as 2026-11-22T20:00:00Z nor positions such as 0:120,3:77"
            )
        })
    }
}

impl std::fmt::Display for AsOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Time(time) => time.fmt(f),
            Self::Positions(places) => {
                let places = places.iter().map(|(partition, position)| format!("{partition}:{position}"));
                f.write_str(&places.collect::<Vec<_>>().join(","))
            }
        }
    }
}

impl AsOf {
    /// Where that is in each partition, at most as far as the live tables.
    pub(super) async fn vector(
        &self,
        log: &dyn EventLog,
        live: &BTreeMap<u16, u64>,
    ) -> Result<BTreeMap<u16, u64>, RebuildError> {
        let mut vector = live.clone();
        match self {
            Self::Time(time) => {
                for (partition, to) in &mut vector {
                    *to = last_recorded_by(log, *partition, *to, *time).await?;
                }
            }
            Self::Positions(places) => {
                for (partition, position) in places {
                    match vector.get_mut(partition) {
                        Some(to) if position <= to => *to = *position,
                        Some(to) => {
                            return Err(RebuildError::NotThere(format!(
                                "partition {partition} is folded up to position {to}, which is before {position}"
                            )));
                        }
                        None => {
                            return Err(RebuildError::NotThere(format!("there is no partition {partition}")));
                        }
                    }
                }
            }
        }
        Ok(vector)
    }
}

/// The position before the first event up to `last` that was recorded later than `time`.
async fn last_recorded_by(
    log: &dyn EventLog,
    partition: u16,
    last: u64,
    time: Timestamp,
) -> Result<u64, RebuildError> {
    let mut next = 1;
    while next <= last {
        let wanted = usize::try_from(last - next + 1).unwrap_or(PORTION).min(PORTION);
        let events = log.read(PartitionId(partition), Position(next), wanted).await?;
        let later =
            |event: &event_log::Recorded| event.envelope().is_ok_and(|envelope| envelope.recordedtime > time);
        if let Some(first) = events.iter().find(|event| later(event)) {
            return Ok(first.position.0 - 1);
        }
        let Some(end) = events.last() else { break };
        next = end.position.0 + 1;
    }
    Ok(last)
}

/// How many people were erased so far.
pub(super) async fn erasures(store: &Store) -> Result<i64, StoreError> {
    let client = store.client().await?;
    Ok(client.query_one("select count(*) from elite.erased_subject", &[]).await?.get(0))
}

impl Replay<'_> {
    /// Keeps what was replayed, under a name of its own and with the views that readers know.
    pub(super) async fn keep(
        &self,
        as_of: &AsOf,
        positions: BTreeMap<u16, u64>,
        erasures: i64,
    ) -> Result<String, RebuildError> {
        let mut client = self.store.client().await?;
        let tx = client.transaction().await.map_err(StoreError::from)?;
        kept::fence(&tx).await?;
        let sql = "select count(*), 'elite_as_of_' || $1 || '_' || substr(md5(gen_random_uuid()::text), 1, 6)
                   from elite.erased_subject";
        let stem = match as_of {
            AsOf::Time(time) => time.strftime("%Y%m%dt%H%M%Sz").to_string(),
            AsOf::Positions(_) => "positions".to_owned(),
        };
        let row = tx.query_one(sql, &[&stem]).await.map_err(StoreError::from)?;
        if row.get::<_, i64>(0) != erasures {
            return Err(RebuildError::ErasedMeanwhile);
        }
        let schema: String = row.get(1);
        self.name_and_show(&tx, &schema, &as_of.to_string()).await?;
        kept::record_vector(&tx, &schema, &Vector { positions, parked: self.parked.clone() }).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(schema)
    }

    async fn name_and_show(&self, tx: &Transaction<'_>, schema: &str, asked: &str) -> Result<(), StoreError> {
        tx.batch_execute(&format!("alter schema {} rename to {schema}", self.scratch.schema)).await?;
        for projection in self.projections.projections() {
            let (name, tables) = (projection.name(), projection.tables());
            let create = format!("create view {schema}.{name} as select * from {schema}.{}", tables[0]);
            tx.batch_execute(&create).await?;
            let tables: Vec<String> = tables.iter().map(|table| (*table).to_owned()).collect();
            let version = projection.version();
            let row = kept::Row {
                schema,
                kind: Kind::AsOf,
                projection: name,
                version,
                tables: &tables,
                asked: Some(asked),
            };
            kept::record(tx, &row).await?;
        }
        // They span read models, which are all there or the view is not.
        let complete = self.projections.projections().len() == crate::PROJECTIONS.len();
        for (_, create) in DERIVED_VIEWS.iter().filter(|_| complete) {
            tx.batch_execute(&create.replace("elite.", &format!("{schema}."))).await?;
        }
        Ok(())
    }
}
