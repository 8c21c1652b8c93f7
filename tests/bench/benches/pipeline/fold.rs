//! A read model for benchmarks: each event is a row of id, document, number and body. The body goes to PostgreSQL as the
//! bytes that are in the log.

use async_trait::async_trait;
use bytes::Bytes;
use event_log::Recorded;
use event_model::{Event, EventDraft, Tenant, family::session::SessionStarted};
use read_store::{
    Store, StoreError, Transaction, Type,
    bulk::{self, RawJsonb, Rows},
    migrate,
};
use uuid::Uuid;
use worker_runtime::{Fold, WorkError};

pub(crate) const SUBSCRIPTION: &str = "bench";
pub(crate) const PARTITIONS: u16 = 16;
/// Makes the body 512 bytes long.
const PADDING_BYTES: usize = 489;
/// Documents that the events are about.
const DOCUMENTS: u64 = 1_000;

pub(crate) const TABLE: &str = "create table elite.bench_row (id uuid primary key, doc text not null, seq bigint not null, body jsonb not null)";

/// A migrated store with the table.
pub(crate) async fn store(url: &str, connections: usize) -> anyhow::Result<Store> {
    let store = Store::connect(url, connections)?;
    migrate::apply(&store).await?;
    store.client().await?.batch_execute(TABLE).await?;
    Ok(store)
}

/// Event number `number`.
pub(crate) fn event(number: u64, time: jiff::Timestamp) -> anyhow::Result<Event> {
    let document = format!("document {}", number % DOCUMENTS);
    let draft = EventDraft {
        // Ids as they are in life: spread over the whole range.
        id: Uuid::from_u128(u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
        source: "/bench".into(),
        subject: document.clone(),
        partitionkey: document,
        tenant: Tenant::default(),
        time,
        data: SessionStarted { user: None, title: Some("x".repeat(PADDING_BYTES)) },
    };
    Ok(draft.build()?)
}

/// The fold; from `copy_from` rows in a batch on it copies and merges.
pub(crate) struct BenchFold {
    pub(crate) copy_from: usize,
}

/// A row.
pub(crate) struct Row {
    id: Uuid,
    doc: String,
    seq: i64,
    body: Bytes,
}

fn row(record: &Recorded) -> Result<Row, WorkError> {
    let event = record.envelope().map_err(WorkError::dead_letter)?;
    let seq = i64::try_from(record.position.0).map_err(WorkError::dead_letter)?;
    let body = record.json.slice_ref(event.data.get().as_bytes());
    Ok(Row { id: event.id, doc: event.subject.to_string(), seq, body })
}

#[async_trait]
impl Fold for BenchFold {
    type Prepared = Row;

    async fn prepare(&self, events: &[Recorded]) -> Vec<Result<Row, WorkError>> {
        events.iter().map(row).collect()
    }

    async fn apply(&self, tx: &Transaction<'_>, rows: &[Row]) -> Result<(), WorkError> {
        let written =
            if rows.len() >= self.copy_from { copied(tx, rows).await } else { upserted(tx, rows).await };
        Ok(written?)
    }

    fn committed(&self, _: &[Row]) {}
}

async fn copied(tx: &Transaction<'_>, rows: &[Row]) -> Result<(), StoreError> {
    let mut copy = Rows::new(&[Type::UUID, Type::TEXT, Type::INT8, Type::JSONB]);
    for row in rows {
        copy.push(&[&row.id, &row.doc, &row.seq, &RawJsonb(&row.body)])?;
    }
    bulk::merge(tx, "bench_row", &["id", "doc", "seq", "body"], "id", copy).await?;
    Ok(())
}

async fn upserted(tx: &Transaction<'_>, rows: &[Row]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let docs: Vec<&str> = rows.iter().map(|row| row.doc.as_str()).collect();
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let bodies: Vec<RawJsonb<'_>> = rows.iter().map(|row| RawJsonb(&row.body)).collect();
    let statement = tx
        .prepare_cached(
            "insert into bench_row select * from unnest($1::uuid[], $2::text[], $3::int8[], $4::jsonb[])
             on conflict (id) do update set doc = excluded.doc, seq = excluded.seq, body = excluded.body",
        )
        .await?;
    tx.execute(&statement, &[&ids, &docs, &seqs, &bodies]).await?;
    Ok(())
}
