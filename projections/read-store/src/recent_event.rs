//! Event ids of the last positions of each partition: in a live run or a replay, a repeat has no effect. Only for logs that
//! do not refuse repeats when they are appended; for the others these rows would double the price of every event.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::{GenericClient, Transaction};
use uuid::Uuid;

use crate::StoreError;

/// An id at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The partition.
    pub partition: u16,
    /// The position.
    pub position: u64,
    /// The id.
    pub event_id: Uuid,
}

/// Which of `events` repeat an id of the last `window` positions of their partition.
pub async fn repeats(
    client: &impl GenericClient,
    events: &[Seen],
    window: u64,
) -> Result<HashSet<(u16, u64)>, StoreError> {
    let (partitions, positions, ids) = columns(events);
    let window = i64::try_from(window).unwrap_or(i64::MAX);
    let statement = client
        .prepare_cached(
            "select event.partition, event.position
             from unnest($1::int4[], $2::int8[], $3::uuid[]) as event(partition, position, event_id)
             join elite.recent_event recent using (partition, event_id)
             where recent.position < event.position and event.position - recent.position <= $4",
        )
        .await?;
    let rows = client.query(&statement, &[&partitions, &positions, &ids, &window]).await?;
    let place = |row: &tokio_postgres::Row| {
        (u16::try_from(row.get::<_, i32>(0)).unwrap_or_default(), row.get::<_, i64>(1).unsigned_abs())
    };
    Ok(rows.iter().map(place).collect())
}

/// Remembers `events`, which are in order, and forgets what is further back than `window`.
pub async fn remember(tx: &Transaction<'_>, events: &[Seen], window: u64) -> Result<(), StoreError> {
    // One statement cannot write a row twice; of an id that is older than the window each time, the last place counts.
    let last: HashMap<(u16, Uuid), Seen> =
        events.iter().map(|event| ((event.partition, event.event_id), *event)).collect();
    let (partitions, positions, ids) = columns(&last.into_values().collect::<Vec<_>>());
    let statement = tx
        .prepare_cached(
            "insert into elite.recent_event (partition, position, event_id)
             select * from unnest($1::int4[], $2::int8[], $3::uuid[])
             on conflict (partition, event_id) do update set position = excluded.position",
        )
        .await?;
    tx.execute(&statement, &[&partitions, &positions, &ids]).await?;
    let statement = tx
        .prepare_cached(
            "delete from elite.recent_event recent
             using (select partition, max(position) as last from unnest($1::int4[], $2::int8[]) as e(partition, position)
                    group by partition) as newest
             where recent.partition = newest.partition and recent.position <= newest.last - $3",
        )
        .await?;
    tx.execute(&statement, &[&partitions, &positions, &i64::try_from(window).unwrap_or(i64::MAX)]).await?;
    Ok(())
}

fn columns(events: &[Seen]) -> (Vec<i32>, Vec<i64>, Vec<Uuid>) {
    let partitions = events.iter().map(|event| i32::from(event.partition)).collect();
    let positions = events.iter().map(|event| i64::try_from(event.position).unwrap_or(i64::MAX)).collect();
    (partitions, positions, events.iter().map(|event| event.event_id).collect())
}
