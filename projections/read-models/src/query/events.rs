//! Events, newest first, page by page without a gap.

use jiff::Timestamp;
use read_store::{GenericClient, StoreError};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::row;

row! {
    /// An event, with its data as stored: what is sealed stays sealed.
    EventRow {
        /// Its partition.
        partition: i32 = "e.partition",
        /// Its position there.
        position: i64 = "e.position",
        /// Its id.
        event_id: Uuid = "e.event_id",
        /// Its type.
        event_type: String = "e.type",
        /// What it happened to.
        subject: String = "e.subject",
        /// Who says so.
        source: String = "e.source",
        /// When it happened.
        time: Timestamp = "e.time",
        /// When it was taken in.
        recorded_at: Timestamp = "e.recorded_at",
        /// The event that led to it.
        causation_id: Option<Uuid> = "e.causation_id",
        /// The story it belongs to.
        correlation_id: Option<Uuid> = "e.correlation_id",
        /// The key that orders it.
        partitionkey: String = "e.partitionkey",
        /// The person whose key seals its data.
        datasubject: Option<String> = "e.datasubject",
        /// The payload.
        data: Value = "e.data",
    }
}

/// An event that was folded, for comparing with the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoldedEvent {
    /// Its partition.
    pub partition: i32,
    /// Its position there.
    pub position: i64,
    /// Its id.
    pub event_id: Uuid,
    /// Its type.
    pub event_type: String,
    /// The key that orders it.
    pub partitionkey: String,
    /// When it was taken in.
    pub recorded_at: Timestamp,
}

/// The next events of `partition` after a position, in order.
pub async fn folded_after(
    client: &impl GenericClient,
    partition: u16,
    after: u64,
    limit: usize,
) -> Result<Vec<FoldedEvent>, StoreError> {
    let statement = client
        .prepare_cached(
            "select partition, position, event_id, type, partitionkey, recorded_at from elite.events
             where partition = $1 and position > $2 order by position limit $3",
        )
        .await?;
    let (after, limit) = (i64::try_from(after).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = client.query(&statement, &[&i32::from(partition), &after, &limit]).await?;
    let folded = |row: &read_store::Row| FoldedEvent {
        partition: row.get(0),
        position: row.get(1),
        event_id: row.get(2),
        event_type: row.get(3),
        partitionkey: row.get(4),
        recorded_at: row.get(5),
    };
    Ok(rows.iter().map(folded).collect())
}

/// Which events.
#[derive(Clone, Debug)]
pub struct EventFilter<'a> {
    /// Whose.
    pub tenant: &'a str,
    /// Types that begin like this; all when none is given.
    pub type_prefix: Option<&'a str>,
    /// About this only.
    pub subject: Option<&'a str>,
    /// For each partition, only positions below this.
    pub below: &'a [i64],
    /// At most so many.
    pub limit: i64,
}

/// Events, newest first. The next page begins below the smallest position of each partition that was returned.
pub async fn events(
    client: &impl GenericClient,
    filter: &EventFilter<'_>,
) -> Result<Vec<EventRow>, StoreError> {
    let sql = format!(
        "{} from unnest($1::int8[]) with ordinality as bound(below, number)
         cross join lateral (
             select * from elite.events
             where partition = bound.number::int4 - 1 and position < bound.below and tenant = $2
               and ($3::text is null or starts_with(type, $3)) and ($4::text is null or subject = $4)
             order by position desc limit $5) e",
        EventRow::COLUMNS
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client
        .query(
            &statement,
            &[&filter.below, &filter.tenant, &filter.type_prefix, &filter.subject, &filter.limit],
        )
        .await?;
    Ok(newest_first(rows.iter().map(EventRow::read).collect(), filter.limit))
}

/// What the events with these ids are about: each id with its event's partition key.
pub async fn event_keys(
    client: &impl GenericClient,
    tenant: &str,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, String)>, StoreError> {
    let statement = client
        .prepare_cached(
            "select event_id, partitionkey from elite.events where tenant = $1 and event_id = any($2)",
        )
        .await?;
    let rows = client.query(&statement, &[&tenant, &ids]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// The person whom the first event about `subject` was about, if it was about one.
pub async fn subject_of(
    client: &impl GenericClient,
    tenant: &str,
    subject: Uuid,
) -> Result<Option<String>, StoreError> {
    let statement = client
        .prepare_cached(
            "select datasubject from elite.events where tenant = $1 and subject = $2
             order by partition, position limit 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[&tenant, &subject.to_string()]).await?;
    Ok(row.and_then(|row| row.get(0)))
}

/// The newest `limit` rows. A partition's rows keep their order whatever their times say, so that paging leaves none out.
fn newest_first(mut rows: Vec<EventRow>, limit: i64) -> Vec<EventRow> {
    rows.sort_by_key(|row| (row.partition, std::cmp::Reverse(row.position)));
    // The newest time at or after each row of its partition, which never grows along the partition.
    let mut keyed: Vec<(Timestamp, EventRow)> = Vec::with_capacity(rows.len());
    for row in rows {
        let same = keyed.last().filter(|(_, last)| last.partition == row.partition);
        let time = same.map_or(row.recorded_at, |(time, _)| row.recorded_at.min(*time));
        keyed.push((time, row));
    }
    // The sort is stable, so rows of a partition stay in order.
    keyed.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    keyed.into_iter().take(usize::try_from(limit).unwrap_or(0)).map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(partition: i32, position: i64, second: i64) -> EventRow {
        let time = Timestamp::from_second(second).unwrap();
        EventRow {
            partition,
            position,
            event_id: Uuid::nil(),
            event_type: "t".into(),
            subject: "s".into(),
            source: "/t".into(),
            time,
            recorded_at: time,
            causation_id: None,
            correlation_id: None,
            partitionkey: "s".into(),
            datasubject: None,
            data: Value::Null,
        }
    }

    #[test]
    fn a_page_is_newest_first_and_never_skips_inside_a_partition() {
        // Position 2 of partition 0 was recorded by a clock that ran ahead.
        let rows = vec![row(0, 1, 10), row(0, 2, 90), row(0, 3, 30), row(1, 1, 20), row(1, 2, 40)];
        let page = newest_first(rows, 4);
        let places: Vec<_> = page.iter().map(|row| (row.partition, row.position)).collect();
        assert_eq!(places, [(1, 2), (0, 3), (0, 2), (1, 1)]);
    }
}
