//! What an erasure does to the protocol's own rows, and the fence that keeps an erased person's rows from coming back.
//! Read models take their own rows away; clearing the bytes off the disk is [`crate::scrub`]'s.

use std::collections::{BTreeSet, HashSet};

use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use uuid::Uuid;

use crate::StoreError;

/// A data subject of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// The tenant.
    pub tenant: String,
    /// The data subject.
    pub subject: String,
}

/// Any number that nobody else's pairs of advisory lock numbers begin with.
const LOCKS: i32 = 0x656c_0002;
/// Locks for all subjects together. Two that share one wait for each other, and nothing else.
const LOCKS_MAX: i32 = 256;

/// Until the end of `tx` nobody erases one of `named`, and nobody writes rows of one of `erasing`.
pub async fn fence(
    tx: &Transaction<'_>,
    named: &BTreeSet<Subject>,
    erasing: &BTreeSet<Subject>,
) -> Result<(), StoreError> {
    for (lock, subjects) in [("pg_advisory_xact_lock", erasing), ("pg_advisory_xact_lock_shared", named)] {
        if subjects.is_empty() {
            continue;
        }
        let sql = format!(
            "select {lock}({LOCKS}, bucket) from (
                 select distinct abs(hashtext(tenant || E'\\x1f' || subject) % {LOCKS_MAX}) as bucket
                 from unnest($1::text[], $2::text[]) as named(tenant, subject) order by bucket) as buckets"
        );
        let statement = tx.prepare_cached(&sql).await?;
        let (tenants, subjects) = columns(subjects);
        tx.execute(&statement, &[&tenants, &subjects]).await?;
    }
    Ok(())
}

fn columns(subjects: &BTreeSet<Subject>) -> (Vec<&str>, Vec<&str>) {
    subjects.iter().map(|one| (one.tenant.as_str(), one.subject.as_str())).unzip()
}

/// Everybody who was erased, as far as the log is folded.
pub async fn erased(client: &impl GenericClient) -> Result<Vec<Subject>, StoreError> {
    let rows = client.query("select tenant, subject from elite.erased_subject order by 1, 2", &[]).await?;
    Ok(rows.iter().map(|row| Subject { tenant: row.get(0), subject: row.get(1) }).collect())
}

/// Records that `subject` was erased by an event.
pub async fn record(
    tx: &Transaction<'_>,
    subject: &Subject,
    event_id: Uuid,
    erased_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "insert into elite.erased_subject (tenant, subject, event_id, erased_at) values ($1, $2, $3, $4)
         on conflict do nothing",
        &[&subject.tenant, &subject.subject, &event_id, &erased_at],
    )
    .await?;
    Ok(())
}

/// Which of `subjects` were erased.
pub async fn erased_among(
    client: &impl GenericClient,
    subjects: &BTreeSet<Subject>,
) -> Result<HashSet<Subject>, StoreError> {
    if subjects.is_empty() {
        return Ok(HashSet::new());
    }
    let statement = client
        .prepare_cached(
            "select tenant, subject from elite.erased_subject
             join unnest($1::text[], $2::text[]) as named(tenant, subject) using (tenant, subject)",
        )
        .await?;
    let (tenants, subjects) = columns(subjects);
    let rows = client.query(&statement, &[&tenants, &subjects]).await?;
    Ok(rows.iter().map(|row| Subject { tenant: row.get(0), subject: row.get(1) }).collect())
}

/// The protocol's tables that may hold something of a person.
pub const TABLES: &[&str] = &["todo", "dead_letter", "idempotency_key", "subject_key"];

/// Takes away what the protocol's tables hold of a subject whose events are `events`: work to do, parked work, and kept
/// answers. What the subscription `own` has parked stays, without the words of its error, and is folded again, because
/// others may wait behind it and it folds to nothing now. Returns the number of rows changed.
pub async fn forget(
    tx: &Transaction<'_>,
    subject: &Subject,
    events: &[Uuid],
    own: &str,
) -> Result<u64, StoreError> {
    let Subject { tenant, subject } = subject;
    let mut rows = tx.execute("delete from elite.todo where cause_id = any($1)", &[&events]).await?;
    rows += tx
        .execute(
            "delete from elite.dead_letter where subscription <> $1 and event_id = any($2)",
            &[&own, &events],
        )
        .await?;
    rows += tx
        .execute(
            "update elite.dead_letter
             set reason = 'its data subject was erased', redrive_requested_at = clock_timestamp()
             where subscription = $1 and tenant = $2 and datasubject = $3",
            &[&own, tenant, subject],
        )
        .await?;
    rows += tx
        .execute(
            "delete from elite.idempotency_key where tenant = $1 and datasubject = $2",
            &[tenant, subject],
        )
        .await?;
    Ok(rows)
}

/// How many rows of each of these tables are about a subject. What the to-do lists hold is known by their causes' events.
pub async fn holdings(
    client: &impl GenericClient,
    tenant: &str,
    subject: &str,
) -> Result<Vec<(&'static str, i64)>, StoreError> {
    let causes = "(select event_id from elite.events where tenant = $1 and datasubject = $2)";
    let counted = [
        ("todo", format!("cause_id in {causes}")),
        ("dead_letter", format!("event_id in {causes} or tenant = $1 and datasubject = $2")),
        ("idempotency_key", "tenant = $1 and datasubject = $2".to_owned()),
        ("subject_key", "tenant = $1 and subject = $2 and key is not null".to_owned()),
    ];
    let mut holdings = Vec::with_capacity(counted.len());
    for (table, rows) in counted {
        let sql = format!("select count(*) from elite.{table} where {rows}");
        holdings.push((table, client.query_one(&sql, &[&tenant, &subject]).await?.get(0)));
    }
    Ok(holdings)
}
