//! Which documents have vectors, and which vectors are known.

use std::collections::HashMap;

use read_store::{GenericClient, StoreError};

use super::unanswered::Unanswered;

/// The last position of each partition that changed a document.
pub async fn newest_positions(client: &impl GenericClient) -> Result<Vec<(i32, i64)>, StoreError> {
    let sql = "select partition, max(position) from elite.documents group by partition";
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query(&statement, &[]).await?.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Up to `limit` documents, changed after `looked_to`, that lack vectors of `model` and are not on the list of `role`, nor
/// parked by it.
pub async fn unembedded(
    client: &impl GenericClient,
    role: &str,
    model: &str,
    looked_to: &[(i32, i64)],
    limit: i64,
) -> Result<Vec<Unanswered>, StoreError> {
    let statement = client
        .prepare_cached(
            "select d.id, d.tenant, parsed.partitionkey, parsed.event_id, parsed.partition, parsed.position, parsed.recorded_at
             from elite.documents d
             left join unnest($3::int4[], $4::int8[]) as looked(partition, position) on looked.partition = d.partition
             join elite.events parsed on parsed.event_id = d.decided_event
             where d.status = 'parsed' and d.chunks > 0 and d.position > coalesce(looked.position, 0)
               and not exists (select from elite.embeddings e
                               where e.document_id = d.id and e.model = $2 and e.in_use)
               and not exists (select from elite.todo t where t.role = $1 and t.cause_id = d.decided_event)
               and not exists (select from elite.dead_letter l
                               where l.subscription = $1 and l.event_id = d.decided_event)
             order by d.partition, d.position limit $5",
        )
        .await?;
    let (partitions, positions): (Vec<i32>, Vec<i64>) = looked_to.iter().copied().unzip();
    let rows = client.query(&statement, &[&role, &model, &partitions, &positions, &limit]).await?;
    Ok(rows.iter().map(Unanswered::read).collect())
}

/// The vectors of `model` for texts with these hashes, where they are known from a document about nobody.
pub async fn known_vectors(
    client: &impl GenericClient,
    tenant: &str,
    model: &str,
    hashes: &[String],
) -> Result<HashMap<String, Vec<f32>>, StoreError> {
    let statement = client
        .prepare_cached(
            "select distinct on (e.text_hash) e.text_hash, e.vector from elite.embeddings e
             join elite.documents d on d.id = e.document_id
             where e.text_hash = any($3) and e.model = $2 and e.tenant = $1 and d.datasubject is null",
        )
        .await?;
    let rows = client.query(&statement, &[&tenant, &model, &hashes]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// How many documents in use have passages, and how many of them have vectors of `model`.
pub async fn embedded_counts(
    client: &impl GenericClient,
    tenant: &str,
    model: &str,
) -> Result<(i64, i64), StoreError> {
    let sql = "select count(*), count(*) filter (where exists (select from elite.embeddings e
                   where e.document_id = d.id and e.model = $2 and e.in_use))
               from elite.documents d where d.tenant = $1 and d.status = 'parsed' and d.chunks > 0";
    let row = client.query_one(sql, &[&tenant, &model]).await?;
    Ok((row.get(0), row.get(1)))
}
