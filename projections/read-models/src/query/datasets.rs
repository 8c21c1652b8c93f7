//! Training datasets.

use jiff::Timestamp;
use read_store::{GenericClient, StoreError};
use uuid::Uuid;

use super::{Before, row};

row! {
    /// A dataset.
    Dataset {
        /// Its id.
        id: Uuid = "id",
        /// Its name.
        name: String = "name",
        /// `sft`, `preference`, `kto` or `completion`.
        kind: String = "kind",
        /// Whether rows from rejected or repeated texts are kept.
        include_rejected: bool = "include_rejected",
        /// `requested`, `built`, `published` or `withdrawn`.
        status: String = "status",
        /// Number of rows.
        rows: Option<i64> = "rows",
        /// Number of bytes.
        size_bytes: Option<i64> = "size_bytes",
        /// Candidate rows that were left out.
        left_out: Option<i64> = "left_out",
        /// The blob of the rows.
        content: Option<String> = "content",
        /// The blob of the manifest.
        manifest: Option<String> = "manifest",
        /// Where it was handed on to.
        published_to: Option<String> = "published_to",
        /// Why it was withdrawn; its rows and manifest are gone then.
        withdrawn_because: Option<String> = "withdrawn_because",
        /// When it was asked for.
        requested_at: Timestamp = "requested_at",
        /// When it was built.
        built_at: Option<Timestamp> = "built_at",
        /// The event that asked for it.
        requested_event: Uuid = "requested_event",
        /// The event that says it is built.
        built_event: Option<Uuid> = "built_event",
    }
}

/// One dataset.
pub async fn dataset(
    client: &impl GenericClient,
    tenant: &str,
    id: Uuid,
) -> Result<Option<Dataset>, StoreError> {
    let sql = format!("{} from elite.datasets where tenant = $1 and id = $2", Dataset::COLUMNS);
    let statement = client.prepare_cached(&sql).await?;
    Ok(client.query_opt(&statement, &[&tenant, &id]).await?.as_ref().map(Dataset::read))
}

/// Up to `limit` datasets, newest first, that are older than `before`.
pub async fn datasets(
    client: &impl GenericClient,
    tenant: &str,
    before: Option<Before>,
    limit: i64,
) -> Result<Vec<Dataset>, StoreError> {
    let sql = format!(
        "{} from elite.datasets where tenant = $1
         and ($2::timestamptz is null or (requested_at, id) < ($2, $3::uuid))
         order by requested_at desc, id desc limit $4",
        Dataset::COLUMNS
    );
    let (time, id) = (before.map(|before| before.time), before.map(|before| before.id));
    let rows = client.query(&sql, &[&tenant, &time, &id, &limit]).await?;
    Ok(rows.iter().map(Dataset::read).collect())
}
